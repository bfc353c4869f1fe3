"""Measurements of a page's picture where its lines are: sharpness, light and noise."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt

from inkread.document import Line
from inkread.image import Image

Grey = npt.NDArray[np.uint8]

# As many lines say enough of a page; they are taken evenly from all.
_LINES = 40
_LEAST_PX = 4
_LEAST_CONTRAST = 20.0
# Around a line its paper is seen, as a share of its height.
_PAPER_AROUND = 0.6


def line_height_px(lines: Sequence[Line]) -> float | None:
    """Return the median height of the lines, from ascender to descender, px of the page; None without lines."""
    heights = [min(line.quad.width, line.quad.height) for line in lines if line.words]
    return median(heights) if heights else None


def angle_deg(lines: Sequence[Line]) -> float:
    """Return by how much the lines are away from level or plumb, -45 to 45; 0 where few are long."""
    long = [
        line for line in lines if max(line.quad.width, line.quad.height) > 4 * min(line.quad.width, line.quad.height)
    ]
    off = sorted((line.quad.angle_deg + 45) % 90 - 45 for line in long)
    return median(off) if len(off) >= 3 else 0.0


def sharpness(image: Image, lines: Sequence[Line]) -> float | None:
    """Return how steep the edges of letters are: the share of their contrast that they rise by in a tenth of a height.

    Along the direction in which they are least steep, for a camera that moved blurs one of them. 1 to 5 in scans; None
    where no line is high enough in contrast to tell.
    """
    found = []
    for crop, height in _crops(image, lines):
        dark, light = np.percentile(crop, (2, 98))
        if light - dark >= _LEAST_CONTRAST:
            steps = [np.percentile(np.abs(np.diff(crop, axis=axis)), 98) for axis in (0, 1)]
            found.append(float(min(steps) / (light - dark)) * height / 10)
    return median(found) if found else None


def contrast(image: Image, lines: Sequence[Line]) -> float | None:
    """Return by how much letters differ from what they stand on, 0..255; None where no line can be looked at."""
    crops = _crops(image, lines)
    return median(float(np.ptp(np.percentile(crop, (2, 98)))) for crop, _ in crops) if crops else None


def evenness(image: Image, lines: Sequence[Line]) -> float | None:
    """Return how dark the paper is around the darkest tenth of half lines, beside the lightest tenth: 1 is even."""
    crops = [crop for crop, _ in _crops(image, lines, around=_PAPER_AROUND)]
    halves = [half for crop in crops for half in (crop[:, : crop.shape[1] // 2], crop[:, crop.shape[1] // 2 :])]
    papers = [float(np.percentile(half, 85)) for half in halves if half.size]
    if len(papers) < 5:
        return None
    low, high = np.percentile(papers, (10, 90))
    return float(low / max(high, 1.0))


def noise(image: Image) -> float:
    """Return how far pixels are from the median of those around them, 0..255, in the calmest quarter of a page."""
    grey = image.grey()
    residual = cv2.absdiff(grey, cv2.medianBlur(grey, 3)).astype(np.float32)
    tiles = cv2.blur(residual, (32, 32))[16::32, 16::32]
    return float(np.percentile(tiles, 25)) if tiles.size else 0.0


def _crops(image: Image, lines: Sequence[Line], around: float = 0.0) -> list[tuple[npt.NDArray[np.float32], float]]:
    """Return lines that run level in the picture as they stand in it, in grey, and how high each line is, px."""
    grey, crops = image.grey(), []
    step = max(1, len(lines) // _LINES)
    for line in lines[::step]:
        box = image.quad_from_page(line.quad).box
        margin = around * box.height
        top, bottom = max(0, round(box.top - margin)), round(box.bottom + margin)
        left, right = max(0, round(box.left)), round(box.right)
        crop = grey[top:bottom, left:right]
        if min(crop.shape) >= _LEAST_PX and crop.shape[1] > crop.shape[0]:
            crops.append((crop.astype(np.float32), min(line.quad.width, line.quad.height)))
    return crops
