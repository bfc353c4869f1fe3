"""How crooked a page is, told by its pixels alone."""

from __future__ import annotations

import cv2
import numpy as np

from inkread.image import Image

# Ink is looked at on a picture of this size, in which lines of print are still apart.
_LONG_SIDE_PX = 1000
_COARSE_DEG = 1.0
_FINE_DEG = 0.1
# A page whose rows part no better than this when it is straightened has no rows: a photo, a single word.
_CLEARER_BY = 1.05


def skew_deg(image: Image, most_deg: float = 15.0) -> float:
    """Return the angle at which the lines run, as `Quad.angle_deg`: more than 0 where they fall to the right.

    The angle, within `most_deg` of level, at which the sums of ink along the rows differ most (Postl, 1986);
    0 where no angle is clearly better than level. Steps are of 0.1 degrees.
    """
    factor = min(1.0, _LONG_SIDE_PX / max(image.width, image.height))
    size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
    grey = cv2.resize(image.grey(factor), size, interpolation=cv2.INTER_AREA)
    ink = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, np.ones((15, 15), np.uint8))
    ys, xs = np.nonzero(ink > max(20.0, float(ink.max()) / 3))
    if len(xs) < 2:
        return 0.0

    def clearness(angle_deg: float) -> float:
        angle = np.deg2rad(angle_deg)
        rows = (ys * np.cos(angle) - xs * np.sin(angle)).astype(np.int64)
        sums = np.bincount(rows - rows.min()).astype(np.float64)
        return float(np.square(np.diff(sums)).sum())

    coarse = max(np.arange(-most_deg, most_deg + _COARSE_DEG / 2, _COARSE_DEG), key=clearness)
    near = np.arange(coarse - _COARSE_DEG, coarse + _COARSE_DEG + _FINE_DEG / 2, _FINE_DEG)
    best = float(max(near[np.abs(near) <= most_deg], key=clearness))
    return round(best, 1) if clearness(best) > _CLEARER_BY * clearness(0.0) else 0.0
