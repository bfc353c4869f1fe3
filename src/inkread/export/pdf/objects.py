"""PDF's syntax, as far as it is written here: objects, streams, cross-reference sections (ISO 32000-1, 7.3 and 7.5)."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO

# What stands in a file: a number, or anything else as it is to be written.
Value = bytes | str | int | float
Entries = Mapping[str, Value]

_FREE_HEAD = (0, 65535)


def number(value: float, digits: int = 4) -> str:
    """Return a number as PDF has it: without an exponent, and without zeros that say nothing."""
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def dictionary(entries: Entries) -> bytes:
    """Return a dictionary; the names are given without their slash."""
    return b"<<" + b"".join(b"/%b %b" % (name.encode(), _written(value)) for name, value in entries.items()) + b">>"


def reference(object_number: int, generation: int = 0) -> bytes:
    """Return what stands for an object where it is used."""
    return b"%d %d R" % (object_number, generation)


def literal_string(content: bytes) -> bytes:
    """Return a string in parentheses, with what would end it or be read as a line end escaped."""
    escaped = content.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)").replace(b"\r", b"\\r")
    return b"(%b)" % escaped


class ObjectWriter:
    """Writes objects one after the other and remembers where they begin; nothing else is held.

    file: binary, standing where the first object goes.  first: the first object number that is free.
    origin: where in the file the PDF begins, which its offsets count from.
    """

    def __init__(self, file: BinaryIO, first: int = 1, origin: int = 0) -> None:
        self._file = file
        self._origin = origin
        self._next = first
        # Object number to offset and generation.
        self._places: dict[int, tuple[int, int]] = {}

    def reserve(self) -> int:
        """Return the number of an object that is written later."""
        self._next += 1
        return self._next - 1

    def add(self, body: bytes, number: int | None = None, generation: int = 0) -> int:
        """Write an object, under a number of its own unless one is given, and return its number."""
        number = self.reserve() if number is None else number
        self._places[number] = self._here(), generation
        self._file.write(b"%d %d obj\n%b\nendobj\n" % (number, generation, body))
        return number

    def add_stream(self, content: bytes, entries: Entries | None = None, number: int | None = None) -> int:
        """Write a stream as it is, its length added to the entries, and return its number."""
        head = dictionary({**(entries or {}), "Length": len(content)})
        return self.add(b"%b\nstream\n%b\nendstream" % (head, content), number)

    def add_deflated(self, content: bytes, entries: Entries | None = None, number: int | None = None) -> int:
        """Write a stream compressed and return its number."""
        return self.add_stream(zlib.compress(content, 9), {**(entries or {}), "Filter": "/FlateDecode"}, number)

    def finish(self, trailer: Entries, *, as_stream: bool, previous: int | None = None) -> None:
        """Write the cross-reference section and the trailer; nothing may be added afterwards.

        trailer: its entries but Size and Prev.  as_stream: a cross-reference stream, as from PDF 1.5, not a table.
        previous: where the section stands that this one adds to.
        """
        own = self.reserve() if as_stream else None
        start = self._here()
        entries: dict[str, Value] = {**trailer, "Size": self._next}
        if previous is None:
            # The list of free objects has a head, and here nothing else.
            self._places[0] = _FREE_HEAD
        else:
            entries["Prev"] = previous
        if own is None:
            self._file.write(b"xref\n" + b"".join(self._table()) + b"trailer\n" + dictionary(entries) + b"\n")
        else:
            self._places[own] = start, 0
            self._add_section(own, entries)
        self._file.write(b"startxref\n%d\n%%%%EOF\n" % start)

    def _table(self) -> Iterator[bytes]:
        for first, count in self._runs():
            yield b"%d %d\n" % (first, count)
            for number in range(first, first + count):
                offset, generation = self._places[number]
                yield b"%010d %05d %b \n" % (offset, generation, b"n" if number else b"f")

    def _add_section(self, own: int, entries: dict[str, Value]) -> None:
        width = max(4, (max(offset for offset, _ in self._places.values()).bit_length() + 7) // 8)
        index = " ".join(f"{first} {count}" for first, count in self._runs())
        rows = (
            bytes([number != 0]) + offset.to_bytes(width, "big") + generation.to_bytes(2, "big")
            for number, (offset, generation) in sorted(self._places.items())
        )
        kind = {"Type": "/XRef", "W": f"[1 {width} 2]", "Index": f"[{index}]"}
        self.add_deflated(b"".join(rows), {**kind, **entries}, own)

    def _runs(self) -> Iterator[tuple[int, int]]:
        """Yield the first number and the length of each run of numbers that follow one another."""
        for _, run in itertools.groupby(enumerate(sorted(self._places)), lambda pair: pair[1] - pair[0]):
            numbers = [number for _, number in run]
            yield numbers[0], len(numbers)

    def _here(self) -> int:
        return self._file.tell() - self._origin


def _written(value: Value) -> bytes:
    if isinstance(value, float):
        return number(value).encode()
    return value if isinstance(value, bytes) else str(value).encode()
