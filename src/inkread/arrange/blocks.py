"""Blocks: lines that belong together, in reading order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from inkread.arrange.aligned import aligned_tables
from inkread.arrange.frame import Placed, main_angle_deg, place
from inkread.arrange.lines import join_pieces
from inkread.arrange.order import columns, rows
from inkread.arrange.rules import Rules, find_rules
from inkread.arrange.tables import RuledTable, aligned_block, ruled_tables
from inkread.document import Block, Line
from inkread.image import Image
from inkread.options import ArrangeOptions

# More white than this between two rows, in line heights, parts two paragraphs.
_PARAGRAPH_GAP = 0.8


def arrange(lines: Sequence[Line], options: ArrangeOptions, image: Image | None = None) -> tuple[Block, ...]:
    """Return the lines of a page as blocks in reading order; what stands at an angle to the text comes last.

    image: the page, where rules are looked for that part tables; None: only texts above each other make a table.
    """
    main, aside = place(lines)
    angle = main_angle_deg([line.quad for line in lines])
    rules = Rules([], [])
    if image is not None and options.tables == "auto" and len(main) > 1:
        rules = find_rules(image, angle, median(item.box.height for item in main))
    tables = ruled_tables(main, rules, angle, options.row_overlap)
    if options.columns == "auto":
        in_columns = columns(main, options.row_overlap)
    else:
        in_columns = [rows(main, options.row_overlap)] if main else []
    blocks: list[Block] = []
    for part in _with_tables(in_columns, tables):
        if isinstance(part, RuledTable):
            blocks.append(part.block)
        else:
            blocks += _blocks([join_pieces(row) for row in part], rules, angle, options)
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


def _blocks(column: Sequence[Sequence[Placed]], rules: Rules, angle: float, options: ArrangeOptions) -> list[Block]:
    """Return the blocks of consecutive rows: tables, and paragraphs between them."""
    blocks: list[Block] = []
    start = 0
    for aligned in aligned_tables(column, rules.across) if options.tables == "auto" else []:
        inside = {id(item) for item in aligned.members}
        taken = [i for i, row in enumerate(column) if any(id(item) in inside for item in row)]
        blocks += _paragraphs(column[start : taken[0]])
        blocks.append(aligned_block(aligned, angle, options.row_overlap))
        start = taken[-1] + 1
    return blocks + _paragraphs(column[start:])


def _paragraphs(column: Sequence[Sequence[Placed]]) -> list[Block]:
    """Return the rows of a column cut into blocks where more white than usual lies between two of them."""
    if not column:
        return []
    height = median(item.box.height for row in column for item in row)
    blocks: list[list[Line]] = []
    bottom = -float("inf")
    for row in column:
        top = min(item.box.top for item in row)
        if not blocks or top - bottom > _PARAGRAPH_GAP * height:
            blocks.append([])
        blocks[-1] += [item.line for item in row]
        bottom = max(item.box.bottom for item in row)
    return [Block(lines=tuple(lines)) for lines in blocks]
