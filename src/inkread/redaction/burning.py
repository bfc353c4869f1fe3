"""Places of a page that are burnt: painted over, and looked at to see that nothing is left."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from inkread.document import Line, Page, Table, Word
from inkread.geometry import Box, Point, Quad
from inkread.image import Image, Pixels

Mask = npt.NDArray[np.uint8]

# Each pixel with those around it.
_AROUND: Final = np.ones((3, 3), np.uint8)
# A word's box hugs the ink that was found; what is fainter - soft edges, dots, marks - lies within this share of the
# line's height around it, and a box is a pixel or two off.
_MARGIN: Final = 0.2
_MIN_MARGIN_PX: Final = 3.0
# What is looked at around a place for the colour of its paper.
_RING_PX: Final = 8
# Between characters of scripts without spaces, where the next one may stay.
_MARGIN_BETWEEN: Final = 0.15
# Words of one line stand apart, in columns or fields, from so many of its heights on.
_FAR: Final = 2.0
# A character is burnt where so much of it is.
_BURNT: Final = 0.6
# Boxes that have so much in common are told as one.
_SAME: Final = 0.3
# JPEG gives black back as nearly black.
_NEARLY_BLACK: Final = 48


class Found(NamedTuple):
    """A match: the index of its pattern, its text, and the places to burn for it, page px."""

    pattern: int
    text: str
    quads: tuple[Quad, ...]


class Burnt:
    """The burnt places of one page, of this size in px."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._quads: list[Quad] = []

    def add(self, found: Iterable[Found]) -> None:
        """Burn the places of these matches too, every pixel that they touch."""
        self._quads += [quad for each in found for quad in each.quads]
        self.forget()

    @cached_property
    def _mask(self) -> Mask:
        mask = np.zeros((self.height, self.width), np.uint8)
        for quad in self._quads:
            points = np.array([[math.floor(p.x), math.floor(p.y)] for p in quad], np.int32)
            # The line around it, of 3 px, covers what rounding leaves out.
            cv2.fillPoly(mask, [points], 1)
            cv2.polylines(mask, [points], isClosed=True, color=1, thickness=3)
        return mask

    def burn(self, image: Image) -> Image:
        """Return the page's picture with its burnt places black, and without a text of its own."""
        pixels = image.pixels.copy()
        pixels[self._mask > 0] = 0
        return replace(image.with_pixels(pixels), layer=())

    def hide(self, image: Image) -> Image:
        """Return the page's picture for reading: burnt places in the colour of the paper around them.

        Beside a black bar words read worse: "and" becomes "land". Without a text of its own.
        """
        pixels = image.pixels.copy()
        for quad in self._quads:
            rows, columns = self._around(quad)
            part, burnt = pixels[rows, columns], self._mask[rows, columns] > 0
            paper = image.pixels[rows, columns][~burnt]
            part[burnt] = np.median(paper, axis=0) if paper.size else 255
        return replace(image.with_pixels(pixels), layer=())

    def _around(self, quad: Quad) -> tuple[slice, slice]:
        """Return the rows and columns of a place and a little around it."""
        box = quad.box
        left, top = max(0, math.floor(box.left) - _RING_PX), max(0, math.floor(box.top) - _RING_PX)
        right, bottom = math.ceil(box.right) + _RING_PX, math.ceil(box.bottom) + _RING_PX
        return slice(top, max(top, bottom)), slice(left, max(left, right))

    def is_blank(self, pixels: Pixels) -> bool:
        """Return whether nothing can be seen in the burnt places of a picture of the page, of any size."""
        height, width = pixels.shape[:2]
        mask = self._mask
        if mask.shape != (height, width):
            # Where a picture was made smaller, edges mix black with what stood beside it.
            smaller = cv2.resize(cv2.erode(mask, _AROUND), (width, height), interpolation=cv2.INTER_NEAREST)
            mask = np.asarray(cv2.erode(smaller, _AROUND), np.uint8)
        seen = pixels[mask > 0]
        return seen.size == 0 or int(seen.max()) <= _NEARLY_BLACK

    def share(self, quad: Quad) -> float:
        """Return how much of a place, page pixels, is burnt: 0..1."""
        height, width = self._mask.shape
        box = quad.box
        left, top = max(0, math.floor(box.left)), max(0, math.floor(box.top))
        right, bottom = min(width, math.ceil(box.right) + 1), min(height, math.ceil(box.bottom) + 1)
        if left >= right or top >= bottom:
            return 0.0
        inside = np.zeros((bottom - top, right - left), np.uint8)
        cv2.fillPoly(inside, [np.array([[round(p.x) - left, round(p.y) - top] for p in quad], np.int32)], 1)
        part: Mask = self._mask[top:bottom, left:right]
        count = int(inside.sum())
        return int((inside & part).sum()) / count if count else 0.0

    def forget(self) -> None:
        """Free what can be made again of the places: a page's pixels need not be held for the next page."""
        self.__dict__.pop("_mask", None)

    def unread(self, page: Page) -> tuple[Box, ...]:
        """Return where a page has ink that no line covers, but for what is burnt."""
        told = (notice.box for notice in page.notices if notice.kind == "missed-ink" and notice.box is not None)
        return tuple(box for box in told if self.share(Quad.from_box(box)) < _BURNT)

    def remains(self, page: Page) -> Page:
        """Return the page without the characters that are burnt, and without what has none left.

        Nothing can be seen there, as `is_blank` tells; a network may still take a black bar for a letter.
        """
        blocks = (
            replace(block, lines=self._lines(block.lines), table=block.table and self._table(block.table))
            for block in page.blocks
        )
        return replace(page, blocks=tuple(block for block in blocks if block.lines))

    def _table(self, table: Table) -> Table:
        return replace(table, cells=tuple(replace(cell, lines=self._lines(cell.lines)) for cell in table.cells))

    def _lines(self, lines: Sequence[Line]) -> tuple[Line, ...]:
        kept = (replace(line, words=tuple(filter(None, map(self._remains, line.words)))) for line in lines)
        return tuple(line for line in kept if line.words)

    def _remains(self, word: Word) -> Word | None:
        if self.share(word.quad) == 0.0:
            return word
        if len(word.spans) != len(word.text):
            return word if self.share(word.quad) < _BURNT else None
        indexes = [i for i, span in enumerate(word.spans) if self.share(word.quad.part(*span)) < _BURNT]
        if not indexes:
            return None
        if len(indexes) == len(word.text):
            return word
        start, end = word.spans[indexes[0]][0], word.spans[indexes[-1]][1]
        length = max(end - start, 1e-9)
        return replace(
            word,
            text="".join(word.text[i] for i in indexes),
            quad=word.quad.part(start, end),
            spans=tuple(((word.spans[i][0] - start) / length, (word.spans[i][1] - start) / length) for i in indexes),
            scores=tuple(word.scores[i] for i in indexes) if len(word.scores) == len(word.text) else (),
            alternatives=(),
        )


def places(line: Line, word: Word, first: int, last: int) -> list[Quad]:
    """Return what is burnt for the characters `first` to `last` of a word: all of it, or a part of a long one.

    A part only where a script has no spaces, so that one name does not take the whole line: where a letter ends is
    known less well than where a word does. As high as the line, and with a margin on each side.
    """
    quad = word.quad
    is_part = len(word.spans) == len(word.text) and all(map(_is_wide, word.text[first : last + 1]))
    margin = max(_MIN_MARGIN_PX, _MARGIN * line.quad.height)
    if is_part and (first, last) != (0, len(word.text) - 1):
        quad = quad.part(word.spans[first][0], word.spans[last][1])
        along = max(_MIN_MARGIN_PX, _MARGIN_BETWEEN * line.quad.height)
    else:
        along = margin
    # The line's own height: a word of small letters has a lower box than its line.
    return [_grown(quad, along, margin), _grown(_part_of(line.quad, quad), along, 1.0)]


def between(line: Line, first: Word, second: Word) -> list[Quad]:
    """Return what is burnt between two words that follow each other in a match: the gap tells their lengths.

    Nothing where they stand far apart, as in two columns.
    """
    both = _part_of(line.quad, (*first.quad, *second.quad))
    gap = both.width - first.quad.width - second.quad.width
    return [_grown(both, 0.0, 1.0)] if gap < _FAR * line.quad.height else []


def scaled(line: Line, x: float, y: float) -> Line:
    """Return a line in a picture `x` times as wide and `y` times as high."""

    def moved(quad: Quad) -> Quad:
        return Quad(*(Point(point.x * x, point.y * y) for point in quad))

    return replace(
        line, quad=moved(line.quad), words=tuple(replace(word, quad=moved(word.quad)) for word in line.words)
    )


def boxes(quads: Iterable[Quad], width: int, height: int) -> list[Box]:
    """Return the upright boxes of places as far as they are on the page; those that overlap are one."""
    page = Box(0, 0, width, height)
    found: list[Box] = []
    for quad in quads:
        box = quad.box.intersection(page)
        while box is not None and (other := next((each for each in found if _overlap(each, box)), None)):
            found.remove(other)
            box = box.union(other)
        if box is not None:
            found.append(box)
    return found


def _overlap(a: Box, b: Box) -> bool:
    common = a.intersection(b)
    return common is not None and common.area > _SAME * min(a.area, b.area)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _part_of(line: Quad, points: Iterable[Point]) -> Quad:
    """Return the part of a line that some points take, along the line."""
    start, end = line.at(0, 0.5), line.at(1, 0.5)
    x, y = end.x - start.x, end.y - start.y
    length = max(x * x + y * y, 1e-9)
    along = [((p.x - start.x) * x + (p.y - start.y) * y) / length for p in points]
    return line.part(max(0.0, min(along)), min(1.0, max(along)))


def _grown(quad: Quad, along_px: float, across_px: float) -> Quad:
    u, v = along_px / max(quad.width, 1e-9), across_px / max(quad.height, 1e-9)
    return Quad(quad.at(-u, -v), quad.at(1 + u, -v), quad.at(1 + u, 1 + v), quad.at(-u, 1 + v))
