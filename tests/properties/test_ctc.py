import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkread.errors import ModelError
from inkread.recognize.charset import Charset
from inkread.recognize.ctc import Reading, decode_greedy

CHARSET = Charset.from_characters("abc", has_space=False)
SYMBOLS = ("", "a", "b", "c")

# Whole weights, so that a failing example is short and no two classes of a column tie by rounding.
weights = st.lists(st.permutations([1, 2, 4, 9]), min_size=1, max_size=5)
thresholds = st.floats(0.01, 0.6)


def probabilities(rows: list[list[int]]) -> np.ndarray:
    table = np.array(rows, dtype=np.float32)
    return table / table.sum(axis=1, keepdims=True)


def collapsed(path: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """The runs of a labelling that stand for a character: (class, first column, column after the last)."""
    runs, start = [], 0
    for label, group in itertools.groupby(path):
        end = start + len(list(group))
        if label != 0:
            runs.append((label, start, end))
        start = end
    return runs


def most_likely_path(table: np.ndarray) -> tuple[int, ...]:
    paths = itertools.product(range(table.shape[1]), repeat=len(table))
    return max(paths, key=lambda path: math.prod(float(table[t, k]) for t, k in enumerate(path)))


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
def test_every_labelling_collapses_to_its_text(length):
    """S4-33: repeats are one character, a blank between two makes them two."""
    for path in itertools.product(range(4), repeat=length):
        table = np.full((length, 4), 0.1, np.float32)
        table[np.arange(length), path] = 0.7
        reading = decode_greedy(table, CHARSET)
        runs = collapsed(path)
        assert reading.text == "".join(SYMBOLS[label] for label, _, _ in runs)
        assert reading.columns == tuple((start, end) for _, start, end in runs)


@given(weights)
def test_greedy_is_the_most_likely_of_all_labellings(rows):
    table = probabilities(rows)
    runs = collapsed(most_likely_path(table))
    reading = decode_greedy(table, CHARSET)
    assert reading.text == "".join(SYMBOLS[label] for label, _, _ in runs)
    assert reading.scores == pytest.approx([float(table[a:b, label].mean()) for label, a, b in runs], abs=1e-5)


@given(weights)
def test_columns_are_half_open_and_in_order(rows):
    reading = decode_greedy(probabilities(rows), CHARSET)
    edges = [edge for columns in reading.columns for edge in columns]
    assert edges == sorted(edges)
    assert all(0 <= start < end <= len(rows) for start, end in reading.columns)
    assert len(reading.text) == len(reading.columns) == len(reading.scores)


@given(weights)
def test_the_confidence_is_the_mean_score(rows):
    """S4-34: 0..1, and 0 where nothing was read."""
    reading = decode_greedy(probabilities(rows), CHARSET)
    assert 0 <= reading.confidence <= 1
    assert reading.confidence == pytest.approx(np.mean(reading.scores) if reading.scores else 0.0)


@given(weights, thresholds, st.integers(1, 3))
def test_alternatives_are_sorted_likely_enough_and_other_characters(rows, threshold, count):
    table = probabilities(rows)
    reading = decode_greedy(table, CHARSET, alternatives=count, alternative_threshold=threshold)
    for index, (start, end) in enumerate(reading.columns):
        others = [other for other in reading.alternatives if other.index == index]
        chances = [other.confidence for other in others]
        assert chances == sorted(chances, reverse=True)
        means = dict(zip(SYMBOLS, table[start:end].mean(axis=0).tolist(), strict=True))
        expected = [s for s in "abc" if s != reading.text[index] and means[s] >= threshold]
        assert len(others) == min(count, len(expected))
        assert {other.text for other in others} <= set(expected)
        assert chances == pytest.approx(sorted((means[s] for s in expected), reverse=True)[:count], abs=1e-5)


@given(weights)
def test_without_alternatives_the_reading_is_the_same(rows):
    table = probabilities(rows)
    plain, rich = decode_greedy(table, CHARSET), decode_greedy(table, CHARSET, alternatives=3)
    assert plain.alternatives == ()
    assert (plain.text, plain.columns, plain.scores) == (rich.text, rich.columns, rich.scores)


def test_only_blanks_are_no_text():
    table = np.tile(np.array([0.7, 0.1, 0.1, 0.1], np.float32), (6, 1))
    assert decode_greedy(table, CHARSET) == Reading()
    assert Reading().confidence == 0


@pytest.mark.parametrize("classes", [3, 5])
def test_another_number_of_classes_is_a_model_error(classes):
    with pytest.raises(ModelError, match=f"has {classes} classes, its characters make 4"):
        decode_greedy(np.full((2, classes), 0.2, np.float32), CHARSET)
