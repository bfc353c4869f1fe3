"""Receipts and invoices laid out by hand: rows of texts at known places."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from laid import line, page

from inkread.document import Document

Cells = str | Sequence[tuple[float, str]]


def sheet(rows: Iterable[Cells], *, angle: float = 0, number: int = 1):
    """Return a page with these rows, 60 px apart: a text at the left, or texts at (x, text)."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    lines = []
    for index, row in enumerate(rows):
        for x, text in [(100, row)] if isinstance(row, str) else row:
            y = 100 + 60 * index
            lines.append(line(text, x * cos - y * sin, x * sin + y * cos, angle=angle))
    return page(lines, number=number)


def document(*pages: Iterable[Cells]) -> Document:
    return Document(tuple(sheet(rows, number=number) for number, rows in enumerate(pages, 1)), "scan.pdf", "test")
