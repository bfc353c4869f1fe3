"""Characters are placed by hand, 10 units wide and high, and become lines of words."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from inkread.load.layer import Glyphs, Style, layer_lines

SIZE = 12.0
PLAIN = Style("Plain", SIZE, 0.0, is_hidden=False)
# Pixels are units, y downwards from 1000.
TO_PIXELS = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 1000.0], [0.0, 0.0, 1.0]])


def glyphs(*runs: tuple[str, float, float] | tuple[str, float, float, Style]) -> Glyphs:
    """Runs of text, each from (x, y) on its baseline, 10 units a character."""
    codes: list[int] = []
    boxes: list[Sequence[float]] = []
    origins: list[Sequence[float]] = []
    styles: list[int] = []
    palette: list[Style] = []
    for text, x, y, *rest in runs:
        style = rest[0] if rest else PLAIN
        palette.append(style)
        step = np.array([math.cos(style.angle), math.sin(style.angle)])
        for k, char in enumerate(text):
            corners = [
                np.array([x, y]) + step * (10 * k + along) + np.array([-step[1], step[0]]) * across
                for along in (0.5, 9.5)
                for across in (0, 9)
            ]
            low, high = np.min(corners, axis=0), np.max(corners, axis=0)
            codes.append(ord(char))
            boxes.append((*low, *high))
            origins.append(np.array([x, y]) + step * 10 * k)
            styles.append(len(palette) - 1)
    return Glyphs(codes, np.array(boxes).reshape(-1, 4), np.array(origins).reshape(-1, 2), styles, palette)


def texts(*runs: tuple[str, float, float] | tuple[str, float, float, Style]) -> list[str]:
    return [each.line.text for each in layer_lines(glyphs(*runs), TO_PIXELS)]


def test_a_page_without_characters_has_no_lines():
    assert layer_lines(Glyphs([], np.zeros((0, 4)), np.zeros((0, 2)), [], []), TO_PIXELS) == ()


def test_spaces_and_line_ends_part_words():
    assert texts(("Grand total\r12,00", 100, 500)) == ["Grand total 12,00"]
    assert texts(("  \r\n ", 100, 500)) == []


def test_lines_end_below_and_in_another_column_and_at_the_start_of_something_else():
    assert texts(("one", 100, 500), ("two", 100, 480)) == ["one", "two"]
    assert texts(("left", 100, 500), ("right", 300, 500)) == ["left", "right"]
    assert texts(("later", 300, 500), ("earlier", 100, 500)) == ["later", "earlier"]


def test_a_raised_figure_and_a_change_of_font_stay_in_the_line():
    bold, raised = Style("Bold", SIZE, 0.0, is_hidden=False), Style("Plain", 7.0, 0.0, is_hidden=False)
    found = layer_lines(glyphs(("footnote", 100, 500), ("2", 180, 504, raised), ("bold", 190, 500, bold)), TO_PIXELS)
    assert [each.line.text for each in found] == ["footnote2bold"]
    assert found[0].font == "Plain"


def test_hidden_text_is_no_part_of_a_line_that_is_seen():
    hidden = Style("Plain", SIZE, 0.0, is_hidden=True)
    assert [(each.line.text, each.is_hidden) for each in layer_lines(
        glyphs(("seen", 100, 500), ("hidden", 140, 500, hidden)), TO_PIXELS
    )] == [("seen", False), ("hidden", True)]  # fmt: skip


def test_a_line_reaches_from_its_first_ink_to_its_last_and_from_capitals_to_tails():
    (each,) = layer_lines(glyphs(("ab cd", 100, 500)), TO_PIXELS)
    box = each.line.box
    assert (box.left, box.right) == pytest.approx((100.5, 149.5))
    assert (box.top, box.bottom) == pytest.approx((1000 - 509, 1000 - 500 + 0.2 * SIZE))
    assert [(word.text, word.box.left, word.box.right) for word in each.line.words] == [
        ("ab", 100.5, 119.5),
        ("cd", 130.5, 149.5),
    ]


def test_characters_are_parted_midway():
    (each,) = layer_lines(glyphs(("abc", 100, 500)), TO_PIXELS)
    edges = [(char.text, char.box.left, char.box.right) for char in each.line.chars]
    assert [edge[0] for edge in edges] == ["a", "b", "c"]
    assert [left for _, left, _ in edges] == pytest.approx([100.5, 110, 120], abs=0.01)
    assert [right for _, _, right in edges] == pytest.approx([110, 120, 129.5], abs=0.01)


def test_the_letters_of_a_ligature_share_its_place():
    (each,) = layer_lines(glyphs(("\ufb03x", 100, 500)), TO_PIXELS)
    assert each.line.text == "ffix"
    assert len(each.line.chars) == 4
    assert [char.box.left for char in each.line.chars] == sorted(char.box.left for char in each.line.chars)


@pytest.mark.parametrize("angle_deg", [0, 7, -30, 45, 90, 180, -90])
def test_a_turned_line_keeps_its_direction_and_height(angle_deg: float):
    style = Style("Plain", SIZE, math.radians(angle_deg), is_hidden=False)
    (each,) = layer_lines(glyphs(("straight on", 400, 500, style)), TO_PIXELS)
    assert each.line.text == "straight on"
    # On the page y runs down.
    assert math.remainder(each.line.quad.angle_deg + angle_deg, 360) == pytest.approx(0, abs=0.1)
    assert each.line.quad.height == pytest.approx(11.4, abs=0.2)
    assert each.line.quad.width == pytest.approx(109, abs=10)


def test_text_that_runs_to_the_left_stays_in_its_order():
    codes = [ord(char) for char in "אבג"]
    boxes = np.array([[120, 500, 129, 509], [110, 500, 119, 509], [100, 500, 109, 509]], float)
    given = Glyphs(codes, boxes, boxes[:, :2].copy(), [0, 0, 0], [PLAIN])
    (each,) = layer_lines(given, TO_PIXELS)
    assert each.line.text == "אבג"
    assert [char.box.left for char in each.line.chars] == pytest.approx([120, 110, 100], abs=0.01)


def test_what_is_no_character_is_marked():
    given = glyphs(("abc", 100, 500))
    (each,) = layer_lines(Glyphs([0, 0xD800, 99], given.boxes, given.origins, given.styles, given.palette), TO_PIXELS)
    assert each.line.text == "\ufffd\ufffdc"


def test_places_that_are_no_numbers_make_no_line():
    given = glyphs(("abc", 100, 500))
    boxes = given.boxes * np.nan
    assert layer_lines(Glyphs(given.codes, boxes, given.origins, given.styles, given.palette), TO_PIXELS) == ()


def test_the_size_of_a_pages_text_is_that_of_its_smaller_print_which_can_be_seen():
    small, hidden = Style("Plain", 7.0, 0.0, is_hidden=False), Style("Plain", 2.0, 0.0, is_hidden=True)
    assert glyphs(("a" * 80, 0, 500), ("b" * 20, 0, 400, small)).text_size() == 7
    assert glyphs(("a" * 98, 0, 500), ("b" * 2, 0, 400, small)).text_size() == SIZE
    assert glyphs(("a", 0, 500), ("b" * 20, 0, 400, hidden)).text_size() == SIZE
    assert glyphs(("b", 0, 400, hidden)).text_size() is None
