"""Find text: a page's picture to regions in its own pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from inkread.detect.heatmap import find_quads
from inkread.detect.tiles import tiled_map
from inkread.geometry import Point, Quad
from inkread.image import Image
from inkread.options import DetectOptions
from inkread.runtime.session import Session

# The network halves its picture five times.
_GRID_PX = 32
# Quads are grown less than a detector's makers say: labels hug the text (invoices: detection Hmean 84 to 89), and
# the crop that is read takes a margin of its own, so that reading loses nothing.
_TIGHTER = 6 / 7
# Small pictures are enlarged, for print of 8 px that the network would miss (receipts of 450 x 600 px: CER 10.0 to
# 8.6), but not a little: that blurs and gains nothing (street signs of 1280 x 720 px: word F1 59 to 56).
_LEAST_ENLARGEMENT = 1.25
_MOST_ENLARGEMENT = 2.0
# Print of 12 px on the network's picture is found whole (forms; enlarging them to 19 px finds no more), print of 9 px
# is not (newspapers): the second look makes it this high.
_SMALL_PRINT_PX = 10.5
_GOOD_PRINT_PX = 14.0
# A picture reduced below this may hide print of 12 px altogether (plans); a page of a scan is not empty by that.
_TOO_SMALL_TO_SEE = 0.35
# The deviation of the pixels of an empty scan, 0..255.
_BLANK_DEVIATION = 6.0
# A first look that finds nothing, one that finds how low the print is, one that reads it.
_MOST_LOOKS = 3
# A picture this many times as long as wide is a strip (a till roll, a scrolled screen).
_STRIP = 3.0
# The map of a finer look, 4 bytes a pixel, and its mask stay below half a gigabyte.
_MOST_MAP_PX = 80_000_000


@dataclass(frozen=True)
class Region:
    """A place with text: the quad in the picture's pixels and the detector's confidence, 0..1."""

    quad: Quad
    confidence: float


@dataclass(frozen=True)
class DetectorSettings:
    """What a detector's card says of its thresholds; options override them."""

    threshold: float = 0.3
    box_threshold: float = 0.6
    unclip_ratio: float = 1.5


class Detector:
    """A text detector over a session whose network gives a probability map, (N, 1, H, W)."""

    def __init__(self, session: Session, settings: DetectorSettings, options: DetectOptions) -> None:
        self._session = session
        self._options = options
        self._threshold = _first(options.threshold, settings.threshold)
        self._box_threshold = _first(options.box_threshold, settings.box_threshold)
        self._unclip_ratio = _first(options.unclip_ratio, _TIGHTER * settings.unclip_ratio)

    def detect(self, image: Image) -> list[Region]:
        """Return the text regions in no particular order; none for a picture without text."""
        factor = first_factor(image.width, image.height, self._options)
        regions = self._detect_at(image, factor)
        for _ in range(_MOST_LOOKS - 1):
            finer = finer_factor(regions, image, factor, self._options)
            if finer is None:
                break
            factor = finer
            regions = self._detect_at(image, factor)
        return regions

    def _detect_at(self, image: Image, factor: float) -> list[Region]:
        """Return the regions that the network finds in the picture `factor` times as large."""
        size = _on_grid(image.width * factor), _on_grid(image.height * factor)
        fitted = image if size == (image.width, image.height) else image.fit(*size)
        pixels = np.ascontiguousarray(fitted.pixels)
        scale_x, scale_y = image.width / size[0], image.height / size[1]
        if max(size) > self._options.fine_side_px:
            heatmap = tiled_map(self._session, pixels)
        else:
            heatmap = self._session.run(pixels[None])[0, 0]
        candidates = find_quads(
            heatmap,
            threshold=self._threshold,
            box_threshold=self._box_threshold,
            unclip_ratio=self._unclip_ratio,
            min_height=self._options.min_height_px,
            max_regions=self._options.max_regions,
            part_touching=self._options.part_touching,
        )
        return [Region(_inside(candidate.quad, scale_x, scale_y, image), candidate.score) for candidate in candidates]


def first_factor(width: int, height: int, options: DetectOptions) -> float:
    """Return how much larger or smaller than the picture, width x height px, the network's first look is.

    Large pictures are reduced to `max_side_px`, a strip less so; small ones enlarged towards `min_side_px`.
    """
    long, short = max(width, height), min(width, height)
    enlargement = min(options.min_side_px / short, _MOST_ENLARGEMENT)
    most = options.max_side_px * math.sqrt(max(1.0, long / short / _STRIP))
    return min(enlargement if enlargement >= _LEAST_ENLARGEMENT else 1.0, most / long, _most_factor(long, options))


def finer_factor(
    regions: Sequence[Region], image: Image, factor: float, options: DetectOptions | None = None
) -> float | None:
    """Return the factor of another look: where most lines are so low that others were missed; else None."""
    if regions:
        height = median(min(region.quad.width, region.quad.height) for region in regions) * factor
        if height >= _SMALL_PRINT_PX:
            return None
        finer = factor * _GOOD_PRINT_PX / height
    elif factor < _TOO_SMALL_TO_SEE and float(image.pixels[::8, ::8].std()) > _BLANK_DEVIATION:
        finer = min(3 * factor, 1.0)
    else:
        return None
    most = _most_factor(max(image.width, image.height), options) if options is not None else math.inf
    finer = min(finer, most, _MOST_ENLARGEMENT, math.sqrt(_MOST_MAP_PX / (image.width * image.height)))
    return finer if finer >= factor * _LEAST_ENLARGEMENT else None


def _most_factor(long: int, options: DetectOptions) -> float:
    """Return the factor at which a picture's long side is as long as the options allow at most."""
    return math.inf if options.most_side_px is None else options.most_side_px / long


def _on_grid(side: float) -> int:
    return max(_GRID_PX, round(side / _GRID_PX) * _GRID_PX)


def _inside(quad: Quad, scale_x: float, scale_y: float, image: Image) -> Quad:
    """Return a quad of the network's picture in the image's pixels, clipped to it."""
    return Quad(
        *(
            Point(min(max(x * scale_x, 0.0), float(image.width)), min(max(y * scale_y, 0.0), float(image.height)))
            for x, y in quad
        )
    )


def _first(option: float | None, setting: float) -> float:
    return setting if option is None else option
