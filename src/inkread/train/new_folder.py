"""Folders of models: whole, or not there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inkread.errors import OutputError


def check_new(out: Path) -> None:
    """Raise OutputError where something is there already."""
    if out.exists():
        raise OutputError(f'"{out}" exists already', remedy="choose another name")


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Yield a folder beside `out` that becomes it at the end; of one that failed nothing is left.

    Raises OutputError where it cannot be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
        try:
            yield folder
            folder.chmod(0o755)
            folder.rename(out)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise OutputError(f'cannot write "{out}": {error.strerror or error}', remedy="free some space") from error
