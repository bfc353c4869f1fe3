import pytest

from inkread.arrange.blocks import arrange
from inkread.document import Block, Line, Word
from inkread.geometry import Box, Quad
from inkread.options import ArrangeOptions


def line(text: str, top: float, height: float = 20.0, left: float = 50.0) -> Line:
    quad = Quad.from_box(Box(left, top, left + 0.5 * height * len(text), top + height))
    return Line(tuple(Word(part, quad, 0.9) for part in text.split()), quad, 0.9)


def blocks(*lines: Line) -> list[tuple[str, str]]:
    return [(block.kind, block.lines[0].text) for block in arrange(lines, ArrangeOptions())]


BODY = [line("this is running text of a page", 200 + 28 * i) for i in range(6)]


def test_larger_print_is_a_heading_even_where_no_white_parts_it():
    assert blocks(line("Chapter", 165, 32.0), *BODY)[0] == ("heading", "Chapter")
    assert blocks(line("Chapter", 165, 32.0), *BODY)[1] == ("paragraph", BODY[0].text)


@pytest.mark.parametrize(("height", "level"), [(60.0, 1), (34.0, 2), (27.0, 3)])
def test_the_larger_a_heading_the_higher_its_level(height, level):
    heading = arrange([line("Chapter", 40, height), *BODY], ArrangeOptions())[0]
    assert (heading.kind, heading.level) == ("heading", level)


def test_large_numbers_are_no_heading():
    assert blocks(line("42.50", 100, 40.0), *BODY)[0][0] == "paragraph"


def test_long_large_text_is_no_heading():
    large = [line("words of a large print leaflet that go on", 10 + 50 * i, 40.0) for i in range(6)]
    small = [line("small print", 400 + 25 * i) for i in range(3)]
    assert ("heading", large[0].text) not in blocks(*large, *small)


@pytest.mark.parametrize("marks", [("• ", "• "), ("- ", "- "), ("1. ", "2. "), ("a) ", "b) "), ("(1) ", "(2) ")])
def test_marked_lines_are_a_list(marks):
    items = [line(f"{mark}thing to buy", 100 + 28 * i) for i, mark in enumerate(marks)]
    after = line("and that is all", 100 + 28 * len(items), left=50)
    assert [kind for kind, _ in blocks(*items, after)] == ["list", "paragraph"]


def test_an_item_goes_on_where_a_line_stands_further_in():
    lines = [line("- one", 100), line("goes on", 128, left=80), line("- two", 156), line("end of it", 184)]
    found = arrange(lines, ArrangeOptions())
    assert [(block.kind, len(block.lines)) for block in found] == [("list", 3), ("paragraph", 1)]


def test_one_dash_is_no_list():
    assert blocks(line("- a remark", 100), line("and more", 128))[0][0] == "paragraph"


def test_labels_with_values_are_told():
    lines = [line(text, 100 + 28 * i) for i, text in enumerate(("Date: today", "Name: inkread", "Total: 3.20"))]
    assert blocks(*lines) == [("key-value", "Date: today")]


@pytest.mark.parametrize("text", ["7", "- 12 -", "Page 3 of 9", "Seite 4", "12 / 40"])
def test_the_number_of_a_page_is_no_text_of_it(text):
    assert blocks(*BODY, line(text, 700)) == [("paragraph", BODY[0].text), ("footer", text)]
    assert blocks(line(text, 50), *BODY)[0] == ("header", text)


def test_a_number_within_the_page_is_text():
    assert ("footer", "7") not in blocks(line("first line of text", 50), line("7", 120), *BODY)


def test_every_line_keeps_its_place():
    lines = [line("Chapter", 150, 34.0), *BODY, line("- one", 500), line("- two", 528), line("12", 700)]
    assert [each.text for block in arrange(lines, ArrangeOptions()) for each in block.lines] == [e.text for e in lines]


def test_a_blank_page_has_no_blocks():
    assert arrange([], ArrangeOptions()) == ()
    assert isinstance(arrange([BODY[0]], ArrangeOptions())[0], Block)
