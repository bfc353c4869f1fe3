import numpy as np
import pytest

from inkread.recognize.ink import gap_between_two_lines, ink_mask, runs, vertical_extent


def picture(mask: np.ndarray, ink: int = 20, ground: int = 235) -> np.ndarray:
    return np.repeat(np.where(mask, ink, ground).astype(np.uint8)[..., None], 3, axis=2)


def inked(height: int, width: int, *areas: tuple[int, int, int, int]) -> np.ndarray:
    """A mask with ink in these areas: top, bottom, left, right."""
    mask = np.zeros((height, width), bool)
    for top, bottom, left, right in areas:
        mask[top:bottom, left:right] = True
    return mask


LETTERS = inked(48, 120, (10, 38, 10, 18), (10, 38, 30, 36), (20, 38, 60, 100))


@pytest.mark.parametrize(("ink", "ground"), [(20, 235), (235, 20), (90, 200), (200, 90)])
def test_ink_is_found_dark_on_light_and_light_on_dark(ink, ground):
    found = ink_mask(picture(LETTERS, ink, ground))
    np.testing.assert_array_equal(found, LETTERS)


def test_ink_of_a_colour_is_found():
    pixels = np.full((48, 120, 3), (255, 250, 230), np.uint8)
    pixels[LETTERS] = (160, 20, 30)
    np.testing.assert_array_equal(ink_mask(pixels), LETTERS)


def test_the_ground_is_what_the_border_shows_even_if_ink_covers_more():
    mask = inked(48, 120, (2, 46, 2, 118))
    np.testing.assert_array_equal(ink_mask(picture(mask)), mask)
    np.testing.assert_array_equal(ink_mask(picture(mask, 235, 20)), mask)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_blank_picture_has_no_ink(value):
    assert ink_mask(np.full((48, 120, 3), value, np.uint8)) is None


def test_too_little_contrast_has_no_edges():
    assert ink_mask(picture(LETTERS, 120, 150)) is None


def test_paper_grain_is_no_ink():
    grain = np.random.default_rng(1).integers(225, 245, (48, 120), np.uint8)
    assert ink_mask(np.repeat(grain[..., None], 3, axis=2)) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1)])
def test_the_smallest_pictures_are_no_error(shape):
    pixels = np.full((*shape, 3), 255, np.uint8)
    assert ink_mask(pixels) is None
    pixels[0, 0] = 0
    assert ink_mask(pixels) is None or ink_mask(pixels).shape == shape


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", []), ("....", []), ("####", [(0, 4)]), ("#..#", [(0, 1), (3, 4)]), (".##.#.", [(1, 3), (4, 5)])],
)
def test_runs_are_half_open_and_in_order(text, expected):
    assert runs(np.array([c == "#" for c in text], dtype=bool)) == expected


def test_two_lines_are_parted_in_the_middle_of_their_gap():
    mask = inked(100, 200, (10, 40, 10, 190), (60, 90, 10, 150))
    assert gap_between_two_lines(mask) == pytest.approx(0.5)


def test_one_line_has_no_gap():
    assert gap_between_two_lines(LETTERS) is None
    assert gap_between_two_lines(inked(48, 120)) is None


def test_the_dots_of_an_i_do_not_make_a_line():
    stems = [(30, 80, x, x + 6) for x in (20, 60, 100, 140)]
    dots = [(12, 20, x, x + 6) for x in (20, 60, 100, 140)]
    assert gap_between_two_lines(inked(96, 200, *stems, *dots)) is None


def test_an_umlaut_does_not_make_a_line():
    body, dots = (40, 90, 20, 180), [(15, 22, 90, 96), (15, 22, 104, 110)]
    assert gap_between_two_lines(inked(96, 200, body, *dots)) is None


def test_an_underline_does_not_make_a_line():
    assert gap_between_two_lines(inked(96, 200, (10, 66, 10, 190), (78, 82, 5, 195))) is None


def test_a_gap_that_does_not_run_from_side_to_side_parts_nothing():
    mask = inked(100, 200, (10, 40, 10, 190), (60, 90, 10, 150), (20, 70, 195, 199))
    assert gap_between_two_lines(mask) is None


@pytest.mark.parametrize(
    ("areas", "expected"),
    [
        ([(10, 30, 0, 20)], (10, 30)),
        ([(5, 9, 3, 6), (12, 40, 3, 6)], (5, 40)),  # an i keeps its dot
        ([(0, 6, 0, 20), (14, 40, 0, 20)], (14, 40)),  # a neighbour's descender at the upper edge
        ([(10, 34, 0, 20), (42, 48, 0, 20)], (10, 34)),  # a neighbour's ascender at the lower edge
        ([(0, 48, 0, 20)], (0, 48)),  # a word that fills the crop
        ([(0, 6, 0, 20)], (0, 6)),  # all the ink there is
    ],
)
def test_a_words_ink_ends_where_its_neighbours_begins(areas, expected):
    assert vertical_extent(inked(48, 20, *areas)) == expected


def test_no_ink_has_no_extent():
    assert vertical_extent(inked(48, 20)) is None
