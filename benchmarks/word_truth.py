"""Which words of a page were read right, by its labels.

Every word that was read belongs to the label that its centre lies in, as in `inkread.metrics.scores`. The words of a
label, in reading order, are aligned with its text by characters: spaces are left out on both sides, and the set's rule
for case is applied. A word is right where its characters are paired with their like, these stand side by side in the
label, and nothing of the same labelled word is left over beside them: "Tota" for "Total" is wrong, and so is "Totall".
A space too many or too few makes no word wrong: labels of several sets have no spaces that can be trusted. Nor does the
kind of a quotation mark or dash: labels have those of a typewriter for others and others for those.

Where labels are words, they are cut at punctuation: the words of a line are aligned with all labels in that line.
Where labels have no places, the words of the page are aligned with the whole text; what finds no pair there is right
where the same word of the labels has found none either, so that another order makes no word wrong.

Words outside every label are not judged: nobody wrote down what they say. They are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from inkread import edits
from inkread.document import Line, Word
from inkread.geometry import Point
from inkread.metrics.dataset import Label, LabelledPicture, Rules
from inkread.metrics.placing import LABEL_MARGIN
from inkread.metrics.regions import Region
from inkread.metrics.scores import normalized

_MARKS = str.maketrans("‘’‚´`“”„–—‐‑−", "'''''\"\"\"-----")


@dataclass(frozen=True)
class Judged:
    """A word that was read, the line that it stands in (its number on the page), and whether it is right."""

    word: Word
    line: int
    is_right: bool


@dataclass(frozen=True)
class Verdict:
    """The words of a page that could be judged, and how many could not."""

    words: tuple[Judged, ...]
    unjudged: int = 0


class _Placed(NamedTuple):
    """A word that was read, and the number of its line."""

    word: Word
    line: int

    @property
    def center(self) -> Point:
        return Region.from_points(self.word.quad).center


def judge(picture: LabelledPicture, lines: Sequence[Line]) -> Verdict:
    """Return which words of the lines that were read in a picture are right."""
    labels = [label for label in picture.labels if label.is_scored]
    read = [_Placed(word, number) for number, line in enumerate(lines) for word in line.words]
    if any(label.region is None for label in labels):
        return Verdict(tuple(_of_page(" ".join(label.text for label in labels), read, picture.rules)))
    groups = list(_by_line(labels, lines) if picture.are_words else _by_label(labels, read))
    judged = tuple(each for text, words in groups for each in _of_text(text, words, picture.rules))
    return Verdict(judged, len(read) - len(judged))


def _by_label(labels: Sequence[Label], read: Sequence[_Placed]) -> Iterator[tuple[str, list[_Placed]]]:
    """Yield each label's text with the words that lie in it, in reading order."""
    regions = [label.region for label in labels if label.region is not None]
    inside: list[list[_Placed]] = [[] for _ in regions]
    for each in read:
        place = _nearest(each.center, regions)
        if place is not None:
            inside[place].append(each)
    for label, region, words in zip(labels, regions, inside, strict=True):
        is_tall = region.box.width < 0.7 * region.box.height
        yield label.text, sorted(words, key=lambda each: each.center[1 if is_tall else 0])


def _by_line(labels: Sequence[Label], lines: Sequence[Line]) -> Iterator[tuple[str, list[_Placed]]]:
    """Yield the text of the labels that lie in each line, from left to right, with its words that lie in a label."""
    regions = [label.region for label in labels if label.region is not None]
    for number, line in enumerate(lines):
        area = Region.from_points(line.quad)
        found = [k for k, region in enumerate(regions) if area.contains(region.center, margin=LABEL_MARGIN)]
        found.sort(key=lambda k: regions[k].center.x)
        inside = [regions[k] for k in found]
        words = [_Placed(word, number) for word in line.words]
        yield " ".join(labels[k].text for k in found), [w for w in words if _nearest(w.center, inside) is not None]


def _nearest(center: Point, regions: Sequence[Region]) -> int | None:
    """Return which region a point lies in, that of the nearest centre if it is several."""

    def distance(k: int) -> float:
        return (regions[k].center.x - center.x) ** 2 + (regions[k].center.y - center.y) ** 2

    hits = (k for k, region in enumerate(regions) if region.contains(center, margin=LABEL_MARGIN))
    return min(hits, key=distance, default=None)


def _of_text(text: str, words: Sequence[_Placed], rules: Rules) -> list[Judged]:
    keys = [_key(each.word.text, rules).replace(" ", "") for each in words]
    rights = right_words(_key(text, Rules(rules.fold_case)), keys)
    return [Judged(*each, is_right) for each, is_right in zip(words, rights, strict=True)]


def _of_page(text: str, words: Sequence[_Placed], rules: Rules) -> Iterator[Judged]:
    judged = _of_text(text, words, rules)
    left = Counter(_key(text, rules).split())
    left -= Counter(_key(each.word.text, rules) for each in judged if each.is_right)
    for each in judged:
        key = _key(each.word.text, rules)
        is_elsewhere = not each.is_right and left[key] > 0
        left[key] -= is_elsewhere
        yield replace(each, is_right=each.is_right or is_elsewhere)


def _key(text: str, rules: Rules) -> str:
    return normalized(text.translate(_MARKS), rules)


def right_words(text: str, words: Sequence[str]) -> list[bool]:
    """Return for each word that was read whether a label has it there.

    text: of the label, with spaces between its words where it has any.  words: without spaces.
    """
    tokens = [number for number, token in enumerate(text.split(" ")) for _ in token]
    label, read = text.replace(" ", ""), "".join(words)
    pair: dict[int, int] = {}
    lost: set[tuple[int, int]] = set()  # where nothing was read for a character: (its place, place in what was read)
    i = j = 0
    for run in (*edits.matches(label, read), edits.Match(len(label), len(read), 0)):
        if run.target == j:  # nothing was read for what lies between; else the words that were are wrong as it is
            lost |= {(k, j) for k in range(i, run.source)}
        pair |= {run.target + k: run.source + k for k in range(run.length)}
        i, j = run.source + run.length, run.target + run.length
    rights, start = [], 0
    for word in words:
        end = start + len(word)
        places = [pair.get(k, -1) for k in range(start, end)]
        first, last = (places[0], places[-1]) if places else (-1, -1)
        is_whole = first >= 0 and places == list(range(first, first + len(word)))
        loses = ((first - 1, start, first), (last + 1, end, last))
        is_cut = is_whole and any((k, at) in lost and tokens[k] == tokens[beside] for k, at, beside in loses)
        rights.append(is_whole and not is_cut)
        start = end
    return rights
