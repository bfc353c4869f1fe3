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
    """The characters [first, last) of a reading that make a word."""

    first: int
    last: int


def split_words(reading: Reading, quad: Quad, mask: Mask | None) -> tuple[Word, ...]:
    """Return the words of a line.

    reading: its columns are fractions of the line's width.  quad: the line on the page.  mask: the ink, (H, W), of
    the picture that `quad` was rectified to, which makes the boxes exact; None where it cannot be told.
    """
    spans = _spans(reading.text)
    if not spans:
        return ()
    edges = _edges(reading, spans, mask)
    return tuple(_word(reading, span, edge, quad, mask) for span, edge in zip(spans, edges, strict=True))


def _spans(text: str) -> list[_Span]:
    spans, start = [], 0
    for is_space, group in itertools.groupby(text, str.isspace):
        length = sum(1 for _ in group)
        if not is_space:
            spans.append(_Span(start, start + length))
        start += length
    return spans


def _edges(reading: Reading, spans: list[_Span], mask: Mask | None) -> list[tuple[float, float]]:
    """Return where each word starts and ends, as fractions of the line: at ink where there is some."""
    columns = reading.columns
    rough = [_at_least(columns[span.first][0], columns[span.last - 1][1], _MIN_WIDTH) for span in spans]
    if mask is None:
        return rough
    width = mask.shape[1]
    inked = np.asarray(mask.any(axis=0))
    gaps = runs(~inked)
    cuts = [0, *(_cut(columns, a, b, gaps, width) for a, b in itertools.pairwise(spans)), width]
    edges: list[tuple[float, float]] = []
    for edge, (left, right) in zip(rough, itertools.pairwise(cuts), strict=True):
        ink = runs(inked[left:right])
        found = ((left + ink[0][0]) / width, (left + ink[-1][1]) / width) if ink else edge
        # Far less ink than the network saw characters: a speck, or a word of another colour.
        start, end = found if found[1] - found[0] >= _MIN_INKED * (edge[1] - edge[0]) else edge
        # Ink of one word and columns of the next may disagree; words begin in the order of their text all the same.
        edges.append(_at_least(max(start, edges[-1][0] if edges else 0.0), end, _MIN_WIDTH))
    return edges


def _at_least(start: float, end: float, length: float) -> tuple[float, float]:
    """Return the range within 0..1, widened to `length` where it is shorter."""
    start = min(start, 1.0 - length)
    return start, max(end, start + length)


def _cut(
    columns: tuple[tuple[float, float], ...], before: _Span, after: _Span, gaps: list[tuple[int, int]], width: int
) -> int:
    """Return the pixel column that parts two neighbouring words: the middle of the widest gap between them."""
    left = sum(columns[before.last - 1]) / 2 * width
    right = sum(columns[after.first]) / 2 * width
    between = [gap for gap in gaps if gap[1] > left and gap[0] < right]
    if not between:
        return round((columns[before.last - 1][1] + columns[after.first][0]) / 2 * width)
    widest = max(between, key=lambda gap: min(gap[1], right) - max(gap[0], left))
    return (widest[0] + widest[1]) // 2


def _word(reading: Reading, span: _Span, edge: tuple[float, float], line: Quad, mask: Mask | None) -> Word:
    start, end = edge
    part = line.part(start, end)
    quad = _tight(part, edge, mask) if mask is not None else part
    scores = reading.scores[span.first : span.last]
    return Word(
        text=reading.text[span.first : span.last],
        quad=quad.rounded(),
        confidence=round(sum(scores) / len(scores), 4),
        spans=_char_spans(reading.columns[span.first : span.last], start, end),
        scores=tuple(round(score, 4) for score in scores),
        alternatives=tuple(
            other._replace(index=other.index - span.first, confidence=round(other.confidence, 4))
            for other in reading.alternatives
            if span.first <= other.index < span.last
        ),
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
    middles = [(a[1] + b[0]) / 2 for a, b in itertools.pairwise(columns)]
    cuts = [start, *(min(max(middle, start), end) for middle in middles), end]
    length = max(end - start, 1e-9)
    return tuple((round((a - start) / length, 4), round((b - start) / length, 4)) for a, b in itertools.pairwise(cuts))
