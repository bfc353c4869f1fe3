"""From a line's reading to its words, each with its own box and its characters' places."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from inkread.document import Word
from inkread.geometry import Quad
from inkread.recognize.ctc import Reading
from inkread.recognize.ink import Mask, runs, vertical_extent

# A word is at least this share of its line wide, so that its box has an area.
_MIN_WIDTH = 0.002
# Ink over less than this share of the place where the network saw a word is not the word.
_MIN_INKED = 0.5
# Nor is ink lower than this share of the line: even a full stop is higher.
_MIN_TALL = 0.05


@dataclass(frozen=True)
class _Span:
    """The characters [first, last) of a reading that make a word, and where they stand, from left to right.

    start, end: where its columns begin and end, as fractions of the line.  first_middle, last_middle: the middles of
    its leftmost and its rightmost character.
    """

    first: int
    last: int
    start: float
    end: float
    first_middle: float
    last_middle: float


def split_words(reading: Reading, quad: Quad, mask: Mask | None) -> tuple[Word, ...]:
    """Return the words of a line, in the order of its text.

    reading: its columns are fractions of the line's width; those of right-to-left text descend.  quad: the line on the
    page.  mask: the ink, (H, W), of the picture that `quad` was rectified to, which makes the boxes exact; None where
    it cannot be told.
    """
    spans = _spans(reading)
    if not spans:
        return ()
    seen = sorted(spans, key=lambda span: (span.start, span.first))
    edges = dict(zip(seen, _edges(seen, mask), strict=True))
    return tuple(_word(reading, span, edges[span], quad, mask) for span in spans)


def _spans(reading: Reading) -> list[_Span]:
    spans, start = [], 0
    for is_space, group in itertools.groupby(reading.text, str.isspace):
        length = sum(1 for _ in group)
        if not is_space:
            spans.append(_span(reading, start, start + length))
        start += length
    return spans


def _span(reading: Reading, first: int, last: int) -> _Span:
    columns = sorted(reading.columns[first:last])
    end = max(column[1] for column in columns)
    return _Span(first, last, columns[0][0], end, sum(columns[0]) / 2, sum(columns[-1]) / 2)


def _edges(spans: list[_Span], mask: Mask | None) -> list[tuple[float, float]]:
    """Return where each word starts and ends, as fractions of the line: at ink where there is some.

    spans: from left to right.
    """
    rough = [_at_least(span.start, span.end, _MIN_WIDTH) for span in spans]
    if mask is None:
        return rough
    width = mask.shape[1]
    inked = np.asarray(mask.any(axis=0))
    gaps = runs(~inked)
    cuts = [0, *(_cut(a, b, gaps, width) for a, b in itertools.pairwise(spans)), width]
    edges: list[tuple[float, float]] = []
    for edge, (left, right) in zip(rough, itertools.pairwise(cuts), strict=True):
        ink = runs(inked[left:right])
        found = ((left + ink[0][0]) / width, (left + ink[-1][1]) / width) if ink else edge
        # Far less ink than the network saw characters: a speck, or a word of another colour.
        start, end = found if found[1] - found[0] >= _MIN_INKED * (edge[1] - edge[0]) else edge
        # Ink of one word and columns of the next may disagree; words stand beside each other in order all the same.
        edges.append(_at_least(max(start, edges[-1][0] if edges else 0.0), end, _MIN_WIDTH))
    return edges


def _at_least(start: float, end: float, length: float) -> tuple[float, float]:
    """Return the range within 0..1, widened to `length` where it is shorter."""
    start = min(start, 1.0 - length)
    return start, max(end, start + length)


def _cut(before: _Span, after: _Span, gaps: list[tuple[int, int]], width: int) -> int:
    """Return the pixel column that parts two neighbouring words: the middle of the widest gap between them."""
    left, right = before.last_middle * width, after.first_middle * width
    between = [gap for gap in gaps if gap[1] > left and gap[0] < right]
    if not between:
        return round((before.end + after.start) / 2 * width)
    widest = max(between, key=lambda gap: min(gap[1], right) - max(gap[0], left))
    return (widest[0] + widest[1]) // 2


def _word(reading: Reading, span: _Span, edge: tuple[float, float], line: Quad, mask: Mask | None) -> Word:
    start, end = edge
    part = line.part(start, end)
    quad = _tight(part, edge, mask) if mask is not None else part
    scores = tuple(round(score, 4) for score in reading.scores[span.first : span.last])
    chance = None if reading.calibration is None else round(reading.calibration(scores), 4)
    return Word(
        text=reading.text[span.first : span.last],
        quad=quad.rounded(),
        confidence=round(sum(reading.scores[span.first : span.last]) / len(scores), 4),
        spans=_char_spans(reading.columns[span.first : span.last], start, end),
        scores=scores,
        alternatives=tuple(
            other._replace(index=other.index - span.first, confidence=round(other.confidence, 4))
            for other in reading.alternatives
            if span.first <= other.index < span.last
        ),
        probability=chance,
    )


def _tight(part: Quad, edge: tuple[float, float], mask: Mask) -> Quad:
    """Return the word's quad with its upper and lower edges at its ink."""
    height, width = mask.shape
    rows = vertical_extent(mask[:, round(edge[0] * width) : round(edge[1] * width)])
    if rows is None or rows[1] - rows[0] < _MIN_TALL * height:
        return part
    top, bottom = rows[0] / height, rows[1] / height
    return Quad(part.at(0, top), part.at(1, top), part.at(1, bottom), part.at(0, bottom))


def _char_spans(columns: tuple[tuple[float, float], ...], start: float, end: float) -> tuple[tuple[float, float], ...]:
    """Return each character's place in its word, 0..1: parted midway between the columns that emitted them."""
    order = sorted(range(len(columns)), key=lambda k: sum(columns[k]))
    middles = [(columns[a][1] + columns[b][0]) / 2 for a, b in itertools.pairwise(order)]
    cuts = [start, *(min(max(middle, start), end) for middle in middles), end]
    length = max(end - start, 1e-9)
    spans = {
        k: (round((a - start) / length, 4), round((b - start) / length, 4))
        for k, (a, b) in zip(order, itertools.pairwise(cuts), strict=True)
    }
    return tuple(spans[k] for k in range(len(columns)))
