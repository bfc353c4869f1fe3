"""Large pictures in tiles: the network sees one at a time, and their maps make one map."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from inkread.image import Pixels
from inkread.runtime.session import Floats, Session

# Multiples of the network's grid. A tile's outermost part is seen without its surroundings, so it is thrown away.
_TILE_PX = 1280
_MARGIN_PX = 96


class Span(NamedTuple):
    """One tile along one side: what the network sees, and the part of it that is kept."""

    start: int
    end: int
    keep_start: int
    keep_end: int


def spans(length: int) -> Iterator[Span]:
    """Yield the tiles along a side of `length` px; what they keep covers it once."""
    step = _TILE_PX - 2 * _MARGIN_PX
    keep_start = 0
    while keep_start < length:
        start = max(0, min(keep_start - _MARGIN_PX, length - _TILE_PX))
        end = min(length, start + _TILE_PX)
        keep_end = length if end == length else keep_start + step
        yield Span(start, end, keep_start, keep_end)
        keep_start = keep_end


def tiled_map(session: Session, pixels: Pixels) -> Floats:
    """Return the network's map, (H, W), of a picture of any size, (H, W, 3); both sides on the network's grid."""
    stitched = np.zeros(pixels.shape[:2], np.float32)
    for rows in spans(pixels.shape[0]):
        for columns in spans(pixels.shape[1]):
            tile = np.ascontiguousarray(pixels[rows.start : rows.end, columns.start : columns.end])
            seen = session.run(tile[None])[0, 0]
            stitched[rows.keep_start : rows.keep_end, columns.keep_start : columns.keep_end] = seen[
                rows.keep_start - rows.start : rows.keep_end - rows.start,
                columns.keep_start - columns.start : columns.keep_end - columns.start,
            ]
    return stitched
