import math

import pytest

from inkread.arrange.frame import main_angle_deg, place
from inkread.document import Line, Word
from inkread.geometry import Point, Quad


def quad(angle_deg: float, width: float = 200, height: float = 20, x: float = 500, y: float = 500) -> Quad:
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    corners = [(-width, -height), (width, -height), (width, height), (-width, height)]
    return Quad(*(Point(x + (u * cos - v * sin) / 2, y + (u * sin + v * cos) / 2) for u, v in corners))


def difference(a: float, b: float) -> float:
    return abs((a - b + 180) % 360 - 180)


def test_without_text_the_page_is_upright():
    assert main_angle_deg([]) == 0


@pytest.mark.parametrize("angle", [0, 3, -7, 40, 90, 86, 95, 180, 177, -177, -90, -100, 135])
def test_the_angle_is_that_of_the_lines(angle):
    assert difference(main_angle_deg([quad(angle, y=40 * i) for i in range(7)]), angle) < 1e-6


def test_the_angle_is_the_middle_one_of_lines_that_differ():
    assert main_angle_deg([quad(angle) for angle in (1, 2, 2.2, 2.4, 9)]) == pytest.approx(2.2)


def test_long_lines_count_more():
    assert main_angle_deg([quad(5, width=800), *(quad(0, width=60) for _ in range(5))]) == pytest.approx(5)


def test_most_of_the_text_says_which_side_is_up():
    quads = [quad(90, width=300) for _ in range(4)] + [quad(0, width=100) for _ in range(5)]
    assert main_angle_deg(quads) == pytest.approx(90)


def test_lines_around_180_degrees_do_not_cancel_out():
    assert difference(main_angle_deg([quad(179), quad(-179), quad(180)]), 180) < 1.01


def test_lines_at_an_angle_are_set_aside():
    lines = [Line((), quad(angle), 0.9) for angle in (2, 3, 1, -10, 88, 50)]
    main, aside = place(lines)
    assert [item.line for item in main] == lines[:4]
    assert [item.line for item in aside] == lines[4:]


@pytest.mark.parametrize("angle", [0, 10, 90, 180, -90])
def test_in_the_frame_lines_are_upright_boxes(angle):
    main, _ = place([Line((), quad(angle, width=200, height=20), 0.9)])
    assert main[0].box.width == pytest.approx(200)
    assert main[0].box.height == pytest.approx(20)


@pytest.mark.parametrize("page", [0, 3, 180])
@pytest.mark.parametrize("angle", [90, -90])
def test_a_single_character_is_turned_to_the_page(page, angle):
    lines = [
        Line((Word(text, quad(at), 0.9, ((0.1, 0.9),) * len(text)),), quad(at), 0.9)
        for text, at in (("long", page), ("text", page), ("here", page), ("1", page + angle), ("12", page + angle))
    ]
    main, aside = place(lines)
    assert [item.line.text for item in main] == ["long", "text", "here", "1"]
    assert [item.line for item in aside] == lines[4:]
    (word,) = main[3].line.words
    assert difference(word.quad.angle_deg, page) < 1e-6
    assert word.quad == main[3].line.quad
    assert sorted(word.quad) == sorted(lines[3].quad)
    assert word.spans == ((0.0, 1.0),)
