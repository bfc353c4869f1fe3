from __future__ import annotations

import argparse
from pathlib import Path

import pytest
from conditions import BenchmarkError
from taught import BY_HAND, PRINTED, _legible, cer, measure, render

from inkread.metrics.dataset import Label, LabelledPicture


def results(after: int) -> dict[str, object]:
    before, taught = [[10, 100, 5, 50]] * 20, [[after, 100, 1, 50]] * 10 + [[after, 100, 2, 50]] * 10
    figures = {name: {"before": before, "after": taught} for name in BY_HAND}
    figures |= {name: {"before": [[1, 100, 1, 100]], "after": [[3, 100, 3, 100]]} for name in PRINTED}
    return {"before": "usual", "after": "taught", "sets": figures}


def test_each_set_has_its_aim_and_whether_it_is_met(conditions):
    text = render({**conditions, **results(6)})
    assert "| copiste_fr_hw | 20: 20 better, 0 worse | 10.0 | 6.0 | 7 at most | yes |" in text
    assert "| stanford_memorials | 20: 20 better, 0 worse | 10.0 | 6.0 | 5 at most | no |" in text
    assert "| hooker_en_hw | 20: 20 better, 0 worse | 10.0 | 6.0 | less than before | yes |" in text
    assert "| sroie | 1: 0 better, 1 worse | 1.0 | 3.0 | 2.0 at most | no |" in text


def test_the_first_pages_and_lines_with_nothing_struck_out_are_told_too(conditions):
    figures = results(6)
    pages = figures["sets"]["stanford_memorials"]["after"]
    pages[8:] = [[20, 100, 2, 50]] * 12
    text = render({**conditions, **figures})
    assert "| stanford_memorials | 20: 8 better, 12 worse | 10.0 | 14.4 | 5 at most | no |" in text
    assert "| stanford_memorials | 8 | 10.0 | 6.0 | 10.0 | 3.2 |" in text


def test_lines_with_something_struck_out_are_left_out():
    labels = (Label("a word", None), Label("a <> word", None), Label("###", None, is_scored=False))
    picture = _legible(LabelledPicture("a", Path("a.png"), labels))
    assert [label.is_scored for label in picture.labels] == [True, False, False]


def test_pages_count_by_their_characters():
    assert cer([[1, 10], [9, 90]]) == pytest.approx(10)


def test_without_a_model_it_says_how_to_get_one(monkeypatch):
    monkeypatch.setattr("taught.Store.for_handwriting", None)
    with pytest.raises(BenchmarkError, match="pip install packages/inkread-models-hand"):
        measure(argparse.Namespace(model=None, data=Path(), limit=1), lambda text: None)
