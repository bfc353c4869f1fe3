from __future__ import annotations

import numpy as np
import pytest
from orientation import cost_of, render

TURNS = ("0", "90", "180", "270")


def measured(cer: float = 5.0, right: int = 2, seconds: float = 1.05) -> dict[str, object]:
    return {
        "pages": 10,
        "upright_turned": [],
        "compared": ["a.png", "b.png"],
        "cer": {"auto": dict.fromkeys(TURNS, cer), "never": dict.fromkeys(TURNS, 9.0)},
        "right": dict.fromkeys(TURNS[1:], right),
        "wrong": {turn: [] for turn in TURNS[1:]},
        "seconds": {
            "auto": {turn: [seconds, 2 * seconds] for turn in TURNS},
            "never": {turn: [1.0, 2.0] for turn in TURNS},
        },
    }


def test_the_table_says_what_was_brought_back_and_at_what_cost(conditions):
    text = render({**conditions, "turned": 2, "sets": {"sroie": measured()}})
    assert "Upright pages turned: 0 of 10 (allowed 0): met." in text
    assert "Turned pages brought back: 6 of 6, 100.0 %" in text
    assert "Time of an upright page of print: +5.0 % (allowed +10 %" in text
    assert "| sroie | 10 | 0 | 2 of 2 / 2 of 2 / 2 of 2 | 5.0 / 5.0 / 5.0 / 5.0 | 9.0 / 9.0 / 9.0 / 9.0 |" in text


def test_misses_are_told(conditions):
    text = render({**conditions, "turned": 2, "sets": {"sroie": measured(right=1, seconds=1.2)}})
    assert "3 of 6, 50.0 % (at least 98 %): missed" in text
    assert "+20.0 % (allowed +10 %, median over pages" in text
    assert text.count("missed") == 2


def test_only_print_counts_for_the_cost():
    assert cost_of({"sroie": measured(), "hooker_en_hw": measured(seconds=3)}) == pytest.approx(np.full(2, 1.05))
