from __future__ import annotations

import cv2
import numpy as np
import pytest
from degrade import ABOUT, KINDS, LEVELS, degrade, moved_labels

from inkread.geometry import Point
from inkread.metrics.dataset import Label, LabelledPicture
from inkread.metrics.regions import Region

DOT = (150, 100)


def page() -> np.ndarray:
    pixels = np.full((300, 400, 3), 250, np.uint8)
    cv2.circle(pixels, DOT, 12, (0, 0, 0), -1)
    return pixels


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", KINDS)
def test_labels_move_with_the_pixels(tmp_path, kind, level):
    made = degrade(page(), 200, kind, level, "a page")
    x, y = DOT
    ring = [(x - 12, y - 12), (x + 13, y - 12), (x + 13, y + 13), (x - 12, y + 13)]
    picture = LabelledPicture("a", tmp_path, (Label("o", Region.from_points(ring)), Label("no place", None)))
    dot, placeless = moved_labels(picture, made.from_good)
    assert dot.region is not None
    box = dot.region.box
    inside = made.pixels[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
    ys, xs = np.nonzero(inside[..., 1] < inside[..., 1].min() + 40)
    assert np.hypot(xs.mean() + 0.5 - box.width / 2, ys.mean() + 0.5 - box.height / 2) < 2
    assert isinstance(dot.region.center, Point)
    assert placeless.region is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_name_and_seed_give_the_same_page(kind):
    first, again = (degrade(page(), 200, kind, 2, "a page", 1).pixels for _ in range(2))
    assert (first == again).all()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("jpeg", "resolution")])
def test_each_level_changes_the_page_further(kind):
    good, one, two = page(), *(degrade(page(), 200, kind, level, "a page").pixels for level in LEVELS)
    assert one.shape != good.shape or (one != good).any()
    assert one.shape != two.shape or (one != two).any()


def test_a_page_of_few_dots_per_inch_stays_as_it_is():
    assert (degrade(page(), 90, "resolution", 2, "a page").pixels == page()).all()


def test_each_kind_has_a_name_for_each_level():
    assert set(ABOUT) == set(KINDS)
    assert all(len(names) == len(LEVELS) for names in ABOUT.values())
