import pytest
from hypothesis import given
from hypothesis import strategies as st
from laid import line

from inkread.redaction.texts import Spot, views


def texts(*lines: str) -> list[str]:
    return [view.text for view in views([line(text, 0, 50 * i) for i, text in enumerate(lines)])]


def test_the_end_of_a_line_may_be_a_space_or_nothing():
    assert texts("Max", "Muster mann") == ["Max\nMuster mann", "Max Muster mann", "MaxMuster mann"]


@pytest.mark.parametrize("hyphen", ["-", "\u2010", "\u00ad", "\u0002"])
def test_a_hyphen_at_the_end_of_a_line_may_go(hyphen):
    assert "Mustermann" in texts(f"Muster{hyphen}", "mann")


def test_a_hyphen_may_also_stay():
    assert "anna-maria@example.org" in texts("anna-", "maria@example.org")


def test_signs_that_look_alike_are_the_same_and_as_read():
    found = texts("o\ufb03ce 5\u20136 \u201cno\u201d \uff11\u200b2")
    assert 'office 5-6 "no" 12' in found
    assert "o\ufb03ce 5\u20136 \u201cno\u201d \uff11\u200b2" in found


def test_an_accent_of_its_own_is_put_on_its_letter():
    assert "Mu\u0308ller" in texts("Mu\u0308ller")
    assert "M\u00fcller" in texts("Mu\u0308ller")


def test_a_character_knows_where_it_stands():
    lines = [line("ab c", 0, 0), line("d", 0, 50)]
    (first, *_) = views(lines)
    assert list(zip(first.text, first.spots, strict=True)) == [
        ("a", Spot(0, 0, 0)),
        ("b", Spot(0, 0, 1)),
        (" ", None),
        ("c", Spot(0, 1, 0)),
        ("\n", None),
        ("d", Spot(1, 0, 0)),
    ]


def test_a_ligature_stands_where_it_stood():
    view = views([line("\ufb03x", 0, 0)])[1]
    assert view.text == "ffix"
    assert [spot.character for spot in view.spots if spot] == [0, 0, 0, 1]


def test_nothing_is_no_text():
    assert views([]) == []


@given(st.lists(st.text(min_size=1), max_size=4))
def test_every_view_of_any_text_says_where_its_characters_stand(given_texts):
    lines = [line(text, 0, 50 * i) for i, text in enumerate(given_texts)]
    for view in views(lines):
        assert len(view.text) == len(view.spots)
        for spot in view.spots:
            if spot is not None:
                assert spot.character < len(lines[spot.line].words[spot.word].text)
