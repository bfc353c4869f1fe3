import math

import cv2
import numpy as np
import pytest

from inkread.enhance.clean import clean, needs_copy
from inkread.geometry import Point
from inkread.image import Image
from inkread.options import EnhanceOptions

OFF = EnhanceOptions(contrast="never")
DOT = Point(400.5, 300.5)
ALL = OFF.with_(flatten=True, straighten=True, print_height_px=40, even_light=True, binarize=True)


def page(ink: int = 0, paper: int = 255) -> Image:
    """Rows of print with a large dot among them."""
    pixels = np.full((600, 800, 3), paper, np.uint8)
    for row in range(14):
        if not 6 <= row <= 8:
            cv2.putText(pixels, "some print", (60, 60 + 38 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (ink,) * 3, 2)
    cv2.circle(pixels, (400, 300), 15, (ink,) * 3, -1)
    return Image(pixels)


def dot_on_the_page(image: Image) -> Point:
    """Where the largest round thing in a cleaned picture stands on the page."""
    ink = (image.pixels[..., 0] < 128).astype(np.uint8)
    _, _, stats, centers = cv2.connectedComponentsWithStats(ink)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    x, y = centers[largest]
    return image.point_on_page(Point(x + 0.5, y + 0.5))


@pytest.mark.row("S0-20")
def test_a_good_page_stays_the_very_same():
    given = page()
    assert clean(given, EnhanceOptions()) is given


@pytest.mark.parametrize(
    "options",
    [
        OFF.with_(straighten=True),
        OFF.with_(print_height_px=60),
        OFF.with_(max_width_px=500),
        OFF.with_(even_light=True),
        OFF.with_(contrast="always"),
        OFF.with_(denoise=True),
        OFF.with_(binarize=True),
        ALL,
    ],
)
def test_what_is_read_in_a_cleaned_page_maps_back(options):
    crooked = Image(page().deskew(-4).pixels)
    at = dot_on_the_page(crooked)
    cleaned = clean(crooked, options)
    assert cleaned is not crooked
    assert math.dist(dot_on_the_page(cleaned), at) < 1


def test_what_is_read_on_a_flattened_sheet_maps_back():
    table = np.full((800, 1000, 3), 90, np.uint8)
    corners = np.array([[60, 40], [930, 80], [900, 760], [100, 700]], np.float32)
    matrix = cv2.getPerspectiveTransform(np.array([[0, 0], [800, 0], [800, 600], [0, 600]], np.float32), corners)
    sheet = cv2.warpPerspective(page().pixels, matrix, (1000, 800), borderMode=cv2.BORDER_TRANSPARENT, dst=table)
    at = cv2.perspectiveTransform(np.array([[DOT]], np.float32), matrix)[0, 0]
    flat = clean(Image(sheet), OFF.with_(flatten=True))
    assert flat.pixels.shape != sheet.shape
    assert math.dist(dot_on_the_page(flat), at) < 1


@pytest.mark.row("S0-20", "S3-11")
def test_pale_print_is_made_black_where_it_is_pale():
    assert clean(page(150, 190), EnhanceOptions()).pixels.min() == 0
    assert clean(page(150, 190), OFF).pixels.min() == 150


def test_the_grain_of_an_empty_page_is_not_made_print():
    grain = np.random.default_rng(1).normal(200, 4, (300, 200, 1))
    empty = Image(np.repeat(grain, 3, axis=2).astype(np.uint8))
    assert clean(empty, EnhanceOptions()) is empty


@pytest.mark.row("S3-46")
def test_a_wide_picture_is_reduced_and_a_narrow_one_is_not():
    assert clean(page(), OFF.with_(max_width_px=500)).width == 500
    assert clean(page(), OFF.with_(max_width_px=900)).width == 800


@pytest.mark.parametrize(
    "options", [{"contrast": "always"}, {"denoise": True}, {"straighten": True}, {"max_width_px": 64}]
)
def test_cleanings_that_need_a_second_picture_are_known_before(options):
    image = Image(np.full((300, 300, 3), 200, np.uint8))
    assert needs_copy(image, EnhanceOptions(**options))
    assert not needs_copy(image, EnhanceOptions())
