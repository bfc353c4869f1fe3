import math
import random

import pytest

from inkread.arrange.blocks import arrange
from inkread.document import Line, Word
from inkread.geometry import Box, Point, Quad
from inkread.options import ArrangeOptions

# px: a line of print and the distance from one to the next.
HEIGHT, PITCH = 20, 30


def line(text: str, left: float, top: float, width: float, height: float = HEIGHT) -> Line:
    quad = Quad.from_box(Box(left, top, left + width, top + height))
    return Line((Word(text, quad, 0.9),), quad, 0.9)


def turned(item: Line, angle_deg: float, around: tuple[float, float] = (500, 500)) -> Line:
    """The line on a page that was turned clockwise by this angle."""
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))

    def move(point: Point) -> Point:
        x, y = point.x - around[0], point.y - around[1]
        return Point(around[0] + x * cos - y * sin, around[1] + x * sin + y * cos)

    quad = Quad(*(move(point) for point in item.quad))
    return Line((Word(item.words[0].text, quad, 0.9),), quad, 0.9)


def texts(lines: list[Line], columns: str = "auto") -> list[str]:
    blocks = arrange(lines, ArrangeOptions(columns=columns))
    return [item.text for block in blocks for item in block.lines]


def shuffled(lines: list[Line]) -> list[Line]:
    """Another order, the same in each run."""
    return random.Random(7).sample(lines, len(lines))


def two_columns(rows: int = 8, top: float = 100) -> list[Line]:
    left = [line(f"L{i}", 60, top + i * PITCH, 380) for i in range(rows)]
    right = [line(f"R{i}", 500, top + i * PITCH, 380) for i in range(rows)]
    return left + right


def receipt() -> list[Line]:
    """Articles on the left, prices on the right: each price belongs to its article's row."""
    lines = []
    for i in range(8):
        lines += [line(f"article{i}", 60, 100 + i * PITCH, 250), line(f"{i}.99", 600, 102 + i * PITCH, 50)]
    return lines


def test_a_page_without_lines_has_no_blocks():
    assert arrange([], ArrangeOptions()) == ()


def test_rows_run_from_top_to_bottom_and_left_to_right():
    """S4-38: the order of the sample."""
    lines = [
        line(f"r{row}c{column}", 60 + 200 * column, 100 + PITCH * row, 80) for row in range(3) for column in range(3)
    ]
    expected = [f"r{row}c{column}" for row in range(3) for column in range(3)]
    assert texts(shuffled(lines)) == expected


def test_neighbours_in_a_row_may_stand_a_little_higher_or_lower():
    """S4-38"""
    lines = [line("a", 60, 100, 80), line("b", 300, 106, 80), line("c", 540, 98, 80), line("d", 60, 130, 80)]
    assert texts(lines[::-1]) == ["a", "b", "c", "d"]


def test_the_order_does_not_depend_on_the_order_of_detection():
    for lines in (two_columns(), receipt()):
        assert texts(shuffled(lines)) == texts(lines)


def test_columns_of_running_text_are_read_one_after_the_other():
    expected = [f"L{i}" for i in range(8)] + [f"R{i}" for i in range(8)]
    assert texts(shuffled(two_columns())) == expected


def test_three_columns():
    lines = [line(f"{c}{i}", 40 + 330 * k, 100 + i * PITCH, 290) for k, c in enumerate("ABC") for i in range(6)]
    assert texts(shuffled(lines)) == [f"{c}{i}" for c in "ABC" for i in range(6)]


def test_a_heading_over_columns_comes_first():
    lines = [line("heading", 200, 40, 600, 36), *two_columns()]
    assert texts(shuffled(lines)) == ["heading", *texts(two_columns())]


def test_a_footer_under_columns_comes_last():
    lines = [*two_columns(), line("footer", 60, 400, 820)]
    assert texts(shuffled(lines)) == [*texts(two_columns()), "footer"]


def test_columns_between_a_heading_and_a_footer_are_found():
    lines = [line("heading", 200, 40, 600, 36), *two_columns(), line("footer", 60, 400, 820)]
    assert texts(shuffled(lines)) == ["heading", *texts(two_columns()), "footer"]


def test_columns_can_be_switched_off():
    expected = [f"{side}{i}" for i in range(8) for side in "LR"]
    assert texts(shuffled(two_columns()), columns="one") == expected


@pytest.mark.parametrize("columns", ["auto", "one"])
def test_the_rows_of_a_receipt_stay_together(columns):
    """S0-32, S4-38: a price comes after its article."""
    expected = [text for i in range(8) for text in (f"article{i}", f"{i}.99")]
    assert texts(shuffled(receipt()), columns) == expected


def test_a_receipts_rows_are_rows_of_its_text():
    """S0-29, S0-32: line breaks are kept."""
    (block,) = arrange(receipt(), ArrangeOptions())
    assert block.text.splitlines()[:2] == ["article0  0.99", "article1  1.99"]


@pytest.mark.parametrize("angle", [-12, -5, -2, 2, 5, 12])
@pytest.mark.parametrize("lines", [two_columns(), receipt()], ids=["columns", "receipt"])
def test_a_skewed_page_is_read_in_the_same_order(lines, angle):
    """S0-20, S4-38"""
    assert texts(shuffled([turned(item, angle) for item in lines])) == texts(lines)


@pytest.mark.parametrize("angle", [90, 180, 270, 94, 177])
@pytest.mark.parametrize("lines", [two_columns(), receipt()], ids=["columns", "receipt"])
def test_a_page_that_lies_on_its_side_is_read_in_the_same_order(lines, angle):
    assert texts(shuffled([turned(item, angle) for item in lines])) == texts(lines)


def test_what_stands_at_an_angle_comes_last():
    """A note along the margin and a stamp do not break the text."""
    margin = turned(line("margin", 400, 490, 200), -90, (500, 500))
    stamp = turned(line("stamp", 450, 180, 120), 45, (500, 190))
    result = texts([margin, stamp, *two_columns()])
    assert result[:16] == texts(two_columns())
    assert sorted(result[16:]) == ["margin", "stamp"]


def test_a_signature_over_two_lines_stands_between_them():
    lines = [line("Yours,", 60, 100, 150), line("scrawl", 40, 95, 300, 90), line("A. Writer", 60, 160, 200)]
    assert texts(lines) == ["Yours,", "scrawl", "A. Writer"]


@pytest.mark.parametrize("angle", [90, -90])
def test_a_single_character_on_its_side_stays_in_its_row(angle):
    """The number of a line: a digit is higher than wide."""
    number = turned(line("7", 60, 100, 20, 12), angle, (70, 106))
    other = [line(text, 200, top, 300) for text, top in (("first", 70), ("second", 100), ("third", 130))]
    assert texts([*other, number]) == ["first", "7", "second", "third"]


def test_asides_are_blocks_of_their_own():
    margin = turned(line("margin", 400, 490, 200), -90, (500, 500))
    blocks = arrange([margin, line("a", 60, 100, 300), line("b", 60, 130, 300)], ArrangeOptions())
    assert [[item.text for item in block.lines] for block in blocks] == [["a", "b"], ["margin"]]


def test_no_line_is_lost_or_doubled():
    lines = [line(f"w{i}", (i * 373) % 900, (i * 211) % 1100, 40 + (i * 57) % 260, 12 + i % 9) for i in range(90)]
    words = [word.text for block in arrange(lines, ArrangeOptions()) for word in block.words]
    assert sorted(words) == sorted(item.text for item in lines)
