"""The sha256 of files, remembered by path, size and time of change."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

_Key = tuple[str, int, int]


class Hashes:
    """Remembers the sha256 of files, so that a start does not hash 31 MB again.

    A JSON object, path -> [size, mtime_ns, sha256], replaced as a whole. Two processes may each lose the other's entry:
    that costs one more hashing, never a wrong answer. A memo that cannot be read or written is no error.
    """

    def __init__(self, memo: Path) -> None:
        self._memo = memo
        self._known: dict[str, list[int | str]] | None = None

    def of(self, path: Path) -> str:
        """Return the sha256 of a file, lowercase hex, remembered where the file has not changed. Raises OSError."""
        state = path.stat()
        key = (str(path), state.st_size, state.st_mtime_ns)
        known = self._get(key)
        if known is None:
            known = sha256_of(path)
            self._put(key, known)
        return known

    def _get(self, key: _Key) -> str | None:
        if self._known is None:
            self._known = self._load()
        entry = self._known.get(key[0])
        if not (isinstance(entry, list) and len(entry) == 3 and entry[:2] == list(key[1:])):
            return None
        return entry[2] if isinstance(entry[2], str) else None

    def _put(self, key: _Key, sha256: str) -> None:
        self._known = {**(self._known or {}), **self._load(), key[0]: [key[1], key[2], sha256]}
        with suppress(OSError):
            replace_text(self._memo, json.dumps(self._known, indent=1))

    def _load(self) -> dict[str, list[int | str]]:
        try:
            data = json.loads(self._memo.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, lowercase hex. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def replace_text(path: Path, text: str) -> None:
    """Write a small file whole or not at all, over one that is there; its folder is made. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
