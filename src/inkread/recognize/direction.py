"""Readings in the order in which they are read, whichever way their script runs, in the letters that people type.

A network that goes over a picture from left to right gives right-to-left text backwards. Turned round here are such
lines and the parts of them that run the other way: numbers, Latin words (the inverse of Unicode's UAX 9, which has no
unique one: what may have been written in two ways is taken for the simpler).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from inkread.document import Alternative
from inkread.recognize.ctc import Reading

# Classes of UAX 9 as one letter each: r right-to-left, l left-to-right, d digits, e European separators (+ -),
# c common separators (. , / :), t what stands beside numbers (% $), o and p brackets, n anything else.
_KINDS: Final = {"R": "r", "AL": "r", "L": "l", "EN": "d", "AN": "d", "ES": "e", "CS": "c", "ET": "t"}
_BRACKETS: Final = {"Ps": "o", "Pe": "p"}
# A run that reads from left to right in a line that does not: from a letter or a digit to one, or to the end of a pair
# of brackets. Beside Arabic letters signs do not belong to numbers (W2: 50% is written %50), beside Hebrew ones they
# do (W4, W5).
_WORDS: Final = r"l(?:(?:[^rop]|o[^rop]*p)*(?:[ld]|o[^rop]*p))?"
_FORWARD_IN_ARABIC: Final = re.compile(rf"{_WORDS}|d+(?:cd+)*")
_FORWARD_IN_HEBREW: Final = re.compile(rf"{_WORDS}|t*d+(?:[ec]d+)*t*")
# A run that reads from right to left in a line that does not.
_BACKWARD: Final = re.compile(r"r(?:[^l]*r)?")
# A number, with what parts its digits.
_NUMBERS: Final = re.compile(r"d(?:[dc]*d)?")
# No script that runs from right to left stands before this character.
_FIRST_BACKWARD: Final = "\u0590"

# Forms that letters take on paper, which no keyboard types: Arabic by its place in the word, Chinese and Japanese
# punctuation in vertical lines.
_ARABIC_FORMS: Final = (("\ufb50", "\ufdff"), ("\ufe70", "\ufefe"))
_FIRST_FORM: Final = "\ufb50"
_VERTICAL_FORMS: Final = str.maketrans(
    "︐︑︒︓︔︕︖︗︘︙︱︲︳︵︶︷︸︹︺︻︼︽︾︿﹀﹁﹂﹃﹄﹇﹈",
    "，、。：；！？〖〗…—–＿（）｛｝〔〕【】《》〈〉「」『』［］",
)


def is_backward(text: str) -> bool:
    """Whether a text holds letters of a script that runs from right to left."""
    if max(text, default="") < _FIRST_BACKWARD:
        return False
    return any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)


def in_logical_order(reading: Reading) -> Reading:
    """Return a reading whose characters stand from left to right, as a network gives them, in the order of reading.

    Each character keeps its columns, so those of a right-to-left line descend. Brackets stay as they are: networks
    learn from labels that were turned round, where ( still opens (PaddleOCR, `pred_reverse`).
    """
    if not is_backward(reading.text):
        return reading
    order = _order(reading.text)
    new_place = {old: new for new, old in enumerate(order)}
    others = sorted(
        (other._replace(index=new_place[other.index]) for other in reading.alternatives), key=lambda each: each.index
    )
    return replace(
        reading,
        text="".join(reading.text[place] for place in order),
        columns=tuple(reading.columns[place] for place in order),
        scores=tuple(reading.scores[place] for place in order),
        alternatives=tuple(others),
    )


def with_numbers_forward(reading: Reading) -> Reading:
    """Return a reading in logical order whose numbers run from left to right, as they do in every script.

    Tesseract gives some numbers in right-to-left text backwards (tesseract-ocr/tesseract, issue 4544); the places of
    their digits tell.
    """
    if not is_backward(reading.text):
        return reading
    order = list(range(len(reading.text)))
    for number in _NUMBERS.finditer(_kinds(reading.text)):
        places = order[number.start() : number.end()]
        middles = [sum(reading.columns[place]) for place in places]
        if len(places) > 1 and all(a > b for a, b in pairwise(middles)):
            order[number.start() : number.end()] = places[::-1]
    return replace(
        reading,
        text="".join(reading.text[place] for place in order),
        columns=tuple(reading.columns[place] for place in order),
        scores=tuple(reading.scores[place] for place in order),
    )


def _order(text: str) -> list[int]:
    """Return the places of the characters in the order of reading."""
    kinds = _kinds(text)
    is_arabic = any(unicodedata.bidirectional(char) == "AL" for char in text)
    forward = _FORWARD_IN_ARABIC if is_arabic else _FORWARD_IN_HEBREW
    if _runs_backward(kinds):
        return _backward(0, len(text), kinds, forward)
    order: list[int] = []
    done = 0
    for run in _BACKWARD.finditer(kinds):
        order += [*range(done, run.start()), *_backward(run.start(), run.end(), kinds, forward)]
        done = run.end()
    return [*order, *range(done, len(text))]


def _runs_backward(kinds: str) -> bool:
    """Whether a line as a whole runs from right to left: its outermost letters do, or else most of its letters."""
    letters = [kind for kind in kinds if kind in "rl"]
    if letters[0] == letters[-1]:
        return letters[0] == "r"
    return letters.count("r") >= letters.count("l")


def _kinds(text: str) -> str:
    return "".join(
        _KINDS.get(unicodedata.bidirectional(char)) or _BRACKETS.get(unicodedata.category(char), "n") for char in text
    )


def _backward(start: int, end: int, kinds: str, forward: re.Pattern[str]) -> list[int]:
    """Return the places from `start` to `end` backwards, but for runs that read forward."""
    parts: list[Sequence[int]] = []
    done = start
    for run in forward.finditer(kinds, start, end):
        parts += [(place,) for place in range(done, run.start())]
        parts.append(range(run.start(), run.end()))
        done = run.end()
    parts += [(place,) for place in range(done, end)]
    return [place for part in reversed(parts) for place in part]


def as_typed(reading: Reading) -> Reading:
    """Return a reading with the letters and signs that its characters are forms of; it is in logical order.

    Where a form stands for several letters, they share its place. Words that have a sign of their own keep it.
    """
    if max(reading.text, default="") < _FIRST_FORM:
        return reading
    typed = [_typed(char) for char in reading.text]
    if "".join(typed) == reading.text:
        return reading
    columns = [part for span, text in zip(reading.columns, typed, strict=True) for part in _shared(span, text)]
    scores = [score for score, text in zip(reading.scores, typed, strict=True) for _ in text]
    starts = [sum(map(len, typed[:place])) for place in range(len(typed))]
    others = tuple(Alternative(starts[each.index], _typed(each.text), each.confidence) for each in reading.alternatives)
    return replace(reading, text="".join(typed), columns=tuple(columns), scores=tuple(scores), alternatives=others)


def _typed(char: str) -> str:
    if any(first <= char <= last for first, last in _ARABIC_FORMS):
        letters = unicodedata.normalize("NFKC", char).strip()
        # ﷺ is a sign of its own, and so is that of the rial.
        return char if " " in letters or unicodedata.category(char) != "Lo" else letters
    return char.translate(_VERTICAL_FORMS)


def _shared(span: tuple[float, float], text: str) -> list[tuple[float, float]]:
    """Return the parts of a span for the letters of a text, the first one where its script begins."""
    start, end = span
    step = (end - start) / max(len(text), 1)
    parts = [(start + k * step, start + (k + 1) * step) for k in range(len(text))]
    return parts[::-1] if is_backward(text) else parts
