"""Contrast, light and noise: how much is wrong with them, and pixels in which it is not."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from inkread.image import Pixels

# Every fourth pixel of a row and a column: some milliseconds for a scan of 300 dpi, and enough of them.
_STEP = 4
# How dark ink is and how light paper: not a single speck, nor the margin alone.
_INK_PERCENT, _PAPER_PERCENT = 0.2, 95.0
# Paper is as light as the lightest around a place, this share of the picture's long side away: wider than letters.
_SURROUNDINGS = 0.02
# Noise is measured in squares, spread evenly, of which the median holds paper and no print.
_SQUARE_PX = 32
_SQUARES_A_SIDE = 12

Grey = npt.NDArray[np.uint8]


def ink_and_paper(pixels: Pixels) -> tuple[float, float]:
    """Return how light ink and paper are, 0..255 each."""
    ink, paper = np.percentile(_grey(pixels[::_STEP, ::_STEP]), (_INK_PERCENT, _PAPER_PERCENT))
    return float(ink), float(paper)


def with_full_contrast(pixels: Pixels) -> Pixels:
    """Return the pixels with black ink on white paper, everything between them in proportion."""
    ink, paper = ink_and_paper(pixels)
    levels = (np.arange(256) - ink) * 255 / max(paper - ink, 1.0)
    return np.asarray(cv2.LUT(pixels, np.clip(np.round(levels), 0, 255).astype(np.uint8)), dtype=np.uint8)


def unevenness(pixels: Pixels) -> float:
    """Return how much darker the darkest place of the paper is than the lightest, 0..1."""
    paper = _paper(_grey(pixels[::_STEP, ::_STEP]), 1)
    darkest, lightest = np.percentile(paper, (2, 98))
    return 1.0 - float(darkest) / max(float(lightest), 1.0)


def with_even_light(pixels: Pixels) -> Pixels:
    """Return the pixels divided by how light the paper is around each: shadows go, and so do grey areas."""
    height, width = pixels.shape[:2]
    paper = _paper(_grey(pixels), _STEP)
    paper = np.asarray(cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    return np.asarray(cv2.divide(pixels, cv2.cvtColor(paper, cv2.COLOR_GRAY2RGB), scale=255), dtype=np.uint8)


def noise(pixels: Pixels) -> float:
    """Return the standard deviation of the noise, 0..255: Immerkær's (1996) of the median of 144 squares."""
    height, width = pixels.shape[:2]
    tops = np.linspace(0, max(0, height - _SQUARE_PX), _SQUARES_A_SIDE).astype(int)
    lefts = np.linspace(0, max(0, width - _SQUARE_PX), _SQUARES_A_SIDE).astype(int)
    squares = (_grey(pixels[y : y + _SQUARE_PX, x : x + _SQUARE_PX]) for y in tops for x in lefts)
    return float(np.median([_noise_of(square) for square in squares]))


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


def _noise_of(square: Grey) -> float:
    second = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    rough = cv2.filter2D(square.astype(np.float32), -1, second)[1:-1, 1:-1]
    return float(np.sqrt(np.pi / 2) / 6 * np.abs(rough).mean()) if rough.size else 0.0
