"""Places as archive formats want them: whole pixels inside the page, baselines, and the way a line runs."""

from __future__ import annotations

import math
import statistics
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from inkread.document import Line, Page
from inkread.errors import OutputError
from inkread.geometry import Box, Point, Quad

# Within this of a quarter turn a line counts as level: its box says the same as its corners, to a pixel or so.
LEVEL_DEG = 0.5

# Pixels from the origin; beyond it, numbers lose their fractions and sums of them overflow.
_FARTHEST = 1e9

# Where letters stand, as a fraction of the line's height from its top, where the words do not tell.
_BASELINE = 0.8

# Signs whose ink ends at the baseline.
_ON_BASELINE = frozenset("ABCDEFGHIKLMNOPRSTUVWXYZabcdefhiklmnorstuvwxz0123456789.:!?&%#-'\"")


class PixelBox(NamedTuple):
    """An upright box in whole pixels, inside its page; right and bottom are edges, not the last pixel."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


def pixel_box(box: Box, page: Page) -> PixelBox:
    """Return the smallest box of whole pixels around a box, cut at the page's edges.

    Raises OutputError where a coordinate is no place on any page: not finite, or more than a billion.
    """
    if not all(abs(value) <= _FARTHEST for value in box):
        raise _nowhere(page, box)
    left, top = _inside(math.floor(box.left), page.width), _inside(math.floor(box.top), page.height)
    right, bottom = _inside(math.ceil(box.right), page.width), _inside(math.ceil(box.bottom), page.height)
    return PixelBox(left, top, max(left, right), max(top, bottom))


def whole_points(points: Sequence[Point], page: Page) -> str:
    """Return points as "x,y x,y", whole pixels inside the page. Raises OutputError like `pixel_box`."""
    if not all(abs(value) <= _FARTHEST for point in points for value in point):
        raise _nowhere(page, points)
    return " ".join(f"{_inside(round(x), page.width)},{_inside(round(y), page.height)}" for x, y in points)


def baseline(line: Line) -> tuple[Point, Point]:
    """Return where the line's letters stand, from its start to its end.

    Word quads hug their ink: the lower edge of those without letters that reach below is the baseline, and the median
    of these is taken. Without any, it is an estimate from the line's height.
    """
    quad, height = line.quad, line.quad.height
    depths = [_depth(word.quad, quad) for word in line.words if _stands_on_baseline(word.text)]
    across = statistics.median(depths) / height if depths and height > 0 else _BASELINE
    across = min(1.0, max(0.0, across)) if math.isfinite(across) else _BASELINE
    return quad.at(0, across), quad.at(1, across)


def _depth(word: Quad, line: Quad) -> float:
    """Return how far the middle of a word's lower edge lies below the line's upper edge, px, across the reading."""
    low = word.at(0.5, 1)
    (left, top), (right, other) = line.top_left, line.top_right
    length = math.hypot(right - left, other - top)
    return ((right - left) * (low.y - top) - (other - top) * (low.x - left)) / length if length > 0 else math.nan


def _stands_on_baseline(text: str) -> bool:
    """Return whether the ink of a text ends at the baseline: Latin letters and digits, none that reaches below."""
    bases = [unicodedata.normalize("NFD", character)[0] for character in text]
    return all(base in _ON_BASELINE for base in bases) and any(base.isalnum() for base in bases)


def is_level(line: Line) -> bool:
    """Return whether the line runs along the page's rows or columns, so that its box tells its place."""
    return abs(line.quad.angle_deg - 90 * round(line.quad.angle_deg / 90)) <= LEVEL_DEG


def quarter_turns(line: Line) -> int:
    """Return how far the line's letters are turned clockwise, in quarters: 0 to 3.

    0 for a column of upright wide characters, which is read downwards but not turned.
    """
    if line.is_vertical and is_wide(line.text):
        return 0
    angle = line.quad.angle_deg
    # Without finite corners there is no angle: that these cannot be written is said where they are.
    return round(angle / 90) % 4 if math.isfinite(angle) else 0


def is_wide(text: str) -> bool:
    """Return whether all characters are of the kind that stands upright in a vertical line, as Chinese ones do."""
    return bool(text) and all(unicodedata.east_asian_width(character) in "WF" for character in text)


def is_right_to_left(text: str) -> bool:
    """Return whether the first letter with a direction is one of Hebrew, Arabic or another such script."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return False


def percent(confidence: float) -> float:
    """Return a confidence of 0..1 as 0..100; one that is out of bounds or no number as the nearest that is in them."""
    return 100 * share(confidence)


def share(confidence: float) -> float:
    """Return a confidence inside 0..1 whatever it was."""
    return min(1.0, max(0.0, confidence)) if confidence == confidence else 0.0


def _inside(value: int, size: int) -> int:
    return min(max(0, value), max(0, size))


def _nowhere(page: Page, values: object) -> OutputError:
    return OutputError(
        f'page {page.number} of "{page.source}" has something at {values}, which is no place on a page',
        remedy="coordinates must be finite numbers, up to a billion",
    )
