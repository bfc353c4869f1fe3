"""Lines that touch: one region of a probability map, parted where the map is lower between them.

Tails of letters reach the line below, and words stand between the lines: at the detector's threshold they are one
region. At a higher one it falls apart, into pieces of one line beside each other, which is left alone, or into lines
above each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from inkread.runtime.session import Floats

_LEVELS = (0.35, 0.5, 0.7, 0.85)
# A piece that covers less than this share of its region is no line; it stays with the others as what it is.
_LEAST_OF_REGION = 0.15
# Fewer pixels are noise.
_FEWEST_PX = 9
# Two pieces are lines where they stand above each other over this share of the shorter one, and their middles are
# further apart than this share of the lower one's height.
_ABOVE = 0.5
_APART = 0.6

Contour = npt.NDArray[np.int32]
_Mask = npt.NDArray[np.uint8]


class Piece(NamedTuple):
    """A part of a region: its outline on the map, (N, 1, 2) int32, and the probability from which it is one piece."""

    contour: Contour
    level: float


def parted(heatmap: Floats, contour: Contour, threshold: float) -> list[Piece]:
    """Return the lines that a region of the map, (H, W), holds: itself, for one line.

    contour: the region's outline at `threshold`.
    """
    left, top, width, height = cv2.boundingRect(contour)
    inside = np.zeros((height, width), np.uint8)
    cv2.drawContours(inside, [contour - np.array([left, top], np.int32)], -1, 1, cv2.FILLED)
    part = np.where(inside > 0, heatmap[top : top + height, left : left + width], np.float32(0))
    least = _LEAST_OF_REGION * float(inside.sum())
    for level in (each for each in _LEVELS if each > threshold):
        pieces = _pieces(part > level)
        if _are_lines([box for box, area in pieces.boxes if area >= least]):
            return [
                inner
                for outline, (_, area) in zip(pieces.contours, pieces.boxes, strict=True)
                if area >= _FEWEST_PX
                for inner in parted(heatmap, outline + np.array([left, top], np.int32), level)
            ]
    return [Piece(contour, threshold)]


class _Pieces(NamedTuple):
    """Connected pieces: outlines, and for each left, top, width and height with its area."""

    contours: Sequence[Contour]
    boxes: Sequence[tuple[tuple[int, int, int, int], float]]


def _pieces(is_text: npt.NDArray[np.bool_]) -> _Pieces:
    found, _ = cv2.findContours(is_text.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contours = [np.asarray(contour, dtype=np.int32) for contour in found]
    boxes = []
    for contour in contours:
        left, top, width, height = cv2.boundingRect(contour)
        # The outline runs through the outermost pixels: half of them is outside of the area that it encloses.
        boxes.append(((left, top, width, height), cv2.contourArea(contour) + len(contour) / 2 + 1))
    return _Pieces(contours, boxes)


def _are_lines(boxes: Sequence[tuple[int, int, int, int]]) -> bool:
    """Return whether two of the boxes are lines above each other."""
    return any(_is_above(a, b) for a, b in combinations(boxes, 2))


def _is_above(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> bool:
    common = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    apart = abs((a[1] + a[3] / 2) - (b[1] + b[3] / 2))
    return common > _ABOVE * min(a[2], b[2]) and apart > _APART * min(a[3], b[3])
