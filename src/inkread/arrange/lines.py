"""Text lines: pieces that one line fell into, joined again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inkread.arrange.frame import Placed
from inkread.geometry import Quad

# Pieces closer than this, in heights, belong to one line: a space is about a quarter of the height, a space in
# justified text up to one.
_MAX_GAP = 0.8
_MAX_HEIGHT_RATIO = 1.6


def join_pieces(row: Sequence[Placed]) -> list[Placed]:
    """Return a row of lines, left to right, with those that stand as close as words joined to one.

    What a file says and what was read in its picture stay apart, and so do print and handwriting: a line has one origin
    and one style.
    """
    joined: list[Placed] = []
    for item in row:
        if joined and _belongs_to(joined[-1], item):
            joined[-1] = _join(joined[-1], item)
        else:
            joined.append(item)
    return joined


def _belongs_to(left: Placed, right: Placed) -> bool:
    heights = sorted((left.box.height, right.box.height))
    gap = right.box.left - left.box.right
    common = min(left.box.bottom, right.box.bottom) - max(left.box.top, right.box.top)
    return (
        left.line.origin == right.line.origin
        and left.line.style == right.line.style
        and -0.5 * heights[0] < gap < _MAX_GAP * heights[0]
        and heights[1] <= _MAX_HEIGHT_RATIO * heights[0]
        and common >= 0.6 * heights[0]
    )


def _join(left: Placed, right: Placed) -> Placed:
    a, b = left.line, right.line
    words = a.words + b.words
    if replace(a, words=words).is_backward:
        words = b.words + a.words
    counts = [sum(len(word.text) for word in line.words) for line in (a, b)]
    weight = max(sum(counts), 1)
    confidence = (a.confidence * counts[0] + b.confidence * counts[1]) / weight
    quad = Quad(a.quad.top_left, b.quad.top_right, b.quad.bottom_right, a.quad.bottom_left)
    return Placed(replace(a, words=words, quad=quad, confidence=confidence), left.box.union(right.box))
