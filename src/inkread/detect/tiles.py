"""Large pictures in tiles: the network sees one at a time, and their maps make one map."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from inkread.image import Pixels
from inkread.runtime.session import Floats, Session, Stop

# Multiples of the network's grid. A tile's outermost part is seen without its surroundings, so it is thrown away.
TILE_PX = 1280
_MARGIN_PX = 96
# What tiles may be cut down to where memory is short; with the smallest a quarter of what the network sees is kept.
SMALLER_TILES_PX = (1024, 768, 576, 384)


class Span(NamedTuple):
    """One tile along one side: what the network sees, and the part of it that is kept."""

    start: int
    end: int
    keep_start: int
    keep_end: int


def spans(length: int, tile: int = TILE_PX) -> Iterator[Span]:
    """Yield the tiles along a side of `length` px; what they keep covers it once."""
    step = tile - 2 * _MARGIN_PX
    keep_start = 0
    while keep_start < length:
        start = max(0, min(keep_start - _MARGIN_PX, length - tile))
        end = min(length, start + tile)
        keep_end = length if end == length else keep_start + step
        yield Span(start, end, keep_start, keep_end)
        keep_start = keep_end


def tiled_map(session: Session, pixels: Pixels, tile: int = TILE_PX, stop: Stop | None = None) -> Floats:
    """Return the network's map, (H, W), of a picture of any size, (H, W, 3); both sides on the network's grid.

    Raises StoppedError where `stop` says so.
    """
    stitched = np.zeros(pixels.shape[:2], np.float32)
    for rows in spans(pixels.shape[0], tile):
        for columns in spans(pixels.shape[1], tile):
            part = np.ascontiguousarray(pixels[rows.start : rows.end, columns.start : columns.end])
            seen = session.run(part[None], stop)[0, 0]
            stitched[rows.keep_start : rows.keep_end, columns.keep_start : columns.keep_end] = seen[
                rows.keep_start - rows.start : rows.keep_end - rows.start,
                columns.keep_start - columns.start : columns.keep_end - columns.start,
            ]
    return stitched
