"""Programs of others that look at what is written; a test is skipped where they are missing."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def pdftotext() -> Callable[..., str]:
    """Return the text that poppler takes out of a PDF."""
    program = shutil.which("pdftotext") or pytest.skip("needs pdftotext (Debian: poppler-utils)")

    def run(path: Path, *options: str) -> str:
        command = [program, *options, str(path), "-"]
        return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.decode()

    return run


@pytest.fixture(scope="session")
def qpdf_check() -> Callable[[Path], tuple[int, str]]:
    """Return what `qpdf --check` says: 0 for no fault, and the faults."""
    program = shutil.which("qpdf") or pytest.skip("needs qpdf (Debian: qpdf)")

    def run(path: Path) -> tuple[int, str]:
        done = subprocess.run([program, "--check", str(path)], capture_output=True, check=False, timeout=60)
        return done.returncode, done.stderr.decode(errors="replace").replace(str(path), "FILE")

    return run
