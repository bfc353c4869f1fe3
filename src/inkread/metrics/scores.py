"""How well a picture was read, as counts that add up, and the figures that follow from them.

Text is compared after NFKC, long s folded to s, white space collapsed, and the rules of the set. What the figures mean:

- character error rate: every word that was read goes to the label that its centre lies in; a label's words are joined
  in reading order and compared with its text. A label without words is wholly wrong, and never worse than that. Where
  all text is labelled, words outside every label count as insertions. Where labels have no regions, the whole text of
  the picture is compared in the order in which it was read.
- word F1: of the bag of words of the picture, whatever their order (characters where labels have no spaces).
- order: of the sequence of words (characters where labels have no spaces): twice the length of the longest common
  subsequence over the words of both, so the F1 of words that are right and in the labels' order. This is ROUGE-L with
  beta = 1 (C.-Y. Lin, "ROUGE: a package for automatic evaluation of summaries", 2004). It is at most the word F1, and
  what lies between them is due to order alone. Only where all text is labelled, by lines; it says as much as the order
  of the labels does.
- space F1: of the places between two characters that were read right and side by side: is there a space where the
  label has one?
- detection F1 (Hmean): lines paired one to one at an overlap (IoU) of at least 0.5. Only where all lines are labelled.
- end-to-end F1: a labelled line is right when its pair has its text, spaces and case ignored.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from inkread import edits
from inkread.metrics.dataset import Label, LabelledPicture, Rules
from inkread.metrics.placing import Placed, ReadLine, boxes_of, in_reading_order, place
from inkread.metrics.regions import Region

PAIR_OVERLAP = 0.5  # the customary overlap at which a detected line counts as found
FEWEST_SPACES = 20  # with fewer labelled spaces a space F1 says nothing


@dataclass(frozen=True, slots=True)
class Counts:
    """What the figures are made of; the counts of several pictures are their sum.

    edits: characters to insert, delete or replace.  ordered_*: words of pictures whose order is compared:
    labelled, read, and in both in one order.  spaces_*: read where the label has one, read where it has none, not read.
    lines_*: labelled, read outside ignored regions, paired, and paired with the right text.
    """

    pictures: int = 0
    errors: int = 0
    edits: int = 0
    characters: int = 0
    words_labelled: int = 0
    words_read: int = 0
    words_right: int = 0
    ordered_labelled: int = 0
    ordered_read: int = 0
    ordered_right: int = 0
    spaces_right: int = 0
    spaces_added: int = 0
    spaces_missed: int = 0
    lines_labelled: int = 0
    lines_read: int = 0
    lines_found: int = 0
    lines_right: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in COUNT_NAMES))

    @property
    def scores(self) -> Scores:
        return Scores(**{name: figure(self) for name, figure in FIGURES.items()})


COUNT_NAMES = tuple(field.name for field in fields(Counts))


@dataclass(frozen=True, slots=True)
class Scores:
    """Figures in per cent; None where the labels cannot tell. The character error rate may pass 100."""

    cer: float | None
    word_f1: float | None
    order: float | None
    space_f1: float | None
    detection_f1: float | None
    end_to_end_f1: float | None


def character_error_rate(counts: Counts) -> float:
    """Return edits per 100 labelled characters."""
    return 100 * counts.edits / max(counts.characters, 1)


def word_f1(counts: Counts) -> float:
    """Return the harmonic mean of the words' precision and recall, per cent."""
    return _f1(counts.words_right, counts.words_read, counts.words_labelled)


def order(counts: Counts) -> float | None:
    """Return how alike the sequences of words are, per cent; None where the labels have no order to compare with."""
    if not counts.ordered_labelled:
        return None
    return _f1(counts.ordered_right, counts.ordered_read, counts.ordered_labelled)


def space_f1(counts: Counts) -> float | None:
    """Return the harmonic mean of the spaces' precision and recall, per cent; None with too few of them."""
    labelled = counts.spaces_right + counts.spaces_missed
    if labelled <= FEWEST_SPACES:
        return None
    return _f1(counts.spaces_right, counts.spaces_right + counts.spaces_added, labelled)


def detection_f1(counts: Counts) -> float | None:
    """Return the harmonic mean of the lines' precision and recall, per cent; None where lines are not all labelled."""
    return _f1(counts.lines_found, counts.lines_read, counts.lines_labelled) if counts.lines_labelled else None


def end_to_end_f1(counts: Counts) -> float | None:
    """Return the share of lines that were found and read right, per cent; None where lines are not all labelled."""
    return _f1(counts.lines_right, counts.lines_read, counts.lines_labelled) if counts.lines_labelled else None


FIGURES: Mapping[str, Callable[[Counts], float | None]] = {
    "cer": character_error_rate,
    "word_f1": word_f1,
    "order": order,
    "space_f1": space_f1,
    "detection_f1": detection_f1,
    "end_to_end_f1": end_to_end_f1,
}


def score_picture(picture: LabelledPicture, lines: Sequence[ReadLine], *, is_error: bool = False) -> Counts:
    """Return the counts of one picture. is_error: the picture could not be read; `lines` should be empty then."""
    labels = [label for label in picture.labels if label.is_scored]
    regions = [label.region for label in labels if label.region is not None]
    base = Counts(pictures=1, errors=int(is_error))
    if labels and len(regions) == len(labels):
        ignored = [label.region for label in picture.labels if not label.is_scored and label.region is not None]
        placed = place(lines, regions, ignored)
        base += _text_by_region(picture, labels, regions, placed)
        if picture.is_complete and not picture.are_words:
            base += _pair_lines(labels, regions, ignored, lines)
            base += _order_counts(labels, [word.text for word in placed.in_order], picture.rules)
        return base
    base += _text_of_page(picture.rules, labels, lines)
    has_order = picture.is_complete and not picture.are_words
    return base + _order_counts(labels, [line.text for line in lines], picture.rules) if has_order else base


def normalized(text: str, rules: Rules) -> str:
    """Return the text as it is compared."""
    text = " ".join(unicodedata.normalize("NFKC", text).replace("ſ", "s").split())
    if rules.fold_case:
        text = text.casefold()
    return text if rules.spaces else text.replace(" ", "")


def _text_of_page(rules: Rules, labels: Sequence[Label], lines: Sequence[ReadLine]) -> Counts:
    label = normalized(" ".join(label.text for label in labels), rules)
    read = normalized(" ".join(line.text for line in lines), rules)
    counts = Counts(edits=edits.distance(label, read), characters=len(label))
    counts += _word_counts([each.text for each in labels], [line.text for line in lines], rules)
    return counts + _space_counts(label, read) if rules.spaces else counts


def _text_by_region(
    picture: LabelledPicture, labels: Sequence[Label], regions: Sequence[Region], placed: Placed
) -> Counts:
    rules = picture.rules
    outside = placed.outside if picture.is_complete else ()
    counts = Counts(edits=sum(len(normalized(word.text, rules)) for word in outside))
    for label, region, words in zip(labels, regions, placed.by_label, strict=True):
        text = normalized(label.text, rules)
        read = normalized(" ".join(word.text for word in in_reading_order(words, region)), rules)
        worst = max(len(text), len(read))
        counts += Counts(edits=min(edits.distance(text, read), worst), characters=len(text))
        if rules.spaces and not picture.are_words:
            counts += _space_counts(text, read)
    words_read = [word.text for words in (*placed.by_label, outside) for word in words]
    return counts + _word_counts([label.text for label in labels], words_read, rules)


def _word_counts(labels: Sequence[str], read: Sequence[str], rules: Rules) -> Counts:
    labelled_bag, read_bag = _bag(labels, rules), _bag(read, rules)
    return Counts(
        words_labelled=labelled_bag.total(),
        words_read=read_bag.total(),
        words_right=(labelled_bag & read_bag).total(),
    )


def _order_counts(labels: Sequence[Label], read: Sequence[str], rules: Rules) -> Counts:
    labelled_words = list(_words([label.text for label in labels], rules))
    read_words = list(_words(read, rules))
    return Counts(
        ordered_labelled=len(labelled_words),
        ordered_read=len(read_words),
        ordered_right=edits.common_in_order(labelled_words, read_words),
    )


def _bag(texts: Sequence[str], rules: Rules) -> Counter[str]:
    return Counter(_words(texts, rules))


def _words(texts: Sequence[str], rules: Rules) -> Iterator[str]:
    """Yield the words of texts as they are compared: characters, where labels have no spaces."""
    for text in texts:
        compared = normalized(text, rules)
        yield from compared.split() if rules.spaces else compared


def _space_counts(label: str, read: str) -> Counts:
    label_text, label_spaces = _without_spaces(label.casefold())
    read_text, read_spaces = _without_spaces(read.casefold())
    right = added = missed = 0
    for run in edits.matches(label_text, read_text):
        for k in range(1, run.length):
            is_labelled, is_read = run.source + k in label_spaces, run.target + k in read_spaces
            right += is_labelled and is_read
            added += is_read and not is_labelled
            missed += is_labelled and not is_read
    return Counts(spaces_right=right, spaces_added=added, spaces_missed=missed)


def _without_spaces(text: str) -> tuple[str, frozenset[int]]:
    """Return the text without spaces, and which of its characters had a space before them."""
    words = text.split(" ")
    starts: set[int] = set()
    length = len(words[0])
    for word in words[1:]:
        starts.add(length)
        length += len(word)
    return "".join(words), frozenset(starts)


def _pair_lines(
    labels: Sequence[Label], regions: Sequence[Region], ignored: Sequence[Region], lines: Sequence[ReadLine]
) -> Counts:
    pairs = _pairs([*regions, *ignored], [Region.from_points(line.quad) for line in lines])
    found = [(i, j) for i, j in pairs if i < len(regions)]
    return Counts(
        lines_labelled=len(labels),
        lines_read=len(lines) - (len(pairs) - len(found)),
        lines_found=len(found),
        lines_right=sum(_key(labels[i].text) == _key(lines[j].text) for i, j in found),
    )


def _pairs(labelled: Sequence[Region], read: Sequence[Region]) -> list[tuple[int, int]]:
    """Return pairs (label, output) one to one, the largest overlaps first."""
    boxes = boxes_of(read)
    candidates = []
    for i, region in enumerate(labelled):
        left, top, right, bottom = region.box
        near = (boxes[:, 0] < right) & (boxes[:, 2] > left) & (boxes[:, 1] < bottom) & (boxes[:, 3] > top)
        for j in np.flatnonzero(near).tolist():
            overlap = region.overlap(read[j])
            if overlap >= PAIR_OVERLAP:
                candidates.append((overlap, i, j))
    used_labels: set[int] = set()
    used_outputs: set[int] = set()
    pairs = []
    for _, i, j in sorted(candidates, reverse=True):
        if i not in used_labels and j not in used_outputs:
            used_labels.add(i)
            used_outputs.add(j)
            pairs.append((i, j))
    return pairs


def _key(text: str) -> str:
    return normalized(text, Rules(fold_case=True, spaces=False))


def _f1(right: int, read: int, labelled: int) -> float:
    """Return the harmonic mean of right/read and right/labelled, per cent."""
    return 200 * right / (read + labelled) if read + labelled else 0.0
