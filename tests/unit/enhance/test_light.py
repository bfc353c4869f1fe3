import cv2
import numpy as np
import pytest

from inkread.enhance.light import (
    dark_and_light,
    sampled_dark_and_light,
    with_even_light,
    with_full_contrast,
    without_noise,
)
from inkread.image import Image


def page(ink: int = 20, paper: int = 240) -> np.ndarray:
    pixels = np.full((400, 600, 3), paper, np.uint8)
    for row in range(10):
        cv2.putText(pixels, "a line of print", (40, 60 + 32 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (ink,) * 3, 2)
    return pixels


def noisy(pixels: np.ndarray, deviation: float) -> np.ndarray:
    random = np.random.default_rng(1)
    return np.clip(pixels + random.normal(0, deviation, pixels.shape[:2])[..., None], 0, 255).astype(np.uint8)


def test_dark_and_light_are_told_apart():
    ink, paper = dark_and_light(page(150, 190)[..., 0])
    assert 150 <= ink < 160
    assert paper == 190


@pytest.mark.row("S1-36")
def test_pale_print_becomes_black_on_white():
    before = page(150, 190)
    full = with_full_contrast(before)
    assert full.min() == 0
    assert (full[before == 190] == 255).all()
    assert before.min() == 150


@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_empty_page_stays_empty(value):
    empty = np.full((50, 60, 3), value, np.uint8)
    assert with_full_contrast(empty).std() == 0
    assert with_even_light(empty).std() == 0


def test_a_shadow_goes_and_print_stays():
    shadow = np.ones((400, 600))
    shadow[:, 300:] = 0.4
    even = with_even_light((page() * shadow[..., None]).astype(np.uint8))
    paper = page()[..., 0] == 240
    far_from_the_edge = np.abs(np.arange(600) - 300) > 30
    assert even[paper & far_from_the_edge[None, :]].min() > 225
    assert np.median(even[page()[..., 0] == 20]) < 60


@pytest.mark.row("S1-36")
def test_noise_goes():
    before = noisy(page(paper=128), 30)
    assert without_noise(before)[:40].std() < 0.5 * before[:40].std()


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 50, 3), (50, 2, 3)])
def test_the_smallest_pictures_are_taken(shape):
    pixels = np.full(shape, 90, np.uint8)
    for clean in (with_full_contrast, with_even_light, without_noise):
        assert clean(pixels).shape == shape


def test_a_sample_tells_the_same_as_the_whole_picture_in_grey():
    pixels = np.random.default_rng(2).integers(40, 200, (203, 310, 3)).astype(np.uint8)
    assert sampled_dark_and_light(pixels) == dark_and_light(Image(pixels).grey())
