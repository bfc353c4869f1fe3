"""Contrast, light and noise: pixels in which they are as they should be."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from inkread.image import Pixels

# Every fourth pixel of a row and a column: some milliseconds for a scan of 300 dpi, and enough of them.
_STEP = 4
# The darkest and the lightest of a picture, without single specks: its print may be light on dark as well.
_DARKEST_PERCENT, _LIGHTEST_PERCENT = 0.2, 99.8
# Paper is as light as the lightest around a place, this share of the picture's long side away: wider than letters.
_SURROUNDINGS = 0.02

Grey = npt.NDArray[np.uint8]


def dark_and_light(grey: Grey) -> tuple[float, float]:
    """Return how light the darkest and the lightest of a picture in grey are, 0..255 each."""
    return _extremes(grey[::_STEP, ::_STEP])


def sampled_dark_and_light(pixels: Pixels) -> tuple[float, float]:
    """Return the same of a picture in colour, without making the whole of it grey."""
    return _extremes(_grey(pixels[::_STEP, ::_STEP]))


def _extremes(grey: Grey) -> tuple[float, float]:
    counts = np.bincount(grey.ravel(), minlength=256)
    shares = np.cumsum(counts) * 100 / counts.sum()
    dark, light = np.searchsorted(shares, (_DARKEST_PERCENT, _LIGHTEST_PERCENT))
    return float(dark), float(light)


def with_full_contrast(pixels: Pixels) -> Pixels:
    """Return the pixels with their darkest black and their lightest white, everything between them in proportion."""
    dark, light = dark_and_light(_grey(pixels))
    levels = (np.arange(256) - dark) * 255 / max(light - dark, 1.0)
    return np.asarray(cv2.LUT(pixels, np.clip(np.round(levels), 0, 255).astype(np.uint8)), dtype=np.uint8)


def with_even_light(pixels: Pixels) -> Pixels:
    """Return the pixels divided by how light the paper is around each: shadows go, and so do grey areas."""
    height, width = pixels.shape[:2]
    paper = _paper(_grey(pixels), _STEP)
    paper = np.asarray(cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    return np.asarray(cv2.divide(pixels, cv2.cvtColor(paper, cv2.COLOR_GRAY2RGB), scale=255), dtype=np.uint8)


def without_noise(pixels: Pixels) -> Pixels:
    """Return each pixel as the median of the 3 x 3 around it."""
    return np.asarray(cv2.medianBlur(np.ascontiguousarray(pixels), 3), dtype=np.uint8)


def _grey(pixels: Pixels) -> Grey:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _paper(grey: Grey, step: int) -> Grey:
    """Return how light the paper is at every `step`-th pixel, without the print."""
    small = cv2.resize(
        grey, (max(1, grey.shape[1] // step), max(1, grey.shape[0] // step)), interpolation=cv2.INTER_AREA
    )
    reach = 2 * max(1, round(_SURROUNDINGS * max(small.shape) / 2)) + 1
    lightest = cv2.dilate(small, np.ones((reach, reach), np.uint8))
    return np.asarray(cv2.blur(lightest, (reach, reach)), dtype=np.uint8)
