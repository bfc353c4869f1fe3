"""Looks that are cut to fit the memory that there is: how large a tile may be, and how much of the map is held."""

from __future__ import annotations

from typing import NamedTuple

from inkread.detect.tiles import SMALLER_TILES_PX, TILE_PX
from inkread.errors import LimitError
from inkread.runtime.arenas import give_back
from inkread.runtime.memory import Memory, reclaim
from inkread.runtime.session import Session

# Of each pixel of the network's picture: the picture (3), its map (4), what is over the threshold (1, twice) and the
# copy in which OpenCV follows contours (1).
MAP_BYTES_PX = 10


class Cut(NamedTuple):
    """How a look is cut.

    tile_px: the network sees tiles of so many px a side; None: the whole picture.  in_bands: the map is held for one
    row of tiles at a time, so that what is higher than the rows overlap may be parted.
    """

    tile_px: int | None
    in_bands: bool = False


def cut_to_fit(size: tuple[int, int], usual: Cut, session: Session, memory: Memory) -> Cut | None:
    """Return how to look at a picture of this size, (width, height) px: as usual where that fits; None: not at all."""
    need = _bytes(size, usual, session)  # opens a network that was unloaded, which takes room too
    if memory.room() >= need:
        return usual
    tiles = [tile for tile in (TILE_PX, *SMALLER_TILES_PX) if tile < max(size)]
    cuts = [usual, *(Cut(tile) for tile in tiles), *(Cut(tile, in_bands=True) for tile in tiles)]
    for free in (session.release, reclaim):  # what networks hold, and then they themselves, to be opened anew
        free()
        give_back()
        needs = [_bytes(size, cut, session) for cut in cuts]
        room = memory.room()
        fitting = [cut for cut, each in zip(cuts, needs, strict=True) if room >= each]
        if fitting:
            return fitting[0]
    return None


def too_large(size: tuple[int, int], session: Session, memory: Memory) -> LimitError:
    """Return the error for a look that does not fit even in the smallest pieces."""
    least = _bytes(size, Cut(SMALLER_TILES_PX[-1], in_bands=True), session)
    return memory.lacks(least, f"looking for text at {size[0]:,} x {size[1]:,} px")


def _bytes(size: tuple[int, int], cut: Cut, session: Session) -> int:
    """Return how much memory a look takes beside what is held, bytes."""
    width, height = size
    if cut.tile_px is None:
        return session.working_bytes((height, width)) + MAP_BYTES_PX * width * height
    seen_width, seen_height = min(width, cut.tile_px), min(height, cut.tile_px)
    rows = seen_height if cut.in_bands else height
    return session.working_bytes((seen_height, seen_width)) + MAP_BYTES_PX * width * rows
