import dataclasses

import pytest
from spelled import line, word

from inkread.geometry import Box, Quad
from inkread.text_line import Alternative, Line, Word


def test_characters_are_slices_of_their_word():
    chars = word("due", left=60).chars
    assert [(c.text, c.box) for c in chars] == [
        ("d", Box(60, 0, 70, 20)),
        ("u", Box(70, 0, 80, 20)),
        ("e", Box(80, 0, 90, 20)),
    ]
    assert "".join(c.text for c in line("Total due").chars) == "Totaldue"


def test_characters_of_a_downward_word_go_down():
    down = dataclasses.replace(word("due"), quad=Quad.from_box(Box(0, 0, 20, 30)).turned(1))
    assert [c.box.top for c in down.chars] == pytest.approx([0, 10, 20])


def test_a_word_without_spans_has_no_characters():
    assert Word("due", Quad.from_box(Box(0, 0, 30, 20)), 0.9).chars == ()


def test_other_readings_belong_to_their_character():
    unsure = dataclasses.replace(word("l0"), alternatives=(Alternative(1, "O", 0.4), Alternative(1, "o", 0.1)))
    first, second = unsure.chars
    assert first.alternatives == ()
    assert [other.text for other in second.alternatives] == ["O", "o"]


@pytest.mark.parametrize(("quarters", "vertical"), [(0, False), (1, True), (2, False), (3, True)])
def test_a_line_read_up_or_down_is_vertical(quarters, vertical):
    quad = Quad.from_box(Box(0, 0, 200, 20)).turned(quarters)
    assert Line((), quad, 0.9).is_vertical is vertical
