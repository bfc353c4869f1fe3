"""Reading order: rows from top to bottom, columns of running text and blocks that are apart one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from statistics import median

from inkread.arrange.beside import part, strips
from inkread.arrange.frame import Placed
from inkread.arrange.sidebars import find_sides
from inkread.geometry import Box

# A gutter between columns of text is at least this wide, in line heights. Justified text has gaps of up to about
# one height between words, but they do not stand above each other over several rows.
_MIN_GUTTER = 0.6
# Columns of running text: each side has so many rows at least, and its lines are so many heights long.
_MIN_ROWS = 4
_MIN_LINE_LENGTH = 9.0
# Lines that have more of the narrower one's width in common stand above each other, not in one row.
_MAX_COMMON_WIDTH = 0.5


def rows(placed: Sequence[Placed], overlap: float) -> list[list[Placed]]:
    """Return the lines in rows from top to bottom, each from left to right.

    Two lines share a row where they have `overlap` of the lower one's height in common, and stand beside each other: a
    signature is as high as the two lines that it runs through.
    """
    result: list[list[Placed]] = []
    for item in sorted(placed, key=lambda p: p.box.center.y):
        row = next((row for row in reversed(result[-4:]) if _shares_row(row, item, overlap)), None)
        if row is None:
            result.append([item])
        else:
            row.append(item)
    for row in result:
        row.sort(key=lambda p: p.box.left)
    result.sort(key=lambda row: min(p.box.center.y for p in row))
    return result


def columns(placed: Sequence[Placed], overlap: float) -> list[list[list[Placed]]]:
    """Return the rows of each column of running text, and of each block beside another, in reading order.

    A page is cut from top to bottom where white runs between two texts, and from left to right where a line runs
    across such a cut (recursive XY cut; Nagy and Seth, 1984, with a test that both sides are running text: prices
    beside articles stay in their row).
    """
    if len(placed) < 2 * _MIN_ROWS:
        return _blocks(placed, overlap)
    gutter = _gutter(placed)
    if gutter is not None:
        left = [p for p in placed if p.box.center.x < gutter]
        right = [p for p in placed if p.box.center.x >= gutter]
        return columns(left, overlap) + columns(right, overlap)
    in_rows = rows(placed, overlap)
    first, last = _rows_with_gutter(in_rows)
    sides = find_sides(placed)
    if sides is not None and sides.beside > sum(map(len, in_rows[first:last])):
        return [column for side in sides for column in columns(side, overlap)]
    if first == last:
        return _blocks(placed, overlap)
    parts = (in_rows[:first], in_rows[first:last], in_rows[last:])
    return [column for part in parts for column in columns(list(chain.from_iterable(part)), overlap)]


def _blocks(placed: Sequence[Placed], overlap: float) -> list[list[list[Placed]]]:
    """Return the rows of lines without columns of running text, parted where blocks stand beside each other."""
    result: list[list[list[Placed]]] = [[]]
    for strip in strips(rows(placed, overlap)):
        sides = part(strip)
        if sides is None:
            result[-1] += strip
        else:
            result += [*_blocks(sides.first, overlap), *_blocks(sides.second, overlap), []]
    return [block for block in result if block]


def _shares_row(row: Sequence[Placed], item: Placed, overlap: float) -> bool:
    if any(_stands_above(p.box, item.box) for p in row):
        return False
    # Against the nearest neighbour in the row, so that a row may climb a little along its length.
    other = min(row, key=lambda p: abs(p.box.center.x - item.box.center.x)).box
    common = min(other.bottom, item.box.bottom) - max(other.top, item.box.top)
    return common >= overlap * min(other.height, item.box.height)


def _stands_above(a: Box, b: Box) -> bool:
    return min(a.right, b.right) - max(a.left, b.left) > _MAX_COMMON_WIDTH * min(a.width, b.width)


def _gutter(placed: Sequence[Placed]) -> float | None:
    """Return the x of the widest white strip from top to bottom with running text on both sides, or None."""
    height = median(p.box.height for p in placed)
    best: tuple[float, float] | None = None
    end = -float("inf")
    for item in sorted(placed, key=lambda p: p.box.left):
        width = item.box.left - end
        if end > -float("inf") and width >= _MIN_GUTTER * height and (best is None or width > best[0]):
            middle = end + width / 2
            left = [p for p in placed if p.box.center.x < middle]
            right = [p for p in placed if p.box.center.x >= middle]
            if _is_running_text(left) and _is_running_text(right) and _stand_side_by_side(left, right):
                best = (width, middle)
        end = max(end, item.box.right)
    return best[1] if best else None


def _is_running_text(placed: Sequence[Placed]) -> bool:
    if len(placed) < _MIN_ROWS:
        return False
    lengths = sorted(p.box.width / max(p.box.height, 1.0) for p in placed)
    return lengths[len(lengths) // 2] >= _MIN_LINE_LENGTH


def _stand_side_by_side(left: Sequence[Placed], right: Sequence[Placed]) -> bool:
    a, b = Box.around(p.box for p in left), Box.around(p.box for p in right)
    common = min(a.bottom, b.bottom) - max(a.top, b.top)
    return common >= 0.6 * min(a.height, b.height)


def _rows_with_gutter(in_rows: Sequence[Sequence[Placed]]) -> tuple[int, int]:
    """Return the longest run of rows, half-open, that one gutter parts; an empty run where there is none.

    What runs across the gutter, a title or a footer, stands above or below such a run.
    """
    best, start = (0, 0), 0
    while start + _MIN_ROWS <= len(in_rows):
        end = start + _MIN_ROWS
        found = start
        while end <= len(in_rows) and _gutter(list(chain.from_iterable(in_rows[start:end]))) is not None:
            found = end
            end += 1
        if found - start > best[1] - best[0]:
            best = (start, found)
        start = max(found, start + 1)
    return best
