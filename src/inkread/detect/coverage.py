"""Ink that no line covers: what a page's lines leave out, found on a reduced grey picture.

Arithmetic only; nothing is read here. Ink is what differs from its surroundings. It is text-like where it has the
height and the strength of the characters in the page's own lines and stands free: photos, rules, borders, shadows and
the rings of stamps do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from inkread.geometry import Box, Quad
from inkread.image import Image

# A line is this high on the reduced picture, px: strokes are still apart there, and a page has half a megapixel.
_LINE_PX = 11.0
_MOST_PX = 700_000
# Ink differs from the mean around it by this share of what the ink of the lines does, and by so much (0..255).
_MIN_STRENGTH = 0.35
_MIN_DIFFERENCE = 14.0
_WINDOW = 3.0
# Quads are drawn tight: ascenders and commas stand out by so many heights.
_QUAD_MARGIN = 0.15
# Digits that were missed in receipts are 0.6 to 0.75 heights of a line high and 0.6 to 1.0 times as strong as the
# strokes of lines, and white is beside them; pieces of dirt, borders and photos are mostly 0.35 to 0.5 times as strong.
_CHARACTER_HEIGHTS = (0.5, 1.15)
_WORD_HEIGHT = 1.25
_MAX_CHARACTER_WIDTH = 3.0
_MIN_CHARACTER_WIDTH = 0.13
_MIN_AREA = 0.06
_TEXT_STRENGTH = 0.55
_MAX_INK_BESIDE = 0.04
_BESIDE = 0.5
# Characters closer than this, in heights, are one word.
_GAP = 0.6
# A picture with more pieces of loose ink than this is a photo or a map: what stands in it is not looked at.
_MOST_PIECES = 400
# Ink that is neither in lines nor text-like, beside that in lines: up to 1.8 times as much on 73 pages of 9 sets, 3.4
# times on one; 4 to 140 times in street scenes.
_MOST_OTHER_INK = 3.0
# Less is dirt, a logo or the tick of a pen as often as text.
_WORTH_TELLING = 0.99

Mask = npt.NDArray[np.uint8]


class Missed(NamedTuple):
    """A word or a single character that no line covers: its box in the picture's pixels and how much ink it has."""

    box: Box
    ink: int


class Coverage(NamedTuple):
    """The text-like ink of a picture: how much of it lines cover, in pixels of the reduced picture, and the rest.

    line_height: of a line, px of the picture.
    """

    covered: int
    missed: tuple[Missed, ...]
    line_height: float

    @property
    def share(self) -> float:
        """How much of the text-like ink lines cover, 0..1."""
        return self.covered / max(self.covered + sum(each.ink for each in self.missed), 1)

    @property
    def is_worth_telling(self) -> bool:
        """Whether so much was missed that it is text rather than dirt."""
        return self.share < _WORTH_TELLING

    @property
    def quads(self) -> list[Quad]:
        """What to read, of each that was missed: a line's height, with some white at both ends."""
        return [_as_line(each.box, self.line_height) for each in self.missed]


class _Ink(NamedTuple):
    """The reduced picture: how much darker (or lighter, as its text is) each pixel is than what surrounds it, 0..255.

    covered: 1 where lines are.  contrast: the difference that the strokes of lines have.  height: of a line, px.
    """

    difference: Mask
    covered: Mask
    contrast: float
    height: float


def find_missed(image: Image, quads: Sequence[Quad]) -> Coverage | None:
    """Return what the lines of a picture leave out.

    quads: of the lines that were read, in the picture's pixels. None where it cannot be told: without lines, which say
    how large and how strong text is, and in photographs, where most of the ink is neither text nor rules.
    """
    if not quads:
        return None
    ink = _ink(image, quads)
    strokes = (ink.difference > max(_MIN_DIFFERENCE, _MIN_STRENGTH * ink.contrast)).astype(np.uint8)
    covered = cv2.countNonZero(strokes & ink.covered)
    loose = _as_mask(cv2.subtract(strokes, ink.covered))
    words = [(box, _count(loose, box)) for box in _words(ink, loose, strokes)]
    if cv2.countNonZero(loose) - sum(count for _, count in words) > _MOST_OTHER_INK * covered:
        return None
    x, y = image.width / loose.shape[1], image.height / loose.shape[0]
    missed = (Missed(Box(box.left * x, box.top * y, box.right * x, box.bottom * y), count) for box, count in words)
    return Coverage(covered, tuple(missed), _line_height(quads))


def _ink(image: Image, quads: Sequence[Quad]) -> _Ink:
    height_px, width_px = image.height, image.width
    line = _line_height(quads)
    factor = min(1.0, _LINE_PX / line, (_MOST_PX / (height_px * width_px)) ** 0.5)
    size = max(1, round(width_px * factor)), max(1, round(height_px * factor))
    grey = cv2.resize(image.grey(factor), size, interpolation=cv2.INTER_LINEAR)
    window = round(_WINDOW * line * factor) | 1
    mean = cv2.blur(grey, (window, window), borderType=cv2.BORDER_REPLICATE)
    covered = np.zeros(grey.shape, np.uint8)
    scale = size[0] / width_px, size[1] / height_px
    for quad in quads:
        cv2.fillConvexPoly(covered, np.round(np.array(quad.grown(_QUAD_MARGIN)) * scale).astype(np.int32), 1)
    dark, light = _as_mask(cv2.subtract(mean, grey)), _as_mask(cv2.subtract(grey, mean))
    darker, lighter = _stroke_difference(dark, covered), _stroke_difference(light, covered)
    difference, contrast = (dark, darker) if darker >= lighter else (light, lighter)
    return _Ink(difference, covered, contrast, line * factor)


def _stroke_difference(difference: Mask, covered: Mask) -> float:
    """Return the difference that the strongest 8 % of the pixels in lines have: strokes cover 10 to 25 % of them."""
    counts = cv2.calcHist([difference], [0], covered, [256], [0, 256]).ravel()
    return float(np.searchsorted(np.cumsum(counts), 0.92 * counts.sum()))


def _words(ink: _Ink, loose: Mask, strokes: Mask) -> list[Box]:
    """Return the boxes of text-like words in loose ink."""
    joined = _joined(_characters(ink, loose, strokes), _GAP * ink.height)
    return [box for box in joined if box.height <= _WORD_HEIGHT * ink.height and _stands_free(box, loose, ink.height)]


def _stands_free(box: Box, loose: Mask, height: float) -> bool:
    """Return whether nothing but white is beside a word: above and below it others may stand, close as in a column."""
    beside = Box(box.left - _BESIDE * height, box.top, box.right + _BESIDE * height, box.bottom)
    return _count(loose, beside) - _count(loose, box) <= _MAX_INK_BESIDE * beside.area


def _characters(ink: _Ink, loose: Mask, strokes: Mask) -> list[Box]:
    """Return the boxes of loose pieces of ink that have the size and strength of characters, from left to right."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(loose, connectivity=8)
    width, height, area = (stats[:, k] / ink.height for k in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
    low, high = _CHARACTER_HEIGHTS
    fits = (low <= height) & (height <= high) & (width >= _MIN_CHARACTER_WIDTH) & (width <= _MAX_CHARACTER_WIDTH)
    fits &= area >= _MIN_AREA * ink.height
    fits[0] = False
    if fits.sum() > _MOST_PIECES:
        return []
    found = []
    for k in np.flatnonzero(fits).tolist():
        left, top, w, h, _ = stats[k].tolist()
        box = Box(left, top, left + w, top + h)
        is_stroke = labels[top : top + h, left : left + w] == k
        strength = float(ink.difference[top : top + h, left : left + w][is_stroke].mean())
        is_cut = left == 0 or top == 0 or left + w == loose.shape[1] or top + h == loose.shape[0]
        # What hangs out of a line is part of it.
        hangs_out = _count(strokes, _grown(box, 1)) > _count(loose, _grown(box, 1))
        if strength >= _TEXT_STRENGTH * ink.contrast and not is_cut and not hangs_out:
            found.append(box)
    return sorted(found)


def _joined(boxes: Sequence[Box], gap: float) -> list[Box]:
    """Return boxes of characters, given from left to right, with those of one word joined."""
    words: list[Box] = []
    for box in boxes:
        near = next((k for k, word in enumerate(words) if _follows(word, box, gap)), None)
        if near is None:
            words.append(box)
        else:
            words[near] = words[near].union(box)
    return words


def _follows(word: Box, box: Box, gap: float) -> bool:
    common = min(word.bottom, box.bottom) - max(word.top, box.top)
    return box.left - word.right <= gap and common >= 0.5 * min(word.height, box.height)


def _line_height(quads: Sequence[Quad]) -> float:
    return max(1.0, median(min(quad.width, quad.height) for quad in quads))


def _as_line(box: Box, line_height: float) -> Quad:
    half, end = max(line_height, _WORD_HEIGHT * box.height) / 2, line_height / 4
    middle = box.center.y
    return Quad.from_box(Box(box.left - end, middle - half, box.right + end, middle + half))


def _grown(box: Box, margin: float) -> Box:
    return Box(box.left - margin, box.top - margin, box.right + margin, box.bottom + margin)


def _count(mask: Mask, box: Box) -> int:
    left, top = max(0, round(box.left)), max(0, round(box.top))
    return cv2.countNonZero(mask[top : max(top, round(box.bottom)), left : max(left, round(box.right))])


def _as_mask(array: npt.NDArray[np.generic]) -> Mask:
    return np.asarray(array, np.uint8)
