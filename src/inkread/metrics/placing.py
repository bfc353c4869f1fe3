"""Which words that were read belong to which label: by where their centres lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from inkread.geometry import Point
from inkread.metrics.regions import Region

LABEL_MARGIN = 1.0  # px: labels are drawn tight
IGNORED_MARGIN = 2.0  # px: what nobody labelled is drawn loosely


class ReadWord(Protocol):
    """A word of an output."""

    @property
    def text(self) -> str: ...
    @property
    def quad(self) -> Sequence[Sequence[float]]: ...


class ReadLine(Protocol):
    """A line of an output: `document.Line` is one. Without words, its text is laid out evenly along its quad."""

    @property
    def text(self) -> str: ...
    @property
    def quad(self) -> Sequence[Sequence[float]]: ...
    @property
    def words(self) -> Sequence[ReadWord]: ...


class PlacedWord(NamedTuple):
    """A word that was read, and where its middle is."""

    text: str
    center: Point


@dataclass(frozen=True, slots=True)
class Placed:
    """Words by the label that they lie in, in the labels' order, and those outside labels and ignored regions.

    in_order: all of these, as they were read.
    """

    by_label: tuple[tuple[PlacedWord, ...], ...]
    outside: tuple[PlacedWord, ...]
    in_order: tuple[PlacedWord, ...]


def place(lines: Sequence[ReadLine], regions: Sequence[Region], ignored: Sequence[Region]) -> Placed:
    """Return the words of lines by the region that they lie in, the nearest one's where several cover each other."""
    by_label: list[list[PlacedWord]] = [[] for _ in regions]
    outside: list[PlacedWord] = []
    in_order: list[PlacedWord] = []
    label_boxes, ignored_boxes = boxes_of(regions), boxes_of(ignored)
    for line in lines:
        for word in _placed_words(line):
            hits = _hits(word.center, regions, label_boxes, LABEL_MARGIN)
            if hits:
                nearest = min(hits, key=lambda k: _distance(regions[k].center, word.center))
                by_label[nearest].append(word)
                in_order.append(word)
            elif not _hits(word.center, ignored, ignored_boxes, IGNORED_MARGIN):
                outside.append(word)
                in_order.append(word)
    return Placed(tuple(map(tuple, by_label)), tuple(outside), tuple(in_order))


def boxes_of(regions: Sequence[Region]) -> NDArray[np.float64]:
    """Return the regions' boxes as (N, 4) left, top, right, bottom."""
    return np.array([region.box for region in regions], dtype=np.float64).reshape(-1, 4)


def _hits(point: Point, regions: Sequence[Region], boxes: NDArray[np.float64], margin: float) -> list[int]:
    near = (
        (boxes[:, 0] - margin <= point.x)
        & (point.x <= boxes[:, 2] + margin)
        & (boxes[:, 1] - margin <= point.y)
        & (point.y <= boxes[:, 3] + margin)
    )
    return [k for k in np.flatnonzero(near).tolist() if regions[k].contains(point, margin=margin)]


def _placed_words(line: ReadLine) -> Iterator[PlacedWord]:
    """Yield a line's words with their centres: of their own quads, else in proportion to their characters."""
    if line.words:
        for word in line.words:
            yield PlacedWord(word.text, Region.from_points(word.quad).center)
        return
    start, end = _axis(line.quad)
    position = 0
    for text in line.text.split():
        position = line.text.index(text, position)
        along = (position + len(text) / 2) / len(line.text)
        yield PlacedWord(text, Point(start.x + along * (end.x - start.x), start.y + along * (end.y - start.y)))
        position += len(text)


def _axis(quad: Sequence[Sequence[float]]) -> tuple[Point, Point]:
    """Return where a line's text starts and ends: from its left to its right edge, or down a vertical line.

    Quads of outputs may be in page order rather than reading order, so a tall one is taken as vertical.
    """
    a, b, c, d = quad[:4]
    left, right = _middle(a, d), _middle(b, c)
    height = abs(d[1] - a[1]) + abs(d[0] - a[0])
    if height > 1.5 * (abs(right.x - left.x) + abs(right.y - left.y)):
        return _middle(a, b), _middle(c, d)
    return left, right


def _middle(a: Sequence[float], b: Sequence[float]) -> Point:
    return Point((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)


def _distance(a: Point, b: Point) -> float:
    return float(np.hypot(a.x - b.x, a.y - b.y))


def in_reading_order(words: Sequence[PlacedWord], region: Region) -> list[PlacedWord]:
    """Return a label's words from left to right, or from top to bottom where the label is tall."""
    is_tall = region.box.width < 0.7 * region.box.height
    return sorted(words, key=lambda word: word.center.y if is_tall else word.center.x)
