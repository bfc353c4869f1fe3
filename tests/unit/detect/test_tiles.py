import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkread.detect.tiles import spans, tiled_map
from inkread.runtime.session import FakeSession


@given(st.integers(1, 400).map(lambda n: 32 * n))
def test_tiles_keep_every_pixel_once(length):
    tiles = list(spans(length))
    assert (tiles[0].keep_start, tiles[-1].keep_end) == (0, length)
    assert all(before.keep_end == after.keep_start for before, after in itertools.pairwise(tiles))


@given(st.integers(1, 400).map(lambda n: 32 * n))
def test_tiles_lie_on_the_networks_grid_inside_the_picture(length):
    for tile in spans(length):
        assert 0 <= tile.start <= tile.keep_start < tile.keep_end <= tile.end <= length
        assert tile.start % 32 == tile.end % 32 == 0
        assert tile.end - tile.start <= 1280


@given(st.integers(1, 400).map(lambda n: 32 * n))
def test_what_is_kept_was_seen_with_its_surroundings(length):
    """At least 96 px of them, but at the picture's own edges."""
    for tile in spans(length):
        assert tile.start == 0 or tile.keep_start - tile.start >= 96
        assert tile.end == length or tile.end - tile.keep_end >= 96


@pytest.mark.parametrize("size", [(64, 64), (1280, 1280), (1312, 2560), (3200, 96)])
def test_the_map_of_tiles_is_the_map_of_the_whole(size):
    pixels = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)

    def network(batch: np.ndarray) -> np.ndarray:
        return (batch[..., :1].astype(np.float32) / 255).transpose(0, 3, 1, 2)

    np.testing.assert_array_equal(tiled_map(FakeSession(network), pixels), network(pixels[None])[0, 0])
