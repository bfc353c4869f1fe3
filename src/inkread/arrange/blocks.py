"""Blocks: lines that belong together, in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from inkread.arrange.frame import Placed, place
from inkread.arrange.lines import join_pieces
from inkread.arrange.order import columns, rows
from inkread.document import Block, Line
from inkread.options import ArrangeOptions

# More white than this between two rows, in line heights, parts two paragraphs.
_PARAGRAPH_GAP = 0.8


def arrange(lines: Sequence[Line], options: ArrangeOptions) -> tuple[Block, ...]:
    """Return the lines of a page as blocks in reading order; what stands at an angle to the text comes last."""
    main, aside = place(lines)
    if options.columns == "auto":
        in_columns = columns(main, options.row_overlap)
    else:
        in_columns = [rows(main, options.row_overlap)] if main else []
    blocks = [block for column in in_columns for block in _paragraphs([join_pieces(row) for row in column])]
    blocks += [Block(lines=(item.line,)) for item in sorted(aside, key=lambda p: (p.box.top, p.box.left))]
    return tuple(blocks)


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
