"""Sheets of paper in a photograph: where they lie on the table, and which lines stand on which."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from inkread.document import Line
from inkread.geometry import Point, Quad
from inkread.image import Image

# Sheets are looked for on a picture of this size: a few milliseconds, and letters are gone from it.
_LONG_SIDE_PX = 384
# Paper is lighter than what it lies on by this much, of 255; of the picture's edge this share at least is table.
_LIGHTER_BY = 40.0
_TABLE_AT_EDGE = 0.6
# A sheet covers this share of the picture, and its outline is a quad for this share of its area.
_MIN_AREA = 0.03
_MIN_FIT = 0.88
# Print parts paper from paper by less than this share of the picture's long side.
_PRINT = 0.02

Mask = npt.NDArray[np.uint8]


# Signs and labels are light quads too: what has fewer lines is read with the rest of the page.
_FEWEST_LINES = 3


def find_sheets(image: Image) -> list[Quad]:
    """Return where sheets of paper lie on a darker table, in the picture's pixels, from the top left on.

    None where the paper fills the picture, as on a scan. A quad starts at the corner that is the picture's top left,
    so a sheet that lies on its side is given as it lies.
    """
    factor = _LONG_SIDE_PX / max(image.width, image.height)
    size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
    grey = cv2.resize(image.grey(factor), size, interpolation=cv2.INTER_AREA)
    mask = _paper(np.asarray(grey, dtype=np.uint8))
    if mask is None:
        return []
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    corners = [_corners(contour) for contour in contours if cv2.contourArea(contour) >= _MIN_AREA * grey.size]
    scale = np.array([image.width / size[0], image.height / size[1]])
    quads = [_from_top_left(found * scale) for found in corners if found is not None]
    return sorted(quads, key=lambda quad: (quad.box.top // (image.height / 4), quad.box.left))


def by_sheet(image: Image, lines: Sequence[Line]) -> list[Sequence[Line]]:
    """Return the lines of each sheet in a photograph of several, and at the end those that stand on none.

    lines: what was read in the picture, in page pixels. One group where there are no two sheets with text.
    """
    outlines = [np.array(image.quad_on_page(sheet), dtype=np.float32) for sheet in find_sheets(image)]
    groups: list[list[Line]] = [[] for _ in outlines]
    rest: list[Line] = []
    for line in lines:
        on = (k for k, outline in enumerate(outlines) if cv2.pointPolygonTest(outline, line.quad.center, False) >= 0)
        k = next(on, None)
        (rest if k is None else groups[k]).append(line)
    sheets: list[Sequence[Line]] = [group for group in groups if len(group) >= _FEWEST_LINES]
    if len(sheets) < 2:
        return [lines]
    rest += [line for group in groups if len(group) < _FEWEST_LINES for line in group]
    return [*sheets, rest] if rest else sheets


def _paper(grey: Mask) -> Mask | None:
    """Return what is paper, 255, without its print; None where there is no table around it."""
    _, light = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    is_light = light > 0
    edge = np.concatenate([is_light[0], is_light[-1], is_light[:, 0], is_light[:, -1]])
    if is_light.all() or not is_light.any() or 1 - edge.mean() < _TABLE_AT_EDGE:
        return None
    if float(np.median(grey[is_light])) - float(np.median(grey[~is_light])) < _LIGHTER_BY:
        return None
    reach = 2 * round(_PRINT * max(grey.shape) / 2) + 1
    kernel = np.ones((reach, reach), np.uint8)
    # Out and in: print inside a sheet goes; then in and out: what is thinner than print is no sheet.
    closed = cv2.morphologyEx(light, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, kernel), dtype=np.uint8)


def _corners(contour: cv2.typing.MatLike) -> npt.NDArray[np.float64] | None:
    """Return the four corners, (4, 2), of a contour that is nearly a quad; None for another shape."""
    hull = cv2.convexHull(contour)
    around = cv2.arcLength(hull, True)
    for tolerance in (0.01, 0.02, 0.03, 0.05, 0.08):
        corners = cv2.approxPolyDP(hull, tolerance * around, True)
        if len(corners) <= 4:
            break
    if len(corners) != 4 or cv2.contourArea(contour) < _MIN_FIT * cv2.contourArea(corners):
        return None
    # The contour runs through the centres of the outermost pixels.
    middle = corners.mean(axis=0)
    return np.asarray(corners.reshape(4, 2) + 0.5 + 0.5 * np.sign(corners - middle).reshape(4, 2), dtype=np.float64)


def _from_top_left(corners: npt.NDArray[np.float64]) -> Quad:
    """Return the corners clockwise from the one that is nearest to the picture's top left."""
    middle = corners.mean(axis=0)
    ordered = sorted(corners, key=lambda corner: math.atan2(corner[1] - middle[1], corner[0] - middle[0]))
    first = min(range(4), key=lambda k: float(ordered[k].sum()))
    return Quad(*(Point(float(x), float(y)) for x, y in (*ordered[first:], *ordered[:first])))
