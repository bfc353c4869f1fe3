import math
import zipfile
from pathlib import Path

import numpy as np
import pytest

from inkread.errors import ModelError
from inkread.recognize.ngrams import Known, NGrams

LANGUAGES = ("en", "fr")
# P of each in English and in French, and the factors of contexts: "ab" is much in English, "ba" nothing but what the
# shorter ones say, and French has no "ab".
ENTRIES = {
    " ": ((0.2, 0.2), (0.5, 1.0)),
    "a": ((0.5, 0.5), (0.25, 0.5)),
    "b": ((0.3, 0.3), (0.5, 0.5)),
    "ab": ((0.9, None), (1.0, 1.0)),
    " ab": ((0.99, None), (1.0, 1.0)),
}


def made(entries=ENTRIES) -> NGrams:
    def logarithms(k: int, language: int) -> dict[str, float]:
        return {ngram: math.log(each[k][language]) for ngram, each in entries.items() if each[k][language] is not None}

    return NGrams.from_logarithms({name: (logarithms(0, k), logarithms(1, k)) for k, name in enumerate(LANGUAGES)})


def probability(ngrams: NGrams, context: str, character: str, *shares: float) -> object:
    log, _ = ngrams.after(Known(context, shares), character)
    assert log is not None
    return pytest.approx(math.exp(log), abs=1e-3)


def test_the_longest_ngram_that_is_there_counts_and_each_step_back_costs_its_factor():
    english = made().of(["en"])
    assert probability(english, " a", "b", 1.0) == 0.99
    assert probability(english, "a", "b", 1.0) == 0.9
    assert probability(english, "a", "a", 1.0) == 0.25 * 0.5
    assert probability(english, "bb", "a", 1.0) == 0.5 * 0.5  # of "bb" nothing is known, and nothing lost
    french = made().of(["fr"])
    assert probability(french, " a", "b", 1.0) == 0.5 * 0.3


def test_languages_count_as_far_as_the_text_looks_like_them():
    ngrams = made()
    assert probability(ngrams, "a", "b", 0.5, 0.5) == (0.9 + 0.15) / 2
    known = ngrams.start
    assert known.shares == (0.5, 0.5)
    for character in "abab":
        _, known = ngrams.after(known, character)
    english, french = known.shares
    assert english > 0.9
    assert math.isclose(english + french, 1.0)


def test_languages_that_are_asked_for_are_the_only_ones_unless_none_is_known():
    ngrams = made()
    assert ngrams.of(["fr", "sv"]).start.shares == (1.0,)
    assert ngrams.of(["sv"]) is ngrams
    assert ngrams.of([]) is ngrams


def test_capitals_are_their_small_letters():
    ngrams = made()
    assert ngrams.after(ngrams.start, "A") == ngrams.after(ngrams.start, "a")


def test_marks_and_digits_end_a_word_as_a_space_does_and_more_of_them_say_nothing():
    ngrams = made()
    _, known = ngrams.after(ngrams.start, "a")
    for character in (" ", ",", "7", "中", "ab"):  # one sign of two letters is none of them
        log, after = ngrams.after(known, character)
        assert log == ngrams.after(known, " ")[0]
        assert after.context == "a "
        assert ngrams.after(after, " ") == (None, after)
        assert ngrams.after(after, ".") == (None, after)


def test_what_is_written_is_read_again(tmp_path):
    path, again = tmp_path / "n.npz", tmp_path / "again.npz"
    made().write(path)
    read = NGrams.from_file(path)
    assert probability(read, " a", "b", 1.0, 0.0) == 0.99
    read.write(again)
    assert again.read_bytes() == path.read_bytes()


def test_ngrams_that_no_number_can_hold_are_told():
    letters = "abcdefghijklmnopqrstuvwxyzàâæçéèêëîïôœùûüÿ "
    logarithms = {**dict.fromkeys(letters, -1.0), "abcdefghijk": -1.0}
    with pytest.raises(ModelError, match="n-grams of 11 characters, of 43, in 1 languages need more than 64 bits"):
        NGrams.from_logarithms({"fr": (logarithms, {})})


# What `made` writes: a space, "a" and "b" are 1, 2 and 3 in two bits, and French begins at 64.
WHOLE = {"languages": "en\nfr", "characters": " ab", "order": 3, "steps": [1, 1, 1, 8, 16, 38, 1, 1]}


def write(path: Path, numbers: int = 8, **arrays: object) -> None:
    given = {"logs": [-1] * numbers, "backoffs": [0] * numbers, **WHOLE, **arrays}
    kinds = {"steps": np.uint64, "logs": np.int16, "backoffs": np.int16}
    np.savez(
        path,
        **{
            name: np.frombuffer(value.encode(), np.uint8)
            if isinstance(value, str)
            else np.array(value, kinds.get(name))
            for name, value in given.items()
            if value is not None
        },
    )


def test_the_numbers_of_a_file_are_those_of_what_it_holds(tmp_path):
    path = tmp_path / "n.npz"
    made().write(path)
    with np.load(path) as arrays:
        assert arrays["steps"].tolist() == WHOLE["steps"]
        assert arrays["order"] == WHOLE["order"]
    write(path)
    NGrams.from_file(path)


@pytest.mark.parametrize(
    "arrays",
    [
        {"languages": None},
        {"languages": "en"},  # what is French is of no language
        {"languages": "en\nfr\nde"},
        {"characters": "ab"},
        {"characters": " abc"},
        {"order": 0},
        {"order": -1},
        {"order": 10**9},
        {"order": [3, 3]},
        {"steps": None},
        {"steps": [1, 1, 1, 8, 16, 38, 1]},
        {"steps": [1, 1, 0, 9, 16, 38, 1, 1]},
        {"steps": [1, 1, 1, 8, 2**64 - 5, 38, 1, 1]},
        {"numbers": 7},
        {"numbers": 0, "steps": []},
    ],
)
def test_arrays_that_do_not_fit_are_told(tmp_path, arrays):
    path = tmp_path / "n.npz"
    write(path, **arrays)
    with pytest.raises(ModelError, match=r"n\.npz|not complete|need more than 64 bits"):
        NGrams.from_file(path)


@pytest.mark.parametrize("name", ["steps", "logs", "backoffs"])
def test_numbers_of_another_kind_are_told(tmp_path, name):
    path = tmp_path / "n.npz"
    write(path)
    with np.load(path) as arrays:
        others = {**arrays, name: arrays[name].astype(float)}
    np.savez(path, **others)
    with pytest.raises(ModelError, match="numbers are float64"):
        NGrams.from_file(path)


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"PK\5\6" + bytes(18), b"\x93NUMPY"])
def test_a_file_that_is_none_is_told(tmp_path, content):
    path = tmp_path / "n.npz"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"n\.npz"):
        NGrams.from_file(path)


def test_a_file_cut_short_is_told(tmp_path):
    path = tmp_path / "n.npz"
    made().write(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ModelError, match=r"n\.npz"):
        NGrams.from_file(path)


def test_a_file_that_swells_is_refused(tmp_path):
    path = tmp_path / "n.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("logs.npy", bytes(200_000_000))
    with pytest.raises(ModelError, match="too large"):
        NGrams.from_file(path)
