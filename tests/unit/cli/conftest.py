import pytest


@pytest.fixture(autouse=True)
def _left_open(kept_networks: None) -> None:
    """What a command opens is left open for the next one."""
