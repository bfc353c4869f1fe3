"""Regions that are several lines, on drawn probability maps."""

import cv2
import numpy as np
import pytest

from inkread.detect.heatmap import find_quads
from inkread.detect.touching import parted


def bars(*boxes: tuple[int, int, int, int], bridge: float = 0.0) -> np.ndarray:
    """A map with bars (left, top, right, bottom) of text, and a weaker band that joins all of them."""
    drawn = np.zeros((100, 300), np.float32)
    left, top, right, bottom = (pick(values) for pick, values in zip((min, min, max, max), zip(*boxes)))  # noqa: B905
    drawn[top:bottom, (left + right) // 2 - 10 : (left + right) // 2 + 10] = bridge
    for left, top, right, bottom in boxes:
        drawn[top:bottom, left:right] = 0.95
    return drawn


def pieces(heatmap: np.ndarray, threshold: float = 0.2) -> list[tuple[int, int, int, int]]:
    contours, _ = cv2.findContours((heatmap > threshold).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = [piece for contour in contours for piece in parted(heatmap, contour, threshold)]
    return sorted(cv2.boundingRect(piece.contour) for piece in found)


@pytest.mark.parametrize("bridge", [0.3, 0.45, 0.6, 0.8])
def test_two_lines_that_touch_are_parted(bridge):
    found = pieces(bars((20, 20, 280, 40), (20, 50, 280, 70), bridge=bridge))
    assert found == [(20, 20, 260, 20), (20, 50, 260, 20)]


def test_three_lines_that_touch_at_different_strengths_are_parted():
    heatmap = bars((20, 10, 280, 30), (20, 40, 280, 60), bridge=0.3)
    heatmap[60:70, 100:120] = 0.6
    heatmap[70:90, 20:280] = 0.95
    assert [box[1] for box in pieces(heatmap)] == [10, 40, 70]


def test_words_of_one_line_stay_one_region():
    heatmap = bars((20, 20, 120, 40), (140, 20, 280, 40))
    heatmap[20:40, 120:140] = 0.3
    assert pieces(heatmap) == [(20, 20, 260, 20)]


def test_a_word_above_a_line_is_a_line_of_its_own():
    found = pieces(bars((20, 40, 280, 70), (110, 15, 180, 35), bridge=0.4))
    assert len(found) == 2


def test_specks_do_not_part_a_line():
    heatmap = bars((20, 40, 280, 70), bridge=0.95)
    heatmap[34:38, 100:104] = 0.95
    heatmap[38:40, 100:104] = 0.3
    assert len(pieces(heatmap)) == 1


def test_only_who_asks_gets_parted_regions():
    heatmap = bars((20, 20, 280, 40), (20, 50, 280, 70), bridge=0.4)
    settings = {"threshold": 0.2, "box_threshold": 0.3, "unclip_ratio": 1.5, "min_height": 3.0, "max_regions": 9}
    assert len(find_quads(heatmap, **settings)) == 1
    assert len(find_quads(heatmap, **settings, part_touching=True)) == 2
