import pytest

from inkread.registry import store


@pytest.fixture
def no_installed_handwriting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have stores hold what their test puts there, and not the recogniser of handwriting that `make demo` installs."""
    monkeypatch.setattr(store, "HANDWRITING_PACKAGE", "inkread_no_such_weights")
