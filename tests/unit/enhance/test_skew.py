import cv2
import numpy as np
import pytest

from inkread.enhance.skew import skew_deg
from inkread.image import Image


def page() -> Image:
    pixels = np.full((700, 900, 3), 255, np.uint8)
    for row in range(16):
        cv2.putText(pixels, "a line of print" * 2, (60, 80 + 36 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 2)
    return Image(pixels)


@pytest.mark.parametrize("angle_deg", [-14.0, -7.0, -3.3, -0.5, 2.0, 7.0])
def test_the_skew_of_a_crooked_page_is_found(angle_deg):
    assert skew_deg(page().deskew(-angle_deg)) == pytest.approx(angle_deg, abs=0.15)


@pytest.mark.row("S0-20", "S3-11")
def test_a_straightened_page_is_straight():
    crooked = page().deskew(5)
    assert skew_deg(crooked.deskew(skew_deg(crooked))) == 0


@pytest.mark.parametrize("pixels", [np.full((90, 80, 3), 255, np.uint8), np.zeros((1, 1, 3), np.uint8)])
def test_what_has_no_rows_is_not_crooked(pixels):
    assert skew_deg(Image(pixels)) == 0
