import numpy as np
import pytest

from inkread.train import augment
from inkread.train.augment import augmented, paper_of


@pytest.fixture
def line():
    picture = np.full((40, 300, 3), 230, np.uint8)
    for x in range(10, 290, 14):
        picture[3:37, x : x + 5] = (20, 30, 60)
    return picture


def test_the_same_seed_gives_the_same_picture_and_another_another(line):
    one, again, other = (augmented(line, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert np.array_equal(one, again)
    assert one.shape != other.shape or not np.array_equal(one, other)


def test_nothing_is_changed_at_strength_0(line):
    assert augmented(line, np.random.default_rng(1), 0.0) is line


def test_what_comes_out_is_a_line_that_can_be_read(line):
    for seed in range(60):
        picture = augmented(line, np.random.default_rng(seed))
        assert picture.dtype == np.uint8
        assert picture.shape[2] == 3
        assert 40 <= picture.shape[0] <= 100
        assert 150 < picture.shape[1] < 1200
        assert picture.std() > 3


@pytest.mark.parametrize("change", [change for change, _ in augment._CHANGES], ids=lambda change: change.__name__)
def test_each_change_changes_pixels_and_bears_small_pictures(change, line):
    rng = np.random.default_rng(2)
    results = [change(line, rng) for _ in range(5)]
    assert any(each.shape != line.shape or not np.array_equal(each, line) for each in results)
    for height, width in ((12, 8), (64, 9), (30, 2000)):
        result = change(np.full((height, width, 3), 200, np.uint8), rng)
        assert result.dtype == np.uint8
        assert min(result.shape[:2]) > 0


def test_paper_is_what_most_of_a_line_is(line):
    assert paper_of(line) == (230, 230, 230)
    assert paper_of(255 - line) == (25, 25, 25)
