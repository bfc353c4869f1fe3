"""Whether this machine may be taken to the network for a model: only where somebody says so, and nobody forbids it."""

from __future__ import annotations

import os
from typing import Final

from inkread.errors import AddressError

_FORBIDDING: Final = ("INKREAD_OFFLINE", "HF_HUB_OFFLINE")
_NOT_SET: Final = frozenset({"", "0", "false", "no", "off"})


def forbidding_variable() -> str:
    """Return the variable of the environment that forbids the network, or nothing.

    Whatever it is set to counts, but for an empty text, 0, false, no and off: a doubt is a no.
    """
    return next((name for name in _FORBIDDING if os.environ.get(name, "").strip().lower() not in _NOT_SET), "")


def check_online() -> None:
    """Raise AddressError where a variable of the environment forbids the network."""
    if variable := forbidding_variable():
        raise AddressError(
            f"{variable} is set, so nothing is downloaded",
            remedy="unset it, or import a bundle (inkread models import)",
        )
