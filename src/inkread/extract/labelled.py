"""Values that stand behind their label, or under it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from inkread.extract.labels import Label
from inkread.extract.rows import Row

# How many rows under a label its value may stand: a line of a form may lie between.
_ROWS_BELOW = 2


class Place(NamedTuple):
    """Characters start to end (half-open) of a row's text."""

    row: Row
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.row.text[self.start : self.end]


Finder = Callable[[str], Iterator[tuple[int, int]]]


def labelled(rows: Sequence[Row], label: Label, find: Finder) -> Iterator[Place]:
    """Yield the values of a label, those behind it in its row before those under it, from the top of the page.

    find: yields where values stand in a text, characters start to end.
    """
    below: list[Place] = []
    for index, row in enumerate(rows):
        found = label.find(row.text)
        if found is None:
            continue
        behind = [Place(row, found[1] + start, found[1] + end) for start, end in find(row.text[found[1] :])]
        yield from behind
        if not behind:
            words = row.indexes(*found)
            left, right = row.boxes[words.start].left, row.boxes[words.stop - 1].right
            for under in rows[index + 1 : index + 1 + _ROWS_BELOW]:
                column = _column(under, left, right)
                if column is not None:
                    below += [Place(column, start, end) for start, end in find(column.text)]
    yield from below


def matches(pattern: re.Pattern[str], accept: Callable[[str], bool] = lambda text: True) -> Finder:
    """Return what finds a pattern; its first group where it has one. accept: says whether a match is a value."""

    def find(text: str) -> Iterator[tuple[int, int]]:
        for match in pattern.finditer(text):
            group = 1 if pattern.groups else 0
            if match[group] and accept(match[group]):
                yield match.span(group)

    return find


def _column(row: Row, left: float, right: float) -> Row | None:
    """Return the piece of a row that stands under a label, or None."""
    for piece in row.pieces():
        if piece.box.left < right and left < piece.box.right:
            return piece
    return None
