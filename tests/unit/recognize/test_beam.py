import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkread.recognize.beam import decode_with_words
from inkread.recognize.charset import Charset
from inkread.recognize.ctc import Reading, decode_greedy
from inkread.recognize.ngrams import NGrams

CHARSET = Charset.from_characters("acenACEN17", has_space=True)
# Words of "can" and "ace"; "e" after "c" is unheard of.
ENTRIES = {
    **dict.fromkeys("acen ", (0.2, 0.3)),
    "ca": (0.9, 0.1),
    "can": (0.9, 1.0),
    "an": (0.5, 1.0),
}
LOGS, BACKOFFS = ({ngram: math.log(each[k]) for ngram, each in ENTRIES.items()} for k in (0, 1))
NGRAMS = NGrams.from_logarithms({"en": (LOGS, BACKOFFS)})


def columns(*rows: dict[str, float]) -> np.ndarray:
    """Probabilities of characters by column; what is left is the blank's."""
    output = np.full((len(rows), len(CHARSET)), 1e-6, np.float32)
    for row, likely in zip(output, rows, strict=True):
        for char, share in likely.items():
            row[CHARSET.symbols.index(char)] = share
        row[0] = max(1e-6, 1 - sum(likely.values()))
    return output / output.sum(axis=1, keepdims=True)


def words(output: np.ndarray, **options: int) -> Reading:
    return decode_with_words(output, CHARSET, lambda: NGRAMS, **options)


def both(output: np.ndarray) -> tuple[str, str]:
    return decode_greedy(output, CHARSET).text, words(output).text


def test_of_likely_shapes_those_that_make_a_word_are_read():
    output = columns({"c": 0.98}, {}, {"e": 0.5, "a": 0.45}, {}, {"n": 0.98})
    assert both(output) == ("cen", "can")


def test_shapes_that_are_clear_are_not_talked_over():
    output = columns({"c": 0.98}, {}, {"e": 0.97, "a": 0.02}, {}, {"n": 0.85})
    assert both(output) == ("cen", "cen")


def test_digits_stay_whatever_words_say():
    output = columns({"c": 0.98}, {}, {"7": 0.5, "a": 0.45}, {}, {"n": 0.98})
    assert both(output) == ("c7n", "c7n")


def test_doubled_letters_want_a_blank_between_them():
    output = columns({"c": 0.9}, {"c": 0.9}, {}, {"c": 0.6, "e": 0.3}, {"a": 0.9})
    assert both(output) == ("cca", "cca")


def test_places_and_scores_are_those_of_the_characters_read():
    output = columns({"c": 0.98}, {}, {"e": 0.5, "a": 0.45}, {"e": 0.5, "a": 0.45}, {"n": 0.98})
    reading = words(output, alternatives=2)
    assert reading.text == "can"
    assert reading.columns == ((0, 1), (2, 4), (4, 5))
    assert reading.scores == pytest.approx((0.98, 0.45, 0.98), abs=1e-3)
    assert [(each.index, each.text) for each in reading.alternatives] == [(1, "e")]


def test_a_sure_line_asks_for_no_ngrams():
    def never() -> NGrams:
        raise AssertionError

    assert decode_with_words(columns({"c": 0.98}, {"a": 0.95}), CHARSET, never).text == "ca"
    assert decode_with_words(columns({}, {}), CHARSET, never).text == ""


def test_a_line_that_words_would_leave_empty_stays():
    assert both(columns({}, {"e": 0.51}, {})) == ("e", "e")


def test_in_a_line_of_capitals_what_looks_small_is_a_capital():
    line = [{char: 0.98} for char in "CAeN aCE NaN CE"]
    output = columns(*(column for each in line for column in (each, {})))
    assert both(output) == ("CAeN aCE NaN CE", "CAEN ACE NAN CE")


def test_digits_stay_in_a_line_of_capitals_too():
    line = [{char: 0.98} for char in "CAeN aCE NaN CE "]
    output = columns(*(column for each in line for column in (each, {})), {"1": 0.4, "n": 0.3, "N": 0.3})
    assert both(output) == ("CAeN aCE NaN CE 1", "CAEN ACE NAN CE 1")


@given(st.lists(st.lists(st.floats(0.01, 1.0), min_size=12, max_size=12), min_size=1, max_size=12))
def test_any_probabilities_give_a_text_with_a_place_for_each_character(rows):
    output = np.asarray(rows, np.float32)
    output /= output.sum(axis=1, keepdims=True)
    greedy = decode_greedy(output, CHARSET)
    reading = words(output)
    assert len(reading.text) == len(reading.columns) == len(reading.scores)
    assert all(0 <= a < b <= len(output) for a, b in reading.columns)
    assert all(b <= c for (_, b), (c, _) in zip(reading.columns, reading.columns[1:], strict=False))
    digits = [char for char in greedy.text if char.isdigit()]
    assert [char for char in reading.text if char.isdigit()] == digits
