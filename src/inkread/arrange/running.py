"""Running heads and feet: what stands at the same place on several pages of a document.

A title, a chapter's name, a letterhead, the number of the page. Two pages next to each other, or next but one where
left and right pages differ, show it: the same text at the same place, or the same but for numbers that count the pages.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from inkread.document import Block, BlockKind, Line, Page
from inkread.edits import distance
from inkread.geometry import Box

# Heads and feet stand in these shares of the page's height: letterheads and the feet of invoices take up to a seventh.
_ZONE = 0.15
# Two pages show the same place where it differs by less than this across and down, in shares of the page: sheets are
# never fed alike. A row further down is another place: lines of a transcript have numbers that would count with pages.
_MAX_ASIDE = 0.03
_MAX_LOWER = 0.015
# One character in so many may be read otherwise.
_MAX_MISREAD = 0.15
# Pages that share so many of the lines between head and foot are one form filled in twice, or copies of each other.
_MAX_COMMON = 0.25
# Left and right pages have heads of their own.
_REACH = 2

_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+|\d+")


class _Text(NamedTuple):
    """A line where it stands on the upright page, in shares of its size.

    form: its letters, with a sign for each number.  numbers: their values.
    """

    line: Line
    box: Box
    form: str
    numbers: tuple[int, ...]


def with_running_heads(pages: Sequence[Page]) -> tuple[Page, ...]:
    """Return the pages of a document with running heads as blocks of kind header, first, and feet as footer, last.

    Tables stay whole, and so does everything else: lines only move into blocks of their own.
    """
    texts = [[*_texts(page)] for page in pages]
    running: list[set[Line]] = [set() for _ in pages]
    for i in range(len(pages)):
        for j in range(i + 1, min(i + _REACH, len(pages) - 1) + 1):
            step = _step(pages[i], pages[j], j - i)
            for a, b in _common(texts[i], texts[j], step):
                running[i].add(a)
                running[j].add(b)
    return tuple(_parted(page, *sides) for page, sides in zip(pages, map(_sides, texts, running), strict=True))


def _texts(page: Page) -> Iterator[_Text]:
    """Yield the lines of a page outside its tables."""
    for line in (line for block in page.blocks if block.table is None for line in block.lines):
        words = _WORD.findall(line.text.casefold())
        numbers = tuple(int(word) for word in words if _NUMBER.fullmatch(word))
        form = " ".join("#" if _NUMBER.fullmatch(word) else word for word in words)
        yield _Text(line, _on_upright_page(line.box, page), form, numbers)


def _on_upright_page(box: Box, page: Page) -> Box:
    """Return a box in shares of the page's size, as it stands once the page is turned upright."""
    width, height = max(page.width, 1), max(page.height, 1)
    left, top, right, bottom = box.left / width, box.top / height, box.right / width, box.bottom / height
    turned = {
        90: Box(1 - bottom, left, 1 - top, right),
        180: Box(1 - right, 1 - bottom, 1 - left, 1 - top),
        270: Box(top, 1 - right, bottom, 1 - left),
    }
    return turned.get(page.turned_deg, Box(left, top, right, bottom))


def _step(a: Page, b: Page, places: int) -> int:
    """Return how far the numbers of two pages are apart: in their source, else in the document."""
    return b.number - a.number if a.source == b.source and b.number != a.number else places


def _common(first: Sequence[_Text], second: Sequence[_Text], step: int) -> list[tuple[Line, Line]]:
    """Return the lines that run on both of two pages; none where the pages are alike all over."""
    pairs = [(a, b) for a, b in _near(first, second) if _is_same_place(a.box, b.box) and _runs_on(a, b, step)]
    in_middle = sum(_side(a) is None for a, _ in pairs)
    least = min(sum(_side(text) is None for text in texts) for texts in (first, second))
    are_alike = {a.line for a, _ in pairs} == {a.line for a in first} and len(first) == len(second)
    if are_alike or in_middle > _MAX_COMMON * least:
        return []
    return [(a.line, b.line) for a, b in pairs if _side(a) is not None and _side(a) == _side(b)]


def _near(first: Sequence[_Text], second: Sequence[_Text]) -> Iterator[tuple[_Text, _Text]]:
    """Yield the pairs whose heights on the page differ by less than two shifts: not all pairs of long documents."""
    rows: dict[int, list[_Text]] = defaultdict(list)
    for text in second:
        rows[int(text.box.center.y / _MAX_LOWER)].append(text)
    for a in first:
        row = int(a.box.center.y / _MAX_LOWER)
        for near in (row - 1, row, row + 1):
            yield from ((a, b) for b in rows.get(near, ()))


def _is_same_place(a: Box, b: Box) -> bool:
    across = min(abs(a.left - b.left), abs(a.right - b.right), abs(a.center.x - b.center.x))
    return abs(a.center.y - b.center.y) <= _MAX_LOWER and across <= _MAX_ASIDE


def _runs_on(a: _Text, b: _Text, step: int) -> bool:
    """Return whether two texts are the same, or the same but for numbers that count pages.

    A number alone must count: that of a line or a row of a table does not.
    """
    if not a.form or len(a.numbers) != len(b.numbers) or not _are_alike(a.form, b.form):
        return False
    steps = {other - one for one, other in zip(a.numbers, b.numbers, strict=True)}
    has_letters = any(char.isalpha() for char in a.form)
    return steps <= {0, step} and (has_letters or step in steps)


def _are_alike(a: str, b: str) -> bool:
    most = _MAX_MISREAD * max(len(a), len(b))
    return a == b or (abs(len(a) - len(b)) <= most and distance(a, b) <= most)


def _side(text: _Text) -> BlockKind | None:
    """Return where a text stands: header, footer, or None for the middle of the page."""
    if text.box.bottom <= _ZONE:
        return "header"
    return "footer" if text.box.top >= 1 - _ZONE else None


def _sides(texts: Sequence[_Text], running: set[Line]) -> tuple[set[Line], set[Line]]:
    """Return the running lines at the head and at the foot."""
    heads = {text.line for text in texts if text.line in running and _side(text) == "header"}
    return heads, running - heads


def _parted(page: Page, heads: set[Line], feet: set[Line]) -> Page:
    if not heads and not feet:
        return page
    parts: dict[BlockKind, list[Block]] = {"header": [], "other": [], "footer": []}
    for block in page.blocks:
        lines_of: dict[BlockKind, list[Line]] = {"header": [], "other": [], "footer": []}
        for line in block.lines if block.table is None else ():
            lines_of["header" if line in heads else "footer" if line in feet else "other"].append(line)
        for kind in ("header", "footer"):
            if lines_of[kind]:
                parts[kind].append(Block(tuple(lines_of[kind]), kind))
        if block.table is not None or len(lines_of["other"]) == len(block.lines):
            parts["other"].append(block)
        elif lines_of["other"]:
            parts["other"].append(replace(block, lines=tuple(lines_of["other"])))
    return replace(page, blocks=(*parts["header"], *parts["other"], *parts["footer"]))
