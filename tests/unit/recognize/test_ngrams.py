import gzip
import math

import pytest

from inkread.errors import ModelError
from inkread.recognize.ngrams import NGrams

# P(a), P(b), P(b | a), P(a | space a b): of "ab" much, of "ba" nothing but what the shorter ones say.
ENTRIES = {
    " ": (math.log(0.2), math.log(0.5)),
    "a": (math.log(0.5), math.log(0.25)),
    "b": (math.log(0.3), math.log(0.5)),
    "ab": (math.log(0.9), 0.0),
    " ab": (math.log(0.99), 0.0),
}


def probability(ngrams: NGrams, context: str, character: str) -> float:
    log = ngrams.log_probability(context, character)
    assert log is not None
    return round(math.exp(log), 4)


def test_the_longest_ngram_that_is_there_counts_and_each_step_back_costs_its_factor():
    ngrams = NGrams(ENTRIES.items())
    assert probability(ngrams, " a", "b") == 0.99
    assert probability(ngrams, "a", "b") == 0.9
    assert probability(ngrams, "a", "a") == 0.25 * 0.5
    assert probability(ngrams, "bb", "a") == 0.5 * 0.5  # "bb" is not there: nothing is known of it, and nothing lost


def test_capitals_are_their_small_letters_and_other_characters_are_not_weighed():
    ngrams = NGrams(ENTRIES.items())
    assert ngrams.log_probability("a", "B") == ngrams.log_probability("a", "b")
    assert ngrams.log_probability("a", "7") is None
    assert ngrams.log_probability("a", "中") is None


def test_a_context_is_the_current_word_as_far_as_ngrams_reach():
    ngrams = NGrams(ENTRIES.items())
    assert ngrams.after(" ", "A") == " a"
    assert ngrams.after(" a", "b") == "ab"
    assert ngrams.after("ab", " ") == " "
    assert ngrams.after("ab", "'") == " "


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "n.tsv.gz"
    NGrams(ENTRIES.items()).write(path)
    read = NGrams.from_file(path)
    assert math.isclose(read.log_probability(" a", "b"), math.log(0.99), abs_tol=1e-3)
    again = tmp_path / "again.tsv.gz"
    read.write(again)
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\3\4", gzip.compress(b"a\t1\n"), gzip.compress(b"a\tx\ty\n"), gzip.compress(b"\xff\xfe\n")[:-3]],
)
def test_a_file_that_is_none_is_told(tmp_path, content):
    path = tmp_path / "n.tsv.gz"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"n\.tsv\.gz|holds none"):
        NGrams.from_file(path)


def test_a_file_that_swells_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "n.tsv.gz"
    NGrams(ENTRIES.items()).write(path)
    monkeypatch.setattr("inkread.recognize.ngrams._LARGEST_BYTES", 10)
    with pytest.raises(ModelError, match="too large"):
        NGrams.from_file(path)
