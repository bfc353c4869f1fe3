"""Tables: grids that rules draw or that texts above each other make, and the text that stands in their cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from inkread.arrange.aligned import Aligned
from inkread.arrange.beside import are_partners
from inkread.arrange.frame import Placed
from inkread.arrange.grid import Field, Grid, ruled_grids, without_open_edges
from inkread.arrange.lines import join_pieces
from inkread.arrange.order import rows
from inkread.arrange.rules import Rules
from inkread.document import Block, Cell, Line, Table, Word
from inkread.geometry import Box, Point, Quad

# A grid is a table where text stands in so many cells of two rows and two columns at least, and in this share of them:
# photographs and drawings have grids of their own.
_LEAST_CELLS = 3
_LEAST_FILLED = 0.25
# Rules that leave more rows of text than this in a row of cells, on average, part a table into groups of rows.
_MOST_ROWS = 2
# A word runs on into the next cell where more than so many heights of it stand there.
_LEAST_PART = 0.75
# A bar that was read where a rule runs through a line.
_BARS = frozenset("|│丨lI1ǀ")


@dataclass(frozen=True)
class RuledTable:
    """A table and the lines of the page that went into its cells."""

    table: Table
    members: tuple[Placed, ...]

    @property
    def block(self) -> Block:
        """The table as a block, its lines cell by cell."""
        lines = tuple(line for cell in self.table.cells for line in cell.lines)
        return Block(lines, "table", self.table)


def aligned_block(aligned: Aligned, angle_deg: float, overlap: float) -> Block:
    """Return a table without rules as a block, its lines row by row as they stand."""
    cells: dict[tuple[int, int], Cell] = {}
    taken = {
        (r, c) for p in aligned.places for r in range(p.row, p.row + p.row_span) for c in range(p.first, p.last + 1)
    }
    for place in aligned.places:
        box = _on_page(Box.around(item.box for item in place.items), angle_deg)
        lines = _lines(place.items, overlap)
        span = place.last - place.first + 1
        cells[place.row, place.first] = Cell(place.row, place.first, box, lines, place.row_span, span)
    for row, (top, bottom) in enumerate(aligned.rows):
        for column, (left, right) in enumerate(aligned.columns):
            if (row, column) not in taken:
                cells[row, column] = Cell(row, column, _on_page(Box(left, top, right, bottom), angle_deg))
    table = Table(len(aligned.rows), len(aligned.columns), tuple(cells[key] for key in sorted(cells)))
    return Block(tuple(item.line for item in aligned.members), "table", table)


def ruled_tables(placed: Sequence[Placed], rules: Rules, angle_deg: float, overlap: float) -> list[RuledTable]:
    """Return the tables of a page: `placed` are its lines in the reading frame, which is at `angle_deg` to the page."""
    if len(placed) < _LEAST_CELLS:
        return []
    height = median(item.box.height for item in placed)
    tables: list[RuledTable] = []
    left = list(placed)
    # A table within a table's cell is text of that cell: the largest grid comes first.
    for grid in sorted(ruled_grids(rules, height), key=lambda grid: -grid.box.area):
        members = [item for item in left if grid.box.contains(item.box.center)]
        table = _ruled_table(grid, members, angle_deg, overlap)
        if table is not None and not _frames_a_part(grid, members, left, overlap):
            tables.append(table)
            left = [item for item in left if not grid.box.contains(item.box.center)]
    return tables


def _frames_a_part(grid: Grid, members: Sequence[Placed], placed: Sequence[Placed], overlap: float) -> bool:
    """Return whether rules stand around figures of a larger table: its rows have their names outside the grid."""
    in_rows = rows(members, overlap)
    if len(in_rows) <= _MOST_ROWS * (len(grid.ys) - 1):
        return False
    names = [item for item in placed if item.box.right <= grid.box.left]
    named = sum(are_partners(row, names) for row in in_rows) if names else 0
    return 2 * named > len(in_rows)


def _ruled_table(grid: Grid, members: Sequence[Placed], angle_deg: float, overlap: float) -> RuledTable | None:
    filled = [grid.fields[_field_of(item.box.center, grid)] for item in members]
    grid = without_open_edges(grid, filled)
    if not grid.fields:
        return None
    inside: list[list[Placed]] = [[] for _ in grid.fields]
    for piece in (piece for item in members for piece in _parted(item, grid, angle_deg)):
        inside[_field_of(piece.box.center, grid)].append(piece)
    filled = [field for field, texts in zip(grid.fields, inside, strict=True) if texts]
    if (
        len(filled) < max(_LEAST_CELLS, _LEAST_FILLED * len(grid.fields))
        or len({field.row for field in filled}) < 2
        or len({field.column for field in filled}) < 2
    ):
        return None
    cells = tuple(
        Cell(field.row, field.column, _on_page(field.box, angle_deg), lines, field.row_span, field.column_span)
        for field, lines in zip(grid.fields, (_lines(texts, overlap) for texts in inside), strict=True)
    )
    return RuledTable(Table(len(grid.ys) - 1, len(grid.xs) - 1, cells), tuple(members))


def _lines(texts: Sequence[Placed], overlap: float) -> tuple[Line, ...]:
    return tuple(item.line for row in rows(texts, overlap) for item in join_pieces(row))


def _field_of(point: Point, grid: Grid) -> int:
    """Return the index of the cell that a point within the grid lies in."""
    for index, field in enumerate(grid.fields):
        if field.box.contains(point):
            return index
    return min(range(len(grid.fields)), key=lambda i: math.dist(grid.fields[i].box.center, point))


def _parted(item: Placed, grid: Grid, angle_deg: float) -> list[Placed]:
    """Return a line cut where it runs from one cell into the next."""
    groups: list[tuple[int, list[Word]]] = []
    for word in [part for whole in item.line.words for part in _parted_word(whole, grid, angle_deg)]:
        field = _field_of(_in_frame(word.quad, angle_deg).center, grid)
        if groups and groups[-1][0] == field:
            groups[-1][1].append(word)
        else:
            groups.append((field, [word]))
    if len(groups) < 2:
        return [item]
    groups = [group for group in groups if not _is_bar(group[1], grid.fields[group[0]], angle_deg)] or groups
    lines = [line_of(words, item.line) for _, words in groups]
    return [Placed(line, _in_frame(line.quad, angle_deg)) for line in lines]


def _parted_word(word: Word, grid: Grid, angle_deg: float) -> list[Word]:
    """Return a word cut where it runs from one cell into the next: scripts without spaces have long ones."""
    fields = [_field_of(_in_frame(char.quad, angle_deg).center, grid) for char in word.chars]
    if len(set(fields)) < 2:
        return [word]
    cuts = [0, *(i for i in range(1, len(fields)) if fields[i] != fields[i - 1]), len(fields)]
    parts = [_part_of(word, start, end) for start, end in pairwise(cuts)]
    # Where characters stand is known to a part of their width: what sticks out a little is no text of the next cell.
    return parts if all(part.quad.width > _LEAST_PART * part.quad.height for part in parts) else [word]


def _part_of(word: Word, start: int, end: int) -> Word:
    """Return the characters of a word from `start` to `end`, half-open."""
    left, right = word.spans[start][0], word.spans[end - 1][1]
    width = max(right - left, 1e-9)
    scores = word.scores[start:end]
    return Word(
        word.text[start:end],
        word.quad.part(left, right),
        round(sum(scores) / len(scores), 4) if scores else word.confidence,
        tuple(((a - left) / width, (b - left) / width) for a, b in word.spans[start:end]),
        scores,
        tuple(a._replace(index=a.index - start) for a in word.alternatives if start <= a.index < end),
        word.probability,
    )


def _is_bar(words: Sequence[Word], field: Field, angle_deg: float) -> bool:
    """Return whether a word is a rule that was read: a bar on a cell's edge."""
    if len(words) != 1 or words[0].text not in _BARS:
        return False
    box = _in_frame(words[0].quad, angle_deg)
    return min(abs(box.center.x - field.box.left), abs(box.center.x - field.box.right)) < 0.3 * box.height


def line_of(words: Sequence[Word], whole: Line) -> Line:
    """Return the part of a line that consists of some of its words."""
    first, last = words[0].quad, words[-1].quad
    scores = [score for word in words for score in (word.scores or (word.confidence,))]
    quad = Quad(first.top_left, last.top_right, last.bottom_right, first.bottom_left)
    return replace(whole, words=tuple(words), quad=quad, confidence=round(sum(scores) / len(scores), 4))


def _in_frame(quad: Quad, angle_deg: float) -> Box:
    return Box.around(Box(p.x, p.y, p.x, p.y) for p in (_turned(point, -angle_deg) for point in quad))


def _on_page(box: Box, angle_deg: float) -> Box:
    corners = (_turned(point, angle_deg) for point in Quad.from_box(box))
    return Box.around(Box(round(p.x, 2), round(p.y, 2), round(p.x, 2), round(p.y, 2)) for p in corners)


def _turned(point: Point, angle_deg: float) -> Point:
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    return Point(point.x * cos - point.y * sin, point.x * sin + point.y * cos)
