"""A page's words as PDF text that leaves no mark: each word where it is seen, in reading order."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from inkread.document import Line, Page
from inkread.export.pdf import glyphless
from inkread.export.pdf.bidi import visual
from inkread.export.pdf.objects import literal_string, number
from inkread.geometry import Point, Quad

# Of an inch. Places are rounded so that they are off by a quarter pixel at 300 dpi at most.
_FINEST: Final = 1 / 600
_SPACE: Final = b"\0 "
# A line is level where it rises or falls by less than this share of its size.
_LEVEL: Final = 0.3
# The cosine of a line's direction, from which on it reads to the left.
_UPSIDE_DOWN: Final = -0.7
# In sizes of the font.
_ASIDE: Final = 1.5
# Some readers do not look at spaces and take a gap of 0.15 of the size or more for one. A word is drawn so much
# narrower that there is such a gap, but not to under this share of its width.
_LEAST_GAP: Final = 0.16
_LEAST_WIDTH: Final = 0.75


class Place(NamedTuple):
    """Where a page lies in its PDF.

    left, bottom, right, top: the part that is shown, in user space.  rotation: how far viewers turn it clockwise, 0,
    90, 180 or 270.  user_unit: a unit of user space, in 1/72 inch.
    """

    left: float
    bottom: float
    right: float
    top: float
    rotation: int = 0
    user_unit: float = 1.0

    @property
    def size(self) -> tuple[float, float]:
        """Width and height as shown, in units of user space."""
        width, height = self.right - self.left, self.top - self.bottom
        return (width, height) if self.rotation in (0, 180) else (height, width)

    @property
    def digits(self) -> int:
        """How many decimals a place in user space needs."""
        return max(0, math.ceil(-math.log10(_FINEST * 2 * 72 / self.user_unit)))

    @property
    def matrix(self) -> str:
        """The matrix from the page as shown, y upwards from its bottom left, to user space."""
        return " ".join(map(number, self._matrix))

    def to_user(self, point: Point) -> Point:
        """Return a point of the page as shown, y upwards from its bottom left, in user space."""
        a, b, c, d, x, y = self._matrix
        return Point(a * point.x + c * point.y + x, b * point.x + d * point.y + y)

    @property
    def _matrix(self) -> tuple[float, float, float, float, float, float]:
        return {
            0: (1.0, 0.0, 0.0, 1.0, self.left, self.bottom),
            90: (0.0, 1.0, -1.0, 0.0, self.right, self.bottom),
            180: (-1.0, 0.0, 0.0, -1.0, self.right, self.top),
            270: (0.0, -1.0, 1.0, 0.0, self.left, self.top),
        }[self.rotation]


def draw(page: Page, lines: Iterable[Line], place: Place, font: str, codes: glyphless.Codes) -> bytes:
    """Return a content stream with these lines of a page, in their order; empty where they hold no text.

    font: its name in the page's resources.  codes: of the whole file; characters that are new to it are added.
    The operators leave the graphics state as they found it.
    """
    mapping = _Mapping(page, place)
    least = 10.0**-place.digits
    rows = [row for line in lines if (row := _row(line, mapping, codes, least)) is not None]
    if not rows:
        return b""
    pieces = (piece for row in rows for piece in row.pieces())
    text = b"".join(_operators(pieces, font, place.digits))
    return f"q {place.matrix} cm BT 3 Tr\n".encode() + text + b"ET Q\n"


class _Mapping:
    """From page pixels to the page as shown in the PDF, y upwards."""

    def __init__(self, page: Page, place: Place) -> None:
        width, height = place.size
        self._x, self._y, self._top = width / page.width, height / page.height, height

    def __call__(self, quad: Quad) -> Quad:
        return Quad(*(Point(point.x * self._x, self._top - point.y * self._y) for point in quad))


class _Axis:
    """A line's own frame: along its reading direction, and across it, upwards."""

    def __init__(self, quad: Quad) -> None:
        angle = math.radians(quad.angle_deg)
        self.cos, self.sin = math.cos(angle), math.sin(angle)
        foot = self._across(quad.bottom_left, quad.bottom_right)
        height = self._across(quad.top_left, quad.top_right) - foot
        self.size = abs(height) * 1000 / (glyphless.ASCENT + glyphless.DESCENT)
        self._base = foot + height * glyphless.DESCENT / (glyphless.ASCENT + glyphless.DESCENT)

    def span(self, quad: Quad) -> tuple[float, float]:
        """Return where a quad starts and ends along the line."""
        return self._along(quad.top_left, quad.bottom_left), self._along(quad.top_right, quad.bottom_right)

    def point(self, along: float) -> Point:
        """Return the point on the line's baseline, so far along."""
        return Point(along * self.cos - self._base * self.sin, along * self.sin + self._base * self.cos)

    def _along(self, a: Point, b: Point) -> float:
        return ((a.x + b.x) * self.cos + (a.y + b.y) * self.sin) / 2

    def _across(self, a: Point, b: Point) -> float:
        return ((a.y + b.y) * self.cos - (a.x + b.x) * self.sin) / 2


class _Word(NamedTuple):
    """codes: what to write.  start, width: along the line from its first word's start.  behind: a space, or nothing."""

    codes: bytes
    start: float
    width: float
    behind: bytes = _SPACE


@dataclass(frozen=True)
class _Row:
    """Words along one direction. start: of the first, on the baseline.  size: of the font.  In the page's units."""

    words: tuple[_Word, ...]
    start: Point
    cos: float
    sin: float
    size: float

    @property
    def end(self) -> Point:
        """Where the last word starts."""
        along = self.words[-1].start
        return Point(self.start.x + along * self.cos, self.start.y + along * self.sin)

    @property
    def is_level(self) -> bool:
        """Whether it runs to the right without rising or falling by more than a little of its height."""
        length = self.words[-1].start + self.words[-1].width
        return self.cos > 0 and abs(self.sin) * length < _LEVEL * self.size

    def pieces(self) -> Iterator[_Row]:
        """Yield the row, or where it is upside down each word as a row."""
        if self.cos > _UPSIDE_DOWN:
            yield self
            return
        for word in self.words:
            start = Point(self.start.x + word.start * self.cos, self.start.y + word.start * self.sin)
            yield replace(self, words=(word._replace(start=0.0),), start=start)


def _row(line: Line, mapping: _Mapping, codes: glyphless.Codes, least: float) -> _Row | None:
    """Return how a line is written, or None where it has no text. least: what no size and width is under."""
    axis = _Axis(mapping(line.quad))
    words: list[_Word] = []
    for word in line.words:
        if written := codes.encode(visual(glyphless.clean(word.text))):
            start, end = axis.span(mapping(word.quad))
            words.append(_Word(written, start, max(end - start, least)))
    if not words:
        return None
    first, size = words[0].start, max(axis.size, least)
    words = [word._replace(start=word.start - first) for word in words]
    words = [*(_apart(a, b, size) for a, b in itertools.pairwise(words)), words[-1]._replace(behind=b"")]
    return _Row(tuple(words), axis.point(first), axis.cos, axis.sin, size)


def _apart(word: _Word, following: _Word, size: float) -> _Word:
    """Return the word, ending a little earlier where it nearly touches the next one."""
    most = following.start - word.start - _LEAST_GAP * size
    return word._replace(width=max(most, _LEAST_WIDTH * word.width)) if 0 < most < word.width else word


def _operators(rows: Iterable[_Row], font: str, digits: int) -> Iterator[bytes]:
    """Yield the operators for the rows (ISO 32000-1, 9.4). What is set already is not set again."""
    size = stretch = ""
    for row, following in itertools.pairwise((*rows, None)):
        assert row is not None
        if (new := number(row.size, digits)) != size:
            size = new
            yield f"/{font} {size} Tf\n".encode()
        yield _matrix(row, digits)
        at = 0.0
        for word in row.words:
            if (move := number(word.start - at, digits)) != "0":
                # What is rounded here is not carried on to the words behind.
                at += float(move)
                yield f"{move} 0 Td ".encode()
            if (new := _stretch(word, float(size), digits)) != stretch:
                stretch = new
                yield f"{stretch} Tz ".encode()
            yield literal_string(word.codes + word.behind) + b"Tj\n"
        if following is not None and _could_be_mixed(row, following):
            yield _aside(row, following, digits)


def _matrix(row: _Row, digits: int) -> bytes:
    cos, sin, back = number(row.cos, 5), number(row.sin, 5), number(-row.sin, 5)
    return f"{cos} {sin} {back} {cos} {number(row.start.x, digits)} {number(row.start.y, digits)} Tm\n".encode()


def _stretch(word: _Word, size: float, digits: int) -> str:
    """Return in percent how wide a word is to be drawn, as exactly as its width needs it."""
    natural = glyphless.width(word.codes) * size / 1000
    return number(100 * word.width / natural, max(1, math.ceil(math.log10(natural)) + digits - 2))


def _could_be_mixed(row: _Row, following: _Row) -> bool:
    """Return whether readers that put what stands at one height in order from left to right could mix two rows.

    They would mix two lines that are 3 degrees askew, turn the words of a line that is upside down, and put columns
    that are read downwards in the wrong order.
    """
    if not (row.is_level and following.is_level):
        return True
    is_beside = abs(following.start.y - row.end.y) < max(row.size, following.size)
    return is_beside and following.start.x < row.end.x


def _aside(row: _Row, following: _Row, digits: int) -> bytes:
    """Return a space that stands higher than the end of a row and the start of the next.

    Readers that put strings in order do so only with strings that follow one another at one height; this one parts
    them, and shows up as white space at most.
    """
    height = max(row.end.y, following.start.y) + _ASIDE * max(row.size, following.size)
    return (
        f"1 0 0 1 {number(row.end.x, digits)} {number(height, digits)} Tm".encode() + literal_string(_SPACE) + b"Tj\n"
    )
