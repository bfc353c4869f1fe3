"""The grids that rules draw: cells, and which of them are one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from inkread.arrange.rules import Rule, Rules
from inkread.geometry import Box

# Rules meet, and are at one place, where they are no further apart than this, in heights of the text.
_TOLERANCE = 0.45
# Two cells are parted where a rule runs along so much of their common edge.
_PARTED = 0.5


class Field(NamedTuple):
    """A cell of a grid: its first row and column, from 0, how many it spans, and its box in the reading frame."""

    row: int
    column: int
    row_span: int
    column_span: int
    box: Box


class Grid(NamedTuple):
    """Where the lines of a grid stand, from top to bottom and from left to right, and its cells in reading order.

    is_open: whether it has no rule at its left, top, right and bottom: there rules across just go on for a while.
    """

    ys: list[float]
    xs: list[float]
    fields: list[Field]
    is_open: tuple[bool, bool, bool, bool] = (False, False, False, False)

    @property
    def box(self) -> Box:
        return Box(self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])


def ruled_grids(rules: Rules, text_height: float) -> list[Grid]:
    """Return the grids of two rows and two columns or more that rules draw, outermost lines missing or not."""
    tolerance = _TOLERANCE * text_height
    grids = (_grid(group, tolerance) for group in _groups(rules, tolerance))
    return [grid for grid in grids if len(grid.ys) > 2 and len(grid.xs) > 2]


def _groups(rules: Rules, tolerance: float) -> Iterator[Rules]:
    """Yield the rules that hang together by meeting one another."""
    left = [*((rule, True) for rule in rules.across), *((rule, False) for rule in rules.down)]
    while left:
        group, front = [left[0]], [left.pop(0)]
        while front:
            rule, is_across = front.pop()
            met = [other for other in left if other[1] != is_across and _meet(rule, other[0], tolerance)]
            left = [other for other in left if other not in met]
            group += met
            front += met
        yield Rules([rule for rule, across in group if across], [rule for rule, across in group if not across])


def _meet(a: Rule, b: Rule, tolerance: float) -> bool:
    return b.start - tolerance <= a.at <= b.end + tolerance and a.start - tolerance <= b.at <= a.end + tolerance


def without_open_edges(grid: Grid, filled: Sequence[Field]) -> Grid:
    """Return the grid without outermost rows and columns that lie open and hold no text.

    filled: the cells with text.  On lined paper the lines of a table go on to both sides of it.
    """
    left, top, right, bottom = grid.is_open
    first_column = 1 if left and all(field.column > 0 for field in filled) else 0
    first_row = 1 if top and all(field.row > 0 for field in filled) else 0
    last_column = len(grid.xs) - 1 - (right and all(f.column + f.column_span < len(grid.xs) - 1 for f in filled))
    last_row = len(grid.ys) - 1 - (bottom and all(f.row + f.row_span < len(grid.ys) - 1 for f in filled))
    fields = []
    for field in grid.fields:
        top_row, end_row = max(field.row, first_row), min(field.row + field.row_span, last_row)
        left_column, end_column = max(field.column, first_column), min(field.column + field.column_span, last_column)
        if top_row < end_row and left_column < end_column:
            box = Box(grid.xs[left_column], grid.ys[top_row], grid.xs[end_column], grid.ys[end_row])
            place = top_row - first_row, left_column - first_column
            fields.append(Field(*place, end_row - top_row, end_column - left_column, box))
    return Grid(grid.ys[first_row : last_row + 1], grid.xs[first_column : last_column + 1], fields)


def _grid(group: Rules, tolerance: float) -> Grid:
    ys, above, below = _places(group.across, group.down, tolerance)
    xs, before, after = _places(group.down, group.across, tolerance)
    fields = _fields(ys, xs, group, tolerance)
    # A rule that parts no cells, the stroke of a letter or half of a double rule, parts no rows either.
    rows, columns = sorted({field.row for field in fields}), sorted({field.column for field in fields})
    fields = [_among(field, rows, columns) for field in fields]
    ys, xs = [*(ys[row] for row in rows), *ys[-1:]], [*(xs[column] for column in columns), *xs[-1:]]
    return Grid(ys, xs, fields, (before, above, after, below))


def _among(field: Field, rows: Sequence[int], columns: Sequence[int]) -> Field:
    """Return the cell with its place and spans counted in those rows and columns only where a cell begins."""
    row, column = bisect_left(rows, field.row), bisect_left(columns, field.column)
    row_span = bisect_left(rows, field.row + field.row_span) - row
    column_span = bisect_left(columns, field.column + field.column_span) - column
    return Field(row, column, row_span, column_span, field.box)


def _places(along: Sequence[Rule], across: Sequence[Rule], tolerance: float) -> tuple[list[float], bool, bool]:
    """Return where parallel rules stand, each place once, and how far those across them reach beyond the outermost.

    Also: whether the first and the last place are such an end, not a rule.
    """
    places: list[list[float]] = []
    for rule in sorted(along):
        if places and rule.at - places[-1][-1] <= tolerance:
            places[-1].append(rule.at)
        else:
            places.append([rule.at])
    middles = [sum(place) / len(place) for place in places]
    if not across or not middles:
        return middles, False, False
    first, last = min(rule.start for rule in across), max(rule.end for rule in across)
    before = [first] if first < middles[0] - 2 * tolerance else []
    after = [last] if last > middles[-1] + 2 * tolerance else []
    return [*before, *middles, *after], bool(before), bool(after)


def _fields(ys: Sequence[float], xs: Sequence[float], group: Rules, tolerance: float) -> list[Field]:
    """Return the cells; those that no rule parts are one, and every cell is a rectangle."""
    rows, columns = len(ys) - 1, len(xs) - 1
    blocks = [(r, c, r, c) for r, c in product(range(rows), range(columns))]
    for r, c in product(range(rows), range(columns)):
        if c + 1 < columns and not _is_parted(group.down, xs[c + 1], ys[r], ys[r + 1], tolerance):
            blocks.append((r, c, r, c + 1))
        if r + 1 < rows and not _is_parted(group.across, ys[r + 1], xs[c], xs[c + 1], tolerance):
            blocks.append((r, c, r + 1, c))
    merged: list[tuple[int, int, int, int]] = []
    for block in blocks:
        while overlapping := [other for other in merged if _overlap(other, block)]:
            merged = [other for other in merged if other not in overlapping]
            tops, lefts, bottoms, rights = zip(*overlapping, block, strict=True)
            block = (min(tops), min(lefts), max(bottoms), max(rights))
        merged.append(block)
    return [
        Field(top, left, bottom - top + 1, right - left + 1, Box(xs[left], ys[top], xs[right + 1], ys[bottom + 1]))
        for top, left, bottom, right in sorted(merged)
    ]


def _overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def _is_parted(rules: Sequence[Rule], at: float, start: float, end: float, tolerance: float) -> bool:
    """Return whether rules at one place run along most of an edge."""
    ends = sorted((max(r.start, start), min(r.end, end)) for r in rules if abs(r.at - at) <= tolerance)
    covered, reached = 0.0, start
    for first, last in ends:
        covered += max(0.0, last - max(first, reached))
        reached = max(reached, last)
    return covered >= _PARTED * (end - start)
