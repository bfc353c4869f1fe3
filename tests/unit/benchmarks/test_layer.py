from __future__ import annotations

import numpy as np
import pytest
from layer import born_digital, render, scan
from PIL import Image

import inkread
from inkread.geometry import Point
from inkread.metrics.dataset import Label, LabelledPicture
from inkread.metrics.regions import Region


@pytest.fixture
def picture(tmp_path):
    """A picture of 300 x 150 px with one label."""
    Image.fromarray(np.full((150, 300, 3), 200, np.uint8)).save(tmp_path / "page.png")
    region = Region((Point(30, 40), Point(230, 40), Point(230, 63), Point(30, 63)))
    return LabelledPicture("page.png", tmp_path / "page.png", (Label("Some words", region),))


def test_labels_are_drawn_where_they_stand(picture):
    with inkread.open(born_digital(picture, 0).content) as source:
        (each,) = source[0].layer
        scale = 300 / source[0].width
    assert each.line.text == "Some words"
    box = each.line.box
    assert (box.left * scale, box.right * scale) == pytest.approx((30, 230), abs=4)
    assert 36 < box.top * scale < box.bottom * scale < 67


def test_a_scan_has_the_labels_as_invisible_text_if_wanted(picture):
    with inkread.open(scan(picture, text=str.upper).content) as source:
        (each,) = source[0].layer
        assert (each.line.text, each.is_hidden) == ("SOME WORDS", True)
        assert source[0].dpi == pytest.approx(150)
    with inkread.open(scan(picture).content) as source:
        assert source[0].layer == ()


def test_rows_become_a_table():
    rows = [{"print": "usual", "dpi": "200", "cer": 1.04, "word_f1": 95.75, "seconds_median": 0.5}]
    assert render(rows, ("print", "dpi")).splitlines()[2] == "| usual | 200 | 1.0 | 95.8 | 0.50 |"
