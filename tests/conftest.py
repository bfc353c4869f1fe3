"""What every test may use."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from kept_networks import KeptNetworks

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
def _networks() -> Iterator[KeptNetworks]:
    from kept_networks import KeptNetworks

    networks = KeptNetworks()
    yield networks
    networks.close()


@pytest.fixture
def kept_networks(_networks: KeptNetworks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Readers of this process find their networks open, for tests that are not about opening them."""
    monkeypatch.setattr("inkread.stages.open_session", _networks.open)


@pytest.fixture(scope="session")
def run_python() -> Callable[[str], str]:
    """Run a script in a fresh interpreter, warnings being errors, and return what it printed."""

    def run(script: str) -> str:
        command = [sys.executable, "-W", "error", "-c", script]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0, result.stderr
        return result.stdout

    return run


@pytest.fixture
def no_installed_handwriting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing to do with the recogniser of handwriting that `make demo` installs beside the default models."""
    monkeypatch.setattr("inkread.registry.store.HANDWRITING_PACKAGE", "inkread_no_such_weights")
