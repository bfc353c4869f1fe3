from __future__ import annotations

from pathlib import Path

import pytest
from handwriting import BY_HAND, PRINTED, WAYS, cer, render, true_boxes

from inkread.metrics.dataset import Label, LabelledPicture
from inkread.metrics.regions import Region


def reader(edits: int) -> dict[str, object]:
    sets = {name: {"edits": [edits, 2 * edits], "characters": [100, 100]} for name in (*BY_HAND, *PRINTED)}
    return {"measured": "today", "sets": sets}


def test_the_tables_hold_both_halves_and_the_verdict(conditions):
    pages = {name: [2, "hash"] for name in (*BY_HAND, *PRINTED)}
    readers = {"printed": reader(12), "handwritten": reader(10), "tesseract": reader(60)}
    text = render({**conditions, "pages": pages, "readers": readers})
    assert "| handwritten | 15.0 | 15.0 | 15.0 | 15.0 | 15.0 |" in text
    assert "| printed | 12.0 / 24.0 |" in text
    assert "| printed | 18.00 | 18.00 | 18.00 | 18.00 |" in text
    assert "hooker_en_hw 15.0 against 90.0: met" in text


def test_pages_of_one_half_have_a_rate_of_their_own():
    figures = {"edits": [1, 5, 3], "characters": [10, 10, 10]}
    assert cer(figures) == pytest.approx(30)
    assert cer(figures, slice(1, None, 2)) == pytest.approx(50)


def test_the_true_box_of_a_slanted_label_is_read_from_its_left_end():
    label = Label("x", Region.from_points([(10, 30), (90, 10), (92, 20), (12, 40)]))
    (quad,) = true_boxes(LabelledPicture("a", Path("a"), (label, Label("###", None, is_scored=False))))
    assert quad.top_left == pytest.approx((10, 30), abs=3)
    assert quad.angle_deg == pytest.approx(-14, abs=2)


def test_what_is_switched_off_is_told_apart_from_what_is_shipped():
    assert len(set(WAYS.values())) == len(WAYS)
