import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkread.geometry import Point
from inkread.metrics.regions import Region

SQUARE = Region.from_points([(0, 0), (10, 0), (10, 10), (0, 10)])
CORNER = Region.from_points([(0, 0), (10, 0), (10, 5), (5, 5), (5, 10), (0, 10)])  # the square without its last quarter
BOWTIE = Region.from_points([(0, 0), (10, 10), (10, 0), (0, 2)])

places = st.integers(-20, 20)


def test_area_and_center_do_not_depend_on_the_direction() -> None:
    turned = Region.from_points(CORNER.ring[::-1])
    assert CORNER.area == turned.area == 75
    assert CORNER.center == turned.center == pytest.approx((25 / 6, 25 / 6))


def test_a_region_without_area_has_the_middle_of_its_corners() -> None:
    assert Region.from_points([(0, 0), (4, 0), (8, 0)]).center == Point(4, 0)


@pytest.mark.parametrize("points", [[], [(0, 0), (1, 1)], [(0, 0), (1, 1), (math.nan, 2)], [(0, 0), (1, 1), (2,)]])
def test_what_is_no_polygon_is_refused(points: list[tuple[float, ...]]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - three kinds of it, with Python's own words
        Region.from_points(points)


def test_inside_of_a_concave_region() -> None:
    assert CORNER.contains(Point(2, 8))
    assert CORNER.contains(Point(8, 2))
    assert not CORNER.contains(Point(8, 8))


def test_the_margin_reaches_around_the_outline() -> None:
    assert SQUARE.contains(Point(10.9, 5), margin=1)
    assert not SQUARE.contains(Point(11.1, 5), margin=1)
    assert not SQUARE.contains(Point(10.9, 10.9), margin=1)  # round at corners
    assert not CORNER.contains(Point(8, 8), margin=1)


def test_inside_of_a_crossed_ring_is_what_it_goes_around_in_its_own_direction() -> None:
    assert BOWTIE.contains(Point(8, 4))
    assert not BOWTIE.contains(Point(1, 1.4))


def test_overlap_is_exact_for_concave_regions() -> None:
    assert SQUARE.overlap(SQUARE) == 1
    assert SQUARE.overlap(CORNER) == pytest.approx(0.75)
    assert CORNER.overlap(SQUARE) == pytest.approx(0.75)
    assert CORNER.overlap(CORNER) == pytest.approx(1)
    turned = Region.from_points([(10 - x, 10 - y) for x, y in CORNER.ring])
    assert CORNER.overlap(turned) == pytest.approx(0.5)


def test_regions_that_only_touch_do_not_overlap() -> None:
    assert SQUARE.overlap(Region.from_points([(10, 0), (20, 0), (20, 10), (10, 10)])) == 0
    assert SQUARE.overlap(Region.from_points([(30, 0), (40, 0), (40, 10), (30, 10)])) == 0


@given(places, places, st.integers(1, 20), st.integers(1, 20), places, places, st.integers(1, 20), st.integers(1, 20))
def test_overlap_of_upright_boxes(x1: int, y1: int, w1: int, h1: int, x2: int, y2: int, w2: int, h2: int) -> None:
    first = Region.from_points([(x1, y1), (x1 + w1, y1), (x1 + w1, y1 + h1), (x1, y1 + h1)])
    second = Region.from_points([(x2, y2), (x2 + w2, y2), (x2 + w2, y2 + h2), (x2, y2 + h2)])
    assert first.overlap(second) == pytest.approx(first.box.iou(second.box))
    assert first.overlap(second) == pytest.approx(second.overlap(first))
