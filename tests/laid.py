"""Lines of text at known places of a page, and where a reader of PDFs finds them again."""

from __future__ import annotations

import math
from collections.abc import Iterable
from ctypes import byref, c_int
from pathlib import Path
from typing import NamedTuple

import pypdfium2 as pdfium

from inkread.document import Block, Line, Page, Word
from inkread.geometry import Box, Point, Quad


def line(
    text: str,
    x: float,
    y: float,
    *,
    height: float = 40,
    letter: float = 20,
    gap: float = 14,
    angle: float = 0,
    runs_left: bool = False,
    **values,
) -> Line:
    """Return a line whose top left corner is at (x, y), px; letters have one width; turned clockwise about it."""
    words = text.split(" ")
    lengths = [len(word) * letter for word in words]
    total = sum(lengths) + gap * (len(words) - 1)
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))

    def quad(start: float, end: float) -> Quad:
        corners = ((start, 0), (end, 0), (end, height), (start, height))
        return Quad(*(Point(x + u * cos - v * sin, y + u * sin + v * cos) for u, v in corners))

    starts = [sum(lengths[:i]) + gap * i for i in range(len(words))]
    spans = [(start, start + length) for start, length in zip(starts, lengths, strict=True)]
    if runs_left:
        spans = [(total - end, total - start) for start, end in spans]
    made = tuple(Word(word, quad(*span), 0.9) for word, span in zip(words, spans, strict=True))
    return Line(made, quad(0, total), 0.9, **values)


def page(lines: Iterable[Line], size: tuple[int, int] = (2550, 3300), number: int = 1, **values) -> Page:
    """Return a page of this size, px at 300 dpi, with one block."""
    return Page((Block(tuple(lines)),), *size, number=number, **{"dpi": 300.0, "source": "scan.pdf", **values})


class Found(NamedTuple):
    """What PDFium finds of a page. words: for each that was looked for its box in the page's pixels, or None."""

    text: str
    words: list[Box | None]


def found_in(content: bytes | Path, read: Page) -> Found:
    """Return what PDFium takes out of a page, and where it selects its words; each is looked for after the last."""
    document = pdfium.PdfDocument(content)
    opened = document[read.number - 1]
    texts = opened.get_textpage()
    boxes, start = [], 0
    for word in read.words:
        searcher = texts.search(word.text, match_case=True, index=start)
        found = searcher.get_next()
        searcher.close()
        boxes.append(_box(opened, texts, found, read) if found else None)
        start = found[0] + found[1] if found else start
    text = texts.get_text_range()
    for thing in (texts, opened, document):
        thing.close()
    return Found(text, boxes)


def _box(opened, texts, found, read: Page) -> Box:
    """Return a box in tenths of a pixel: PDFium gives device pixels as whole numbers."""
    corners = []
    for index in range(found[0], sum(found)):
        left, bottom, right, top = texts.get_charbox(index)
        for x, y in ((left, bottom), (right, top)):
            across, down = c_int(), c_int()
            size = 10 * read.width, 10 * read.height
            pdfium.raw.FPDF_PageToDevice(opened.raw, 0, 0, *size, 0, x, y, byref(across), byref(down))
            corners.append((across.value / 10, down.value / 10))
    xs, ys = zip(*corners, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))


def distance(a: Box, b: Box) -> float:
    """Return how far the edges of two boxes are apart at most."""
    return max(abs(one - other) for one, other in zip(a, b, strict=True))
