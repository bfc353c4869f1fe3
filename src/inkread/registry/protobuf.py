"""Protobuf messages taken apart without their schema (https://protobuf.dev/programming-guides/encoding/)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from inkread.registry.malformed import MalformedError


class Data(Protocol):
    """Bytes or a mapped file."""

    def __getitem__(self, index: int, /) -> int: ...


class Field(NamedTuple):
    """One field: its number; of a number its value, else 0; of what holds bytes where they start and end, else -1."""

    number: int
    value: int
    start: int
    end: int

    @property
    def holds_bytes(self) -> bool:
        return self.start >= 0


def fields(data: Data, start: int, end: int) -> Iterator[Field]:
    """Yield the fields of the message that stands from `start` to `end`. Raises MalformedError where it is none."""
    position = start
    while position < end:
        tag, after = _varint(data, position, end)
        number, wire = tag >> 3, tag & 7
        if number == 0:
            raise MalformedError(f"field 0 at byte {position:,}")
        value, inside = 0, -1
        if wire == 0:
            value, after = _varint(data, after, end)
        elif wire == 2:
            length, inside = _varint(data, after, end)
            after = inside + length
        elif wire in (1, 5):
            after += 8 if wire == 1 else 4
        else:
            raise MalformedError(f"wire type {wire} at byte {position:,}")
        if after > end:
            raise MalformedError(
                f"field {number} at byte {position:,} ends {after - end:,} bytes after the file, or the part around it"
            )
        yield Field(number, value, inside, after if inside >= 0 else -1)
        position = after


def _varint(data: Data, position: int, end: int) -> tuple[int, int]:
    """Return the number that starts here, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= end:
            raise MalformedError("it ends within a number")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise MalformedError("a number has more than ten bytes")
