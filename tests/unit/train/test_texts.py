import numpy as np
import pytest

from inkread.errors import NothingToReadError, OptionError, SourceNotFoundError
from inkread.train.texts import GRAMMARS, Texts, read_corpus


def lines(texts, count=200):
    return [texts.line(np.random.default_rng(k)) for k in range(count)]


def test_lines_are_windows_of_a_text_of_the_wanted_length():
    found = lines(Texts(["the quick brown fox jumps over the lazy dog " * 20], length=(8, 30), capitals=0))
    assert all(1 <= len(line) <= 30 and line == " ".join(line.split()) for line in found)
    assert len(set(found)) > 40


def test_text_without_spaces_stays_without():
    assert all(" " not in line for line in lines(Texts(["天地玄黄宇宙洪荒日月盈昃辰宿列张" * 30])))


@pytest.mark.parametrize("name", GRAMMARS)
def test_a_grammar_makes_lines_that_differ(name):
    found = lines(Texts([], [name]))
    assert len(set(found)) > 60
    assert all(line.strip() == line and line for line in found)


def test_the_share_of_grammars_holds():
    found = lines(Texts(["word " * 100], ["numbers"], grammar_share=0.5, capitals=0), 400)
    assert 140 < sum(not line.startswith("word") for line in found) < 260


def test_mistakes_are_told(tmp_path):
    with pytest.raises(OptionError, match='no grammar "date": did you mean "dates"'):
        Texts([], ["date"])
    with pytest.raises(NothingToReadError, match="no text"):
        Texts(["  "])
    with pytest.raises(SourceNotFoundError, match="cannot read the text"):
        read_corpus(tmp_path / "no.txt")
