"""Pages drawn with words whose boxes are known; some of the boxes are then left out."""

import cv2
import numpy as np
import pytest

from inkread.detect.coverage import Coverage, Missed, find_missed
from inkread.geometry import Box, Quad
from inkread.image import Image, Pixels

HEIGHT = 30  # of a line's box, px
INK = 40


def draw(pixels: Pixels, text: str, left: int, bottom: int, ink: int = INK) -> Quad:
    """Write a text 20 px high and return the quad that a detector would give it."""
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 0.9, 2)
    cv2.putText(pixels, text, (left, bottom), cv2.FONT_HERSHEY_DUPLEX, 0.9, (ink, ink, ink), 2, cv2.LINE_AA)
    return Quad.from_box(Box(left - 3, bottom - 25, left + width + 3, bottom + 5))


def receipt(ink: int = INK, ground: int = 235) -> tuple[Pixels, list[Quad], list[Quad]]:
    """A page of ten articles, each with its quantity alone at the left: the quads of articles, and of quantities."""
    pixels = np.full((700, 600, 3), ground, np.uint8)
    articles = [draw(pixels, f"ARTICLE NO {k} 12.{k}0", 120, 100 + 50 * k, ink) for k in range(10)]
    quantities = [draw(pixels, str(k), 40, 100 + 50 * k, ink) for k in range(10)]
    return pixels, articles, quantities


def hits(coverage: Coverage, quads: list[Quad]) -> list[bool]:
    return [any(quad.box.contains(missed.box.center) for missed in coverage.missed) for quad in quads]


def test_a_page_whose_lines_cover_all_text_is_covered():
    pixels, articles, quantities = receipt()
    coverage = find_missed(Image(pixels), articles + quantities)
    assert coverage is not None
    assert (coverage.share, coverage.missed, coverage.is_worth_telling) == (1.0, (), False)


@pytest.mark.parametrize(
    ("ink", "ground"), [(40, 235), (230, 30), (170, 235)], ids=["black", "white on black", "faint"]
)
def test_digits_that_stand_alone_are_found(ink, ground):
    """In a column too, one close above the other."""
    pixels, articles, quantities = receipt(ink, ground)
    coverage = find_missed(Image(pixels), articles)
    assert coverage is not None
    assert hits(coverage, quantities) == [True] * 10
    assert len(coverage.missed) == 10
    assert 0.85 < coverage.share < 0.97


def test_what_a_region_held_is_missed_where_it_was():
    pixels, articles, quantities = receipt()
    coverage = find_missed(Image(pixels), articles[:3] + articles[4:] + quantities)
    assert coverage is not None
    assert hits(coverage, articles[3:4]) == [True]
    around = Box.around(missed.box for missed in coverage.missed)
    assert articles[3].box.union(around) == articles[3].box
    assert 0.85 < coverage.share < 0.95
    assert coverage.is_worth_telling


def test_what_was_missed_is_read_as_a_line():
    pixels, articles, quantities = receipt()
    coverage = find_missed(Image(pixels), articles + quantities[:-1])
    assert coverage is not None
    (quad,) = coverage.quads
    assert quad.height == pytest.approx(HEIGHT)
    assert quad.box.union(coverage.missed[0].box) == quad.box


def test_rules_borders_photos_specks_and_rings_are_not_text():
    pixels, articles, quantities = receipt()
    cv2.rectangle(pixels, (10, 50), (590, 590), (0, 0, 0), 2)
    cv2.line(pixels, (20, 610), (580, 610), (0, 0, 0), 1)
    cv2.circle(pixels, (520, 300), 60, (60, 60, 60), 3)
    for x in range(25, 590, 40):
        cv2.circle(pixels, (x, 65), 2, (0, 0, 0), -1)
    pixels[620:690, 300:400] = np.random.default_rng(1).integers(0, 255, (70, 100, 1), np.uint8)
    pixels[:, 595:] = 0
    coverage = find_missed(Image(pixels), articles + quantities)
    assert coverage is not None
    assert coverage.missed == ()


def test_a_shadow_is_not_text():
    pixels, articles, quantities = receipt()
    shadow = np.linspace(1, 0.5, 700)[:, None, None] * np.where(np.arange(600) < 60, 0.7, 1)[None, :, None]
    coverage = find_missed(Image((pixels * shadow).astype(np.uint8)), articles + quantities)
    assert coverage is not None
    assert coverage.missed == ()


def test_nothing_is_said_of_a_page_without_lines():
    """Blank, or a photo: without lines nobody knows how large text is."""
    assert find_missed(Image(np.full((400, 300, 3), 255, np.uint8)), []) is None


def test_nothing_is_said_of_a_photo_with_some_text():
    noise = np.random.default_rng(2).integers(0, 255, (100, 100, 1), np.uint8)
    pixels = np.repeat(cv2.resize(noise, (600, 700))[..., None], 3, axis=2)
    quad = draw(pixels, "EXIT", 200, 300)
    assert find_missed(Image(pixels), [quad]) is None


@pytest.mark.parametrize("size", [(1, 1), (5, 400), (400, 5), (3000, 2000)])
def test_a_picture_may_have_any_size(size):
    height, width = size
    coverage = find_missed(Image(np.full((height, width, 3), 200, np.uint8)), [Quad.from_box(Box(0, 0, width, height))])
    assert coverage is not None
    assert coverage.missed == ()


def test_the_share_is_of_text_like_ink():
    missed = tuple(Missed(Box(10 * k, 0, 10 * k + 5, 10), 30) for k in range(3))
    assert Coverage(310, missed, 20.0).share == pytest.approx(310 / 400)
    assert Coverage(0, (), 20.0).share == 0
