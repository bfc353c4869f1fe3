import numpy as np
import pytest

from inkread.recognize.orientation import OrientationClassifier
from inkread.runtime.session import FakeSession


def network(batch: np.ndarray) -> np.ndarray:
    """Take a line for upside down where its upper left is darker than its lower left: (N, 2)."""
    upper, lower = batch[:, 4, 4, 0].astype(float), batch[:, -5, 4, 0].astype(float)
    chance = np.where(upper < lower, 0.9, 0.1)
    return np.stack((1 - chance, chance), axis=1).astype(np.float32)


def crop(height: int, width: int, *, is_upside_down: bool) -> np.ndarray:
    pixels = np.full((height, width, 3), 200, np.uint8)
    half = slice(None, height // 2) if is_upside_down else slice(height // 2, None)
    pixels[half] = 50
    return pixels


def test_the_chance_of_each_crop_comes_in_order():
    flags = [True, False, False, True, True]
    crops = [crop(48, 100 + 90 * i, is_upside_down=flag) for i, flag in enumerate(flags)]
    chances = OrientationClassifier(FakeSession(network)).upside_down(crops)
    assert chances == pytest.approx([0.9 if flag else 0.1 for flag in flags])


@pytest.mark.parametrize("shape", [(48, 20), (48, 5000), (12, 30), (200, 900), (1, 1)])
def test_the_network_sees_pictures_of_one_size(shape):
    session = FakeSession(network)
    OrientationClassifier(session).upside_down([crop(*shape, is_upside_down=True)])
    assert {seen[1:] for seen in session.shapes} == {(48, 192, 3)}


def test_no_crops_need_no_network():
    session = FakeSession(network)
    assert OrientationClassifier(session).upside_down([]) == []
    assert session.shapes == []
