"""Labels of forms with their values: "Date: 12.3.98", a label with its value beside it, a label with its value below.

A label is known by its colon. Its value is the rest of its line up to the next label; else what stands next to the
right in its row; else what stands right below. A value goes on in lines that begin below it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from inkread.arrange.frame import Frame, place
from inkread.document import Line, Pair, Word
from inkread.geometry import Box

_COLONS = ":："
_MAX_CHARACTERS = 50
_MAX_WORDS = 6
# In a line that goes on before a label, the label begins after white of so many heights.
_GAP_BEFORE = 1.0
# How far to the right and how far below a value may stand, and how far out of line, in heights of the label.
_MAX_BESIDE = 15.0
_MAX_BELOW = 1.2
_MAX_INDENT = 1.0
# The next line of a value begins where its first does, and follows closely.
_SAME_LEFT = 0.6
_MAX_LEADING = 0.8
_MAX_HEIGHT_RATIO = 1.5
_COMMON_HEIGHT = 0.5

_STARTS_LOW = re.compile(r"[^\W\d_]")
_LETTERS = re.compile(r"[^\W\d_].*[^\W\d_]")
_STUCK = re.compile(rf"(?P<label>[^\W\d][^{_COLONS}]+[{_COLONS}])(?=[^/\\{_COLONS}])")


class _Piece(NamedTuple):
    """Words of a line that are one label, or that are no label; their box in the reading frame."""

    words: tuple[Word, ...]
    box: Box
    is_label: bool
    line: Line

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


def pairs(lines: Sequence[Line]) -> tuple[Pair, ...]:
    """Return the labels of a page that have a value, with it, in the order of the labels' lines."""
    frame = Frame.of(lines)
    main, _ = place(lines)
    pieces = [list(_pieces(item.line, frame)) for item in main]
    free = {id(piece): piece for row in pieces for piece in row if not piece.is_label}
    values: dict[int, _Piece] = {}
    for row in pieces:
        for piece, following in pairwise(row):
            if piece.is_label and not following.is_label:
                values[id(piece)] = free.pop(id(following))
    index = _Index([piece for row in pieces for piece in row])
    labels = [piece for row in pieces for piece in row if piece.is_label]
    for find in (_beside, _below):
        for label in labels:
            if id(label) not in values and (value := find(label, index)) is not None and id(value) in free:
                values[id(label)] = free.pop(id(value))
    found = []
    for label in labels:
        if id(label) in values:
            value = values[id(label)]
            found.append(_pair(label, [value, *_continued(label, value, index, free)]))
    return tuple(found)


def _pieces(line: Line, frame: Frame) -> Iterator[_Piece]:
    """Yield the words of a line parted before and after each label."""
    words = [part for word in line.words for part in _unstuck(word)]
    boxes = [frame.box(word.quad) for word in words]

    def piece(start: int, end: int, is_label: bool) -> _Piece:
        return _Piece(tuple(words[start:end]), Box.around(boxes[start:end]), is_label, line)

    begin = 0  # of what is not yielded yet
    for i, word in enumerate(words):
        if not word.text.endswith(tuple(_COLONS)):
            continue
        start = _start_of_label(boxes, begin, i, is_first=begin == 0)
        if not _is_label(words[start : i + 1]):
            continue
        if start > begin:
            yield piece(begin, start, False)
        yield piece(start, i + 1, True)
        begin = i + 1
    if begin < len(words):
        yield piece(begin, len(words), False)


def _unstuck(word: Word) -> Sequence[Word]:
    """Return a word, or both parts of one like "Date:12/3" whose space was lost."""
    found = _STUCK.match(word.text)
    if found is None or not _LETTERS.search(found["label"]):
        return (word,)
    at = found.end()
    share = word.spans[at - 1][1] if len(word.spans) == len(word.text) else at / len(word.text)
    first = replace(word, text=word.text[:at], quad=word.quad.part(0, share), spans=(), scores=(), alternatives=())
    return (first, replace(first, text=word.text[at:], quad=word.quad.part(share, 1)))


def _start_of_label(boxes: Sequence[Box], begin: int, end: int, *, is_first: bool) -> int:
    """Return at which word a label starts whose last word is `end`: after wide white, else at the line's start."""
    for i in range(end, begin, -1):
        if boxes[i].left - boxes[i - 1].right >= _GAP_BEFORE * boxes[i].height:
            return i
    return begin if is_first else end


def _is_label(words: Sequence[Word]) -> bool:
    text = " ".join(word.text for word in words)
    first = _STARTS_LOW.search(text)
    is_sentence = first is not None and first[0].islower() and len(words) > 2
    return len(words) <= _MAX_WORDS and len(text) <= _MAX_CHARACTERS and bool(_LETTERS.search(text)) and not is_sentence


class _Index:
    """Pieces by where they stand on the page: what is near is found without a look at all of them."""

    def __init__(self, pieces: Sequence[_Piece]) -> None:
        self._step = max(median(piece.box.height for piece in pieces), 1.0) if pieces else 1.0
        self._rows: dict[int, list[_Piece]] = defaultdict(list)
        for piece in pieces:
            for row in self._between(piece.box.top, piece.box.bottom):
                self._rows[row].append(piece)

    def near(self, top: float, bottom: float) -> list[_Piece]:
        """Return the pieces that reach between two heights, px, or not far above or below, each once."""
        found = {id(piece): piece for row in self._between(top, bottom) for piece in self._rows.get(row, ())}
        return list(found.values())

    def _between(self, top: float, bottom: float) -> range:
        return range(int(top // self._step), int(bottom // self._step) + 1)


def _beside(label: _Piece, index: _Index) -> _Piece | None:
    """Return what stands next to the right in the label's row, unless it is a label itself."""
    height = label.box.height
    row = [
        piece
        for piece in index.near(label.box.top, label.box.bottom)
        if piece is not label
        and _share_row(piece.box, label.box)
        and -0.5 * height <= piece.box.left - label.box.right <= _MAX_BESIDE * height
    ]
    nearest = min(row, key=lambda piece: piece.box.left, default=None)
    return None if nearest is None or nearest.is_label else nearest


def _below(label: _Piece, index: _Index) -> _Piece | None:
    """Return what begins right below the label, unless it is a label itself."""
    height = label.box.height
    under = [
        piece
        for piece in index.near(label.box.bottom - height, label.box.bottom + 2 * height)
        if -0.3 * height <= piece.box.top - label.box.bottom <= _MAX_BELOW * height
        and label.box.left - _MAX_INDENT * height <= piece.box.left <= label.box.right
    ]
    nearest = min(under, key=lambda piece: (piece.box.top, piece.box.left), default=None)
    return None if nearest is None or nearest.is_label else nearest


def _continued(label: _Piece, value: _Piece, index: _Index, free: dict[int, _Piece]) -> Iterator[_Piece]:
    """Yield the following lines of a value, and take them from what is free: they begin where it does.

    Where the label begins there too, nothing says which lines are the value's.
    """
    if value.box.left - label.box.left < 2 * _SAME_LEFT * label.box.height and _share_row(label.box, value.box):
        return
    last = value
    while True:
        height = last.box.height
        near = index.near(last.box.bottom - height, last.box.bottom + 2 * height)
        following = [
            piece
            for piece in near
            if id(piece) in free
            and abs(piece.box.left - value.box.left) <= _SAME_LEFT * height
            and -0.3 * height <= piece.box.top - last.box.bottom <= _MAX_LEADING * height
            and max(piece.box.height, height) <= _MAX_HEIGHT_RATIO * min(piece.box.height, height)
            and not any(
                other.box.right <= piece.box.left and _share_row(piece.box, other.box)
                for other in near
                if other.is_label
            )
        ]
        if not following:
            return
        last = free.pop(id(min(following, key=lambda piece: piece.box.top)))
        yield last


def _share_row(a: Box, b: Box) -> bool:
    common = min(a.bottom, b.bottom) - max(a.top, b.top)
    return common >= _COMMON_HEIGHT * min(a.height, b.height)


def _pair(label: _Piece, value: Sequence[_Piece]) -> Pair:
    words = [word for piece in value for word in piece.words]
    return Pair(
        label=label.text.rstrip(f"{_COLONS} "),
        value="\n".join(piece.text for piece in value),
        label_box=Box.around(word.quad.box for word in label.words),
        value_box=Box.around(word.quad.box for word in words),
        confidence=min(piece.line.confidence for piece in (label, *value)),
    )
