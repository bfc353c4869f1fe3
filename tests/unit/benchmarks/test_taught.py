from __future__ import annotations

import argparse
from pathlib import Path

import pytest
from conditions import BenchmarkError
from taught import BY_HAND, PRINTED, cer, measure, render


def results(after: int) -> dict[str, object]:
    figures = {name: {"before": [[10, 100], [10, 100]], "after": [[after, 100], [after, 100]]} for name in BY_HAND}
    figures |= {name: {"before": [[1, 100]], "after": [[3, 100]]} for name in PRINTED}
    return {"before": "usual", "after": "taught", "sets": figures}


def test_each_set_has_its_aim_and_whether_it_is_met(conditions):
    text = render({**conditions, **results(6)})
    assert "| copiste_fr_hw | 2: 2 better, 0 worse | 10.0 | 6.0 | 7 at most | yes |" in text
    assert "| stanford_memorials | 2: 2 better, 0 worse | 10.0 | 6.0 | 5 at most | no |" in text
    assert "| hooker_en_hw | 2: 2 better, 0 worse | 10.0 | 6.0 | less than before | yes |" in text
    assert "| sroie | 1: 0 better, 1 worse | 1.0 | 3.0 | 2.0 at most | no |" in text


def test_pages_count_by_their_characters():
    assert cer([[1, 10], [9, 90]]) == pytest.approx(10)


def test_without_a_model_it_says_how_to_get_one(monkeypatch):
    monkeypatch.setattr("taught.Store.for_handwriting", None)
    with pytest.raises(BenchmarkError, match="pip install packages/inkread-models-hand"):
        measure(argparse.Namespace(model=None, data=Path(), limit=1), lambda text: None)
