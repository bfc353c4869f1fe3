import numpy as np
import pytest

from inkread.detect.heatmap import find_quads, upright_order
from inkread.geometry import Box, Quad


def find(heatmap: np.ndarray, *, unclip_ratio: float = 1.0, min_height: float = 3.0, max_regions: int = 10):
    return find_quads(
        heatmap,
        threshold=0.3,
        box_threshold=0.6,
        unclip_ratio=unclip_ratio,
        min_height=min_height,
        max_regions=max_regions,
    )


def drawn(*boxes: tuple[int, int, int, int], probability: float = 0.9) -> np.ndarray:
    heatmap = np.zeros((100, 200), np.float32)
    for left, top, right, bottom in boxes:
        heatmap[top:bottom, left:right] = probability
    return heatmap


def test_a_region_grows_by_its_area_over_its_perimeter():
    """The offset of DB: 40 x 10 px with ratio 1.0 grow by 40 x 10 / 100 = 4 px on each side."""
    (found,) = find(drawn((60, 40, 101, 51)))
    assert found.quad.box == pytest.approx(Box(56.5, 36.5, 104.5, 54.5), abs=0.01)


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.5])
def test_the_growth_is_proportional_to_the_ratio(ratio):
    (found,) = find(drawn((60, 40, 101, 51)), unclip_ratio=ratio)
    assert found.quad.height == pytest.approx(10 + 2 * 4 * ratio, abs=0.01)
    assert found.quad.width == pytest.approx(40 + 2 * 4 * ratio, abs=0.01)


def test_the_score_is_the_mean_in_the_rectangle():
    """S4-32"""
    heatmap = drawn((60, 40, 101, 51), probability=1.0)
    heatmap[40:51, 60:80] = 0.5
    (found,) = find(heatmap)
    assert found.score == pytest.approx((20 * 0.5 + 21 * 1.0) / 41, abs=0.01)


def test_a_region_with_a_hole_is_one_region():
    heatmap = drawn((60, 40, 101, 61))
    heatmap[48:52, 78:82] = 0
    assert len(find(heatmap)) == 1


def test_regions_at_the_edge_of_the_map_are_found():
    for box in ((0, 0, 40, 10), (160, 90, 200, 100), (0, 0, 200, 10)):
        (found,) = find(drawn(box))
        assert found.score == pytest.approx(0.9)


def test_regions_that_touch_at_a_corner_are_one():
    assert len(find(drawn((40, 40, 80, 50), (80, 50, 120, 60)))) <= 1


def test_the_map_is_not_changed():
    heatmap = drawn((60, 40, 101, 51))
    before = heatmap.copy()
    find(heatmap)
    np.testing.assert_array_equal(heatmap, before)


@pytest.mark.parametrize("shift", range(4))
@pytest.mark.parametrize("reverse", [False, True])
def test_corners_in_any_order_make_the_same_quad(shift, reverse):
    """S4-31: clockwise from the top left."""
    quad = Quad.from_points([(10, 12), (110, 32), (106, 52), (6, 32)])
    corners = np.roll(np.array(quad, np.float32), shift, axis=0)
    assert upright_order(corners[::-1] if reverse else corners) == quad


def test_an_upright_box_keeps_its_corners():
    quad = Quad.from_box(Box(5, 6, 50, 20))
    assert upright_order(np.array(quad, np.float32)[[2, 0, 3, 1]]) == quad
