"""A page as rows of words, as the eye goes along a receipt: what stands beside each other is one row."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from inkread.document import Line, Page, Word
from inkread.geometry import Box, Point

# Words of one row have this share of the lower one's height in common.
_SHARED_HEIGHT = 0.5


@dataclass(frozen=True)
class Row:
    """Words that stand beside each other, from left to right.

    boxes: of each word, on the page turned until its lines are level, px.  number: the page's, from 1.  starts:
    indexes of words that begin a line of the page.
    """

    words: tuple[Word, ...]
    boxes: tuple[Box, ...]
    number: int
    starts: frozenset[int] = frozenset()

    @cached_property
    def text(self) -> str:
        """The words with a space between them, and two between lines of the page."""
        return "".join(self._gap(index) + word.text for index, word in enumerate(self.words))

    @cached_property
    def box(self) -> Box:
        return Box.around(self.boxes)

    @cached_property
    def height(self) -> float:
        """The median height of its words, px."""
        return median(box.height for box in self.boxes)

    def indexes(self, start: int, end: int) -> range:
        """Return the indexes of the words that characters start to end of the text (half-open) touch."""
        touched = [i for i, (a, b) in enumerate(self._offsets) if a < end and start < b]
        return range(touched[0], touched[-1] + 1) if touched else range(0)

    def part(self, start: int, end: int) -> Row:
        """Return the words that these characters touch, as a row."""
        chosen = self.indexes(start, end)
        words, boxes = self.words[chosen.start : chosen.stop], self.boxes[chosen.start : chosen.stop]
        return Row(words, boxes, self.number, frozenset(i - chosen.start for i in self.starts if i in chosen))

    def pieces(self) -> list[Row]:
        """Return the lines of the page that the row is made of, each as a row."""
        cuts = [0, *sorted(self.starts - {0}), len(self.words)]
        return [Row(self.words[a:b], self.boxes[a:b], self.number) for a, b in itertools.pairwise(cuts) if a < b]

    def _gap(self, index: int) -> str:
        return "" if index == 0 else "  " if index in self.starts else " "

    @cached_property
    def _offsets(self) -> tuple[tuple[int, int], ...]:
        offsets, at = [], 0
        for index, word in enumerate(self.words):
            at += len(self._gap(index))
            offsets.append((at, at + len(word.text)))
            at += len(word.text)
        return tuple(offsets)


def rows_of(page: Page) -> list[Row]:
    """Return the rows of a page from top to bottom, however it lies."""
    lines = [line for line in page.lines if line.words]
    if not lines:
        return []
    turn = -median(line.quad.angle_deg for line in lines)
    placed = sorted(((_level(line, turn), line) for line in lines), key=_middle)
    rows: list[list[tuple[Box, Line]]] = []
    for box, line in placed:
        row = next((row for row in reversed(rows[-6:]) if _belongs(box, row)), None)
        if row is None:
            rows.append([(box, line)])
        else:
            row.append((box, line))
    return [_row(sorted(row, key=lambda each: each[0].left), turn, page.number) for row in rows]


def _middle(placed: tuple[Box, Line]) -> float:
    return placed[0].top + placed[0].bottom


def _belongs(box: Box, row: Sequence[tuple[Box, Line]]) -> bool:
    """Return whether a line stands beside the nearest line of a row, and over or under none of it."""
    others = [other for other, _ in row]
    if any(
        min(box.right, other.right) - max(box.left, other.left) > 0.5 * min(box.width, other.width) for other in others
    ):
        return False
    nearest = min(others, key=lambda other: max(other.left - box.right, box.left - other.right))
    common = min(box.bottom, nearest.bottom) - max(box.top, nearest.top)
    return common >= _SHARED_HEIGHT * min(box.height, nearest.height)


def _row(placed: Sequence[tuple[Box, Line]], turn: float, number: int) -> Row:
    words: list[Word] = []
    starts = []
    for _, line in placed:
        starts.append(len(words))
        words += line.words
    boxes = tuple(_level(word, turn) for word in words)
    return Row(tuple(words), boxes, number, frozenset(starts))


def _level(what: Line | Word, turn: float) -> Box:
    corners = [_about_origin(corner, turn) for corner in what.quad]
    xs, ys = [corner.x for corner in corners], [corner.y for corner in corners]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _about_origin(point: Point, degrees: float) -> Point:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return Point(point.x * cos - point.y * sin, point.x * sin + point.y * cos)
