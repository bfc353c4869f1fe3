"""A column of text beside something else: figures, short notes, a small table, the captions of a chart.

Where both sides are running text, a gutter says so (order.py). Here one is, and what tells a sidebar from the prices
beside articles is that its rows stand at heights of their own.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from inkread.arrange.beside import are_partners
from inkread.arrange.frame import Placed
from inkread.geometry import Box

# White of so many line heights parts the sides; no line reaches into it.
_WHITE = 0.4
# A left edge that so many lines have in common, within half a height, may be the edge of a column.
_FEWEST_AT_EDGE = 4
# Of more such edges only those of the most lines are tried: newspapers have a dozen, dense tables of figures dozens.
_MOST_EDGES = 24
# One side is a column of text: so many lines, most of them long in their own heights, and filling the column.
_FEWEST_LINES = 12
_LONG = 9.0
_FILLED = 0.7
# The sides stand beside each other for so much of the lower one's height.
_COMMON = 0.6


class Sides(NamedTuple):
    """The lines above a strip of white, left and right of it, and below."""

    above: list[Placed]
    left: list[Placed]
    right: list[Placed]
    below: list[Placed]

    @property
    def beside(self) -> int:
        """How many lines stand beside others."""
        return len(self.left) + len(self.right)


class _Stretch(NamedTuple):
    """A part of a strip of white: the middle of the line that crosses it above, and the lines beside it."""

    top: float
    left: list[Placed]
    right: list[Placed]


def find_sides(placed: Sequence[Placed]) -> Sides | None:
    """Return the sides of the strip of white that parts the most lines of a text column from others, or None."""
    if len(placed) < _FEWEST_LINES + _FEWEST_AT_EDGE:
        return None
    height = median(item.box.height for item in placed)
    found = (
        stretch
        for edge in _edges(placed, height)
        for stretch in _stretches(placed, edge - _WHITE * height, edge)
        if _are_apart(stretch.left, stretch.right)
    )
    best = max(found, key=lambda stretch: len(stretch.left) + len(stretch.right), default=None)
    if best is None:
        return None
    inside = {id(item) for item in (*best.left, *best.right)}
    rest = [item for item in placed if id(item) not in inside]
    above = [item for item in rest if item.box.center.y <= best.top]
    return Sides(above, best.left, best.right, [item for item in rest if item.box.center.y > best.top])


def _edges(placed: Sequence[Placed], height: float) -> list[float]:
    """Return the left edges that most lines share, but the leftmost."""
    lefts = sorted(item.box.left for item in placed)
    groups: list[list[float]] = []
    for left in lefts:
        if not groups or left - groups[-1][0] > 0.5 * height:
            groups.append([])
        groups[-1].append(left)
    shared = sorted((group for group in groups[1:] if len(group) >= _FEWEST_AT_EDGE), key=len, reverse=True)
    return [group[0] for group in shared[:_MOST_EDGES]]


def _stretches(placed: Sequence[Placed], left: float, right: float) -> list[_Stretch]:
    """Return the stretches of a strip that no line reaches into, with the lines left and right of each."""
    crosses = [item.box.left < right and item.box.right > left for item in placed]
    edges = sorted(item.box.center.y for item, is_crossing in zip(placed, crosses, strict=True) if is_crossing)
    stretches = [_Stretch(top, [], []) for top in (-math.inf, *edges)]
    for item, is_crossing in zip(placed, crosses, strict=True):
        if not is_crossing:
            stretch = stretches[bisect_left(edges, item.box.center.y)]
            (stretch.left if item.box.right <= left else stretch.right).append(item)
    return stretches


def _are_apart(left: Sequence[Placed], right: Sequence[Placed]) -> bool:
    if min(len(left), len(right)) < _FEWEST_AT_EDGE or not (_is_column(left) or _is_column(right)):
        return False
    a, b = (Box.around(item.box for item in side) for side in (left, right))
    common = min(a.bottom, b.bottom) - max(a.top, b.top)
    return common >= _COMMON * min(a.height, b.height) and not are_partners(left, right)


def _is_column(side: Sequence[Placed]) -> bool:
    """Return whether lines are a column of running text: most of them fill it."""
    if len(side) < _FEWEST_LINES:
        return False
    width = Box.around(item.box for item in side).width
    full = sum(item.box.width >= max(_FILLED * width, _LONG * item.box.height) for item in side)
    return 2 * full >= len(side)
