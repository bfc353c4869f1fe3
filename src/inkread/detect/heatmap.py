"""From a probability map to quads: the post-processing of DB (Liao et al., 2020, arXiv:1911.08947)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from inkread.detect.touching import Piece, parted
from inkread.geometry import Point, Quad
from inkread.runtime.session import Floats

# Fewer pixels than this inside a region give no meaningful mean.
_MIN_AREA_PX = 4.0

# The corners of a rectangle, (4, 2).
Corners = npt.NDArray[np.float32]


class Candidate(NamedTuple):
    """A region on the map: its quad in map pixels and its mean probability."""

    quad: Quad
    score: float


def find_quads(
    heatmap: Floats,
    *,
    threshold: float,
    box_threshold: float,
    unclip_ratio: float,
    min_height: float,
    max_regions: int,
    part_touching: bool = False,
) -> list[Candidate]:
    """Return the text regions of a probability map, (H, W) float32 in 0..1.

    A region is a connected set of pixels over `threshold`; its quad is the smallest rectangle around it, grown by
    area x unclip_ratio / perimeter on each side because the network was trained on shrunken regions. Regions whose
    rectangle has a mean probability under `box_threshold`, or that are lower than `min_height` px, are left out.
    At most `max_regions`, the largest first to stay.  part_touching: look for regions that are several lines.
    """
    mask = (heatmap > threshold).astype(np.uint8)
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if hierarchy is None:
        return []
    outer = [contour for contour, links in zip(contours, hierarchy[0], strict=True) if links[3] < 0]
    if len(outer) > max_regions:
        outer = sorted(outer, key=cv2.contourArea, reverse=True)[:max_regions]
    pieces = [Piece(np.asarray(contour, dtype=np.int32), threshold) for contour in outer]
    if part_touching:
        pieces = [piece for whole in pieces for piece in parted(heatmap, whole.contour, threshold)]
    found = []
    for contour, level in pieces:
        center, size, angle = cv2.minAreaRect(contour)
        if min(size) < min_height:
            continue
        score = _mean_inside(heatmap, _corners(center, size, angle))
        if score < box_threshold:
            continue
        # What is one piece from a higher probability on is smaller by so much.
        grown = _grow(size, unclip_ratio * (1 + (level - threshold)))
        corners = _corners(center, grown, angle)
        # The rectangle runs through the centres of its outermost pixels: half a pixel more makes edges of them.
        found.append(Candidate(upright_order(corners + 0.5), score))
    return found


def upright_order(corners: Corners) -> Quad:
    """Return the quad of four rectangle corners, (4, 2), its first edge running to the right as far as it can."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    top_left, bottom_left = left[np.argsort(left[:, 1], kind="stable")]
    top_right, bottom_right = right[np.argsort(right[:, 1], kind="stable")]
    return Quad(*(Point(float(x), float(y)) for x, y in (top_left, top_right, bottom_right, bottom_left)))


def _corners(center: Sequence[float], size: Sequence[float], angle: float) -> Corners:
    return np.asarray(cv2.boxPoints(((center[0], center[1]), (size[0], size[1]), angle)), dtype=np.float32)


def _grow(size: Sequence[float], ratio: float) -> tuple[float, float]:
    width, height = max(size[0], 1.0), max(size[1], 1.0)
    margin = width * height * ratio / (2 * (width + height))
    return width + 2 * margin, height + 2 * margin


def _mean_inside(heatmap: Floats, corners: Corners) -> float:
    """Return the mean of the map inside a rectangle, corners (4, 2)."""
    height, width = heatmap.shape
    left, top = np.floor(corners.min(axis=0)).astype(int).clip(0)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 1
    part = heatmap[top : min(bottom, height), left : min(right, width)]
    if part.size < _MIN_AREA_PX:
        return float(part.mean()) if part.size else 0.0
    inside = np.zeros(part.shape, np.uint8)
    cv2.fillConvexPoly(inside, np.round(corners - (left, top)).astype(np.int32), 1)
    return float(cv2.mean(part, inside)[0])
