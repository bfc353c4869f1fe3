"""Ruled lines of a page: long straight strokes, of which tables are drawn."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from inkread.image import Image

# The picture is looked at with text of this height, px: rules of a hair's width are still seen, and it costs 5 ms.
_TEXT_HEIGHT_PX = 20.0
_MOST_PX = 4_000_000
# A stroke of letters is shorter than the text is high; a rule is so many heights long, and no thicker than this.
_MIN_LENGTH = 2.5
_MAX_THICKNESS = 0.5
# Ink is this much darker (or lighter, on a dark page) than the mean of its neighbourhood, 0..255.
_CONTRAST = 12
_NEIGHBOURHOOD_PX = 25
_POOL = 4

_Mask = npt.NDArray[np.uint8]


class Rule(NamedTuple):
    """A straight stroke along one axis of the reading frame: its place across it, its two ends along it, px."""

    at: float
    start: float
    end: float


class Rules(NamedTuple):
    """The ruled lines of a page in its reading frame."""

    across: list[Rule]
    down: list[Rule]


def find_rules(image: Image, angle_deg: float, text_height: float) -> Rules:
    """Return the rules of a page that run along and across its text.

    angle_deg: the direction of reading on the page.  text_height: of most lines, page px.  Rules are given in the
    reading frame of `frame.place`: page coordinates turned by -angle_deg about the origin.
    """
    flat, scale, left, top = _in_frame(image, angle_deg, text_height)
    ink = _ink(flat)
    least = max(8, round(_MIN_LENGTH * text_height * scale))
    thickest = max(4.0, _MAX_THICKNESS * text_height * scale)
    across = [
        Rule(r.at / scale + top, r.start / scale + left, r.end / scale + left) for r in _strokes(ink, least, thickest)
    ]
    down = [
        Rule(r.at / scale + left, r.start / scale + top, r.end / scale + top)
        for r in _strokes(np.ascontiguousarray(ink.T), least, thickest)
    ]
    return Rules(across, down)


def _in_frame(image: Image, angle_deg: float, text_height: float) -> tuple[_Mask, float, float, float]:
    """Return the grey picture in the reading frame, how many of its pixels a page pixel is, and its left and top."""
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    to_frame = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]]) @ image.to_page
    corners = (
        to_frame
        @ np.array(
            [[0, 0, 1], [image.width, 0, 1], [image.width, image.height, 1], [0, image.height, 1]], dtype=float
        ).T
    )
    xs, ys = corners[0] / corners[2], corners[1] / corners[2]
    left, top, width, height = xs.min(), ys.min(), np.ptp(xs), np.ptp(ys)
    scale = min(1.0, _TEXT_HEIGHT_PX / max(text_height, 1.0), math.sqrt(_MOST_PX / max(width * height, 1.0)))
    placed = np.array([[scale, 0.0, -left * scale], [0.0, scale, -top * scale], [0.0, 0.0, 1.0]]) @ to_frame
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # The mean of what falls together, or hairlines vanish between the samples.
    reduced = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    grey = image.grey(scale)
    if scale < 1:
        grey = np.asarray(cv2.resize(grey, reduced, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    placed = placed @ np.diag([image.width / grey.shape[1], image.height / grey.shape[0], 1.0])
    if not np.allclose(placed, np.eye(3), atol=0.01):
        flat = cv2.warpPerspective(grey, placed, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        grey = np.asarray(flat, dtype=np.uint8)
    return grey, scale, float(left), float(top)


def _ink(grey: _Mask) -> _Mask:
    """Return 255 where the picture is darker than around, or lighter where most of it is dark."""
    if float(grey.mean()) < 100:
        grey = np.asarray(255 - grey, dtype=np.uint8)
    method = cv2.ADAPTIVE_THRESH_MEAN_C
    ink = cv2.adaptiveThreshold(grey, 255, method, cv2.THRESH_BINARY_INV, _NEIGHBOURHOOD_PX, _CONTRAST)
    return np.asarray(ink, dtype=np.uint8)


def _strokes(ink: _Mask, least: int, thickest: float) -> list[Rule]:
    """Return the strokes of the mask that run from left to right, px: at least so long and at most so thick."""
    # A rule that climbs by a pixel now and then is one stroke: ink is thickened before the long runs are looked for.
    thick = cv2.dilate(ink, np.ones((3, 1), np.uint8))
    # Four pixels are looked at as one, which is dark where all four are nearly: 17 ms become 4 on an A4 page.
    pooled = cv2.resize(thick, (max(1, thick.shape[1] // _POOL), thick.shape[0]), interpolation=cv2.INTER_AREA)
    dark = np.asarray(pooled >= 192, dtype=np.uint8)
    runs = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((1, least // _POOL | 1), np.uint8))
    _, _, stats, centers = cv2.connectedComponentsWithStats(runs, connectivity=8)
    return [
        Rule(float(center[1]) + 0.5, float(left * _POOL), float((left + width) * _POOL))
        for (left, _, width, height, _), center in zip(stats[1:], centers[1:], strict=True)
        if height <= thickest + 2
    ]
