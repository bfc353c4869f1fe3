"""A document to text that keeps the page's layout: columns, gaps and empty rows, for a font of one width."""

from __future__ import annotations

import math
import statistics
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

from inkread.document import Document, Line, Page
from inkread.export.markup import one_line
from inkread.export.places import is_right_to_left, pixel_box
from inkread.geometry import Quad

# Wider rows are no help to anybody, and a line far outside its page must not fill the memory with spaces.
_MAX_COLUMNS = 500
_MAX_EMPTY_ROWS = 3

# A gap between words of a line that is narrower than this many heights is a space, also where lines are justified.
_SPACE = 1.2

# A line joins a row where it has this share of the lower one's height in common with it.
_ROW_OVERLAP = 0.5


@dataclass(frozen=True)
class _Piece:
    """Text that stands at one place: upright coordinates, px."""

    text: str
    left: float
    right: float
    top: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def columns(self) -> int:
        return _columns(self.text)


def to_text_layout(document: Document) -> str:
    """Return the text with words in the columns and rows where they stand; pages are parted by a form feed.

    A skewed or turned page is straightened. Lines that run another way than most follow the page's rows. Raises
    OutputError where a coordinate is no place on a page.
    """
    pages = [_page(page) for page in document.pages]
    if not any(pages):
        return ""
    return "\n\f\n".join(pages) + "\n"


def _page(page: Page) -> str:
    lines = [line for line in page.lines if line.text.strip()]
    if not lines:
        return ""
    for quad in (*(line.quad for line in lines), *(word.quad for word in page.words)):
        pixel_box(quad.box, page)  # raises where a coordinate is no place
    direction = _direction(lines)
    along = [line for line in lines if _difference(line.quad.angle_deg, direction) <= 45]
    across = [one_line(line.text) for line in lines if _difference(line.quad.angle_deg, direction) > 45]
    pieces = [piece for line in along for piece in _pieces(line, direction)]
    rows = _rows(pieces)
    cell = _cell_width(pieces)
    left = min((piece.left for piece in pieces), default=0.0)
    texts = [_row(row, left, cell) for row in rows]
    empty = _empty_rows(rows)
    spaced = [part for text, count in zip(texts, empty, strict=True) for part in (*[""] * count, text)]
    return "\n".join([*spaced, *([""] if spaced and across else []), *across])


def _direction(lines: list[Line]) -> float:
    """Return the direction in which most of the text runs, degrees: the median of the quarter turn with most of it."""
    weights: dict[int, int] = {}
    for line in lines:
        quarter = round(line.quad.angle_deg / 90) % 4
        weights[quarter] = weights.get(quarter, 0) + len(line.text)
    usual = max(weights, key=lambda quarter: (weights[quarter], -quarter))
    return statistics.median(
        usual * 90 + _signed(line.quad.angle_deg - usual * 90)
        for line in lines
        if round(line.quad.angle_deg / 90) % 4 == usual
    )


def _signed(angle: float) -> float:
    return (angle + 180) % 360 - 180


def _difference(a: float, b: float) -> float:
    return abs(_signed(a - b))


def _pieces(line: Line, direction: float) -> list[_Piece]:
    """Return the runs of words of a line; one that is read from right to left stays whole, in logical order."""
    cosine, sine = math.cos(math.radians(-direction)), math.sin(math.radians(-direction))

    def span(quad: Quad) -> tuple[float, float]:
        xs = [corner.x * cosine - corner.y * sine for corner in quad]
        return min(xs), max(xs)

    across = sorted(corner.x * sine + corner.y * cosine for corner in line.quad)
    top, bottom = (across[0] + across[1]) / 2, (across[2] + across[3]) / 2
    if is_right_to_left(line.text):
        left, right = span(line.quad)
        return [_Piece(one_line(line.text).strip(), left, right, top, bottom)]
    pieces: list[_Piece] = []
    for word in line.words:
        text, (left, right) = one_line(word.text).strip(), span(word.quad)
        if pieces and left - pieces[-1].right < _SPACE * (bottom - top):
            before = pieces.pop()
            text, left = f"{before.text} {text}".rstrip(), before.left
        if text:
            pieces.append(_Piece(text, left, right, top, bottom))
    return pieces


def _rows(pieces: list[_Piece]) -> list[list[_Piece]]:
    rows: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda piece: (piece.top + piece.bottom) / 2):
        # The row's usual place: one high piece must not draw in the rows above and below it.
        if rows and _overlap(rows[-1], piece) >= _ROW_OVERLAP:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda piece: piece.left) for row in rows]


def _overlap(row: list[_Piece], piece: _Piece) -> float:
    top = statistics.median(each.top for each in row[-8:])
    bottom = statistics.median(each.bottom for each in row[-8:])
    common = min(bottom, piece.bottom) - max(top, piece.top)
    return common / max(1e-9, min(bottom - top, piece.bottom - piece.top))


def _cell_width(pieces: list[_Piece]) -> float:
    """Return how many pixels a column stands for: as few as three quarters of the words need to fit their place."""
    widths = sorted(piece.width / piece.columns for piece in pieces if piece.columns and piece.width > 0)
    return widths[len(widths) // 4] if widths else 1.0


def _row(row: list[_Piece], left: float, cell: float) -> str:
    text, end = "", 0
    for piece in row:
        column = round(min(_MAX_COLUMNS, (piece.left - left) / cell))
        gap = max(column - end, 1 if text else 0)
        text += " " * gap + piece.text
        end += gap + piece.columns
    return text


def _empty_rows(rows: list[list[_Piece]]) -> list[int]:
    """Return how many empty rows stand before each row: gaps of more than the usual distance, at most three."""
    middles = [statistics.median((piece.top + piece.bottom) / 2 for piece in row) for row in rows]
    steps = [after - before for before, after in pairwise(middles)]
    if not steps:
        return [0] * len(rows)
    heights = statistics.median(piece.bottom - piece.top for row in rows for piece in row)
    usual = max(statistics.median_low(steps), heights, 1e-9)
    return [0, *(min(_MAX_EMPTY_ROWS, max(0, round(min(step / usual, 100)) - 1)) for step in steps)]


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: none for marks, two for wide characters."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )
