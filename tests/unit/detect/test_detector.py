import cv2
import numpy as np
import pytest

from inkread.detect.detector import Detector, DetectorSettings
from inkread.geometry import Box
from inkread.image import Image
from inkread.options import DetectOptions
from inkread.runtime.session import FakeSession


def network(batch: np.ndarray) -> np.ndarray:
    """See text where the picture is dark, at the picture's own size: (N, 1, H, W)."""
    return np.where(batch[..., :1] < 128, 0.9, 0.0).astype(np.float32).transpose(0, 3, 1, 2)


def detector(answer=network, settings: DetectorSettings | None = None, **options: object):
    session = FakeSession(answer)
    return Detector(session, settings or DetectorSettings(), DetectOptions(**options)), session


def page(width: int, height: int, *boxes: tuple[int, int, int, int]) -> Image:
    pixels = np.full((height, width, 3), 255, np.uint8)
    for left, top, right, bottom in boxes:
        pixels[top:bottom, left:right] = 0
    return Image(pixels)


def test_regions_are_in_the_pictures_pixels():
    """S4-1, S4-31, S4-32: quads around the text, with a confidence."""
    finder, _ = detector()
    (region,) = finder.detect(page(1000, 800, (100, 200, 400, 240)))
    assert region.quad.center == pytest.approx((250, 220), abs=1)
    assert region.quad.box.left < 100
    assert region.quad.box.right > 400
    assert region.confidence == pytest.approx(0.9)


@pytest.mark.parametrize(("width", "height"), [(1000, 800), (3000, 2400), (5000, 900), (400, 300), (1277, 951)])
def test_a_picture_of_any_size_gives_regions_at_their_place(width, height):
    """Reduced or enlarged for the network, and mapped back."""
    box = (width // 10, height // 4, width // 2, height // 4 + height // 12)
    finder, _ = detector()
    (region,) = finder.detect(page(width, height, box))
    tolerance = max(width, height) / 300 + 1
    assert region.quad.center.x == pytest.approx((box[0] + box[2]) / 2, abs=tolerance)
    assert region.quad.center.y == pytest.approx((box[1] + box[3]) / 2, abs=tolerance)


def test_regions_of_a_crop_are_in_the_crops_pixels():
    """S0-22: mapping to the page is the caller's, with Image.quad_on_page."""
    whole = page(1000, 800, (500, 400, 700, 430))
    finder, _ = detector()
    part = whole.crop(Box(450, 350, 800, 500))
    (region,) = finder.detect(part)
    assert region.quad.center == pytest.approx((150, 65), abs=2)
    assert part.quad_on_page(region.quad).center == pytest.approx((600, 415), abs=2)


def test_a_blank_page_has_no_regions():
    finder, _ = detector()
    assert finder.detect(page(640, 480)) == []


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (2, 3)])
def test_the_smallest_pictures_are_no_error(size):
    finder, session = detector()
    assert finder.detect(page(*size)) == []
    assert all(shape[1] >= 32 and shape[2] >= 32 for shape in session.shapes)


def test_regions_stay_inside_the_picture():
    finder, _ = detector()
    (region,) = finder.detect(page(640, 480, (0, 0, 640, 60)))
    box = region.quad.box
    assert (box.left, box.top) == (0, 0)
    assert box.right == 640
    assert box.bottom <= 480


def first_look(width: int, height: int, **options: object) -> tuple[int, int]:
    """The size, (width, height) px, at which the network first sees a blank picture."""
    finder, session = detector(**options)
    finder.detect(page(width, height))
    return session.shapes[0][2], session.shapes[0][1]


@pytest.mark.parametrize("size", [(3000, 1111), (1111, 3000), (777, 801), (100, 90), (31, 33)])
def test_the_networks_picture_has_sides_of_32s_within_the_options(size):
    width, height = first_look(*size, max_side_px=640)
    assert (width % 32, height % 32) == (0, 0)
    assert max(width, height) <= 640


def test_a_picture_of_good_size_is_seen_as_it_is():
    assert first_look(960, 800) == (960, 800)


def test_large_pictures_are_reduced_and_small_ones_enlarged_twice_at_most():
    options = DetectOptions()
    assert max(first_look(3000, 2000)) <= options.max_side_px
    width, height = first_look(300, 300)
    assert 300 < width <= 2 * 300 + 32
    assert width == height


def test_a_long_strip_is_reduced_less_than_a_page():
    """A till roll: reduced to a page's side, its print would be lost."""
    assert max(first_look(600, 4500)) > max(first_look(3000, 4500))


def test_a_large_plan_with_small_print_is_seen_in_tiles():
    """Rows of 8 px on 4000 x 3000 px: every one is found, once, whichever tile it lies in."""
    rows = [(200, y, 3800, y + 8) for y in range(100, 2900, 70)]
    finder, session = detector(fine_side_px=1280)
    regions = finder.detect(page(4000, 3000, *rows))
    assert all(max(shape[1:3]) <= 1280 for shape in session.shapes)
    assert len(session.shapes) > 2
    assert sorted(region.quad.center.y for region in regions) == pytest.approx([row[1] + 4 for row in rows], abs=2)
    assert all(region.quad.width > 3500 for region in regions)


def test_small_print_gets_a_second_look_that_is_finer():
    """Rows of print that would be lost on the reduced picture."""
    rows = [(100, y, 2000, y + 9) for y in range(100, 2000, 60)]
    finder, session = detector()
    regions = finder.detect(page(2400, 2400, *rows))
    assert len(session.shapes) == 2
    assert session.shapes[1][1] > session.shapes[0][1]
    assert len(regions) == len(rows)


def test_large_print_is_seen_once():
    finder, session = detector()
    finder.detect(page(2400, 2400, *[(100, y, 2000, y + 80) for y in range(100, 2000, 200)]))
    assert len(session.shapes) == 1


@pytest.mark.parametrize(
    ("settings", "options", "count"),
    [
        (DetectorSettings(), {}, 1),
        (DetectorSettings(threshold=0.95), {}, 0),
        (DetectorSettings(box_threshold=0.95), {}, 0),
        (DetectorSettings(box_threshold=0.95), {"box_threshold": 0.5}, 1),
        (DetectorSettings(), {"box_threshold": 0.95}, 0),
        (DetectorSettings(), {"threshold": 0.95}, 0),
        (DetectorSettings(), {"min_height_px": 60.0}, 0),
    ],
)
def test_options_override_the_card(settings, options, count):
    finder, _ = detector(settings=settings, **options)
    assert len(finder.detect(page(960, 800, (100, 200, 400, 240)))) == count


def test_the_unclip_ratio_says_how_far_regions_grow():
    heights = []
    for ratio in (1.0, 1.5, 2.5):
        finder, _ = detector(unclip_ratio=ratio)
        heights.append(finder.detect(page(960, 800, (100, 200, 400, 240)))[0].quad.height)
    assert 40 < heights[0] < heights[1] < heights[2]


def test_the_number_of_regions_is_limited():
    boxes = [(100, y, 400, y + 20) for y in range(40, 760, 40)]
    finder, _ = detector(max_regions=5)
    assert len(finder.detect(page(960, 800, *boxes))) == 5


@pytest.mark.parametrize("angle", [-30, -10, 5, 20])
def test_turned_text_gives_turned_quads(angle):
    """S4-38: slightly skewed boxes keep their skew."""
    pixels = np.full((800, 960, 3), 255, np.uint8)
    corners = cv2.boxPoints(((480, 400), (400, 40), angle)).astype(np.int32)
    cv2.fillConvexPoly(pixels, corners, (0, 0, 0))
    finder, _ = detector()
    (region,) = finder.detect(Image(pixels))
    assert region.quad.angle_deg == pytest.approx(angle, abs=1)
