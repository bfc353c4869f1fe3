"""Spaces that a recogniser lost: where the ink of two characters stands as far apart as that of two words."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from itertools import pairwise
from statistics import median

import numpy as np

from inkread.recognize.ctc import Reading
from inkread.recognize.ink import Mask, runs

# A gap of this many line heights, and this many times the line's usual one and a bit more, parts words: on the last
# pictures of five labelled sets this finds 56 lost spaces and makes 2 wrong ones.
_LEAST_GAP = 0.45
_TIMES_USUAL = 3.0
_MORE_THAN_USUAL = 0.1
# Fewer gaps than this say nothing of what is usual; letters of print stand this far apart, in heights.
_FEW = 4
_USUAL_OF_PRINT = 0.08
# From here on scripts that use no spaces, and signs of theirs as wide as two letters.
_FIRST_WIDE = "\u2e80"


def with_lost_spaces(reading: Reading, mask: Mask) -> Reading:
    """Return the reading with a space wherever the ink of a line, (H, W), has the gap of one.

    reading: its columns are fractions of the line's width. One with text that runs from right to left stays as it is.
    """
    if any(a > b for a, b in pairwise(reading.columns)):
        return reading
    height, width = mask.shape
    white = runs(~np.asarray(mask.any(axis=0)))
    wide = [gap for gap in white if gap[1] - gap[0] >= _LEAST_GAP * height]
    middles = [sum(columns) / 2 * width for columns in reading.columns]
    # Most lines end here: each wide gap is at their edges or beside a space that was read.
    if not any(_may_be_lost(reading.text, bisect_right(middles, (start + end) / 2)) for start, end in wide):
        return reading
    pairs = [place for place in range(1, len(reading.text)) if _may_be_lost(reading.text, place)]
    gaps = [_gap(white, middles[place - 1], middles[place]) / height for place in pairs]
    lost = [place for place, gap in zip(pairs, gaps, strict=True) if gap >= _LEAST_GAP and gap > _usual(gaps, gap)]
    return _parted(reading, lost) if lost else reading


def _may_be_lost(text: str, place: int) -> bool:
    """Return whether a space before this character is thinkable: between two characters of words with spaces."""
    if not 0 < place < len(text):
        return False
    a, b = text[place - 1], text[place]
    return not (a.isspace() or b.isspace()) and max(a, b) < _FIRST_WIDE


def _gap(white: list[tuple[int, int]], left: float, right: float) -> float:
    """Return the width of the widest white run between two places, px."""
    return max((min(end, right) - max(start, left) for start, end in white), default=0.0)


def _usual(gaps: list[float], gap: float) -> float:
    """Return how wide a gap must be beside the others of its line."""
    others = list(gaps)
    others.remove(gap)
    usual = median(others) if len(others) >= _FEW else _USUAL_OF_PRINT
    return _TIMES_USUAL * max(usual, 0.0) + _MORE_THAN_USUAL


def _parted(reading: Reading, places: list[int]) -> Reading:
    """Return the reading with a space before each of these characters."""
    text, columns, scores = list(reading.text), list(reading.columns), list(reading.scores)
    for place in reversed(places):
        text.insert(place, " ")
        columns.insert(place, (reading.columns[place - 1][1], reading.columns[place][0]))
        scores.insert(place, min(reading.scores[place - 1], reading.scores[place]))
    others = tuple(
        other._replace(index=other.index + bisect_right(places, other.index)) for other in reading.alternatives
    )
    return replace(reading, text="".join(text), columns=tuple(columns), scores=tuple(scores), alternatives=others)
