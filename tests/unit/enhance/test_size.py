import cv2
import numpy as np
import pytest

from inkread.enhance.size import enlargement, print_height_px
from inkread.image import Image


def page(scale: float) -> Image:
    pixels = np.full((900, 1200, 3), 255, np.uint8)
    for row in range(10):
        at = (40, 80 + 80 * row)
        cv2.putText(pixels, "some lines of print", at, cv2.FONT_HERSHEY_SIMPLEX, scale, (0, 0, 0), 2, cv2.LINE_AA)
    return Image(pixels)


@pytest.mark.parametrize("scale", [0.6, 1.0, 2.0])
def test_the_height_of_print_is_told_within_a_third(scale):
    height = cv2.getTextSize("gb", cv2.FONT_HERSHEY_SIMPLEX, scale, 2)[0][1] * 1.4
    assert print_height_px(page(scale)) == pytest.approx(height, rel=0.34)


def test_a_page_without_letters_has_no_print():
    assert print_height_px(Image(np.full((300, 200, 3), 255, np.uint8))) is None


@pytest.mark.parametrize(("print_px", "factor"), [(None, 1), (40, 1), (24, 1), (12, 2), (3, 4)])
def test_print_is_enlarged_as_far_as_it_is_good_for(print_px, factor):
    assert enlargement(print_px, 24) == factor
