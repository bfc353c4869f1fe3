"""Find text: a page's picture to regions in its own pixels."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from inkread.detect.heatmap import find_quads
from inkread.detect.pace import Pace
from inkread.detect.room import Cut, cut_to_fit, too_large
from inkread.detect.tiles import TILE_PX, spans, tiled_map
from inkread.geometry import Box, Point, Quad
from inkread.image import Image
from inkread.options import DetectOptions
from inkread.runtime.allowance import FREE, Allowance
from inkread.runtime.session import Session, StoppedError

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
# A look may take so much of the time that is left: a page's order is kept a tenth or more, and a third is to be left
# for reading where the look takes a fifth longer than was expected. What would take more is made coarser, by steps, so
# that pages of one size are looked at in few sizes, or left out where it is a finer look.
_MOST_OF_TIME = 0.45
_COARSER = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
# Where nothing was found yet a finer look may have more, and still leave time to read in.
_MOST_OF_TIME_FOR_ANYTHING = 0.7
# The sizes, (width, height) px, of empty pictures that tell how fast the network is here: the first warms it up, the
# second says what a size costs that was seen before, the third what a new one does.
_TRIALS_PX = ((640, 640), (640, 640), (640, 512))
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
        self._allowance = FREE
        self._pace = Pace()

    def within(self, allowance: Allowance) -> Detector:
        """Return this detector for a page that may take no more than this."""
        if not allowance.is_bound:
            return self
        bound = copy.copy(self)
        bound._allowance = allowance
        return bound

    def detect(self, image: Image) -> list[Region]:
        """Return the text regions in no particular order; none for a picture without text.

        Within an allowance looks are cut to fit, and left out where they do not. Raises LimitError where not even the
        first one fits, and CancelledError.
        """
        factor = self._in_time(image, first_factor(image.width, image.height, self._options))
        try:
            regions = self._detect_at(image, factor)
        except StoppedError:
            self._allowance.must_stop()
            self._allowance.degrade("partial")
            return []
        for _ in range(_MOST_LOOKS - 1):
            finer = finer_factor(regions, image, factor, self._options)
            if finer is None:
                break
            again = self._look_again(image, finer, wanted=not regions)
            if again is None:
                self._allowance.degrade("coarse")
                break
            factor, regions = finer, again
        return regions

    def try_out(self) -> None:
        """Look at empty pictures, to know how long a look takes here."""
        for number, (width, height) in enumerate(_TRIALS_PX):
            self._detect_at(Image(np.full((height, width, 3), 255, np.uint8)), 1.0)
            if not number:
                self._pace.forget_times()

    def release(self) -> None:
        """Give back the memory that is held for pictures seen before."""
        self._session.release()

    def _in_time(self, image: Image, factor: float) -> float:
        """Return the factor of the first look, smaller where it would take the time to read in what it finds."""
        left_s = self._allowance.left_s
        if left_s is None or self._takes_s(image, factor) <= _MOST_OF_TIME * left_s:
            return factor
        self._allowance.degrade("coarse")
        steps = (factor * step for step in _COARSER)
        fitting = (each for each in steps if self._takes_s(image, each) <= _MOST_OF_TIME * left_s)
        return next(fitting, factor * _COARSER[-1])

    def _takes_s(self, image: Image, factor: float) -> float:
        """Return how long a look would take, s; 0 where nothing is known of that."""
        return self._pace.expected_s(_fitted_size(image, factor)) or 0.0

    def _look_again(self, image: Image, factor: float, *, wanted: bool) -> list[Region] | None:
        """Return what a finer look finds; None where there is no time or memory for it.

        wanted: nothing was found yet, so that it may have more of the time.
        """
        left_s = self._allowance.left_s
        share = _MOST_OF_TIME_FOR_ANYTHING if wanted else _MOST_OF_TIME
        if left_s is not None and self._takes_s(image, factor) > share * left_s:
            return None
        if self._allowance.memory.is_limited and self._cut(_fitted_size(image, factor)) is None:
            return None
        try:
            return self._detect_at(image, factor)
        except StoppedError:
            self._allowance.must_stop()
            return None

    def _detect_at(self, image: Image, factor: float) -> list[Region]:
        """Return the regions that the network finds in the picture `factor` times as large."""
        size, start = _fitted_size(image, factor), time.perf_counter()
        try:
            regions = self._cut_and_look(image, size)
        except StoppedError:
            self._pace.note(size, time.perf_counter() - start, is_done=False)
            raise
        self._pace.note(size, time.perf_counter() - start)
        return regions

    def _cut_and_look(self, image: Image, size: tuple[int, int]) -> list[Region]:
        if not self._allowance.memory.is_limited:
            return self._look(image, size, self._usual_cut(size))
        cut = self._cut(size)
        if cut is None:
            raise too_large(size, self._session, self._allowance.memory)
        if cut != self._usual_cut(size):
            self._allowance.degrade("tiled")
        return self._look_in_bands(image, size, cut) if cut.in_bands else self._look(image, size, cut)

    def _usual_cut(self, size: tuple[int, int]) -> Cut:
        return Cut(TILE_PX if max(size) > self._options.fine_side_px else None)

    def _cut(self, size: tuple[int, int]) -> Cut | None:
        return cut_to_fit(size, self._usual_cut(size), self._session, self._allowance.memory)

    def _look_in_bands(self, image: Image, size: tuple[int, int], cut: Cut) -> list[Region]:
        """Return the regions of one row of tiles after the other: each region by the row that its middle is in."""
        assert cut.tile_px is not None
        scale = image.height / size[1]
        found = []
        for span in spans(size[1], cut.tile_px):
            top, bottom = round(span.start * scale), round(span.end * scale)
            band = image.crop(Box(0, top, image.width, bottom))
            for region in self._look(band, (size[0], span.end - span.start), cut):
                quad = Quad(*(Point(x, y + top) for x, y in region.quad))
                if span.keep_start * scale <= quad.box.center.y < span.keep_end * scale:
                    found.append(Region(quad, region.confidence))
        return found

    def _look(self, image: Image, size: tuple[int, int], cut: Cut) -> list[Region]:
        """Return the regions that the network finds in the picture at this size, (width, height) px."""
        fitted = image if size == (image.width, image.height) else image.fit(*size)
        pixels = np.ascontiguousarray(fitted.pixels)
        scale_x, scale_y = image.width / size[0], image.height / size[1]
        stop = self._allowance.stops if self._allowance.may_end else None
        if cut.tile_px is not None:
            heatmap = tiled_map(self._session, pixels, cut.tile_px, stop)
        else:
            heatmap = self._session.run(pixels[None], stop)[0, 0]
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


def _fitted_size(image: Image, factor: float) -> tuple[int, int]:
    """Return the size, (width, height) px, of the picture that the network sees."""
    return _on_grid(image.width * factor), _on_grid(image.height * factor)


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
