from dataclasses import replace

import pytest

from inkread.arrange.blocks import arrange
from inkread.arrange.frame import place
from inkread.arrange.lines import join_pieces
from inkread.document import Line, Word
from inkread.geometry import Box, Quad
from inkread.options import ArrangeOptions


def line(text: str, left: float, top: float, width: float, height: float = 20, confidence: float = 0.9) -> Line:
    quad = Quad.from_box(Box(left, top, left + width, top + height))
    return Line((Word(text, quad, confidence),), quad, confidence)


def joined(*lines: Line) -> list[Line]:
    main, _ = place(lines)
    return [item.line for item in join_pieces(main)]


@pytest.mark.parametrize("gap", [-6, 0, 6, 14])
def test_pieces_as_close_as_words_are_one_line(gap):
    (found,) = joined(line("Hello", 60, 100, 100), line("world", 160 + gap, 101, 100))
    assert found.text == "Hello world"
    assert found.box == Box(60, 100, 260 + gap, 121)


@pytest.mark.parametrize("gap", [18, 40, 300])
def test_pieces_further_apart_are_lines_of_their_own(gap):
    """S4-31: columns of a table stay apart."""
    assert [item.text for item in joined(line("Tea", 60, 100, 60), line("3.90", 120 + gap, 100, 40))] == ["Tea", "3.90"]


def test_print_of_another_size_is_a_line_of_its_own():
    assert len(joined(line("BIG", 60, 90, 100, 40), line("small", 164, 100, 60, 20))) == 2


def test_pieces_at_other_heights_are_lines_of_their_own():
    assert len(joined(line("a", 60, 100, 60), line("b", 124, 112, 60))) == 2


def test_three_pieces_make_one_line_with_all_words_in_order():
    (found,) = joined(line("one", 60, 100, 50), line("two", 116, 100, 50), line("three", 172, 100, 50))
    assert [word.text for word in found.words] == ["one", "two", "three"]


def test_the_confidence_of_a_joined_line_is_the_mean_of_its_characters():
    """S0-30"""
    (found,) = joined(line("abc", 60, 100, 50, confidence=0.9), line("d", 116, 100, 15, confidence=0.5))
    assert found.confidence == pytest.approx((3 * 0.9 + 0.5) / 4)


def test_a_joined_line_comes_from_where_its_pieces_come():
    said = [replace(line("own", 0, 0, 60), origin="layer"), replace(line("text", 65, 0, 60), origin="layer")]
    assert [(each.text, each.origin) for each in joined(*said)] == [("own text", "layer")]


def test_what_a_file_says_and_what_was_read_are_not_joined():
    pieces = replace(line("own", 0, 0, 60), origin="layer"), line("read", 65, 0, 60)
    assert [(each.text, each.origin) for each in joined(*pieces)] == [("own", "layer"), ("read", "picture")]


def test_pieces_are_joined_on_the_page():
    (block,) = arrange([line("world", 166, 100, 100), line("Hello", 60, 101, 100)], ArrangeOptions())
    assert [item.text for item in block.lines] == ["Hello world"]


def test_pieces_of_a_right_to_left_line_are_joined_from_the_right():
    (found,) = joined(line("2026", 60, 100, 60), line("عام", 130, 100, 60), line("كتاب", 200, 100, 60))
    assert found.text == "كتاب عام 2026"
    assert found.box == Box(60, 100, 260, 120)


def test_texts_beside_each_other_are_read_from_the_right_where_their_script_is():
    (block,) = arrange([line("3.90", 60, 100, 60), line("شاي", 300, 100, 60)], ArrangeOptions())
    assert [each.text for each in block.lines] == ["شاي", "3.90"]
    (block,) = arrange([line("Tea", 60, 100, 60), line("3.90", 300, 100, 60)], ArrangeOptions())
    assert [each.text for each in block.lines] == ["Tea", "3.90"]


def test_print_and_handwriting_are_not_joined():
    """A form's label and what somebody wrote beside it."""
    label, entry = (
        replace(line("Name:", 0, 0, 60), style="print"),
        replace(line("Alice", 65, 0, 60), style="handwriting"),
    )
    assert [each.text for each in joined(label, entry)] == ["Name:", "Alice"]
    assert [each.style for each in joined(label, replace(entry, style="print"))] == ["print"]
