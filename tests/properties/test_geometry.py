import math

from hypothesis import assume, given
from hypothesis import strategies as st

from inkread.geometry import Box, Point, Quad

numbers = st.integers(-10_000, 10_000).map(lambda n: n / 4)
fractions = st.floats(0, 1)
points = st.builds(Point, numbers, numbers)
boxes = st.builds(
    lambda left, top, width, height: Box(left, top, left + width, top + height),
    numbers,
    numbers,
    st.integers(1, 5_000),
    st.integers(1, 5_000),
)
quads = st.builds(Quad, points, points, points, points)


@st.composite
def slanted(draw: st.DrawFn) -> Quad:
    """A rectangle turned by any angle: the shape of most text."""
    center, width, height = draw(points), draw(st.integers(4, 2_000)), draw(st.integers(4, 200))
    angle = draw(st.floats(-math.pi, math.pi))
    cos, sin = math.cos(angle), math.sin(angle)
    corners = [(-width, -height), (width, -height), (width, height), (-width, height)]
    return Quad.from_points(
        [(center.x + (x * cos - y * sin) / 2, center.y + (x * sin + y * cos) / 2) for x, y in corners]
    )


def near(a: Point, b: Point) -> bool:
    return math.dist(a, b) < 1e-6


@given(boxes, boxes)
def test_intersection_union_and_iou_are_symmetric(a, b):
    assert a.intersection(b) == b.intersection(a)
    assert a.union(b) == b.union(a)
    assert a.iou(b) == b.iou(a)


@given(boxes, boxes)
def test_iou_is_a_fraction(a, b):
    assert 0 <= a.iou(b) <= 1


@given(boxes)
def test_a_box_overlaps_itself_wholly(box):
    assert box.iou(box) == 1
    assert box.intersection(box) == box.union(box) == box


@given(boxes, boxes)
def test_the_union_covers_both_and_their_intersection(a, b):
    union = a.union(b)
    for box in (a, b, a.intersection(b) or a):
        assert union.union(box) == union


@given(st.lists(boxes, min_size=1), st.randoms())
def test_around_is_the_union_in_any_order(many, random):
    shuffled = random.sample(many, len(many))
    around = many[0]
    for box in many:
        around = around.union(box)
    assert Box.around(many) == Box.around(shuffled) == around


@given(boxes)
def test_a_box_comes_back_from_its_quad(box):
    assert Quad.from_box(box).box == box


@given(quads)
def test_the_corners_are_at_the_ends_of_both_directions(quad):
    ends = (quad.at(0, 0), quad.at(1, 0), quad.at(1, 1), quad.at(0, 1))
    assert all(near(end, corner) for end, corner in zip(ends, quad, strict=True))


@given(quads, fractions, fractions)
def test_every_point_of_a_quad_lies_in_its_box(quad, along, across):
    left, top, right, bottom = quad.box
    assert Box(left - 1e-6, top - 1e-6, right + 1e-6, bottom + 1e-6).contains(quad.at(along, across))


@given(quads)
def test_the_whole_part_is_the_quad(quad):
    assert all(near(a, b) for a, b in zip(quad.part(0, 1), quad, strict=True))


@given(slanted(), fractions)
def test_two_parts_share_an_edge_and_make_the_whole(quad, cut):
    before, after = quad.part(0, cut), quad.part(cut, 1)
    assert near(before.top_right, after.top_left)
    assert near(before.bottom_right, after.bottom_left)
    assert math.isclose(before.width + after.width, quad.width, abs_tol=1e-6)
    assert math.isclose(before.area + after.area, quad.area, abs_tol=1e-3)


@given(slanted(), fractions, fractions, fractions, fractions)
def test_a_part_of_a_part_is_a_part(quad, a, b, c, d):
    start, end = sorted((a, b))
    first, last = sorted((c, d))
    width = end - start
    nested = quad.part(start, end).part(first, last)
    direct = quad.part(start + first * width, start + last * width)
    assert all(near(p, q) for p, q in zip(nested, direct, strict=True))


@given(quads, st.integers(-9, 9), st.integers(-9, 9))
def test_turns_add_up(quad, first, second):
    assert quad.turned(first).turned(second) == quad.turned(first + second)


@given(quads, st.integers(0, 3))
def test_turning_keeps_the_area_covered(quad, quarters):
    turned = quad.turned(quarters)
    assert sorted(turned) == sorted(quad)
    assert math.isclose(turned.area, quad.area, rel_tol=1e-9, abs_tol=1e-6)
    assert turned.box == quad.box


@given(slanted(), fractions, fractions)
def test_a_half_turn_reads_from_the_other_end(quad, along, across):
    assert near(quad.at(along, across), quad.turned(2).at(1 - along, 1 - across))


@given(slanted())
def test_a_half_turn_reverses_the_direction(quad):
    difference = abs(quad.angle_deg - quad.turned(2).angle_deg)
    assert math.isclose(difference, 180, abs_tol=1e-6)


@given(boxes, boxes)
def test_boxes_share_area_exactly_when_iou_is_positive(a, b):
    assume(a != b)
    assert (a.iou(b) > 0) == (a.intersection(b) is not None)
