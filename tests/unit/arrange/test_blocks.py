import pytest

from inkread.arrange.blocks import arrange
from inkread.document import Line, Word
from inkread.geometry import Box, Quad
from inkread.options import ArrangeOptions


def line(text: str, left: float, top: float, width: float = 300, height: float = 20) -> Line:
    quad = Quad.from_box(Box(left, top, left + width, top + height))
    return Line((Word(text, quad, 0.9),), quad, 0.9)


def blocks(*lines: Line, **options: object) -> list[list[str]]:
    return [[item.text for item in block.lines] for block in arrange(lines, ArrangeOptions(**options))]


def test_more_white_than_usual_parts_paragraphs():
    tops = [100, 126, 152, 200, 226, 300]
    assert blocks(*(line(f"{top}", 60, top) for top in tops)) == [["100", "126", "152"], ["200", "226"], ["300"]]


def test_even_lines_are_one_paragraph():
    assert len(blocks(*(line(str(i), 60, 100 + 30 * i) for i in range(20)))) == 1


def test_a_row_of_several_lines_is_not_cut():
    found = blocks(line("a", 60, 100, 80), line("b", 300, 104, 80), line("c", 60, 130, 80), line("d", 300, 134, 80))
    assert found == [["a", "b", "c", "d"]]


def test_a_single_line_is_a_block():
    (block,) = arrange([line("alone", 60, 100)], ArrangeOptions())
    assert block.kind == "paragraph"
    assert block.text == "alone"
    assert block.box == Box(60, 100, 360, 120)


@pytest.mark.parametrize(("overlap", "first"), [(0.3, "low"), (0.7, "high")])
def test_the_overlap_that_makes_a_row_is_an_option(overlap, first):
    """Half a line lower and to the left: first of its row, or a row of its own."""
    (block,) = arrange([line("low", 60, 110), line("high", 500, 100)], ArrangeOptions(row_overlap=overlap))
    assert block.lines[0].text == first
