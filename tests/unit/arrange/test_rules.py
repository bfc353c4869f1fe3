import math

import cv2
import numpy as np
import pytest

from inkread.arrange.rules import find_rules
from inkread.geometry import Box
from inkread.image import Image


def page(width: int = 600, height: int = 400) -> np.ndarray:
    return np.full((height, width, 3), 255, np.uint8)


def test_a_rule_is_told_by_its_place_and_ends():
    pixels = page()
    cv2.line(pixels, (100, 50), (500, 50), (0, 0, 0), 2)
    cv2.line(pixels, (300, 80), (300, 350), (0, 0, 0), 1)
    rules = find_rules(Image(pixels), 0.0, 20.0)
    (across,), (down,) = rules.across, rules.down
    assert across == pytest.approx((50, 100, 501), abs=4)
    assert down == pytest.approx((300.5, 80, 351), abs=4)


def test_letters_and_thick_bars_are_no_rules():
    pixels = page()
    cv2.putText(pixels, "HELLO TEXT", (50, 100), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (0, 0, 0), 3)
    cv2.rectangle(pixels, (100, 200), (400, 260), (0, 0, 0), -1)
    rules = find_rules(Image(pixels), 0.0, 22.0)
    assert not rules.down
    assert all(rule.at > 190 for rule in rules.across)


def test_white_rules_on_a_dark_page_are_found():
    pixels = 255 - page()
    cv2.line(pixels, (100, 50), (500, 50), (255, 255, 255), 2)
    assert len(find_rules(Image(pixels), 0.0, 20.0).across) == 1


def test_a_hairline_of_a_large_scan_is_found():
    pixels = page(3000, 2000)
    cv2.line(pixels, (300, 1000), (2700, 1000), (60, 60, 60), 2)
    (rule,) = find_rules(Image(pixels), 0.0, 60.0).across
    assert rule == pytest.approx((1000, 300, 2700), abs=15)


@pytest.mark.parametrize("angle", [-7.0, 3.0, 90.0, 180.0])
def test_rules_of_a_turned_page_are_those_of_its_reading_frame(angle):
    pixels = page()
    middle, half = np.array([300.0, 200.0]), 120.0
    along = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
    start, end = (np.rint(middle + sign * half * along).astype(int).tolist() for sign in (-1, 1))
    cv2.line(pixels, start, end, (0, 0, 0), 2, cv2.LINE_AA)
    (rule,) = find_rules(Image(pixels), angle, 20.0).across
    across = float(middle @ np.array([-along[1], along[0]]))
    assert rule == pytest.approx((across, float(middle @ along) - half, float(middle @ along) + half), abs=6)


def test_rules_of_a_part_of_a_page_are_where_they_are_on_the_page():
    pixels = page()
    cv2.line(pixels, (250, 250), (550, 250), (0, 0, 0), 2)
    (rule,) = find_rules(Image(pixels).crop(Box(200, 200, 600, 400)), 0.0, 20.0).across
    assert rule == pytest.approx((250, 250, 551), abs=4)
