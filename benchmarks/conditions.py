"""What a figure was measured on and with, and the file that it is kept in."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks/results"
_MATRIX_UNITS = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8")


class BenchmarkError(Exception):
    """A benchmark cannot be run; the message is one line that says what to do."""


def start() -> dict[str, Any]:
    """Return when a benchmark began, on what machine and from which commit."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_average": os.getloadavg()[0],
        **_commit(),
        "machine": _machine(),
    }


def of_inkread() -> dict[str, Any]:
    """Return what inkread reads with here by default: versions, models, precision and threads."""
    from inkread import Reader, RuntimeOptions, __version__
    from inkread.runtime.open import precision_of
    from inkread.runtime.threads import available_threads

    with Reader() as reader:
        # "inkread 0.1.0 (detector, recogniser; engine)"
        models, _, engine = reader.generator.partition("(")[2].rstrip(")").partition("; ")
    return {
        "versions": {"inkread": __version__, **_versions("openvino", "onnxruntime", "numpy", "opencv-python-headless")},
        "model": models,
        "engine": engine,
        "precision": precision_of(RuntimeOptions()),
        "threads": available_threads(),
    }


def save(results: Mapping[str, Any], file: Path) -> None:
    """Write results as JSON that a diff can show: one value a line, but a list of numbers on one line."""
    text = json.dumps(results, indent=1, ensure_ascii=False)
    text = re.sub(r"\[\n[\d\s.,e-]+\]", lambda found: "[" + "".join(found[0][1:-1].split()) + "]", text)
    file.write_text(text + "\n", encoding="utf-8")


def make_folder(folder: Path) -> None:
    """Make the folder for the results: before the measurements, which may take an hour. Raises BenchmarkError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BenchmarkError(
            f"cannot make the folder for the results ({error}): name another one with --output"
        ) from error


def _versions(*packages: str) -> dict[str, str]:
    """Return the versions of those packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _machine() -> dict[str, Any]:
    flags = _cpuinfo("flags").split()
    return {
        "processor": _cpuinfo("model name") or platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads_available": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "matrix_units": [flag for flag in _MATRIX_UNITS if flag in flags],
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def _cpuinfo(key: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:  # not Linux
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")


def _commit() -> dict[str, Any]:
    def git(*arguments: str) -> str:
        command = ["git", "--no-optional-locks", "-C", str(ROOT), *arguments]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        return result.stdout.strip() if result.returncode == 0 else ""

    return {"commit": git("rev-parse", "HEAD"), "has_local_changes": bool(git("status", "--porcelain", "--", "src"))}
