"""What a file of Tesseract's (.traineddata) says of itself, read and checked without loading it.

The format: a count of entries, 32 bits, and for each kind of part a 64-bit offset into the file, -1 for none; parts lie
one after the other (tesseract-ocr/tesseract, src/ccutil/tessdatamanager.cpp). Its own loader trusts all of it, and
aborts the process where it should not have.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from inkread.errors import ModelError, ModelNotFoundError

SUFFIX: Final = ".traineddata"
# Kinds of parts, by their place among the offsets.
_UNICHARSET: Final = 1
_LSTM: Final = 17
_LSTM_UNICHARSET: Final = 21
_MOST_PARTS: Final = 64
# The largest pack that is published has 55 MB; of the user's own they are smaller.
_MOST_BYTES: Final = 512 << 20
_MOST_CHARSET_BYTES: Final = 8 << 20
# Tesseract's names for what has no text of its own: the space, and pieces of characters.
_SPACE: Final = "NULL"
_INTERNAL: Final = ("Joined", "|Broken|0|1")


class TrainedData(NamedTuple):
    """A language pack of Tesseract's. characters: what it can write."""

    path: Path
    characters: frozenset[str]


def read_trained_data(path: Path) -> TrainedData:
    """Return what a pack can write.

    Raises ModelNotFoundError without such a file and ModelError where it is none that Tesseract 4 or 5 could load.
    """
    if not path.is_file():
        raise ModelNotFoundError(f'the language pack "{path}" {"is a folder" if path.is_dir() else "does not exist"}')
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise _broken(path, f"it has {size:,} bytes, more than any")
        with path.open("rb") as file:
            parts = _parts(path, file.read(4 + 8 * _MOST_PARTS), size)
            if _LSTM not in parts:
                raise _broken(path, "it holds no network, so it is for Tesseract 3")
            place = parts.get(_LSTM_UNICHARSET) or parts.get(_UNICHARSET)
            if place is None:
                raise _broken(path, "it lists no characters")
            if place[1] > _MOST_CHARSET_BYTES:
                raise _broken(path, f"its list of characters has {place[1]:,} bytes")
            file.seek(place[0])
            text = file.read(place[1])
    except OSError as error:
        raise ModelError(f'cannot read the language pack "{path}": {error.strerror or error}') from error
    return TrainedData(path, _characters(path, text))


def _parts(path: Path, start: bytes, size: int) -> dict[int, tuple[int, int]]:
    """Return where each part lies, by its kind: offset and length. The file's first bytes give it."""
    if len(start) < 4:
        raise _broken(path, "it is empty")
    # Files are written in the byte order of the machine that made them; the count tells which.
    order = next((order for order in "<>" if 0 < struct.unpack_from(f"{order}i", start)[0] <= _MOST_PARTS), None)
    if order is None:
        raise _broken(path, "it does not begin as such a file does")
    (count,) = struct.unpack_from(f"{order}i", start)
    if len(start) < 4 + 8 * count:
        raise _broken(path, "it is cut off")
    offsets = struct.unpack_from(f"{order}{count}q", start, 4)
    there = [(offset, kind) for kind, offset in enumerate(offsets) if offset >= 0]
    ends = [offset for offset, _ in there[1:]] + [size]
    if [offset for offset, _ in there] != sorted({offset for offset, _ in there}):
        raise _broken(path, "its parts overlap")
    if not there or there[0][0] < 4 + 8 * count or there[-1][0] >= size:
        raise _broken(path, "it is cut off")
    return {kind: (offset, end - offset) for (offset, kind), end in zip(there, ends, strict=True)}


def _characters(path: Path, text: bytes) -> frozenset[str]:
    """Return the characters of a list: their number, then one a line, followed by properties."""
    try:
        first, *lines = text.decode("utf-8").split("\n")
        count = int(first)
    except ValueError:
        raise _broken(path, "its list of characters is no text") from None
    entries = list(_entries(lines[:count]))
    if count < 1 or len(lines) < count:
        raise _broken(path, f"it lists {len(entries):,} characters of {count:,}")
    return frozenset(char for entry in entries for char in entry)


def _entries(lines: list[str]) -> Iterator[str]:
    for line in lines:
        name = line.partition(" ")[0]
        if name == _SPACE:
            yield " "
        elif name not in _INTERNAL:
            yield name


def _broken(path: Path, why: str) -> ModelError:
    return ModelError(
        f'"{path}" is no language pack of Tesseract 4 or 5: {why}',
        remedy=f"get {path.name} again from where it came",
    )
