"""S4-82: many missed boxes say detection, many wrong characters say recognition."""

from pathlib import Path

import pytest

from inkread.geometry import Box, Quad
from inkread.metrics.causes import Causes, causes_of
from inkread.metrics.dataset import Label, LabelledPicture, Rules
from inkread.metrics.regions import Region
from inkread.text_line import Line, Word

USUAL = Rules()


def box(row: int, left: float = 0, width: float = 100) -> Box:
    return Box(left, 40.0 * row, left + width, 40.0 * row + 20)


def label(text: str, row: int) -> Label:
    return Label(text, Region.from_points([*Quad.from_box(box(row))]))


def line(text: str, row: int) -> Line:
    words, step = text.split(), 100 / max(len(text.split()), 1)
    quads = [Quad.from_box(box(row, k * step, step)) for k in range(len(words))]
    return Line(
        tuple(Word(word, quad, 1.0) for word, quad in zip(words, quads, strict=True)), Quad.from_box(box(row)), 1.0
    )


def picture(*labels: Label, rules: Rules = USUAL) -> LabelledPicture:
    return LabelledPicture("page", Path("page.png"), labels, rules)


TWO = picture(label("Total due", 0), label("12.50", 1))


def test_a_right_reading_has_no_causes():
    none = causes_of(TWO, [line("Total due", 0), line("12.50", 1)])
    assert (none, none.advice) == (Causes(), None)
    assert set(none.shares.values()) == {0}


def test_a_label_that_nothing_was_read_for_is_missed():
    found = causes_of(TWO, [line("12.50", 1)])
    assert found == Causes(missed=8)
    assert found.advice.startswith("detection")


def test_a_whole_word_that_a_box_cut_off_is_missed_too():
    assert causes_of(TWO, [line("Total", 0), line("12.50", 1)]) == Causes(missed=3)


def test_words_where_nothing_is_labelled_are_extra():
    assert causes_of(TWO, [line("Total due", 0), line("12.50", 1), line("speck", 5)]) == Causes(extra=5)


def test_wrong_characters_are_those_of_recognition():
    found = causes_of(TWO, [line("Tota1 dve", 0), line("1250", 1)])
    assert found == Causes(characters=3)
    assert found.advice.startswith("recognition")


@pytest.mark.parametrize("read", ["Totaldue", "To tal due"])
def test_spaces_are_told_from_characters(read):
    assert causes_of(TWO, [line(read, 0), line("12.50", 1)]) == Causes(spaces=1)


def test_a_set_whose_labels_have_no_spaces_has_no_wrong_ones():
    assert causes_of(picture(label("Totaldue", 0), rules=Rules(spaces=False)), [line("Total due", 0)]) == Causes()


def test_where_labels_have_places_order_is_no_error_of_text():
    assert causes_of(TWO, [line("12.50", 1), line("Total due", 0)]) == Causes()


def test_without_places_a_moved_word_is_neither_missed_nor_extra():
    page = picture(Label("one four seven", None))
    found = causes_of(page, [line("four seven one", 0)])
    assert found == Causes(order=4)
    assert found.advice == "reading order"
    assert causes_of(page, [line("one seven", 0)]) == Causes(missed=4)


def test_causes_add_up_to_shares():
    both = Causes(missed=30) + Causes(characters=10)
    assert both.total == 40
    assert (both.shares["missed"], both.shares["characters"]) == (75, 25)
