"""How sure a comparison of two engines is: paired bootstrap over pictures (B. Efron, 1979).

Both engines read the same pictures, so pictures are drawn with replacement and each draw scores both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkread.metrics.scores import COUNT_NAMES, Counts

RESAMPLES = 2_000
SEED = 20_260
TAIL_PERCENT = 2.5  # at both ends: an interval of 95 %


class Interval(NamedTuple):
    """An estimate and the ends of its 95 % interval."""

    estimate: float
    low: float
    high: float


def paired_difference(
    first: Sequence[Counts],
    second: Sequence[Counts],
    figure: Callable[[Counts], float | None],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Interval | None:
    """Return figure(first) - figure(second) over all pictures, with its interval; None where the figure is undefined.

    first, second: the counts of the same pictures in the same order. Equal input gives equal output.
    Raises ValueError where the two differ in length or are empty.
    """
    drawn = _draws(len(first), len(second), resamples, seed)
    estimate = _difference(figure, sum(first, Counts()), sum(second, Counts()))
    if estimate is None:
        return None
    both = zip(_totals(first, drawn), _totals(second, drawn), strict=True)
    differences = [d for a, b in both if (d := _difference(figure, a, b)) is not None]
    return _interval(estimate, np.array(differences or [estimate]))


def paired_ratio_of_medians(
    first: Sequence[float], second: Sequence[float], *, resamples: int = RESAMPLES, seed: int = SEED
) -> Interval:
    """Return median(first) / median(second), of seconds for the same pictures in the same order, with its interval.

    Raises ValueError where the two differ in length, are empty or are not all positive.
    """
    drawn = _draws(len(first), len(second), resamples, seed)
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if not (np.all(a > 0) and np.all(b > 0)):
        raise ValueError("seconds must be positive")
    ratios = np.median(a[drawn], axis=1) / np.median(b[drawn], axis=1)
    return _interval(float(np.median(a) / np.median(b)), ratios)


def _draws(first: int, second: int, resamples: int, seed: int) -> NDArray[np.int64]:
    """Return (resamples, pictures) numbers of pictures, drawn with replacement."""
    if first != second or not first:
        raise ValueError(f"both engines need the same pictures, at least one: {first} and {second} given")
    return np.random.default_rng(seed).integers(0, first, size=(resamples, first))


def _totals(counts: Sequence[Counts], drawn: NDArray[np.int64]) -> list[Counts]:
    table = np.array([[getattr(each, name) for name in COUNT_NAMES] for each in counts], dtype=np.int64)
    return [Counts(*row) for row in table[drawn].sum(axis=1).tolist()]


def _difference(figure: Callable[[Counts], float | None], first: Counts, second: Counts) -> float | None:
    a, b = figure(first), figure(second)
    return None if a is None or b is None else a - b


def _interval(estimate: float, values: NDArray[np.float64]) -> Interval:
    low, high = np.percentile(values, [TAIL_PERCENT, 100 - TAIL_PERCENT])
    return Interval(estimate, float(low), float(high))
