"""Where the errors of a reading come from, so that one knows which stage to improve.

Counted in characters that a person would have to type, delete or move, by five causes:

- missed: text that nothing was read for: labels without a word in them, and whole words at which nothing was read.
- extra: words outside every label, where all text is labelled, and whole words that no label has.
- order: words that are right but stand in another order, where labels have no places and only their order says what is
  what. Where they have, order is no part of these errors: the figure `order` tells of it.
- characters: wrong, lost or added ones inside words that were read.
- spaces: too many or too few.

Text is compared as in `scores`. Missed and extra text is what detection decides, wrong characters are what recognition
decides, order is what arranging decides.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, fields

from inkread import edits
from inkread.metrics.dataset import LabelledPicture, Rules
from inkread.metrics.placing import ReadLine, in_reading_order, place
from inkread.metrics.scores import normalized, score_picture

# What to improve where most errors come from one cause.
STAGES = {
    "missed": "detection: text is missed",
    "extra": "detection: text is read where there is none",
    "order": "reading order",
    "characters": "recognition: characters are wrong",
    "spaces": "recognition: spaces are wrong",
}


@dataclass(frozen=True, slots=True)
class Causes:
    """Characters to type, delete or move, by cause; the causes of several pictures are their sum."""

    missed: int = 0
    extra: int = 0
    order: int = 0
    characters: int = 0
    spaces: int = 0

    def __add__(self, other: Causes) -> Causes:
        return Causes(*(getattr(self, name) + getattr(other, name) for name in CAUSE_NAMES))

    @property
    def total(self) -> int:
        return sum(getattr(self, name) for name in CAUSE_NAMES)

    @property
    def shares(self) -> dict[str, float]:
        """Per cent of all errors, by cause; all 0 where there is no error."""
        return {name: 100 * getattr(self, name) / max(self.total, 1) for name in CAUSE_NAMES}

    @property
    def advice(self) -> str | None:
        """Which stage to improve first; None where there is no error."""
        return STAGES[max(CAUSE_NAMES, key=lambda name: getattr(self, name))] if self.total else None


CAUSE_NAMES = tuple(field.name for field in fields(Causes))


def causes_of(picture: LabelledPicture, lines: Sequence[ReadLine]) -> Causes:
    """Return where the errors of one picture come from."""
    labels = [label for label in picture.labels if label.is_scored]
    regions = [label.region for label in labels if label.region is not None]
    if len(regions) < len(labels):
        moved = _moved_characters(picture, lines)
        read = " ".join(line.text for line in lines)
        found = _of_text(" ".join(label.text for label in labels), read, picture.rules)
        # A word in another place is missed in one and extra in the other.
        return Causes(max(found.missed - moved, 0), max(found.extra - moved, 0), moved, found.characters, found.spaces)
    ignored = [label.region for label in picture.labels if not label.is_scored and label.region is not None]
    placed = place(lines, regions, ignored)
    outside = placed.outside if picture.is_complete else ()
    # In a label that is a word, a space says nothing.
    rules = Rules(picture.rules.fold_case, spaces=picture.rules.spaces and not picture.are_words)
    total = Causes(extra=sum(len(normalized(word.text, picture.rules)) for word in outside))
    for label, region, words in zip(labels, regions, placed.by_label, strict=True):
        read = " ".join(word.text for word in in_reading_order(words, region))
        total += _of_text(label.text, read, rules)
    return total


def _of_text(label: str, read: str, rules: Rules) -> Causes:
    """Return the causes of the errors between a label and what was read for it; never more than all of both."""
    tokens = normalized(label, Rules(rules.fold_case)).split(" ")
    words = normalized(read, Rules(rules.fold_case)).split(" ")
    source, target = "".join(tokens), "".join(words)
    source_words, target_words = _words_within(tokens), _words_within(words)
    missed: list[int] = []
    extra: list[int] = []
    characters = i = j = 0
    for run in (*edits.matches(source, target), edits.Match(len(source), len(target), 0)):
        lost, added = run.source - i, run.target - j
        whole_lost = [] if added else _whole(source_words, i, run.source)
        whole_added = [] if lost else _whole(target_words, j, run.target)
        missed, extra = missed + whole_lost, extra + whole_added
        characters += max(lost, added) - sum(whole_lost) - sum(whole_added)
        i, j = run.source + run.length, run.target + run.length
    spaces = 0
    if rules.spaces:
        more = edits.distance(normalized(label, rules), normalized(read, rules)) - edits.distance(source, target)
        spaces = max(more - len(missed) - len(extra), 0)  # a word that is missed takes its space with it
    return Causes(sum(missed), sum(extra), 0, characters, spaces)


def _words_within(words: Sequence[str]) -> list[tuple[int, int]]:
    """Return where each word starts and ends in all of them without spaces."""
    ends = [0]
    for word in words:
        ends.append(ends[-1] + len(word))
    return list(itertools.pairwise(ends))


def _whole(words: Sequence[tuple[int, int]], start: int, end: int) -> list[int]:
    """Return how long the words are that lie from `start` to `end` as a whole."""
    return [b - a for a, b in words if start <= a < b <= end]


def _moved_characters(picture: LabelledPicture, lines: Sequence[ReadLine]) -> int:
    """Return how many characters of right words stand in another order: words out of order, at their mean length."""
    counts = score_picture(picture, lines)
    if not counts.ordered_labelled or not counts.words_right:
        return 0
    words = "".join(normalized(label.text, picture.rules).replace(" ", "") for label in picture.labels)
    mean = len(words) / max(counts.words_labelled, 1)
    return round(max(counts.words_right - counts.ordered_right, 0) * mean)
