import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkread.correct.words import respelled
from inkread.geometry import Box, Quad
from inkread.recognize.calibration import Calibration, calibration_of
from inkread.recognize.ctc import Reading
from inkread.recognize.words import split_words

TABLE = Calibration(((0.2, 0.1), (0.6, 0.5), (1.0, 0.9)))
QUAD = Quad.from_box(Box(0, 0, 100, 20))


def reading(calibration: Calibration | None) -> Reading:
    columns = tuple((k / 10, (k + 1) / 10) for k in range(5))
    return Reading("ab cd", columns, (0.9, 0.8, 1.0, 0.6, 0.7), calibration=calibration)


def test_the_least_sure_character_decides():
    assert TABLE([0.99, 0.6, 1.0]) == pytest.approx(0.5)
    assert TABLE([0.8]) == pytest.approx(0.7)


def test_scores_beyond_the_table_have_its_ends():
    assert TABLE([0.0]) == 0.1
    assert TABLE([1.0]) == 0.9


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_surer_word_is_never_less_likely_right(a, b):
    usual = calibration_of("PP-OCRv6_small_rec")
    low, high = sorted((a, b))
    assert 0 <= usual([low]) <= usual([high]) <= 1


def test_every_table_rises():
    knots = calibration_of("PP-OCRv6_small_rec").knots
    assert list(knots) == sorted(knots)
    assert [chance for _, chance in knots] == sorted(chance for _, chance in knots)


def test_a_model_that_was_not_measured_has_no_table():
    assert calibration_of("somebody's own") is None


def test_words_say_how_likely_they_are_right():
    assert [word.probability for word in split_words(reading(TABLE), QUAD, None)] == pytest.approx([0.7, 0.5])


def test_words_of_a_model_without_a_table_do_not():
    assert [word.probability for word in split_words(reading(None), QUAD, None)] == [None, None]


def test_a_word_that_a_corrector_changed_is_known_to_nobody():
    (first, second) = split_words(reading(TABLE), QUAD, None)
    assert [word.probability for word in respelled((first, second), "ab ed")] == [first.probability, None]
