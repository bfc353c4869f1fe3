"""A service with jobs in a folder of its own."""

from pathlib import Path

import pytest
from jobbed import JobsServed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "jobs"


@pytest.fixture
def served(folder: Path) -> JobsServed:
    return JobsServed(folder)
