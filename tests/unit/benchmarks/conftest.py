"""The benchmarks are scripts beside one another, not a package: their folder goes on the path of imports."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "benchmarks"

if FOLDER.is_dir():
    sys.path.append(str(FOLDER))
else:  # the source package is without them
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def conditions() -> dict[str, Any]:
    """What every file of results begins with."""
    return {
        "date": "2026-01-02T03:04:05+00:00",
        "load_average": 0.1,
        "commit": "0123456789abcdef",
        "has_local_changes": False,
        "machine": {
            "processor": "a processor",
            "cores": 2,
            "threads_available": 2,
            "matrix_units": ["avx2"],
            "memory_gb": 8.0,
            "system": "Linux",
            "python": "3.11",
        },
        "versions": {"inkread": "0.1.0"},
        "model": "detector, recogniser",
        "engine": "openvino",
        "precision": "bf16",
        "threads": 2,
    }
