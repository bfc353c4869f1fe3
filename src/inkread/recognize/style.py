"""Print or handwriting: what the strokes of a line and its reading say of how it was written.

A logistic model over five measures of a small grey picture of each line. scripts/fit_style.py fits its numbers to
labelled lines and tells how often it is right on lines that it was not fitted to.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from inkread.document import Line, Style
from inkread.geometry import Quad
from inkread.image import Grey, Image

# Lines are looked at this high, where strokes are 2 to 4 px wide.
_HEIGHT_PX = 32
# Longer lines are looked at in their first part, which says as much.
_MAX_WIDTH_PX = 320
# Shorter ones say too little of their own: the page's other lines decide.
_MIN_WIDTH_PX = 48
# Directions of edges: the first of so many is that of upright strokes.
_BINS = 16
# Pieces of ink smaller than this share of the picture's height squared are dots and dirt.
_MIN_PIECE = 0.02


class Strokes(NamedTuple):
    """Measures of one line.

    confidence: of its reading, 0..1.  upright: the share of the edges' strength that upright strokes have.  wide: the
    logarithm of how wide pieces of ink are, in heights: joined letters are wide.  thick, uneven: how wide strokes are
    along the line, in heights, and how much that varies, as a share of it.
    """

    confidence: float
    upright: float
    wide: float
    thick: float
    uneven: float


# Log odds of handwriting; scripts/fit_style.py prints these numbers, docs/handwriting.md says how often they are right.
_CONSTANT = 46.589
_WEIGHTS = Strokes(confidence=-27.609, upright=-17.0, wide=3.499, thick=-109.767, uneven=-14.034)
# A line counts for its neighbours too: this share of the page's mean odds is added to each (told wrong: 2.0 % without,
# 1.5 % with it), of which no line says more than so much.
OF_PAGE = 0.3
MOST_ODDS = 4.0


def styles_of(image: Image, lines: Sequence[Line]) -> list[Style]:
    """Return how each line was written; lines in page pixels, as they were read in the picture."""
    own = [_log_odds(measure(image, line)) for line in lines]
    page = sum(max(-MOST_ODDS, min(MOST_ODDS, odds)) for odds in own) / max(sum(odds != 0 for odds in own), 1)
    return ["handwriting" if odds + OF_PAGE * page > 0 else "print" for odds in own]


def _log_odds(strokes: Strokes | None) -> float:
    """Return the log odds of handwriting; 0 where a line does not say."""
    if strokes is None:
        return 0.0
    return _CONSTANT + sum(weight * value for weight, value in zip(_WEIGHTS, strokes, strict=True))


def measure(image: Image, line: Line) -> Strokes | None:
    """Return the measures of a line that was read in a picture; None where it is too short or shows no ink."""
    grey = _small_picture(image, line.quad)
    if grey.shape[1] < _MIN_WIDTH_PX:
        return None
    is_ink = _ink(grey)
    if not is_ink.any():
        return None
    thick, uneven = _widths(is_ink)
    return Strokes(line.confidence, _uprightness(grey), _piece_width(is_ink), thick, uneven)


def _small_picture(image: Image, on_page: Quad) -> Grey:
    """Return the first part of a line, its quad in page pixels, as a small picture that is read from left to right."""
    quad = image.quad_from_page(on_page)
    height = max(quad.height, 1.0)
    whole = quad.width / height * _HEIGHT_PX
    width = min(round(whole), _MAX_WIDTH_PX)
    if width < 1:
        return np.zeros((_HEIGHT_PX, 0), np.uint8)
    grey = image.grey(_HEIGHT_PX / height)
    scale = np.array([grey.shape[1] / image.width, grey.shape[0] / image.height])
    source = (np.array(quad.part(0.0, width / max(whole, width))) * scale).astype(np.float32) - 0.5
    target = np.array([[0, 0], [width, 0], [width, _HEIGHT_PX]], dtype=np.float32) - 0.5
    matrix = cv2.getAffineTransform(source[:3], target)
    small = cv2.warpAffine(grey, matrix, (width, _HEIGHT_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(small, dtype=np.uint8)


def _ink(grey: Grey) -> Grey:
    """Return which pixels are ink, 0 or 1: those of the rarer kind, dark or light."""
    _, dark = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    return np.asarray(dark if float(dark.mean()) <= 0.5 else 1 - dark, dtype=np.uint8)


def _uprightness(grey: Grey) -> float:
    """Return the share of the edges' squared strength that lies across the line."""
    dx, dy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    strength = dx * dx + dy * dy
    # The edges of an upright stroke run within half a bin of upright.
    is_upright = np.abs(dy) <= math.tan(math.pi / _BINS / 2) * np.abs(dx)
    return float(strength[is_upright].sum() / max(float(strength.sum()), 1e-9))


def _piece_width(is_ink: Grey) -> float:
    """Return the logarithm of the mean width of pieces of ink, in heights, each counting by its width."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(is_ink, connectivity=8)
    pieces = stats[1:][stats[1:, cv2.CC_STAT_AREA] >= _MIN_PIECE * _HEIGHT_PX**2]
    width = pieces[:, cv2.CC_STAT_WIDTH].astype(np.float64)
    return math.log(float((width**2).sum() / width.sum()) / _HEIGHT_PX) if len(width) else 0.0


def _widths(is_ink: Grey) -> tuple[float, float]:
    """Return the median width of strokes along the line, in heights, and the mean deviation as a share of it."""
    padded = np.zeros((is_ink.shape[0], is_ink.shape[1] + 2), np.int8)
    padded[:, 1:-1] = is_ink
    steps = np.diff(padded, axis=1).ravel()
    lengths = np.flatnonzero(steps < 0) - np.flatnonzero(steps > 0)
    usual = float(np.median(lengths))
    return usual / _HEIGHT_PX, float(np.abs(lengths - usual).mean()) / usual
