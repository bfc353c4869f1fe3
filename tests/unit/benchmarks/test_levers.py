from __future__ import annotations

import pytest
from conditions import BenchmarkError
from levers import LEVERS, Lever, plan, render, without

from inkread.options import ReaderOptions


@pytest.mark.parametrize("name", LEVERS)
def test_each_lever_changes_something_that_is_there(name):
    if any("rewrite" in place for place in LEVERS[name].constants):
        pytest.importorskip("openvino")
    set_up = without(LEVERS[name])
    with set_up.in_force():
        assert LEVERS[name].constants or set_up.options != ReaderOptions()


@pytest.mark.parametrize("name", LEVERS)
def test_each_lever_says_what_is_done_with_it_and_without(name):
    assert len(LEVERS[name].about.split(" | ")) == 2


def test_levers_are_out_of_work_alone_in_pairs_and_together():
    assert plan(["a", "b"]) == {
        "all levers": (),
        "without a": ("a",),
        "without b": ("b",),
        "only a": ("b",),
        "only b": ("a",),
        "no lever": ("a", "b"),
    }


def test_two_levers_cannot_change_the_same_thing():
    lever = Lever("with | without", constants={"inkread.recognize.recognizer:_MIN_WIDTH_PX": 320})
    with pytest.raises(BenchmarkError, match="_MIN_WIDTH_PX"):
        without(lever, lever)


def test_the_table_shows_each_lever_with_its_cost_in_seconds_and_errors(conditions):
    def measured(ratio: float, points: float) -> dict[str, object]:
        return {
            "seconds_median": 0.5,
            "cer": 4.0,
            "seconds_ratio": {"estimate": ratio, "low": ratio - 0.1, "high": ratio + 0.1},
            "cer_difference": {"estimate": points, "low": points, "high": points},
        }

    set_ups = {
        "all levers": measured(1, 0),
        "without a": measured(1.5, 0.2),
        "only a": measured(2, 0.3),
        "no lever": measured(3, 0),
    }
    text = render(
        {
            **conditions,
            "rounds": 1,
            "levers": {"a": "fast | slow"},
            "groups": {"pages": {"names": {"sroie": ["1.jpg"]}, "set_ups": set_ups}},
        }
    )
    assert "| a | fast | slow |" in text
    assert "| a | 1.50 [1.40, 1.60] | +0.20 [+0.20, +0.20] | 2.00 [1.90, 2.10] | +0.30 [+0.30, +0.30] |" in text
    assert "Pictures: sroie 1, each read once. With all levers 0.500 s a picture (median), CER 4.00 %." in text
