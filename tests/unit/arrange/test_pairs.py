from __future__ import annotations

import pytest

from inkread.arrange.pairs import pairs
from inkread.document import Line, Word
from inkread.geometry import Box, Quad

EM = 10  # px of a character; lines are 20 px high


def line(text: str, left: float, top: float, confidence: float = 0.9) -> Line:
    words = []
    place = left
    for word in text.split(" "):
        if word:  # several spaces are white
            words.append(Word(word, Quad.from_box(Box(place, top, place + EM * len(word), top + 20)), confidence))
        place += EM * (len(word) + 1)
    return Line(tuple(words), Quad.from_box(Box(left, top, place - EM, top + 20)), confidence)


def found(*lines: Line) -> list[tuple[str, str]]:
    return [(pair.label, pair.value) for pair in pairs(lines)]


def test_a_value_follows_its_label_in_the_line():
    assert found(line("Invoice date: 12 March", 50, 100)) == [("Invoice date", "12 March")]


def test_a_line_of_several_labels():
    assert found(line("To: Ann Lee     Fax: 123", 50, 100)) == [("To", "Ann Lee"), ("Fax", "123")]
    assert found(line("Page: 3 Of: 9", 50, 100)) == [("Page", "3"), ("Of", "9")]


def test_a_value_stands_beside_its_label():
    assert found(line("Name:", 50, 100), line("Ann Lee", 250, 98), line("Town:", 500, 101)) == [("Name", "Ann Lee")]


def test_a_value_stands_below_its_label():
    lines = [line("Name:", 50, 100), line("Town:", 400, 100), line("Ann Lee", 52, 130), line("Ulm", 400, 130)]
    assert found(*lines) == [("Name", "Ann Lee"), ("Town", "Ulm")]


def test_a_value_goes_on_below_its_first_line():
    lines = [line("Address:", 50, 100), line("3 High Street", 200, 100), line("Ulm", 200, 126), line("Next", 50, 190)]
    assert found(*lines) == [("Address", "3 High Street\nUlm")]


def test_a_value_ends_where_the_next_label_stands():
    lines = [line("Name:", 50, 100), line("Ann", 200, 100), line("Town:", 50, 126), line("Ulm", 200, 126)]
    assert found(*lines) == [("Name", "Ann"), ("Town", "Ulm")]


def test_a_lost_space_after_the_colon():
    (pair,) = pairs([line("Date:12/3", 50, 100)])
    assert (pair.label, pair.value) == ("Date", "12/3")
    assert pair.label_box == Box(50, 100, 100, 120)
    assert pair.value_box == Box(100, 100, 140, 120)


@pytest.mark.parametrize(
    "text",
    [
        "at 12:30 sharp",
        "see https://example.org",
        "a sentence may end like this: yes",
        "1: one",
        "Nothing:",
        "no label",
    ],
)
def test_what_is_no_label(text):
    assert found(line(text, 50, 100)) == []


def test_an_empty_field_has_no_pair():
    assert found(line("Name:", 50, 100), line("Town:", 250, 100), line("Far below", 50, 400)) == []


def test_a_pair_is_as_sure_as_its_least_sure_line():
    (pair,) = pairs([line("Name:", 50, 100, 0.8), line("Ann", 200, 100, 0.6)])
    assert pair.confidence == 0.6


def test_colons_of_chinese():
    assert found(line("姓名：", 50, 100), line("李白", 200, 100)) == [("姓名", "李白")]


def test_a_page_on_its_side():
    """Read downwards: the quads run along the page's y."""

    def turned(item: Line) -> Line:
        def quad(of: Quad) -> Quad:
            box = of.box
            return Quad.from_box(Box(800 - box.bottom, box.left, 800 - box.top, box.right)).turned(1)

        words = tuple(Word(word.text, quad(word.quad), 0.9) for word in item.words)
        return Line(words, quad(item.quad), 0.9)

    lines = [line("Name:", 50, 100), line("Ann Lee", 250, 98), line("Town: Ulm", 50, 140)]
    assert found(*map(turned, lines)) == [("Name", "Ann Lee"), ("Town", "Ulm")]


def test_no_lines():
    assert pairs([]) == ()
