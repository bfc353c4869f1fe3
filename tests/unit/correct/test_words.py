import pytest

from inkread.correct.words import respelled, spells
from inkread.document import Alternative, Word
from inkread.geometry import Box, Quad


def word(text: str, left: float = 0, width: float = 100, **values) -> Word:
    return Word(text, Quad.from_box(Box(left, 0, left + width, 20)), 0.8, **values)


SEEN = word(
    "tbe",
    spans=((0.0, 0.3), (0.3, 0.7), (0.7, 1.0)),
    scores=(0.9, 0.5, 1.0),
    alternatives=(Alternative(1, "h", 0.4), Alternative(2, "c", 0.1)),
)


def test_a_word_of_the_same_length_keeps_its_place_and_the_spans_of_its_characters():
    (new,) = respelled((SEEN,), "the")

    assert (new.text, new.quad, new.spans) == ("the", SEEN.quad, SEEN.spans)
    assert new.scores == (0.9, 0.4, 1.0)
    assert new.confidence == pytest.approx(2.3 / 3)


def test_a_character_that_was_not_seen_has_no_probability():
    (new,) = respelled((SEEN,), "toe")
    assert new.scores == (0.9, 0.0, 1.0)


def test_a_word_of_another_length_keeps_its_place_and_confidence():
    (new,) = respelled((SEEN,), "there")
    assert (new.text, new.quad, new.confidence, new.spans, new.scores) == ("there", SEEN.quad, 0.8, (), ())


def test_words_that_stay_are_the_same():
    other = word("cat", 120)
    assert respelled((SEEN, other), "the cat")[1] is other


def test_joined_words_stand_from_the_first_to_the_last():
    (new,) = respelled((word("in", 0, 40), word("voice", 50, 90)), "invoice")
    assert new.quad.box == Box(0, 0, 140, 20)


def test_joined_words_of_a_line_that_runs_to_the_left_stand_around_both():
    (new,) = respelled((word("של", 100, 40), word("ום", 40, 50)), "שלום")
    assert new.quad.box == Box(40, 0, 140, 20)


def test_a_word_is_parted_between_its_characters():
    spans = tuple((i / 5, (i + 1) / 5) for i in range(5))
    first, second = respelled((word("ofthe", spans=spans, scores=(0.9,) * 5),), "of the")
    assert first.quad.box == Box(0, 0, 40, 20)
    assert second.quad.box == Box(40, 0, 100, 20)


def test_a_word_whose_characters_have_no_places_is_parted_by_length():
    first, second = respelled((word("ofthe", width=60),), "of the")
    assert first.quad.box == Box(0, 0, 20, 20)
    assert second.quad.box == Box(30, 0, 60, 20)


def test_more_parts_than_characters_still_have_a_place_each():
    parts = respelled((word("ab", spans=((0.0, 0.5), (0.5, 1.0)), scores=(1.0, 1.0)),), "a b c")
    assert [part.text for part in parts] == ["a", "b", "c"]
    assert all(part.quad.width > 0 for part in parts)


def test_alternatives_spell_words():
    assert spells(SEEN, "tbe")
    assert spells(SEEN, "the")
    assert spells(SEEN, "thc")
    assert not spells(SEEN, "toe")
    assert not spells(SEEN, "th")
    assert not spells(SEEN, "them")


def test_an_alternative_may_be_longer_than_a_character():
    seen = word("mom", alternatives=(Alternative(0, "rn", 0.2),))
    assert spells(seen, "rnom")
