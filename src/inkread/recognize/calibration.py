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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

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


# Scores are looked at in these ranges; a table has a knot for each.
_EDGES = (0.0, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.87, 0.92, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 1.01)


class _Group(NamedTuple):
    """Words of neighbouring scores: how many, the sum of their scores, how many are right."""

    words: int
    scores: float
    right: int

    @property
    def chance(self) -> float:
        """The share of right words, as if one more right and one more wrong word had been seen (Laplace)."""
        return (self.right + 1) / (self.words + 2)


def fitted(words: Iterable[tuple[float, bool]]) -> tuple[tuple[float, float], ...]:
    """Return the knots of a table: pooled where they fall (Ayer et al., 1955).

    words: the score of the least sure character of each, 0..1, and whether it was read right.
    """
    groups: list[_Group] = []
    ordered = sorted(words)
    for low, high in pairwise(_EDGES):
        found = [(score, is_right) for score, is_right in ordered if low <= score < high]
        if not found:
            continue
        groups.append(_Group(len(found), sum(score for score, _ in found), sum(is_right for _, is_right in found)))
        while len(groups) > 1 and groups[-2].chance >= groups[-1].chance:
            last, before = groups.pop(), groups.pop()
            pooled = before.words + last.words, before.scores + last.scores, before.right + last.right
            groups.append(_Group(*pooled))
    return tuple((round(group.scores / group.words, 5), round(group.chance, 4)) for group in groups)


def calibration_of(model: str) -> Calibration | None:
    """Return the table of a recogniser, or None where it has not been measured."""
    knots = _tables().get(model)
    return None if knots is None else Calibration(tuple((score, chance) for score, chance in knots))


@lru_cache(maxsize=1)
def _tables() -> Mapping[str, Sequence[Sequence[float]]]:
    text = importlib.resources.files("inkread.recognize").joinpath(_TABLES).read_text("utf-8")
    tables: Mapping[str, Sequence[Sequence[float]]] = json.loads(text)
    return tables
