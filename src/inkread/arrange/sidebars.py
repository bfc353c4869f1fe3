"""A column of text beside something else: figures, short notes, a small table, the captions of a chart.

Where both sides are running text, a gutter says so (order.py). Here one is, and what tells a sidebar from the prices
beside articles is that its rows stand at heights of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

from inkread.arrange.beside import are_partners
from inkread.arrange.frame import Placed
from inkread.geometry import Box

# White of so many line heights parts the sides; no line reaches into it.
_WHITE = 0.4
# A left edge that so many lines have in common, within half a height, may be the edge of a column.
_FEWEST_AT_EDGE = 4
# One side is a column of text: so many lines, most of them long in their own heights, and filling the column.
_FEWEST_LINES = 8
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
    def count(self) -> int:
        return len(self.left) + len(self.right)


def find_sides(placed: Sequence[Placed]) -> Sides | None:
    """Return the sides of the strip of white that parts the most lines of a text column from others, or None."""
    if len(placed) < _FEWEST_LINES + _FEWEST_AT_EDGE:
        return None
    height = median(item.box.height for item in placed)
    found = (
        sides
        for edge in _edges(placed, height)
        for sides in _parted(placed, edge - _WHITE * height, edge)
        if _are_apart(sides.left, sides.right)
    )
    return max(found, key=lambda sides: sides.count, default=None)


def _edges(placed: Sequence[Placed], height: float) -> Iterator[float]:
    """Yield the left edges that several lines share, but the leftmost."""
    lefts = sorted(item.box.left for item in placed)
    start = 0
    for i, left in enumerate(lefts):
        if left - lefts[start] > 0.5 * height:
            if start and i - start >= _FEWEST_AT_EDGE:
                yield lefts[start]
            start = i
    if start and len(lefts) - start >= _FEWEST_AT_EDGE:
        yield lefts[start]


def _parted(placed: Sequence[Placed], left: float, right: float) -> Iterator[Sides]:
    """Yield the sides of a strip for each stretch of it that no line reaches into."""
    crossing = sorted(
        (item.box for item in placed if item.box.left < right and item.box.right > left), key=lambda box: box.top
    )
    tops = [-float("inf"), *(box.center.y for box in crossing)]
    for top, bottom in zip(tops, [*tops[1:], float("inf")], strict=True):
        inside = [item for item in placed if top < item.box.center.y < bottom]
        yield Sides(
            [item for item in placed if item.box.center.y <= top],
            [item for item in inside if item.box.right <= left],
            [item for item in inside if item.box.left >= right],
            [item for item in placed if item.box.center.y >= bottom],
        )


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
