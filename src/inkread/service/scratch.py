"""Files that live as long as one request: in a folder of this process alone, and gone even after a crash."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PREFIX: Final = "inkread-service-"


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a new folder that nobody else may open (0700), and remove it with all that is in it."""
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> int:
    """Remove what processes of this user left that are no more; return how many folders."""
    swept = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        found = re.fullmatch(rf"{_PREFIX}(\d+)-\w+", folder.name)
        if found is None or folder.is_symlink() or _is_alive(int(found[1])):
            continue
        if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
            continue
        shutil.rmtree(folder, ignore_errors=True)
        swept += 1
    return swept


def _is_alive(process: int) -> bool:
    if process == os.getpid():
        return False  # a folder of a process before this one that had the same number
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
