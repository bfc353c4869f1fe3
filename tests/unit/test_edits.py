from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from inkread import edits

texts = st.text(alphabet="ab c", max_size=30) | st.text(max_size=30)


def _reference_distance(a: str, b: str) -> int:
    """The textbook table (Wagner and Fischer, 1974)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        before, row = row, [i]
        for j, y in enumerate(b, start=1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y)))
    return row[-1]


@given(texts, texts)
def test_distance_is_that_of_the_textbook_table(a: str, b: str) -> None:
    assert edits.distance(a, b) == _reference_distance(a, b)


@given(texts, texts, texts)
def test_distance_is_a_metric(a: str, b: str, c: str) -> None:
    assert edits.distance(a, a) == 0
    assert edits.distance(a, b) == edits.distance(b, a)
    assert edits.distance(a, c) <= edits.distance(a, b) + edits.distance(b, c)


@given(texts, texts)
def test_matches_are_equal_in_order_and_leave_no_more_than_the_distance(a: str, b: str) -> None:
    runs = edits.matches(a, b)
    last_i = last_j = cost = 0
    for i, j, length in [*runs, (len(a), len(b), 0)]:
        assert a[i : i + length] == b[j : j + length]
        assert i >= last_i
        assert j >= last_j
        cost += max(i - last_i, j - last_j)
        last_i, last_j = i + length, j + length
    assert cost == edits.distance(a, b)


@given(texts, texts)
def test_matches_are_the_longest_runs(a: str, b: str) -> None:
    runs = edits.matches(a, b)
    for before, after in pairwise(runs):
        assert (before.source + before.length, before.target + before.length) != (after.source, after.target)


def _reference_common(a: list[str], b: list[str]) -> int:
    """The textbook table of the longest common subsequence."""
    row = [0] * (len(b) + 1)
    for x in a:
        before, row = row, [0]
        for j, y in enumerate(b, start=1):
            row.append(before[j - 1] + 1 if x == y else max(before[j], row[-1]))
    return row[-1]


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abcd")))
def test_what_is_common_in_order_is_that_of_the_textbook_table(a: list[str], b: list[str]) -> None:
    assert edits.common_in_order(a, b) == _reference_common(a, b)


def test_words_common_in_order() -> None:
    assert (
        edits.common_in_order(["the", "cat", "sat", "on", "the", "mat"], ["on", "the", "mat", "the", "cat", "sat"]) == 3
    )
    assert edits.common_in_order([], ["a"]) == 0


def test_nothing_against_something() -> None:
    assert edits.distance("", "") == 0
    assert edits.distance("", "abc") == 3
    assert edits.matches("", "abc") == []
    assert edits.matches("abc", "abc") == [edits.Match(0, 0, 3)]


def test_a_page_of_text_is_aligned_across_its_middle() -> None:
    page = "the quick brown fox jumps over the lazy dog, " * 60
    misread = page[:1200] + "#" + page[1203:]
    assert edits.distance(page, misread) == 3
    assert edits.matches(page, misread) == [edits.Match(0, 0, 1200), edits.Match(1203, 1201, len(page) - 1203)]
