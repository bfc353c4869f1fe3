"""Columns of Chinese and Japanese: their characters put upright beside each other, as a line that reads to the right.

A column is read as a line that lies on its side. So its characters lie on their side too, and a recogniser knows them
so. But signs are turned in columns, as 「 and ー are, or stand in another corner, as 。 and 、 do, and it leaves them
out: in rendered columns 11-14 % of the characters; with this 1.5-7 % are wrong (docs/languages.md).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from inkread import edits
from inkread.image import Pixels
from inkread.recognize.ctc import Reading
from inkread.recognize.ink import Mask, ink_mask
from inkread.recognize.routing import Reads

# A column has at least so many characters that tell how far apart its characters stand.
_FEWEST: Final = 3
# How far that may be off what its characters' places say, and how many steps between are tried.
_PITCH_RANGE: Final = np.linspace(0.9, 1.1, 21)
_OFFSETS: Final = 24
_OFF_PITCH: Final = 0.1
# A sign in a corner is no larger than this share of its cell either way, and ends before this share.
_CORNER: Final = 0.5
_CORNER_END: Final = 0.6
# Where such a sign stands in a line, of the line's height.
_BASE: Final = 0.88
# The upright reading is believed where it is this sure and changes no more of the letters: 一 into 二 and the like.
_SURE: Final = 0.85
_MOST_CHANGED: Final = 0.2
# Signs that are much alike where they stand alone in a corner; Japanese has no comma there.
_CHINESE_SIGNS: Final = str.maketrans("°", "。")
_JAPANESE_SIGNS: Final = str.maketrans("°，,", "。、、")

# What a column turns with its direction, so that it lies in a line as ever.
_TURNED: Final = "ー～〜…—"
_UPRIGHT_NAMES: Final = ("CJK UNIFIED", "HIRAGANA", "KATAKANA", "HANGUL")

Ink = npt.NDArray[np.float64]


class _Grid(NamedTuple):
    """Cells of characters along a line: where the first begins, and how long each is, px."""

    start: float
    pitch: float

    def cells(self, width: int) -> list[tuple[int, int]]:
        edges = np.arange(self.start - self.pitch, width + self.pitch, self.pitch).round().astype(int)
        pairs = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        return [(max(a, 0), min(b, width)) for a, b in pairs if min(b, width) - max(a, 0) > self.pitch / 3]


def with_signs(recognizer: Reads, crops: Sequence[Pixels], readings: Sequence[Reading]) -> list[Reading]:
    """Return readings of columns, (H, W, 3) each, read downwards to the right, with their signs.

    Those in another script, and those that read worse upright, stay as they are.
    """
    better = list(readings)
    in_script = [place for place, reading in enumerate(readings) if is_column_script(reading.text)]
    turned = [(place, upright(crops[place], readings[place])) for place in in_script]
    asked = [(place, line) for place, line in turned if line is not None]
    for (place, _), reading in zip(asked, recognizer.read([line for _, line in asked]), strict=True):
        if reading.confidence >= _SURE and _say_the_same(reading.text, readings[place].text):
            better[place] = replace(reading, text=_signs_of_columns(reading.text))
    return better


def _say_the_same(upright: str, sideways: str) -> bool:
    """Whether two readings have nearly the same letters, and the first no fewer characters."""
    a, b = ("".join(char for char in text if char.isalnum() and char not in _TURNED) for text in (upright, sideways))
    return len(upright) >= len(sideways) and edits.distance(a, b) <= _MOST_CHANGED * len(b)


def _signs_of_columns(text: str) -> str:
    """Return a column's text with the signs that stand in its corners as Japanese and Chinese have them."""
    names = [unicodedata.name(char, "") for char in text if _stands_upright(char)]
    has_kana = any(name.startswith(("HIRAGANA", "KATAKANA")) for name in names)
    return text.translate(_JAPANESE_SIGNS if has_kana else _CHINESE_SIGNS)


def is_column_script(text: str) -> bool:
    """Whether a text is of a script that is written in columns: most of its letters are Han, kana or hangul."""
    letters = [char for char in text if char.isalpha()]
    return 2 * sum(_stands_upright(char) for char in letters) > len(letters) >= _FEWEST


def upright(crop: Pixels, reading: Reading) -> Pixels | None:
    """Return a column, (H, W, 3), read downwards to the right, with its characters turned upright where they stand.

    reading: what was read of it, with columns as fractions of its width. None where no grid of characters is seen.
    """
    mask = ink_mask(crop)
    grid = _grid(mask, reading) if mask is not None else None
    if mask is None or grid is None:
        return None
    ground = np.median(crop[~mask], axis=0)
    line = crop.copy()
    width = crop.shape[1]
    middles = [(sum(span) / 2 * width, char) for span, char in zip(reading.columns, reading.text, strict=True)]
    for start, end in grid.cells(width):
        cell, ink = crop[:, start:end], mask[:, start:end]
        read = [char for middle, char in middles if start <= middle < end]
        if (base := _corner_end(ink)) is not None:
            shift = max(0, round(_BASE * len(ink)) - base)
            line[:, start:end] = ground
            line[shift:, start:end] = cell[: len(cell) - shift]
        elif any(_stands_upright(char) for char in read):
            size = (end - start, crop.shape[0])
            line[:, start:end] = cv2.resize(np.ascontiguousarray(np.rot90(cell, -1)), size)
    return line


def _grid(mask: Mask, reading: Reading) -> _Grid | None:
    """Return the grid whose edges go through the least ink, at the pitch of the characters that were read."""
    width = mask.shape[1]
    middles = [sum(span) / 2 * width for span, char in zip(reading.columns, reading.text, strict=True) if char != " "]
    steps = np.diff(middles)
    near = steps[(steps > 0.6 * mask.shape[0]) & (steps < 1.4 * mask.shape[0])]
    if len(near) < _FEWEST - 1:
        return None
    ink: Ink = np.convolve(mask.mean(axis=0), np.ones(3) / 3, mode="same")
    best: tuple[float, _Grid] | None = None
    usual = float(np.median(near))
    for pitch in usual * _PITCH_RANGE:
        for offset in range(_OFFSETS):
            start = pitch * offset / _OFFSETS
            edges = np.arange(start, width, pitch).astype(int)
            cost = float(ink[edges].mean()) + _OFF_PITCH * abs(pitch / usual - 1)
            if best is None or cost < best[0]:
                best = (cost, _Grid(start, float(pitch)))
    return best[1] if best else None


def _corner_end(ink: Mask) -> int | None:
    """Return where the sign in the upper left corner of a cell ends, px from above; None where there is another."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return None
    height, width = ink.shape
    is_small = rows[-1] - rows[0] < _CORNER * height and columns[-1] - columns[0] < _CORNER * width
    is_there = rows[-1] < _CORNER_END * height and columns[-1] < _CORNER_END * width
    return int(rows[-1]) + 1 if is_small and is_there else None


def _stands_upright(char: str) -> bool:
    """Whether a character stands in a column as it does in a line."""
    if char in _TURNED:
        return False
    return char in "！？!?々〇" or unicodedata.name(char, "").startswith(
        ("CJK UNIFIED", "HIRAGANA", "KATAKANA", "HANGUL")
    )
