"""What a GGUF file says of itself, and whether it is whole, read without the library that runs it.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. What is checked is what a reader in C++ would
have to trust: counts, lengths, dimensions, and that the last tensor ends inside the file.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from inkread.registry.malformed import MalformedError, opened

_MAGIC: Final = b"GGUF"
_VERSIONS: Final = (2, 3)
_MAX_ENTRIES: Final = 100_000  # the largest models published have some 2,000 tensors and 50 entries
_MAX_DIMENSIONS: Final = 4
_MAX_TEXT_BYTES: Final = 16 << 20
_TEXT, _ARRAY = 8, 9
_SCALARS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}

# Of each type of tensor: how many values make a block, and the bytes of one. Types not here are not measured.
_BLOCKS: Final = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66), 17: (256, 74),
    18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2),
    26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip


@dataclass(frozen=True)
class GgufHeader:
    """What stands at the beginning of a GGUF file; texts are empty and numbers 0 where it does not say."""

    architecture: str
    name: str
    license: str
    context_length: int
    tensors: int


def gguf_header(path: Path | str) -> GgufHeader:
    """Return what a GGUF file says of itself, once it is sure to be whole.

    Raises ModelNotFoundError where there is no file and ModelError where it is cut, or lies about what it holds.
    """
    path = Path(path)
    with opened(path, "GGUF") as file:
        return _Reader(file, path.stat().st_size).header()


class _Reader:
    """Reads one file from the start, never past its end."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size

    def header(self) -> GgufHeader:
        if self._file.read(4) != _MAGIC:
            raise MalformedError("it does not begin with GGUF")
        version = self._number("I")
        if version not in _VERSIONS:
            raise MalformedError(f"version {version}, not 2 or 3")
        tensors, entries = self._count("tensors"), self._count("entries")
        known = dict(self._entry() for _ in range(entries))
        self._check_tensors(tensors, known)
        architecture = str(known.get("general.architecture", ""))
        context = known.get(f"{architecture}.context_length", 0)
        return GgufHeader(
            architecture,
            str(known.get("general.name", "")),
            str(known.get("general.license", "")),
            context if isinstance(context, int) else 0,
            tensors,
        )

    def _entry(self) -> tuple[str, object]:
        key = self._text()
        return key, self._value(self._number("I"))

    def _value(self, kind: int, depth: int = 0) -> object:
        if kind in _SCALARS:
            return self._number(_SCALARS[kind])
        if kind == _TEXT:
            return self._text()
        if kind != _ARRAY or depth > 1:
            raise MalformedError(f"a value of the unknown type {kind}")
        inner, count = self._number("I"), self._number("Q")
        if inner in _SCALARS:
            self._skip(count * struct.calcsize(f"<{_SCALARS[inner]}"))
        elif count * 8 > self._left():  # each text takes at least the bytes of its length
            raise MalformedError(f"a list of {count:,} values in {self._left():,} bytes")
        else:
            for _ in range(count):
                self._value(inner, depth + 1)
        return None

    def _check_tensors(self, count: int, known: dict[str, object]) -> None:
        ends = [self._tensor_end() for _ in range(count)]
        alignment = known.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment <= 0 or alignment > 1 << 20:
            raise MalformedError("an alignment that cannot be")
        start = -(-self._file.tell() // alignment) * alignment
        end = start + max(ends, default=0)
        if end > self._size:
            raise MalformedError(f"it has {self._size:,} bytes, its tensors need {end:,}")

    def _tensor_end(self) -> int:
        """Return where a tensor ends, in bytes after the start of all of them."""
        name, dimensions = self._text(), self._number("I")
        if dimensions > _MAX_DIMENSIONS:
            raise MalformedError(f'"{name[:40]}" has {dimensions:,} dimensions')
        values = math.prod(self._number("Q") for _ in range(dimensions))
        kind, offset = self._number("I"), self._number("Q")
        per_block, block_bytes = _BLOCKS.get(kind, (1, 0))
        return int(offset + -(-values // per_block) * block_bytes)

    def _count(self, what: str) -> int:
        count = self._number("Q")
        if count > _MAX_ENTRIES:
            raise MalformedError(f"{count:,} {what}")
        return count

    def _text(self) -> str:
        length = self._number("Q")
        if length > min(_MAX_TEXT_BYTES, self._left()):
            raise MalformedError(f"a text of {length:,} bytes where {self._left():,} are left")
        return self._file.read(length).decode("utf-8", "replace")

    def _number(self, form: str) -> int:
        size = struct.calcsize(f"<{form}")
        data = self._file.read(size)
        if len(data) < size:
            raise MalformedError(f"it ends after {self._size:,} bytes, within its header")
        value: int = struct.unpack(f"<{form}", data)[0]
        return value

    def _skip(self, count: int) -> None:
        if count > self._left():
            raise MalformedError(f"a list of {count:,} bytes where {self._left():,} are left")
        self._file.seek(count, 1)

    def _left(self) -> int:
        return self._size - self._file.tell()
