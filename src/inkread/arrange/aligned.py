"""Tables that no rules part into cells: short texts that stand above each other in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from inkread.arrange.frame import Placed
from inkread.arrange.rules import Rule
from inkread.geometry import Box

# A table has so many rows and columns; two columns are enough between two rules, as printed tables have them.
_MIN_ROWS = 3
_MIN_COLUMNS = 3
_MIN_COLUMNS_RULED = 2
# White between columns is at least this wide, in line heights; at most this share of the rows, or one, run across it.
_MIN_GUTTER = 0.8
_MAX_CROSSING = 0.12
# This share of the places in rows and columns holds text.
_MIN_FILLED = 0.5
# Longer texts, in heights, are sentences: columns of them are no table.
_MAX_TEXT_LENGTH = 22.0
# So many rows without a second text may lie within a table: what goes on from the row above.
_MAX_SINGLE_ROWS = 2
# A row closer to the one above than this, in heights, goes on with its cells.
_CONTINUES = 0.55
# Rules belong to one table where their ends are no further apart than this, in heights.
_SAME_ENDS = 1.5


@dataclass
class Place:
    """Text at a place of a table: its row and columns, and how many rows it spans."""

    row: int
    first: int
    last: int
    items: list[Placed]
    row_span: int = 1


@dataclass
class Aligned:
    """A table of texts: where its rows and columns are (reading frame), and what stands where."""

    rows: list[tuple[float, float]]
    columns: list[tuple[float, float]]
    places: list[Place] = field(default_factory=list)
    members: list[Placed] = field(default_factory=list)


def aligned_tables(column: Sequence[Sequence[Placed]], across: Sequence[Rule]) -> list[Aligned]:
    """Return the tables among the rows of a column of a page; rows: pieces from left to right.

    across: the page's rules along its text.
    """
    if not column:
        return []
    height = median(item.box.height for row in column for item in row)
    tables = []
    for start, end in _runs(column, height):
        table = _table(column[start:end], across, height)
        if table is not None:
            tables.append(table)
    return tables


def _runs(column: Sequence[Sequence[Placed]], height: float) -> list[tuple[int, int]]:
    """Return the longest runs of rows, half-open, that begin and end with a row of several texts."""
    several = [i for i, row in enumerate(column) if len(row) > 1]
    runs: list[tuple[int, int]] = []
    for i in several:
        if runs and i - runs[-1][1] <= _MAX_SINGLE_ROWS and _gap(column[i - 1], column[i]) < 3 * height:
            runs[-1] = (runs[-1][0], i + 1)
        else:
            runs.append((i, i + 1))
    return [run for run in runs if run[1] - run[0] >= _MIN_ROWS]


def _gap(above: Sequence[Placed], below: Sequence[Placed]) -> float:
    return min(item.box.top for item in below) - max(item.box.bottom for item in above)


def _table(in_rows: Sequence[Sequence[Placed]], across: Sequence[Rule], height: float) -> Aligned | None:
    """Return the table that rows are, without those at its ends that hold little of it; None if they are none."""
    columns = _columns(in_rows, height)
    box = Box.around(item.box for row in in_rows for item in row)
    least = _MIN_COLUMNS_RULED if _is_between_rules(box, across, height) else _MIN_COLUMNS
    if len(columns) < least or not _are_short(in_rows):
        return None
    places = _places(in_rows, columns, height)
    places = _trimmed(places)
    filled = [sum(p.last - p.first + 1 for p in places if p.row == row) for row in range(_count(places))]
    if sum(count >= least for count in filled) < _MIN_ROWS or sum(filled) < _MIN_FILLED * len(filled) * len(columns):
        return None
    _widen_over_rules(places, columns, across, height)
    boxes = [Box.around(item.box for p in places if p.row == row for item in p.items) for row in range(len(filled))]
    inside = {id(item) for place in places for item in place.items}
    members = [item for row in in_rows for item in row if id(item) in inside]
    return Aligned([(box.top, box.bottom) for box in boxes], columns, places, members)


def _count(places: Sequence[Place]) -> int:
    return max((place.row for place in places), default=-1) + 1


def _trimmed(places: Sequence[Place]) -> list[Place]:
    """Return what is left without the first and last rows that hold a single text, and rows counted anew."""
    texts = [sum(place.row == row for place in places) for row in range(_count(places))]
    several = [row for row, count in enumerate(texts) if count > 1]
    if not several:
        return []
    kept = [place for place in places if several[0] <= place.row <= several[-1]]
    for place in kept:
        place.row -= several[0]
    return kept


def _columns(in_rows: Sequence[Sequence[Placed]], height: float) -> list[tuple[float, float]]:
    """Return the columns: what lies between strips of white that hardly any row runs across."""
    edges = sorted(
        [(item.box.left, 1) for row in in_rows for item in row]
        + [(item.box.right, -1) for row in in_rows for item in row]
    )
    crossing = max(1, int(_MAX_CROSSING * len(in_rows)))
    columns: list[tuple[float, float]] = []
    depth, start = 0, edges[0][0]
    for x, step in edges:
        was_text, depth = depth > crossing, depth + step
        is_text = depth > crossing
        if is_text and not was_text:
            start = columns.pop()[0] if columns and x - columns[-1][1] < _MIN_GUTTER * height else x
        elif was_text and not is_text:
            columns.append((start, x))
    return columns


def _is_between_rules(box: Box, across: Sequence[Rule], height: float) -> bool:
    """Return whether rules of its width stand right above and below a box."""

    def stands(at: float) -> bool:
        return any(
            abs(rule.at - at) < 2 * height
            and rule.start < box.left + height
            and rule.end > box.right - height
            and rule.end - rule.start < box.width + 4 * height
            for rule in across
        )

    return stands(box.top) and stands(box.bottom)


def _are_short(in_rows: Sequence[Sequence[Placed]]) -> bool:
    lengths = [item.box.width / max(item.box.height, 1.0) for row in in_rows for item in row if len(row) > 1]
    return median(lengths) < _MAX_TEXT_LENGTH / 2


def _places(in_rows: Sequence[Sequence[Placed]], columns: Sequence[tuple[float, float]], height: float) -> list[Place]:
    """Return what stands where; a row that goes on with the cells above joins them."""
    places: list[Place] = []
    number = -1
    for index, row in enumerate(in_rows):
        spans = [_span(item.box, columns) for item in row]
        if number >= 0 and _goes_on(in_rows[index - 1], row, spans, [p for p in places if p.row == number], height):
            for item, (first, last) in zip(row, spans, strict=True):
                above = next(p for p in places if p.row == number and p.first <= last and first <= p.last)
                above.items.append(item)
            continue
        number += 1
        for item, (first, last) in zip(row, spans, strict=True):
            same = next((p for p in places if p.row == number and p.first <= last and first <= p.last), None)
            if same is None:
                places.append(Place(number, first, last, [item]))
            else:
                same.items.append(item)
                same.first, same.last = min(same.first, first), max(same.last, last)
    return places


def _goes_on(
    above: Sequence[Placed],
    row: Sequence[Placed],
    spans: Sequence[tuple[int, int]],
    cells: Sequence[Place],
    height: float,
) -> bool:
    if len(set(spans)) > 1 or len(cells) < _MIN_COLUMNS or _gap(above, row) > _CONTINUES * height:
        return False
    first, last = spans[0]
    return any(p.first <= last and first <= p.last for p in cells)


def _span(box: Box, columns: Sequence[tuple[float, float]]) -> tuple[int, int]:
    """Return the first and the last column that a text stands in."""
    covered = [
        i
        for i, (left, right) in enumerate(columns)
        if min(right, box.right) - max(left, box.left) > 0.3 * min(right - left, box.width)
    ]
    if covered:
        return covered[0], covered[-1]
    nearest = min(range(len(columns)), key=lambda i: abs(sum(columns[i]) / 2 - box.center.x))
    return nearest, nearest


def _widen_over_rules(
    places: Sequence[Place], columns: Sequence[tuple[float, float]], across: Sequence[Rule], height: float
) -> None:
    """Let a heading span the columns that the rule right below it runs over."""
    whole = columns[-1][1] - columns[0][0]
    for place in places:
        box = Box.around(item.box for item in place.items)
        for rule in across:
            if rule.end - rule.start > 0.85 * whole or not 0 <= rule.at - box.bottom < height:
                continue
            under = [i for i, (a, b) in enumerate(columns) if min(b, rule.end) - max(a, rule.start) > 0.5 * (b - a)]
            is_free = all(
                other is place
                or other.row != place.row
                or other.last < min(under, default=0)
                or other.first > max(under, default=0)
                for other in places
            )
            if under and rule.start <= box.center.x <= rule.end and is_free:
                place.first, place.last = min(place.first, *under), max(place.last, *under)
