"""Blocks that stand beside each other: a letterhead's columns, an address beside a logo, a date beside a list of names.

A row is read across where its parts belong together: an article and its price, a field and its value. Such parts stand
at one height. Blocks that have nothing to do with each other have rows of their own, at other heights.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from statistics import median
from typing import NamedTuple

from inkread.arrange.frame import Placed
from inkread.geometry import Box

# What can stand beside each other ends where white of this height, in line heights, runs across, and each line below it
# begins a paragraph with so much white above: a date under a logo is read after the address beside the logo.
_MIN_WHITE = 0.25
_PARAGRAPH_GAP = 0.8
# Blocks stand this far apart, in line heights: more than the widest space of justified text.
_MIN_GUTTER = 2.0
# Lines are partners in a row where their middles differ by less than this, in heights of the lower one, and neither is
# so many times as high as the other: 9 in 10 neighbours in rows of receipts (sroie), forms (funsd) and invoices
# (zugferd_invoices) differ by 0.12 at most. At a pitch of 1.5 one line in five does so by chance.
_MAX_OFFSET = 0.15
# On a bent page one side stands higher than the other, all of its lines by as much: so far is no sign of blocks apart.
_MAX_SHIFT = 0.2
_MAX_HEIGHT_RATIO = 1.6
# Blocks are apart where less than this share of the smaller one's lines has a partner.
_MAX_PARTNERS = 0.5
# Shorter lines, in heights, are the cells of a table, whose height may differ a little from that of their row.
_MIN_LINE_LENGTH = 4.0


class Beside(NamedTuple):
    """Two groups of lines that are apart, in reading order."""

    first: list[Placed]
    second: list[Placed]


def strips(in_rows: Sequence[list[Placed]]) -> list[list[list[Placed]]]:
    """Return the rows in groups: each stands below all lines of the one before, and begins paragraphs of its own."""
    if not in_rows:
        return []
    height = median(item.box.height for item in chain.from_iterable(in_rows))
    result: list[list[list[Placed]]] = [[in_rows[0]]]
    bottom = max(item.box.bottom for item in in_rows[0])
    for row in in_rows[1:]:
        top = min(item.box.top for item in row)
        if top - bottom >= _MIN_WHITE * height and _begins_paragraphs(row, chain.from_iterable(result[-1]), height):
            result.append([])
        result[-1].append(row)
        bottom = max(bottom, *(item.box.bottom for item in row))
    return result


def _begins_paragraphs(row: Sequence[Placed], before: Iterable[Placed], height: float) -> bool:
    return all(
        item.box.top - other.box.bottom > _PARAGRAPH_GAP * height
        for other in before
        for item in row
        if item.box.left < other.box.right and other.box.left < item.box.right
    )


def part(strip: Sequence[Sequence[Placed]]) -> Beside | None:
    """Return the lines of a strip left and right of the widest gutter between blocks that are apart, or None.

    The left block is the first unless the right one begins a line higher.
    """
    placed = sorted(chain.from_iterable(strip), key=lambda item: item.box.left)
    if len(strip) < 2 or len(placed) < 3:
        return None
    gutter = _MIN_GUTTER * median(item.box.height for item in placed)
    best: tuple[float, int] | None = None
    end = placed[0].box.right
    for i, item in enumerate(placed):
        width = item.box.left - end
        if width >= gutter and (best is None or width > best[0]) and _are_apart(placed[:i], placed[i:]):
            best = (width, i)
        end = max(end, item.box.right)
    return _in_order(placed[: best[1]], placed[best[1] :]) if best else None


def _in_order(left: list[Placed], right: list[Placed]) -> Beside:
    a, b = _first_line(left), _first_line(right)
    is_higher = b.bottom - a.top < 0.5 * min(a.height, b.height)
    return Beside(right, left) if is_higher else Beside(left, right)


def _first_line(placed: Sequence[Placed]) -> Box:
    return min((item.box for item in placed), key=lambda box: box.top)


def _are_apart(left: Sequence[Placed], right: Sequence[Placed]) -> bool:
    if min(_typical_length(left), _typical_length(right)) < _MIN_LINE_LENGTH:
        fewer, more = sorted((left, right), key=len)
        return not any(_are_of_one_size(a.box, b.box) for a in fewer for b in more)
    return not are_partners(left, right)


def are_partners(left: Sequence[Placed], right: Sequence[Placed]) -> bool:
    """Return whether most lines of the side with fewer of them stand in one row with a line of the other."""
    fewer, more = sorted((left, right), key=len)
    offsets = [offset for offset in (_offset(item.box, more) for item in fewer) if offset is not None]
    if not offsets:
        return False
    shift = min(max(median(offsets), -_MAX_SHIFT), _MAX_SHIFT)
    partners = sum(abs(offset - shift) < _MAX_OFFSET for offset in offsets)
    return partners >= _MAX_PARTNERS * len(fewer)


def _offset(box: Box, others: Sequence[Placed]) -> float | None:
    """Return how much lower a line stands than the nearest one of its size, in heights; None without such."""
    offsets = [
        (box.center.y - other.box.center.y) / max(min(box.height, other.box.height), 1.0)
        for other in others
        if _are_of_one_size(box, other.box)
    ]
    return min(offsets, key=abs, default=None)


def _are_of_one_size(a: Box, b: Box) -> bool:
    low, high = sorted((a.height, b.height))
    return high <= _MAX_HEIGHT_RATIO * low


def _typical_length(placed: Sequence[Placed]) -> float:
    """Return the median length of lines in their own heights."""
    return median(item.box.width / max(item.box.height, 1.0) for item in placed)
