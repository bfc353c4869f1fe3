"""Text from probabilities where the network is unsure: likely shapes that make likely words."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkread.recognize.capitals import as_capitals, is_in_capitals
from inkread.recognize.charset import BLANK, Charset
from inkread.recognize.ctc import Reading, decode_greedy, read_path
from inkread.recognize.ngrams import Known, NGrams
from inkread.runtime.session import Floats

# A line with no character below this was read surely and stays as it is.
_SURE: Final = 0.9
# Beside the network's own, classes of a column that may be read.
_LEAST: Final = 1e-3
_KEPT: Final = 16
# Prefixes so far behind the best, ln P, are not gone on with.
_BEHIND: Final = 8.0
# What words weigh beside shapes, and what a letter is worth that makes a text longer: chosen of 0.35 to 1.0 and 0.8 to
# 3.0 (docs/handwriting.md).
_WEIGHT: Final = 0.6
_LENGTH: Final = 1.9
_NEVER: Final = -1e30


class _Prefix(NamedTuple):
    """A text so far. blank, symbol: ln P of the paths that end so.  known: of what may follow.  words: their weight."""

    blank: float
    symbol: float
    known: Known
    words: float

    @property
    def shapes(self) -> float:
        return _log_sum(self.blank, self.symbol)

    @property
    def total(self) -> float:
        return self.shapes + self.words


def decode_with_words(
    probabilities: Floats,
    charset: Charset,
    ngrams: Callable[[], NGrams],
    *,
    alternatives: int = 0,
    alternative_threshold: float = 0.02,
) -> Reading:
    """Return the likeliest text of a line by shapes and n-grams of letters together: a beam over prefixes.

    (Hannun et al., 2014.) probabilities: (T, C), each row a sum of 1.  ngrams: asked for where a line needs them. What
    shapes alone say stays where they are sure, and where the digits would be others: nothing is known of numbers.
    Places and scores are those that the network's columns give the text; in a line of capitals small letters count too.
    """
    by_shapes = partial(decode_greedy, alternatives=alternatives, alternative_threshold=alternative_threshold)
    greedy = by_shapes(probabilities, charset)
    if is_in_capitals(greedy.text):
        probabilities, charset = as_capitals(probabilities, charset)
        greedy = by_shapes(probabilities, charset)
    if min(greedy.scores, default=1.0) >= _SURE:
        return greedy
    classes = _searched(probabilities, charset, ngrams())
    text = "".join(charset.symbols[k] for k in classes)
    if not text or text == greedy.text or _digits(text) != _digits(greedy.text):
        return greedy
    path = _aligned(probabilities, classes)
    return read_path(
        probabilities, path, charset, alternatives=alternatives, alternative_threshold=alternative_threshold
    )


def _searched(probabilities: Floats, charset: Charset, ngrams: NGrams) -> tuple[int, ...]:
    """Return the classes of the likeliest text."""
    logs = np.log(np.maximum(probabilities, 1e-12))
    beam: dict[tuple[int, ...], _Prefix] = {(): _Prefix(0.0, _NEVER, ngrams.start, 0.0)}
    for column, row in zip(probabilities, logs, strict=True):
        likely = np.flatnonzero(column >= min(_LEAST, column.max()))
        symbols = [(int(k), float(row[k])) for k in likely if k != BLANK]
        worth = max(each.total for each in beam.values()) + float(row.max()) - _BEHIND
        beam = _kept(_longer(beam, float(row[BLANK]), symbols, worth, charset, ngrams))
    return max(beam.items(), key=lambda item: item[1].total)[0]


def _longer(
    beam: dict[tuple[int, ...], _Prefix],
    blank: float,
    symbols: list[tuple[int, float]],
    worth: float,
    charset: Charset,
    ngrams: NGrams,
) -> dict[tuple[int, ...], _Prefix]:
    """Return the prefixes after one more column, in which the blank and these symbols are likely.

    worth: what a prefix must be worth with a symbol, words aside, to be gone on with.
    """
    found: dict[tuple[int, ...], _Prefix] = {}

    def add(text: tuple[int, ...], each: _Prefix) -> None:
        seen = found.get(text)
        if seen is not None:
            each = seen._replace(blank=_log_sum(seen.blank, each.blank), symbol=_log_sum(seen.symbol, each.symbol))
        found[text] = each

    for text, prefix in beam.items():
        shapes = prefix.shapes
        add(text, prefix._replace(blank=shapes + blank, symbol=_NEVER))
        for k, log in symbols:
            if shapes + prefix.words + log < worth:
                continue
            before = shapes
            if text and text[-1] == k:  # the same once more: the same character, unless a blank stood between
                add(text, prefix._replace(blank=_NEVER, symbol=prefix.symbol + log))
                before = prefix.blank
            if before > _NEVER:
                known, words = _weighed(prefix, charset.symbols[k], ngrams)
                add((*text, k), _Prefix(_NEVER, before + log, known, words))
    return found


def _weighed(prefix: _Prefix, symbol: str, ngrams: NGrams) -> tuple[Known, float]:
    log, known = ngrams.after(prefix.known, symbol)
    return known, prefix.words if log is None else prefix.words + _WEIGHT * log + _LENGTH


def _kept(beam: dict[tuple[int, ...], _Prefix]) -> dict[tuple[int, ...], _Prefix]:
    return dict(sorted(beam.items(), key=lambda item: -item[1].total)[:_KEPT])


def _aligned(probabilities: Floats, classes: tuple[int, ...]) -> NDArray[np.intp]:
    """Return the class of each column, (T,), on the likeliest path that reads as this text (Viterbi, 1967)."""
    states = np.full(2 * len(classes) + 1, BLANK, np.intp)
    states[1::2] = classes
    logs = np.log(np.maximum(probabilities[:, states], 1e-12))
    # Over the blank between two characters a path may go, unless they are the same.
    skips = np.concatenate(([False, False], (states[2:] != states[:-2]) & (states[2:] != BLANK)))
    best = np.full(len(states), -np.inf)
    best[:2] = logs[0, :2]
    steps = np.zeros(logs.shape, np.intp)
    for t in range(1, len(logs)):
        one = np.concatenate(([-np.inf], best[:-1]))
        two = np.where(skips, np.concatenate(([-np.inf, -np.inf], best[:-2])), -np.inf)
        ways = np.stack((best, one, two))
        steps[t] = ways.argmax(axis=0)
        best = ways.max(axis=0) + logs[t]
    state = len(states) - 1 if best[-1] >= best[-2] else len(states) - 2
    path = np.empty(len(logs), np.intp)
    for t in range(len(logs) - 1, -1, -1):
        path[t] = states[state]
        state -= steps[t, state]
    return path


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _log_sum(a: float, b: float) -> float:
    if a < b:
        a, b = b, a
    return a if b <= _NEVER else a + math.log1p(math.exp(b - a))
