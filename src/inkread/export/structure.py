"""What blocks are to a reader: levels of headings, items of lists, paragraphs that flow, fields of tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from inkread.document import Block, Cell, Document, Line, Table
from inkread.errors import FormatError

# What Markdown, HTML and word processors have.
_MAX_LEVEL = 6

# Signs that begin an item, and numbers or letters before a dot or bracket: "1.", "12)", "(a)", "iv.".
_BULLET = re.compile(r"[•‣⁃▪▫◦●○■□–—·*\-+►➢✓o](?=\s|$)\s*")
_NUMBER = re.compile(r"(?P<bracket>\()?(?P<number>\d{1,9}|[A-Za-z]|[ivxIVX]{2,5})[.)](?=\s|$)\s*")

# Fields of a table beyond which something other than a table was read: a dense page has 5,000 words. A DOCX of as many
# takes four seconds.
MAX_FIELDS = 100_000


class Item(NamedTuple):
    """One item of a list: its sign ("" where it has none), whether that counts, and the text after it, line by line."""

    sign: str
    is_numbered: bool
    texts: tuple[str, ...]


class Field(NamedTuple):
    """A cell with a place of its own: no two fields of a grid overlap."""

    row: int
    column: int
    row_span: int
    column_span: int
    text: str

    @property
    def is_single(self) -> bool:
        return self.row_span == self.column_span == 1


class Grid(NamedTuple):
    """The fields of a table, row by row."""

    rows: int
    columns: int
    fields: tuple[Field, ...]

    def texts(self) -> list[list[str]]:
        """Return every row with every column; what a span covers is empty but for its first field."""
        table = [[""] * self.columns for _ in range(self.rows)]
        for field in self.fields:
            table[field.row][field.column] = field.text
        return table


def heading_levels(document: Document) -> dict[int | None, int]:
    """Return how formats number each level that the document's headings have: from 1, without a gap, 6 at most.

    Which heading stands above which is told by `Block.level` alone; one without a level is as one of level 1.
    """
    found = sorted({block.level or 1 for page in document for block in page.blocks if block.kind == "heading"})
    numbers: dict[int | None, int] = {level: min(i, _MAX_LEVEL) for i, level in enumerate(found, start=1)}
    return {None: 1, 0: 1, **numbers}


def items(block: Block) -> tuple[Item, ...]:
    """Return a list's items: a line that begins with a bullet or number begins one; without any, each line is one."""
    texts = [line.text.strip() for line in block.lines]
    begins = [_BULLET.match(text) or _NUMBER.match(text) for text in texts]
    if not any(begins):
        return tuple(Item("", False, (text,)) for text in texts)
    found: list[Item] = []
    for text, begin in zip(texts, begins, strict=True):
        if begin is None and found:
            found[-1] = found[-1]._replace(texts=(*found[-1].texts, text))
        elif begin is None:
            found.append(Item("", False, (text,)))
        else:
            found.append(Item(begin[0].strip(), begin.re is _NUMBER, (text[begin.end() :],)))
    return tuple(found)


def paragraphs(block: Block) -> Iterator[str]:
    """Yield the block's text as a typist would: a line that the next word would have fitted on ends a paragraph's line.

    Lines that were broken for want of room are joined with a space (without one between Chinese and Japanese).
    """
    text = ""
    for line, following in pairwise((*block.lines, None)):
        assert line is not None
        text += line.text
        if following is None or not _was_full(line, following, block):
            yield text
            text = ""
        elif not (_is_unspaced(line.text[-1:]) and _is_unspaced(following.text[:1])):
            text += " "


def _was_full(line: Line, following: Line, block: Block) -> bool:
    """Return whether the first word of the following line would not have fitted at the end of this one."""
    if line.is_vertical or following.is_vertical or not following.words:
        return False
    if following.box.top < line.box.top + 0.5 * line.box.height:
        return False
    first = following.words[0]
    # Without spaces a single character is what had no room.
    parts = len(first.text) if _is_unspaced(first.text[:1]) else 1
    gap = 0.25 * line.box.height
    return block.box.right - line.box.right < first.box.width / parts + gap


def _is_unspaced(character: str) -> bool:
    return "\u3000" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"


def outside(block: Block) -> tuple[Line, ...]:
    """Return the lines of a table's block that stand in none of its cells."""
    if block.table is None:
        return block.lines
    inside = {line for cell in block.table.cells for line in cell.lines}
    return tuple(line for line in block.lines if line not in inside)


def grid(table: Table) -> Grid:
    """Return the table's fields so that none overlap and none is lost, as large as its cells reach.

    A cell whose span covers another's field keeps its first field only; the text of a cell whose first field is taken
    is added to what is there. Raises FormatError for more than MAX_FIELDS.
    """
    cells = sorted(table.cells, key=lambda cell: (cell.row, cell.column))
    rows = max([table.rows, *(cell.row + max(1, cell.row_span) for cell in cells)])
    columns = max([table.columns, *(cell.column + max(1, cell.column_span) for cell in cells)])
    if rows * columns > MAX_FIELDS:
        raise FormatError(
            f"a table of {rows:,} x {columns:,} fields is more than a table holds, {MAX_FIELDS:,}",
            remedy="save the document as JSON",
        )
    firsts = {(cell.row, cell.column) for cell in cells}
    taken: dict[tuple[int, int], int] = {}
    fields: list[Field] = []
    for cell in cells:
        place = (cell.row, cell.column)
        if (at := taken.get(place)) is not None:
            fields[at] = fields[at]._replace(text=f"{fields[at].text}\n{cell.text}")
            continue
        covered = _covered(cell)
        if any(other in taken or (other in firsts and other != place) for other in covered):
            covered = [place]
        row_span, column_span = (max(1, cell.row_span), max(1, cell.column_span)) if len(covered) > 1 else (1, 1)
        taken.update(dict.fromkeys(covered, len(fields)))
        fields.append(Field(*place, row_span, column_span, cell.text))
    return Grid(rows, columns, tuple(fields))


def _covered(cell: Cell) -> list[tuple[int, int]]:
    rows = range(cell.row, cell.row + max(1, cell.row_span))
    return [(row, column) for row in rows for column in range(cell.column, cell.column + max(1, cell.column_span))]
