"""From a recogniser's probabilities to text, with where each character stands and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkread.document import Alternative
from inkread.recognize.calibration import Calibration
from inkread.recognize.charset import BLANK, Charset
from inkread.runtime.session import Floats


@dataclass(frozen=True)
class Reading:
    """The text of one crop.

    columns: for each character the half-open range of the network's columns that emitted it.  scores: the mean
    probability of those columns, 0..1.  alternatives: other readings of single characters, most likely first;
    their index is the character's in `text`.  language: its tag (BCP 47), where several recognisers share a page.
    calibration: from scores to the chance that a word is right; None where that was not measured.
    is_read: False where the time was up before the crop's turn came.
    """

    text: str = ""
    columns: tuple[tuple[float, float], ...] = ()
    scores: tuple[float, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    language: str | None = None
    calibration: Calibration | None = None
    is_read: bool = True

    @property
    def confidence(self) -> float:
        """The mean score of the characters; 0 where nothing was read."""
        return sum(self.scores) / len(self.scores) if self.scores else 0.0


def decode_greedy(
    probabilities: Floats, charset: Charset, *, alternatives: int = 0, alternative_threshold: float = 0.02
) -> Reading:
    """Read the most likely class of each column, repeats merged and blanks dropped (Graves et al., 2006).

    probabilities: (T, C), each row sums to 1, class 0 is the blank.
    alternatives: at most so many other readings for a character, each of at least `alternative_threshold`.
    Raises ModelError where C does not fit the charset. No text is not an error.
    """
    charset.check(probabilities.shape[1])
    return read_path(
        probabilities,
        probabilities.argmax(axis=1),
        charset,
        alternatives=alternatives,
        alternative_threshold=alternative_threshold,
    )


def read_path(
    probabilities: Floats, path: NDArray[np.intp], charset: Charset, *, alternatives: int, alternative_threshold: float
) -> Reading:
    """Read one class of each column, repeats merged and blanks dropped. path: (T,), classes; the rest as above."""
    # A character is a run of one class; a run begins where the class differs from the column before.
    starts = np.flatnonzero(np.concatenate(([True], path[1:] != path[:-1])))
    ends = np.append(starts[1:], len(path))
    emitted = path[starts] != BLANK
    starts, ends = starts[emitted], ends[emitted]
    if not len(starts):
        return Reading()
    chosen = probabilities[np.arange(len(path)), path]
    sums = np.concatenate(([0.0], np.cumsum(chosen, dtype=np.float64)))
    scores = (sums[ends] - sums[starts]) / (ends - starts)
    others: list[Alternative] = []
    if alternatives:
        for i in np.flatnonzero(scores < 1 - alternative_threshold):
            row = probabilities[starts[i] : ends[i]].mean(axis=0)
            others += _others(int(i), row, int(path[starts[i]]), charset, alternatives, alternative_threshold)
    return Reading(
        text="".join(charset.symbols[k] for k in path[starts]),
        columns=tuple(zip(starts.tolist(), ends.tolist(), strict=True)),
        scores=tuple(scores.tolist()),
        alternatives=tuple(others),
    )


def _others(index: int, row: Floats, chosen: int, charset: Charset, count: int, threshold: float) -> list[Alternative]:
    likely = np.flatnonzero(row >= threshold)
    ranked = likely[np.argsort(-row[likely])]
    rivals = [int(k) for k in ranked if k not in (chosen, BLANK)]
    return [Alternative(index, charset.symbols[k], float(row[k])) for k in rivals[:count]]
