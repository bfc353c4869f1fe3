"""Lines read by an engine of its own (a language pack), with what the other recogniser gives: text, places, scores."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import cv2
import numpy as np

from inkread.image import Pixels
from inkread.recognize.ctc import Reading
from inkread.recognize.direction import as_typed, with_numbers_forward
from inkread.recognize.ink import ink_mask, vertical_extent
from inkread.runtime.allowance import FREE, Allowance
from inkread.runtime.line_engine import Grey, LineEngine, Symbol

# What the engine sees around the ink, of its height. It learned from lines cut out closely, and errs by half as much
# again with a border of a fifth, or of nothing (Sanskrit: 6.7 % of characters with a tenth, 9.6 with a fifth, 8.2
# with none; Arabic 10.1, 11.7 and 11.2).
_BORDER = 0.1
# The engine scales lines to 36 or 48 px; what is higher only takes longer.
_MAX_HEIGHT_PX = 64
# So many lines are asked for at once where the time may be up before all are read: a line takes some 50 ms.
_AT_ONCE = 4


class PackReader:
    """A recogniser over an engine that reads whole lines."""

    def __init__(self, engine: LineEngine) -> None:
        self._engine = engine
        self._allowance = FREE

    def within(self, allowance: Allowance) -> PackReader:
        """Return this reader for a page that may take no more than this."""
        if not allowance.may_end:
            return self
        bound = copy.copy(self)
        bound._allowance = allowance
        return bound

    def read(self, crops: Sequence[Pixels]) -> list[Reading]:
        """Return a reading for each crop, (H, W, 3) RGB of one upright line; columns are fractions of its width."""
        if not self._allowance.may_end:
            return self._read(crops)
        readings: list[Reading] = []
        while len(readings) < len(crops) and not self._allowance.must_stop():
            readings += self._read(crops[len(readings) : len(readings) + _AT_ONCE])
        return readings + [Reading(is_read=False)] * (len(crops) - len(readings))

    def _read(self, crops: Sequence[Pixels]) -> list[Reading]:
        pictures = [_picture(crop) for crop in crops]
        lines = self._engine.read([picture for picture, _ in pictures])
        return [
            as_typed(with_numbers_forward(_reading(line, *each))) for line, each in zip(lines, pictures, strict=True)
        ]


def _picture(crop: Pixels) -> tuple[Grey, int]:
    """Return a line in grey, dark on light, from its highest ink to its lowest, with a border; and the border, px."""
    grey = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.uint8)
    mask = ink_mask(crop)
    if mask is not None:
        if grey[mask].mean() > grey[~mask].mean():
            grey = 255 - grey
        top, bottom = vertical_extent(mask) or (0, len(grey))
        grey = grey[max(0, top - 1) : bottom + 1]
    height, width = grey.shape
    if height > _MAX_HEIGHT_PX:
        size = (max(1, round(width * _MAX_HEIGHT_PX / height)), _MAX_HEIGHT_PX)
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    border = max(1, round(_BORDER * grey.shape[0]))
    return np.pad(grey, border, constant_values=int(np.median(grey))), border


def _reading(line: Sequence[Symbol], picture: Grey, border: int) -> Reading:
    """Return an engine's characters as a reading; those of one symbol share its place."""
    width = picture.shape[1] - 2 * border
    text, columns, scores = "", [], []
    for symbol in line:
        span = (_within((symbol.left - border) / width), _within((symbol.right - border) / width))
        text += symbol.text
        columns += [span] * len(symbol.text)
        scores += [symbol.confidence] * len(symbol.text)
    return Reading(text, tuple(columns), tuple(scores))


def _within(place: float) -> float:
    return min(1.0, max(0.0, place))
