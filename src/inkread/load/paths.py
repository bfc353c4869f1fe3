"""What is at a path, for paths that may be anything, and what to say where nothing is."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Final

from inkread.errors import SourceNotFoundError

_MAX_NAME: Final = 200


def not_found(path: Path) -> SourceNotFoundError:
    """Return the error for a path where nothing is: with the nearest name, or with the folder that is missing."""
    folder = path.parent
    if not is_dir(folder):
        return SourceNotFoundError(
            f'there is no file "{shortened(str(path))}"', remedy=f'there is no folder "{shortened(str(folder))}" either'
        )
    try:
        names = [entry.name for entry in os.scandir(folder)]
    except OSError:
        names = []
    close = difflib.get_close_matches(path.name[:_MAX_NAME], names, n=1, cutoff=0.6)
    remedy = f'did you mean "{close[0]}"?' if close else "check the path"
    return SourceNotFoundError(f'there is no file "{shortened(str(path))}"', remedy=remedy)


def is_dir(path: Path) -> bool:
    """Whether a path is a folder; what cannot be a path is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name too long or with a NUL
        return False


def exists(path: Path) -> bool:
    """Whether there may be something at a path."""
    # A file in a folder that may not be entered exists for all we know: opening it says what is wrong.
    try:
        return path.exists()
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False


def shortened(text: str) -> str:
    """Return a text as it fits in a message."""
    return text if len(text) <= _MAX_NAME else f"{text[: _MAX_NAME - 1]}…"
