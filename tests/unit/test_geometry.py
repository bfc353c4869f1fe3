import pytest

from inkread.geometry import Box, Point, Quad


def test_a_box_knows_its_size_and_center():
    box = Box(10, 20, 40, 30)
    assert (box.width, box.height, box.area, box.center) == (30, 10, 300, Point(25, 25))


def test_an_inverted_box_has_no_area():
    assert Box(5, 0, 0, 5).area == 0


def test_boxes_that_touch_have_no_intersection():
    assert Box(0, 0, 10, 10).intersection(Box(10, 0, 20, 10)) is None


def test_the_intersection_is_what_both_cover():
    assert Box(0, 0, 10, 10).intersection(Box(5, -5, 20, 4)) == Box(5, 0, 10, 4)


def test_iou_of_half_overlapping_boxes():
    assert Box(0, 0, 10, 10).iou(Box(5, 0, 15, 10)) == pytest.approx(1 / 3)


def test_iou_of_a_box_without_area_is_zero():
    point = Box(3, 3, 3, 3)
    assert point.iou(point) == 0


def test_a_box_contains_its_edges():
    box = Box(0, 0, 10, 10)
    assert box.contains(Point(0, 10))
    assert not box.contains(Point(10.1, 5))


def test_around_no_boxes_is_the_empty_box():
    assert Box.around([]) == Box(0, 0, 0, 0)


def test_around_covers_every_box():
    assert Box.around(Box(i, -i, i + 1, i) for i in range(3)) == Box(0, -2, 3, 2)


def test_an_upright_quad_reads_to_the_right():
    quad = Quad.from_box(Box(10, 20, 110, 40))
    assert (quad.width, quad.height, quad.area, quad.angle_deg) == (100, 20, 2000, 0)
    assert quad.center == Point(60, 30)


@pytest.mark.parametrize(("quarters", "angle"), [(0, 0), (1, 90), (2, 180), (3, -90), (4, 0), (-1, -90)])
def test_turning_moves_the_reading_direction_clockwise(quarters, angle):
    quad = Quad.from_box(Box(0, 0, 100, 20)).turned(quarters)
    assert quad.angle_deg == pytest.approx(angle)


def test_a_quad_turned_by_a_quarter_starts_at_the_top_right():
    quad = Quad.from_box(Box(0, 0, 100, 20)).turned(1)
    assert quad.top_left == Point(100, 0)
    assert (quad.width, quad.height) == (20, 100)


def test_a_slanted_quad_has_an_upright_box_around_it():
    quad = Quad.from_points([(10, 0), (20, 10), (10, 20), (0, 10)])
    assert quad.box == Box(0, 0, 20, 20)
    assert quad.area == 200
    assert quad.angle_deg == pytest.approx(45)


def test_from_points_wants_four_corners():
    with pytest.raises(ValueError, match="unpack"):
        Quad.from_points([(0, 0), (1, 0), (1, 1)])


def test_a_part_of_a_downward_quad_is_cut_downwards():
    column = Quad.from_box(Box(0, 0, 20, 100)).turned(1)
    assert column.part(0, 0.25).box == Box(0, 0, 20, 25)


def test_growing_adds_shares_of_the_height_on_every_side():
    assert Quad.from_box(Box(10, 20, 110, 40)).grown(0.5).box == pytest.approx(Box(0, 10, 120, 50))


def test_growing_by_less_than_nothing_shrinks():
    assert Quad.from_box(Box(10, 20, 110, 40)).grown(-0.25).box == pytest.approx(Box(15, 25, 105, 35))


def test_growing_keeps_the_reading_direction():
    column = Quad.from_box(Box(0, 0, 20, 100)).turned(1)
    assert column.grown(0.5).box == pytest.approx(Box(-10, -10, 30, 110))
    assert column.grown(0.5).angle_deg == pytest.approx(90)


def test_a_quad_without_width_can_grow():
    assert Quad.from_box(Box(5, 0, 5, 20)).grown(0.1).box.height == pytest.approx(24)
