"""Vertical writing beside horizontal: Japanese and Chinese columns under a headline, over the number of the page.

Columns are read from right to left: in the reading frame, which is turned with them, that is from top to bottom, so
rows, gutters and paragraphs are found there as in any text. What remains is the order of blocks of both directions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from inkread.arrange.frame import Placed
from inkread.document import Block, Line
from inkread.geometry import Box

# Scripts that are written in columns: kana, Chinese characters, Hangul, with their punctuation in full width.
_RANGES = (("\u3001", "\u30ff"), ("\u3400", "\u9fff"), ("\uac00", "\ud7af"), ("\uf900", "\ufaff"), ("\uff01", "\uff60"))
_MOST = 0.5
# Numbers of pages have so many characters at most.
_MAX_NUMBER = 4


class _Part(NamedTuple):
    """A block, its place in the order of its direction, and whether it is of the page's main one."""

    block: Block
    rank: int
    is_main: bool
    box: Box


def is_column(line: Line) -> bool:
    """Return whether a line is vertical writing: read downwards, in a script that is written so."""
    text = line.text.replace(" ", "")
    count = sum(any(low <= char <= high for low, high in _RANGES) for char in text)
    return len(text) > 1 and 45 < line.quad.angle_deg < 135 and count >= _MOST * len(text)


def parted_from_columns(main: Sequence[Placed], aside: Sequence[Placed]) -> tuple[list[Placed], list[Placed]]:
    """Return the lines of both directions where the main one is vertical writing.

    A box of one or two digits says nothing of its direction: above or below all columns it is the number of a page.
    """
    columns = [item.box for item in main if is_column(item.line)]
    if not columns:
        return list(main), list(aside)
    around = Box.around(columns)
    kept: list[Placed] = []
    moved: list[Placed] = []
    for item in main:
        is_apart = item.box.left >= around.right or item.box.right <= around.left
        if is_apart and len(item.line.text) <= _MAX_NUMBER and not is_column(item.line):
            moved.append(Placed(_upright(item.line), item.box))
        else:
            kept.append(item)
    return kept, [*moved, *aside]


def _upright(line: Line) -> Line:
    """Return a line that was taken for a column as one that runs to the right."""
    words = tuple(replace(word, quad=word.quad.turned(-1)) for word in line.words)
    return replace(line, words=words, quad=line.quad.turned(-1))


def in_page_order(main: Sequence[Block], aside: Sequence[Block]) -> tuple[Block, ...]:
    """Return the blocks of the page's main direction and of the other one, each in their own order, as they are read.

    The page is cut where white runs across all of it, and read from top to bottom; what no such white parts is cut from
    top to bottom of it, and read from the right where vertical writing takes the most room, else from the left. Parts
    of one direction keep their order. Numbers of pages are told anew: which side they stand on is the page's.
    """
    parts = [
        _Part(block, rank, is_main, block.box)
        for blocks, is_main in ((main, True), (aside, False))
        for rank, block in enumerate(blocks)
    ]
    middle = Box.around(part.box for part in parts).center.y
    return tuple(_with_side(part.block, middle) for part in _cut(parts))


def _with_side(block: Block, middle: float) -> Block:
    if block.kind not in ("header", "footer"):
        return block
    return replace(block, kind="header" if block.box.center.y < middle else "footer")


def _cut(parts: Sequence[_Part]) -> list[_Part]:
    if len({part.is_main for part in parts}) < 2:
        return sorted(parts, key=lambda part: part.rank)
    rows = _bands(parts, lambda box: (box.top, box.bottom))
    if len(rows) > 1:
        return [part for row in rows for part in _cut(row)]
    columns = _bands(parts, lambda box: (box.left, box.right))
    if len(columns) > 1:
        ordered = columns[::-1] if _are_columns(parts) else columns
        return [part for column in ordered for part in _cut(column)]
    return sorted(parts, key=lambda part: (not part.is_main, part.rank))


def _bands(parts: Sequence[_Part], extent: Callable[[Box], tuple[float, float]]) -> list[list[_Part]]:
    """Return the parts in groups with white between them, in the direction of the extent."""
    bands: list[list[_Part]] = []
    end = -float("inf")
    for part in sorted(parts, key=lambda part: extent(part.box)[0]):
        start, stop = extent(part.box)
        if start >= end:
            bands.append([])
        bands[-1].append(part)
        end = max(end, stop)
    return bands


def _are_columns(parts: Sequence[_Part]) -> bool:
    vertical = sum(part.box.area for part in parts if any(map(is_column, part.block.lines)))
    return 2 * vertical >= sum(part.box.area for part in parts)
