from __future__ import annotations

from missed_ink import render


def test_the_table_says_what_the_second_look_gains(conditions):
    difference = {"estimate": 0.1, "low": 0.05, "high": 0.2}
    way = {"word_f1": 90.0, "cer": 5.0}
    sets = {"sroie": {"pictures": 20, "read": way, "never": way, "difference": {"word_f1": difference, "cer": None}}}
    text = render({**conditions, "limit": 20, "seconds_ratio": 1.02, "sets": sets})
    assert "Time of a picture: +2.0 % (allowed +5 %" in text
    assert "met" in text
    assert "| sroie | 20 | 90.00 | +0.10 [+0.05, +0.20] | 5.00 |  |" in text
