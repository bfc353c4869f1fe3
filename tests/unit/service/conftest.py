"""A service without networks, and a list of its clients that is empty."""

from pathlib import Path

import pytest
from served import Served

from inkread.service.clients import ClientBook


@pytest.fixture
def served() -> Served:
    return Served()


@pytest.fixture
def book(tmp_path: Path) -> ClientBook:
    return ClientBook(tmp_path / "service" / "clients.json")
