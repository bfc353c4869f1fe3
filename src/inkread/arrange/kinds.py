"""What kind of block rows of text are: headings by their size, lists by their marks, labels with values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from inkread.arrange.frame import Placed
from inkread.document import Block, BlockKind, Line

# A heading is this many times as high as the page's running text; the levels below the highest follow.
_HEADING = 1.3
_LEVELS = (2.0, 1.6)
_MAX_HEADING_ROWS = 3
_MAX_HEADING_CHARACTERS = 200
# Rows whose heights differ more are of different blocks.
_SAME_SIZE = 1.3
# An item of a list goes on where a row stands further in than its mark, in heights.
_INDENT = 0.5
# In a block of labels and values so many rows have a label.
_LABELLED = 0.7

_BULLET = r"[•●○◦▪■□‣·*–—-]"
_MARK = re.compile(rf"{_BULLET}(\s+\S|$)|\(?(\d{{1,2}}|[a-zA-Z])[.)](\s+\S|$)")
_LABEL = re.compile(r"[^\W\d][^:]{0,40}[:：](\s|$)")
_PAGE_NUMBER = re.compile(
    r"\W*((page|seite|p\.?|pág\.?|стр\.?|第)\s*)?\d{1,4}\s*(/|of|von|de|sur|из|页)?\s*(\d{1,4})?\W*", re.IGNORECASE
)

_Row = Sequence[Placed]


def parted(rows: Sequence[_Row]) -> list[list[_Row]]:
    """Return rows that stand close in groups: where print gets larger or smaller, and where a list begins and ends."""
    groups: list[list[_Row]] = []
    mark: float | None = None  # where the marks of the list stand that is open
    for above, row in pairwise((None, *rows)):
        if row is None:
            continue
        is_item = _is_item(row)
        goes_on = mark is not None and (is_item or row[0].box.left > mark + _INDENT * _height(row))
        begins = above is None or (mark is not None) != (goes_on or is_item) or not _are_of_one_size(above, row)
        mark = (row[0].box.left if mark is None or not goes_on else mark) if goes_on or is_item else None
        if begins:
            groups.append([])
        groups[-1].append(row)
    return groups


def block(rows: Sequence[_Row], body_height: float) -> Block:
    """Return rows of text as a block; body_height: of the page's running text, px."""
    lines = tuple(item.line for row in rows for item in row)
    kind = _kind(rows, body_height)
    level = _level(rows, body_height) if kind == "heading" else None
    return Block(lines, kind, level=level)


def body_height(lines: Sequence[Line]) -> float:
    """Return the height of most characters of a page, px; 0 without any."""
    heights = sorted((line.quad.height, len(line.text)) for line in lines)
    half = sum(count for _, count in heights) / 2
    for height, count in heights:
        half -= count
        if half <= 0:
            return height
    return 0.0


def is_page_number(rows: Sequence[_Row]) -> bool:
    """Return whether all that rows say is the number of a page."""
    return len(rows) == 1 and len(rows[0]) == 1 and bool(_PAGE_NUMBER.fullmatch(rows[0][0].line.text))


def _kind(rows: Sequence[_Row], body_height: float) -> BlockKind:
    text = " ".join(item.line.text for row in rows for item in row)
    if (
        _height(*rows) >= _HEADING * body_height
        and len(rows) <= _MAX_HEADING_ROWS
        and all(len(row) == 1 for row in rows)
        and len(text) <= _MAX_HEADING_CHARACTERS
        and sum(char.isalpha() for char in text) >= 2
    ):
        return "heading"
    if sum(map(_is_item, rows)) > 1 and _is_item(rows[0]):
        return "list"
    if len(rows) > 1 and sum(bool(_LABEL.match(row[0].line.text)) for row in rows) >= _LABELLED * len(rows):
        return "key-value"
    return "paragraph"


def _level(rows: Sequence[_Row], body_height: float) -> int:
    return 1 + sum(_height(*rows) < ratio * body_height for ratio in _LEVELS)


def _is_item(row: _Row) -> bool:
    return bool(_MARK.match(row[0].line.text))


def _are_of_one_size(a: _Row, b: _Row) -> bool:
    low, high = sorted((_height(a), _height(b)))
    return high <= _SAME_SIZE * low


def _height(*rows: _Row) -> float:
    return median(item.line.quad.height for row in rows for item in row)
