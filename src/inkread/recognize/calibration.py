"""From what a recogniser says of itself to the chance that a word is right.

A network's probabilities are too high: it is sure of some of its mistakes. A table for each recogniser says how often
words were right whose least sure character had such a score, measured on drawn and degraded pages
(benchmarks/calibrate.py; docs/confidence.md). The mean score, the length and the rest of the line fit drawn pages
better and labelled ones no better: the calibration error there is 2.9 % instead of 2.2.
"""

from __future__ import annotations

import importlib.resources
import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

_TABLES = "calibration.json"


@dataclass(frozen=True)
class Calibration:
    """How often words are right, by the score of their least sure character.

    knots: pairs of (score, chance), both 0..1 and rising; between two of them the chance runs straight.
    """

    knots: tuple[tuple[float, float], ...]

    def __call__(self, scores: Sequence[float]) -> float:
        """Return the chance that a word with these scores for its characters is right, 0..1."""
        least = min(scores)
        place = bisect_right(self.knots, least, key=lambda knot: knot[0])
        if place == 0:
            return self.knots[0][1]
        if place == len(self.knots):
            return self.knots[-1][1]
        (left, low), (right, high) = self.knots[place - 1], self.knots[place]
        return low + (high - low) * (least - left) / (right - left)


def calibration_of(model: str) -> Calibration | None:
    """Return the table of a recogniser, or None where it has not been measured."""
    knots = _tables().get(model)
    return None if knots is None else Calibration(tuple((score, chance) for score, chance in knots))


@lru_cache(maxsize=1)
def _tables() -> Mapping[str, Sequence[Sequence[float]]]:
    text = importlib.resources.files("inkread.recognize").joinpath(_TABLES).read_text("utf-8")
    tables: Mapping[str, Sequence[Sequence[float]]] = json.loads(text)
    return tables
