"""Blocks: lines that belong together, in reading order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

from inkread.arrange.aligned import aligned_tables
from inkread.arrange.frame import Placed, main_angle_deg, place
from inkread.arrange.kinds import block, body_height, is_page_number, parted
from inkread.arrange.lines import join_pieces
from inkread.arrange.mixed import in_page_order, is_column, parted_from_columns
from inkread.arrange.order import columns, rows
from inkread.arrange.rules import Rules, find_rules
from inkread.arrange.tables import RuledTable, aligned_block, ruled_tables
from inkread.document import Block, Line
from inkread.geometry import Box
from inkread.image import Image
from inkread.options import ArrangeOptions

# More white than this between two rows, in line heights, parts two paragraphs.
_PARAGRAPH_GAP = 0.8


class _Frame(NamedTuple):
    """A page's reading frame: its angle to the page, the height of running text, and the box around all text, px."""

    angle_deg: float
    body_height: float
    text: Box


def arrange(lines: Sequence[Line], options: ArrangeOptions, image: Image | None = None) -> tuple[Block, ...]:
    """Return the lines of a page as blocks in reading order.

    What stands at an angle to the text comes last; vertical writing beside horizontal stands where it is read.

    image: the page, where rules are looked for that part tables; None: only texts above each other make a table.
    """
    return _arranged(lines, body_height(lines), options, image)


def _arranged(lines: Sequence[Line], body: float, options: ArrangeOptions, image: Image | None) -> tuple[Block, ...]:
    """body: the height of the page's running text, px."""
    main, aside = place(lines)
    has_columns = any(is_column(item.line) for item in (*main, *aside))
    angle = main_angle_deg([line.quad for line in lines])
    if has_columns and 45 < angle < 135:
        main, aside = parted_from_columns(main, aside)
    rules = Rules([], [])
    if image is not None and options.tables == "auto" and len(main) > 1:
        rules = find_rules(image, angle, median(item.box.height for item in main))
    tables = ruled_tables(main, rules, angle, options.row_overlap)
    if options.columns == "auto":
        in_columns = columns(main, options.row_overlap)
    else:
        in_columns = [rows(main, options.row_overlap)] if main else []
    frame = _Frame(angle, body, Box.around(item.box for item in main))
    blocks: list[Block] = []
    for part in _with_tables(in_columns, tables):
        if isinstance(part, RuledTable):
            blocks.append(part.block)
        else:
            blocks += _blocks([join_pieces(row) for row in part], rules, frame, options)
    if has_columns and aside:
        return in_page_order(blocks, _arranged([item.line for item in aside], body, options, image))
    blocks += [Block(lines=(item.line,)) for item in sorted(aside, key=lambda p: (p.box.top, p.box.left))]
    return tuple(blocks)


def _with_tables(
    in_columns: Sequence[Sequence[Sequence[Placed]]], tables: Sequence[RuledTable]
) -> Iterator[RuledTable | list[list[Placed]]]:
    """Yield runs of rows, and each table once: where its first line stands, its other lines left out."""
    table_of = {id(item): table for table in tables for item in table.members}
    seen: set[int] = set()
    for column in in_columns:
        run: list[list[Placed]] = []
        for row in column:
            for table in (table_of[id(item)] for item in row if id(item) in table_of):
                if id(table) not in seen:
                    seen.add(id(table))
                    yield run
                    yield table
                    run = []
            rest = [item for item in row if id(item) not in table_of]
            run += [rest] if rest else []
        yield run


def _blocks(column: Sequence[Sequence[Placed]], rules: Rules, frame: _Frame, options: ArrangeOptions) -> list[Block]:
    """Return the blocks of consecutive rows: tables, and paragraphs between them."""
    blocks: list[Block] = []
    start = 0
    for aligned in aligned_tables(column, rules.across) if options.tables == "auto" else []:
        inside = {id(item) for item in aligned.members}
        taken = [i for i, row in enumerate(column) if any(id(item) in inside for item in row)]
        blocks += _paragraphs(column[start : taken[0]], frame)
        blocks.append(aligned_block(aligned, frame.angle_deg, options.row_overlap))
        start = taken[-1] + 1
    return blocks + _paragraphs(column[start:], frame)


def _paragraphs(column: Sequence[Sequence[Placed]], frame: _Frame) -> list[Block]:
    """Return the rows of a column cut into blocks where more white than usual lies between two of them."""
    if not column:
        return []
    height = median(item.box.height for row in column for item in row)
    groups: list[list[Sequence[Placed]]] = []
    bottom = -float("inf")
    for row in column:
        top = min(item.box.top for item in row)
        if not groups or top - bottom > _PARAGRAPH_GAP * height:
            groups.append([])
        groups[-1].append(row)
        bottom = max(item.box.bottom for item in row)
    return [_block(part, frame) for group in groups for part in parted(group)]


def _block(rows: Sequence[Sequence[Placed]], frame: _Frame) -> Block:
    if is_page_number(rows):
        box = rows[0][0].box
        if box.top == frame.text.top or box.bottom == frame.text.bottom:
            return Block((rows[0][0].line,), "header" if box.top == frame.text.top else "footer")
    return block([_in_order(row) for row in rows], frame.body_height)


def _in_order(row: Sequence[Placed]) -> Sequence[Placed]:
    """Return a row, left to right, in the order in which it is read: its script's."""
    with_letters = [item.line for item in row if any(char.isalpha() for char in item.line.text)]
    return row[::-1] if 2 * sum(line.is_backward for line in with_letters) > len(with_letters) else row
