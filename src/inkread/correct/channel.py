"""How likely a recognizer reads one word where another stands: a noisy channel over characters.

What it saw comes first: the probability of each character it read and of its alternatives. Where it saw nothing of the
kind, a table of its usual mistakes counts, learnt by reading rendered and degraded lines (benchmarks/confusions.py).
"""

from __future__ import annotations

import importlib.resources
import json
import math
from dataclasses import dataclass
from functools import cache

from inkread.document import Word

# A character is never surer than this: what reads lines cannot be surer of itself than it is right.
_SUREST = 0.995


# A wrong character for which the table has nothing: one of as many.
_ANY_OTHER = 1 / 60
# A wrong character that stands for none at all.
_FOR_NONE = 0.05
# Where a character was lost, the ones beside it are seldom sure; below this they speak for it.
_DOUBTFUL, _SPEAKS = 0.9, 1.0


@dataclass(frozen=True)
class Confusions:
    """The usual mistakes of a recognizer.

    dropped: by character printed, the share that is left out; of others `other`.  wrong: by (printed, read), of the
    places where `read` was wrong, the share where `printed` stands.
    """

    dropped: dict[str, float]
    wrong: dict[tuple[str, str], float]
    other: float


@cache
def usual_confusions() -> Confusions:
    """Return the mistakes that were counted for the default recognizer."""
    table = json.loads(importlib.resources.files("inkread.correct").joinpath("confusions.json").read_text("utf-8"))
    wrong = {(pair[0], pair[1]): share for pair, share in table["wrong"].items()}
    return Confusions(table["dropped"], wrong, table["other"])


def log_channel(word: Word, printed: str, confusions: Confusions) -> float:
    """Return ln P(read | printed) - ln P(read | read): 0 for what was read, and the lower the less likely.

    The best alignment of both texts; what was read is the word's.
    """
    read = word.text
    scores = word.scores if len(word.scores) == len(read) else (word.confidence,) * len(read)
    scores = tuple(min(max(score, 0.01), _SUREST) for score in scores)
    seen = {(each.index, each.text): each.confidence for each in word.alternatives}
    doubts = [math.log(1 - score) - math.log(score) for score in scores]

    def replaced(index: int, char: str) -> float:
        if read[index] == char:
            return 0.0
        guess = doubts[index] + math.log(confusions.wrong.get((char, read[index]), _ANY_OTHER))
        alternative = seen.get((index, char))
        return guess if alternative is None else max(guess, math.log(alternative) - math.log(scores[index]))

    def dropped(index: int, char: str) -> float:
        beside = min(scores[max(index - 1, 0) : index + 1], default=1.0)
        return math.log(confusions.dropped.get(char, confusions.other)) + (_SPEAKS if beside < _DOUBTFUL else 0.0)

    removed = [doubt + math.log(_FOR_NONE) for doubt in doubts]
    row = [0.0]
    for char in printed:
        row.append(row[-1] + dropped(0, char))
    for index in range(len(read)):
        before, row = row, [row[0] + removed[index]]
        for column, char in enumerate(printed):
            row.append(
                max(
                    before[column] + replaced(index, char),
                    before[column + 1] + removed[index],
                    row[column] + dropped(index + 1, char),
                )
            )
    return row[-1]
