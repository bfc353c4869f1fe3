"""Where the ink is in the picture of a line: exact edges for words, which a network's columns only know roughly."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from inkread.image import Pixels

# A line whose darkest and lightest parts differ by less than this (0..255) has no edges to speak of.
_MIN_CONTRAST = 40
# The ink of each of two lines covers at least this share of the region's width, letter gaps counted as white.
_MIN_LINE_INK = 0.15
# A picture of one line shows it over this share of its height at least, and over this share nothing but specks.
_MIN_ROW = 0.4
_MAX_SPECKS = 0.03

Mask = npt.NDArray[np.bool_]


def ink_mask(crop: Pixels) -> Mask | None:
    """Return which pixels of a line's picture, (H, W, 3), are ink, (H, W); None where it cannot be told.

    Text may be dark on light or light on dark: the ground is what most of the border shows.
    """
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    _, dark = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    is_dark = np.asarray(dark, dtype=bool)
    count = int(is_dark.sum())
    if not 0 < count < is_dark.size:
        return None
    contrast = float(grey[~is_dark].mean()) - float(grey[is_dark].mean())
    if contrast < _MIN_CONTRAST:
        return None
    border = np.concatenate((is_dark[0], is_dark[-1], is_dark[:, 0], is_dark[:, -1]))
    return ~is_dark if border.mean() > 0.5 else is_dark


def runs(filled: Mask) -> list[tuple[int, int]]:
    """Return the half-open ranges of a row of booleans where it is true, in order."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], filled.view(np.int8), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def gap_between_two_lines(mask: Mask) -> float | None:
    """Return where a region holds two lines, as a fraction of its height between them, or None for one line.

    Two lines have white between them from side to side, near the middle, and ink over a good part of the width on
    both sides of it; the dots of an i or an underline do not make a line.
    """
    height, width = mask.shape
    white = runs(~np.asarray(mask.any(axis=1)))
    for top, bottom in white:
        middle = (top + bottom) / 2 / height
        if 0.3 <= middle <= 0.7:
            inked = [int(part.any(axis=0).sum()) for part in (mask[:top], mask[bottom:])]
            if min(inked) >= _MIN_LINE_INK * width:
                return float(middle)
    return None


def is_one_row(mask: Mask) -> bool:
    """Return whether the ink of a picture is one row without white across it, besides specks, of a good height."""
    height = mask.shape[0]
    lengths = sorted((end - start for start, end in runs(np.asarray(mask.any(axis=1)))), reverse=True)
    return bool(lengths) and lengths[0] >= _MIN_ROW * height and sum(lengths[1:]) <= _MAX_SPECKS * height


def vertical_extent(mask: Mask) -> tuple[int, int] | None:
    """Return the half-open range of rows that hold the ink of a word, (H, W); None without ink.

    Ink that touches the upper or lower edge and is apart from the rest belongs to a neighbouring line.
    """
    rows = runs(np.asarray(mask.any(axis=1)))
    height = mask.shape[0]
    while len(rows) > 1 and rows[0][0] == 0 and rows[0][1] < height / 4:
        rows.pop(0)
    while len(rows) > 1 and rows[-1][1] == height and rows[-1][0] > 3 * height / 4:
        rows.pop()
    return (rows[0][0], rows[-1][1]) if rows else None
