"""Which lines may be trusted, and which a person should look at.

A line is accepted where the expected share of wrong words in it is at most what the caller allows; so the share of
wrong words expected among all accepted lines is at most that, on a page and in a document, and no line depends on the
others. What it does not promise: that text was found at all, that words stand in the right order, that spaces are
right. docs/confidence.md has the measured shares.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from inkread.errors import OptionError
from inkread.text_line import Line


@dataclass(frozen=True)
class Acceptance:
    """Lines parted by trust.

    accepted: in reading order.  review: the most doubtful first; those that nothing is known of before all others.
    """

    accepted: tuple[Line, ...]
    review: tuple[Line, ...]


def accept(lines: Iterable[Line], max_error: float) -> Acceptance:
    """Part lines by whether at most `max_error` of their words (0..1) are expected to be wrong.

    Raises OptionError where `max_error` is no number from 0 to 1.
    """
    if not 0 <= max_error <= 1:
        raise OptionError(f"max_error is {max_error}", remedy="give the share of words that may be wrong: 0.01 for 1 %")
    accepted: list[Line] = []
    review: list[Line] = []
    for line in lines:
        is_accepted = line.expected_error is not None and line.expected_error <= max_error
        (accepted if is_accepted else review).append(line)
    return Acceptance(tuple(accepted), tuple(sorted(review, key=_doubt, reverse=True)))


def _doubt(line: Line) -> float:
    return math.inf if line.expected_error is None else line.expected_error
