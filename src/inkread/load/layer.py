"""The characters of a PDF's own text to lines of words, in the pixels of the rendered page."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from inkread.document import Line, Word
from inkread.geometry import Point, Quad
from inkread.image import LayerLine, Matrix

# All in font sizes. A character that stands so far above or below the one before is on another line; so far to the
# right, in another column; so far to the left, at the start of something else.
_OTHER_LINE: Final = 0.5
_OTHER_COLUMN: Final = 1.5
_BACKWARDS: Final = 1.0
# Radians between directions of one line.
_OTHER_DIRECTION: Final = 0.05
# What a line takes above and below its baseline where its characters take less: capitals, and the tail of a g.
_ABOVE: Final = 0.72
_BELOW: Final = 0.2
# A font size is what a file says; where it is so many times off the characters' heights, those are believed.
_SIZE_TOO_SMALL: Final = 1.5
_SIZE_TOO_LARGE: Final = 4.0
# Of the characters of a page this share may be smaller than "its text": footnotes, small print.
_SMALLEST_SHARE: Final = 0.1
# The cosine of twice the angle from which on a line counts as diagonal.
_DIAGONAL: Final = 0.2
# Spaces without width and marks of direction; joiners shape the letters beside them and stay.
_WITHOUT_WIDTH: Final = frozenset((0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF))
_REPLACEMENT: Final = "\ufffd"

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Style:
    """How a run of characters is drawn.  size: of its font, units.  angle: of its baseline, radians, y upwards."""

    font: str
    size: float
    angle: float
    is_hidden: bool


@dataclass(frozen=True)
class Glyphs:
    """The characters of a page in the order of its file, parallel arrays because pages have tens of thousands.

    codes: code points; 0 where the file has none.  boxes: (N, 4) left, bottom, right, top.  origins: (N, 2), on the
    baseline; both in page units, y upwards.  styles: indexes into `palette`.  is_cut: a limit left out the rest.
    """

    codes: Sequence[int]
    boxes: Numbers
    origins: Numbers
    styles: Sequence[int]
    palette: Sequence[Style]
    is_cut: bool = False

    def text_size(self) -> float | None:
        """Return the size of the page's smaller text, units; None without text that can be seen."""
        sizes = [self.palette[style] for style in self.styles]
        seen = sorted(style.size for style in sizes if not style.is_hidden and style.size >= 1)
        return seen[int(_SMALLEST_SHARE * len(seen))] if seen else None


@dataclass
class _Growing:
    """A line that is being put together, in coordinates along and across its direction, units."""

    style: Style
    words: list[list[int]] = field(default_factory=list)
    is_between_words: bool = True

    def add(self, index: int) -> None:
        if self.is_between_words:
            self.words.append([])
            self.is_between_words = False
        self.words[-1].append(index)


@dataclass(frozen=True)
class _Placed:
    """Where characters stand along and across their directions: start, end, bottom, top, baseline, units."""

    start: list[float]
    end: list[float]
    bottom: list[float]
    top: list[float]
    baseline: list[float]


def layer_lines(glyphs: Glyphs, to_pixels: Matrix) -> tuple[LayerLine, ...]:
    """Return the lines of a page's own text.

    to_pixels: 3x3, from page units to the rendered page's pixels. Lines end where the text goes on elsewhere: below,
    in another column, in another direction. The file's own spaces and the gaps that PDFium takes for spaces part words.
    """
    placed = _placed(glyphs)
    lines = (_layer_line(growing, glyphs, placed, to_pixels) for growing in _grouped(glyphs, placed))
    return tuple(line for line in lines if line is not None)


def _placed(glyphs: Glyphs) -> _Placed:
    angles = np.array([style.angle for style in glyphs.palette])[list(glyphs.styles)] if glyphs.codes else np.zeros(0)
    cos, sin = np.cos(angles), np.sin(angles)
    left, bottom, right, top = glyphs.boxes.T
    x, y, width, height = (left + right) / 2, (bottom + top) / 2, right - left, top - bottom
    # An upright box around a turned rectangle has its centre; the sides follow from its own. Near 45 degrees they do
    # not: there the height is taken to be that of a capital.
    c, s = np.abs(cos), np.abs(sin)
    turn = c * c - s * s
    is_diagonal = np.abs(turn) < _DIAGONAL
    turn[is_diagonal] = 1.0
    capital = _ABOVE * np.array([style.size for style in glyphs.palette])[list(glyphs.styles)] if glyphs.codes else turn
    rise = np.where(is_diagonal, capital, (height * c - width * s) / turn)
    length = np.where(is_diagonal, (width - capital * s) / np.maximum(c, 0.1), (width * c - height * s) / turn)
    along, across = x * cos + y * sin, y * cos - x * sin
    origin = glyphs.origins[:, 1] * cos - glyphs.origins[:, 0] * sin
    half, tall = np.maximum(length, 0) / 2, np.maximum(rise, 0) / 2
    # Lists: reading single numbers out of arrays takes ten times as long.
    return _Placed(*(a.tolist() for a in (along - half, along + half, across - tall, across + tall, origin)))


def _grouped(glyphs: Glyphs, placed: _Placed) -> list[_Growing]:
    lines: list[_Growing] = []
    line: _Growing | None = None
    before = -1
    for index, (code, number) in enumerate(zip(glyphs.codes, glyphs.styles, strict=True)):
        if code in _WITHOUT_WIDTH:
            continue
        if code in (9, 10, 13, 32, 0xA0):
            if line is not None:
                line.is_between_words = True
            continue
        style = glyphs.palette[number]
        if line is None or _starts_anew(line.style, style, before, index, placed):
            line = _Growing(style)
            lines.append(line)
        line.add(index)
        before = index
    return lines


def _starts_anew(style: Style, other: Style, before: int, index: int, placed: _Placed) -> bool:
    """Return whether the character at `index` does not go on with the line of the one `before` it."""
    if style is not other:
        if style.is_hidden != other.is_hidden:
            return True
        if abs(math.remainder(style.angle - other.angle, math.tau)) > _OTHER_DIRECTION:
            return True
    size = max(style.size, other.size, placed.top[before] - placed.bottom[before])
    if abs(placed.baseline[index] - placed.baseline[before]) > _OTHER_LINE * size:
        return True
    gap = placed.start[index] - placed.end[before]
    if gap > _OTHER_COLUMN * size:
        return True
    # Scripts that run to the left go on there.
    back = placed.start[before] - placed.end[index]
    return gap < -_BACKWARDS * size and not -_BACKWARDS * size <= back <= _OTHER_COLUMN * size


def _layer_line(growing: _Growing, glyphs: Glyphs, placed: _Placed, to_pixels: Matrix) -> LayerLine | None:
    indexes = [index for word in growing.words for index in word]
    size = _size(growing.style.size, indexes, placed)
    baseline = sorted(placed.baseline[i] for i in indexes)[len(indexes) // 2]
    bottom = min(baseline - _BELOW * size, min(placed.bottom[i] for i in indexes))
    top = max(baseline + _ABOVE * size, max(placed.top[i] for i in indexes))
    # Overlong ink of one character (an integral, a brace) shall not make the line as high as three.
    bottom, top = max(bottom, baseline - 0.5 * size), min(top, baseline + 1.2 * size)

    def quad(start: float, end: float) -> Quad:
        return _quad(start, end, bottom, top, growing.style.angle, to_pixels)

    words = [_word(word, glyphs, placed, quad) for word in growing.words]
    start, end = min(placed.start[i] for i in indexes), max(placed.end[i] for i in indexes)
    if not math.isfinite(start + end + bottom + top):
        return None
    fonts = Counter(glyphs.palette[glyphs.styles[i]].font for i in indexes)
    line = Line(tuple(words), quad(start, end).rounded(), 1.0, origin="layer")
    return LayerLine(line, fonts.most_common(1)[0][0], growing.style.is_hidden)


def _size(said: float, indexes: Sequence[int], placed: _Placed) -> float:
    """Return the font size of a line, units, as far as the heights of its characters bear it out."""
    tallest = max(placed.top[i] - placed.bottom[i] for i in indexes)
    is_off = tallest > _SIZE_TOO_SMALL * said or (len(indexes) > 3 and said > _SIZE_TOO_LARGE * tallest > 0)
    return tallest if is_off else said


def _word(indexes: Sequence[int], glyphs: Glyphs, placed: _Placed, quad: Callable[[float, float], Quad]) -> Word:
    starts, ends = [placed.start[i] for i in indexes], [placed.end[i] for i in indexes]
    start, end = min(starts), max(ends)
    length = max(end - start, 1e-9)
    if starts[0] > starts[-1]:  # to the left
        spans = [
            (_fraction(a - start, length), _fraction(b - start, length)) for a, b in zip(starts, ends, strict=True)
        ]
    else:  # parted midway between neighbours
        middles = [(a + b) / 2 - start for a, b in zip(ends, starts[1:], strict=False)]
        cuts = [0.0, *(_fraction(middle, length) for middle in middles), 1.0]
        spans = list(pairwise(cuts))
    texts = [_text(glyphs.codes[i]) for i in indexes]
    text = "".join(texts)
    if len(text) > len(texts):
        spans = [part for letters, span in zip(texts, spans, strict=True) for part in _parts(span, len(letters))]
    return Word(text, quad(start, end).rounded(), 1.0, tuple(spans), (1.0,) * len(text))


def _fraction(part: float, length: float) -> float:
    share = part / length
    return round(0.0 if share < 0 else 1.0 if share > 1 else share, 4)


def _parts(span: tuple[float, float], count: int) -> list[tuple[float, float]]:
    """Return a span cut in equal parts, for the letters of a ligature."""
    start, step = span[0], (span[1] - span[0]) / count
    return [(round(start + step * k, 4), round(start + step * (k + 1), 4)) for k in range(count)]


@lru_cache(maxsize=4096)
def _text(code: int) -> str:
    """Return the text of a character: the letters of a ligature, and a mark for what is no character."""
    if code == 0 or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return _REPLACEMENT
    char = chr(code)
    return unicodedata.normalize("NFKC", char) if "\ufb00" <= char <= "\ufb06" else char


def _quad(start: float, end: float, bottom: float, top: float, angle: float, to_pixels: Matrix) -> Quad:
    cos, sin = math.cos(angle), math.sin(angle)
    (a, b, c), (d, e, f) = to_pixels[0].tolist(), to_pixels[1].tolist()

    def pixel(along: float, across: float) -> Point:
        x, y = along * cos - across * sin, along * sin + across * cos
        return Point(a * x + b * y + c, d * x + e * y + f)

    return Quad(pixel(start, top), pixel(end, top), pixel(end, bottom), pixel(start, bottom))
