"""How high print is, and how much larger a picture should be for it."""

from __future__ import annotations

import math

import cv2
import numpy as np

from inkread.image import Image

# A letter without ascender is so many times as low as its line, from ascender to descender.
_LINE_TO_LETTER = 2.0
# Specks are smaller than this, px; what is larger than this share of the picture is no letter.
_LEAST_PX = 3
_MOST_SHARE = 0.1
_FEWEST_LETTERS = 20
_MOST_PIXELS = 4_000_000


def print_height_px(image: Image) -> float | None:
    """Return how high a line of the print is, from ascender to descender, px; None with too few letters to tell.

    Told by the pixels alone: the median of what hangs together in ink. Within a third of the truth, which is enough
    to choose a size by.
    """
    factor = min(1.0, math.sqrt(_MOST_PIXELS / (image.width * image.height)))
    picture = image if factor == 1.0 else image.resize(factor)
    grey = cv2.cvtColor(np.ascontiguousarray(picture.pixels), cv2.COLOR_RGB2GRAY)
    _, ink = cv2.threshold(
        cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, np.ones((25, 25), np.uint8)),
        0,
        255,
        cv2.THRESH_BINARY + cv2.THRESH_OTSU,
    )
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink)
    heights = stats[1:, cv2.CC_STAT_HEIGHT]
    heights = heights[(heights >= _LEAST_PX) & (heights < _MOST_SHARE * max(grey.shape))]
    if len(heights) < _FEWEST_LETTERS:
        return None
    letter_px = float(np.median(heights))
    return letter_px * _LINE_TO_LETTER / factor


def enlargement(print_px: float | None, wanted_px: float, most: float = 4.0) -> float:
    """Return the factor, from 1 to `most`, by which print becomes `wanted_px` high."""
    return 1.0 if print_px is None else min(max(1.0, wanted_px / print_px), most)
