"""What every test may use."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# No time limit for an example: a busy machine is no fault. Where CI runs, the examples are the same each time.
settings.register_profile("inkread", deadline=None, derandomize="CI" in os.environ)
# For scripts/proofs: pytest --hypothesis-profile proof.
settings.register_profile("proof", deadline=None, max_examples=2000)
settings.load_profile("inkread")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of labelled pictures next to the repository; a test that needs it is skipped without it."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("needs the folder of labelled pictures next to the repository")
    return folder


@pytest.fixture(scope="session")
def run_python() -> Callable[[str], str]:
    """Run a script in a fresh interpreter, warnings being errors, and return what it printed."""

    def run(script: str) -> str:
        command = [sys.executable, "-W", "error", "-c", script]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0, result.stderr
        return result.stdout

    return run
