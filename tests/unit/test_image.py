import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkread.geometry import Box, Point, Quad
from inkread.image import Image

WIDTH, HEIGHT = 96, 64
DOT = Point(40.5, 25.5)


def with_dot(at: Point = DOT, width: int = WIDTH, height: int = HEIGHT) -> Image:
    """A black page with a soft white dot around this point."""
    ys, xs = np.indices((height, width)) + 0.5
    light = 255 * np.exp(-((xs - at.x) ** 2 + (ys - at.y) ** 2) / (2 * 1.5**2))
    return Image(np.repeat(light[..., None], 3, axis=2).astype(np.uint8), source="dot.png")


def find_dot(pixels: np.ndarray) -> Point:
    """The centre of what is bright; the centre of the first pixel is (0.5, 0.5)."""
    light = pixels[..., 0].astype(float)
    ys, xs = np.indices(light.shape) + 0.5
    return Point(float((xs * light).sum() / light.sum()), float((ys * light).sum() / light.sum()))


def assert_dot_is_on_the_page(image: Image, at: Point = DOT) -> None:
    assert math.dist(image.point_on_page(find_dot(image.pixels)), at) < 0.1


def test_a_page_is_its_own_frame():
    page = with_dot()
    assert page.page_size == (WIDTH, HEIGHT)
    assert page.point_on_page(Point(3, 4)) == Point(3, 4)


@pytest.mark.row("S0-22")
def test_what_is_read_in_a_crop_maps_back():
    crop = with_dot().crop(Box(30.7, 20.2, 60.1, 40.9))
    assert (crop.width, crop.height) == (31, 21)
    assert_dot_is_on_the_page(crop)


def test_a_crop_of_a_crop_maps_back():
    assert_dot_is_on_the_page(with_dot().crop(Box(10, 10, 90, 60)).crop(Box(20, 5, 50, 40)))


def test_a_crop_is_clipped_to_the_picture():
    crop = with_dot().crop(Box(-10, 20, 1000, 1000))
    assert (crop.width, crop.height) == (WIDTH, HEIGHT - 20)
    assert_dot_is_on_the_page(crop)


@pytest.mark.parametrize("box", [Box(WIDTH, 0, WIDTH + 5, 5), Box(-9, -9, -1, -1), Box(10, 10, 10, 20)])
def test_a_crop_outside_the_picture_is_refused(box):
    with pytest.raises(ValueError, match="lies outside a picture of 96 x 64 px"):
        with_dot().crop(box)


def test_a_part_keeps_the_size_of_its_page():
    assert with_dot().crop(Box(0, 0, 50, 50)).turned(1).resize(0.5).page_size == (WIDTH, HEIGHT)


@pytest.mark.parametrize("factor", [0.5, 0.77, 1.0, 1.3, 3.0])
@pytest.mark.row("S0-23")
def test_what_is_read_in_a_resized_picture_maps_back(factor):
    resized = with_dot().resize(factor)
    assert resized.width == round(WIDTH * factor)
    assert_dot_is_on_the_page(resized)


def test_a_picture_stretched_both_ways_maps_back():
    stretched = with_dot().fit(200, 40)
    assert (stretched.width, stretched.height) == (200, 40)
    assert_dot_is_on_the_page(stretched)


def test_a_picture_never_shrinks_to_nothing():
    tiny = with_dot().resize(0.001)
    assert (tiny.width, tiny.height) == (1, 1)


@pytest.mark.parametrize("quarters", [-1, 0, 1, 2, 3, 4, 5])
def test_what_is_read_in_a_turned_picture_maps_back(quarters):
    turned = with_dot().turned(quarters)
    assert (turned.width, turned.height) == ((HEIGHT, WIDTH) if quarters % 2 else (WIDTH, HEIGHT))
    assert_dot_is_on_the_page(turned)


def test_a_quarter_turn_is_clockwise():
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[0, 0] = 255
    assert find_dot(Image(pixels).turned(1).pixels) == Point(HEIGHT - 0.5, 0.5)


def test_a_turned_picture_is_contiguous():
    assert with_dot().turned(1).pixels.flags.c_contiguous


def test_a_quad_maps_back_corner_by_corner():
    part = with_dot().crop(Box(10, 20, 60, 60)).turned(2)
    quad = Quad.from_box(Box(0, 0, 5, 5))
    assert part.quad_on_page(quad) == Quad.from_points([(60, 60), (55, 60), (55, 55), (60, 55)])


@given(
    at=st.builds(lambda x, y: Point(x + 0.5, y + 0.5), st.integers(26, 82), st.integers(26, 52)),
    left=st.integers(0, 18),
    top=st.integers(0, 18),
    quarters=st.integers(0, 3),
    factor=st.floats(0.6, 3.0),
)
def test_every_chain_of_crop_turn_and_resize_maps_back(at, left, top, quarters, factor):
    picture = with_dot(at).crop(Box(left, top, 90, 60)).turned(quarters).resize(factor)
    assert_dot_is_on_the_page(picture, at)


@pytest.mark.parametrize("angle_deg", [0, 7, 45, 90, 135, 180, -60])
def test_what_is_read_in_a_rectified_quad_maps_back(angle_deg):
    page = with_dot(Point(50.5, 50.5), 100, 100)
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    corners = [(-30, -10), (24, -10), (24, 14), (-30, 14)]
    quad = Quad.from_points([(48 + x * cos - y * sin, 52 + x * sin + y * cos) for x, y in corners])
    strip = page.rectify(quad, height=48, width=108)
    assert strip.shape == (48, 108, 3)
    found = find_dot(strip)
    assert math.dist(quad.at(found.x / 108, found.y / 48), (50.5, 50.5)) < 0.1


def test_rectifying_an_upright_quad_gives_its_very_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    strip = Image(pixels).rectify(Quad.from_box(Box(10, 5, 50, 25)), height=20, width=40)
    np.testing.assert_array_equal(strip, pixels[5:25, 10:50])


def test_rectifying_reads_upright_from_the_first_corner():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    strip = Image(pixels).rectify(Quad.from_box(Box(10, 5, 50, 25)).turned(2), height=20, width=40)
    np.testing.assert_array_equal(strip, cv2.rotate(pixels[5:25, 10:50], cv2.ROTATE_180))


def test_a_quad_over_the_edge_repeats_the_border():
    white = Image(np.full((20, 20, 3), 255, np.uint8))
    assert white.rectify(Quad.from_box(Box(-10, -10, 30, 30)), height=40, width=40).min() == 255


def test_a_call_never_alters_the_picture():
    page = with_dot()
    before = page.pixels.copy()
    page.crop(Box(0, 0, 9, 9)).resize(2).turned(1)
    np.testing.assert_array_equal(page.pixels, before)
    assert page.point_on_page(DOT) == DOT


@pytest.mark.parametrize("quarters", range(4))
def test_a_picture_knows_how_far_it_is_turned(quarters):
    image = Image(np.zeros((30, 40, 3), np.uint8)).resize(1.5).turned(quarters).crop(Box(2, 2, 20, 20))
    assert image.turned_deg == 90 * quarters


@pytest.mark.parametrize("quarters", range(4))
def test_a_quad_of_the_page_is_found_in_the_picture(quarters):
    image = Image(np.zeros((300, 400, 3), np.uint8)).crop(Box(20, 10, 380, 290)).resize(0.5).turned(quarters)
    quad = Quad.from_box(Box(5, 8, 60, 31))
    back = image.quad_from_page(image.quad_on_page(quad))
    assert np.allclose(back, quad)


@pytest.mark.parametrize("angle_deg", [-7.0, -0.5, 0.0, 3.0, 45.0, 90.0])
def test_what_is_read_in_a_straightened_picture_maps_back(angle_deg):
    assert_dot_is_on_the_page(with_dot().deskew(angle_deg))


def test_a_straightened_line_runs_level():
    page = with_dot()
    pixels = page.pixels.copy()
    cv2.line(pixels, (10, 20), (80, 20 + round(70 * math.tan(math.radians(10)))), (255, 255, 255), 2)
    level = Image(pixels).deskew(10)
    rows = np.flatnonzero(level.pixels[..., 0].max(axis=1) > 200)
    assert rows.max() - rows.min() < 14  # 12 px higher before


def test_a_straightened_picture_shows_all_of_the_page():
    level = with_dot().deskew(7)
    angle = math.radians(7)
    assert level.width == math.ceil(WIDTH * math.cos(angle) + HEIGHT * math.sin(angle))
    assert level.height == math.ceil(HEIGHT * math.cos(angle) + WIDTH * math.sin(angle))


def test_what_opens_beside_a_straightened_page_is_of_its_paper():
    grey = Image(np.full((40, 60, 3), 180, np.uint8))
    assert (grey.deskew(5).pixels == 180).all()


def test_what_is_read_in_a_flattened_sheet_maps_back():
    sheet = with_dot().flatten(Quad(Point(12, 8), Point(88, 4), Point(80, 60), Point(20, 52)))
    assert (sheet.width, sheet.height) == (76, 57)
    assert_dot_is_on_the_page(sheet)


def test_the_corners_of_a_flattened_sheet_are_the_quads():
    quad = Quad(Point(12, 8), Point(88, 4), Point(80, 60), Point(20, 52))
    sheet = with_dot().flatten(quad)
    back = sheet.quad_on_page(Quad.from_box(Box(0, 0, sheet.width, sheet.height)))
    assert np.allclose(back, quad, atol=1e-3)


def test_a_homography_without_inverse_is_refused():
    with pytest.raises(ValueError, match="no inverse"):
        with_dot().warp(np.zeros((3, 3)), 5, 5)


@pytest.mark.row("S1-36")
def test_black_and_white_keeps_ink_in_the_light_and_in_the_shadow():
    light = np.linspace(250, 60, 200)[None, :, None] * np.ones((60, 1, 3))
    light[28:32, 20:180:10] *= 0.4
    page = Image(light.astype(np.uint8))
    black = page.binarize().pixels
    assert set(np.unique(black)) == {0, 255}
    assert (black[28:32, 20:180:10] == 0).all()
    assert (black[:10] == 255).mean() > 0.99
    assert page.pixels[0, 0, 0] == 250


@pytest.mark.parametrize("window_px", [1, 2, 40])
def test_a_window_of_an_even_number_of_pixels_is_refused(window_px):
    with pytest.raises(ValueError, match=f"window_px is {window_px}"):
        with_dot().binarize(window_px)


def test_other_pixels_take_the_same_place():
    crop = with_dot().crop(Box(30, 20, 60, 40))
    assert_dot_is_on_the_page(crop.with_pixels(crop.pixels.copy()))
    with pytest.raises(ValueError, match="in the place of"):
        crop.with_pixels(np.zeros((3, 3, 3), np.uint8))


def test_grey_is_halved_as_far_as_asked_and_kept():
    image = Image(np.full((100, 200, 3), 90, np.uint8))
    assert image.grey().shape == (100, 200)
    assert image.grey(0.5).shape == (50, 100)
    assert image.grey(0.3).shape == (50, 100)
    assert image.grey(0.2).shape == (25, 50)
    assert image.grey(0.2) is image.grey(0.25)
    assert image.resize(0.5).grey().shape == (50, 100)
    assert (image.grey(0.1) == 90).all()


@pytest.mark.parametrize("size", [(4100, 4100), (4098, 4102), (3, 7)])
def test_a_large_picture_is_halved_as_a_small_one_is(size, monkeypatch):
    pixels = np.random.default_rng(1).integers(0, 256, (*size, 3)).astype(np.uint8)
    strips = Image(pixels).grey(0.5)
    monkeypatch.setattr("inkread.image._LARGE_PX", 10**9)
    assert (Image(pixels).grey(0.5) == strips).all()
