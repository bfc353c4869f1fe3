"""Word boxes on rendered text: the built-in font, so that the truth is the same everywhere."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from inkread import Reader
from inkread.document import Word
from inkread.geometry import Box, Point, Quad
from inkread.image import Image

LINES = (
    "The quick brown fox jumps",
    "over 13 lazy dogs in 2026",
    "Invoice total 1,234.56 EUR",
    "Harbour Street 14 Westbridge",
)
TOLERANCE_PX = 2.0


@dataclass(frozen=True)
class Truth:
    """A word and the quad of its ink, px."""

    text: str
    quad: Quad

    def moved(self, matrix: np.ndarray) -> "Truth":
        """The same word on a page whose pixel edges were moved by this 2x3 or 3x3 matrix."""
        points = np.c_[np.array(self.quad), np.ones(4)] @ matrix.T
        return Truth(self.text, Quad.from_points(points[:, :2].tolist()))


def ink_of(word: str, x: float, y: float, font: ImageFont.FreeTypeFont, size: tuple[int, int]) -> Box:
    picture = Pillow.new("L", size, 255)
    ImageDraw.Draw(picture).text((x, y), word, font=font, fill=0)
    ys, xs = np.nonzero(np.asarray(picture) < 128)
    return Box(int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1)


def rendered(
    lines: tuple[str, ...], font_size: int, size: tuple[int, int], *, left: int = 60, top: int = 40, pitch: float = 1.9
) -> tuple[np.ndarray, list[Truth]]:
    """A page, (H, W, 3), with these lines in black on white, and the truth about its words."""
    font = ImageFont.load_default(font_size)
    picture = Pillow.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    truth = []
    for i, line in enumerate(lines):
        x, y = float(left), top + int(i * font_size * pitch)
        for word in line.split():
            truth.append(Truth(word, Quad.from_box(ink_of(word, x, y, font, size))))
            draw.text((x, y), word, font=font, fill="black")
            x += draw.textlength(f"{word} ", font=font)
    return np.asarray(picture), truth


def turned(pixels: np.ndarray, angle_deg: float, side: int) -> tuple[np.ndarray, np.ndarray]:
    """The page turned clockwise on a larger one, and the matrix that moves pixel edges so."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -angle_deg, 1.0)
    matrix[:, 2] += (side / 2 - width / 2, side / 2 - height / 2)
    # The function maps the centres of pixels, where edge e is centre e - 0.5.
    of_centres = matrix.copy()
    of_centres[:, 2] += matrix[:, :2] @ (0.5, 0.5) - (0.5, 0.5)
    moved = cv2.warpAffine(pixels, of_centres, (side, side), borderValue=(255, 255, 255), flags=cv2.INTER_CUBIC)
    return moved, matrix


def error_px(words: tuple[Word, ...], truth: Truth) -> float:
    """How far the worst corner of the nearest word with this text lies from the truth."""
    named = [word for word in words if word.text == truth.text]
    assert named, f'"{truth.text}" was not read in "{" ".join(word.text for word in words)}"'
    word = min(named, key=lambda word: math.dist(word.quad.center, truth.quad.center))
    return max(max(abs(a.x - b.x), abs(a.y - b.y)) for a, b in zip(word.quad, truth.quad, strict=True))


def assert_right(words: tuple[Word, ...], truth: list[Truth]) -> None:
    assert [word.text for word in words] == [item.text for item in truth]
    errors = {item.text: round(error_px(words, item), 2) for item in truth}
    assert max(errors.values()) <= TOLERANCE_PX, errors


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as opened:
        yield opened


@pytest.mark.parametrize("size", [14, 20, 28, 48, 90])
def test_boxes_are_right_at_every_size_of_print(reader, size):
    """S4-31, S0-30"""
    pixels, truth = rendered(LINES, size, (max(640, size * 16), max(480, size * 9)))
    assert_right(reader.read(pixels).words, truth)


@pytest.mark.parametrize("angle", [3, -3, 7, -7, 15, 90, 180, 270])
def test_boxes_are_right_on_a_turned_page(reader, angle):
    """S4-31: quads start at the reader's top left, wherever that is on the page."""
    pixels, truth = rendered(LINES, 28, (560, 300))
    moved, matrix = turned(pixels, angle, 680)
    assert_right(reader.read(moved).words, [item.moved(matrix) for item in truth])


@pytest.mark.parametrize("factor", [0.6, 1.5, 2.0])
def test_boxes_of_a_resized_picture_are_in_page_pixels(reader, factor):
    """S0-23, S0-35"""
    pixels, truth = rendered(LINES, 28, (640, 480))
    assert_right(reader.read_page(Image(pixels).resize(factor)).words, truth)


def test_boxes_of_a_part_are_in_page_pixels(reader):
    """S0-22, S0-33, S0-34: a region of the page, read for itself."""
    pixels, truth = rendered(LINES, 28, (640, 480))
    part = Image(pixels).crop(Box(30.5, 80, 620, 200))
    inside = [item for item in truth if 80 < item.quad.center.y < 200]
    assert 5 < len(inside) < len(truth)
    assert_right(reader.read_page(part).words, inside)


def test_boxes_of_a_part_of_a_turned_and_resized_picture_are_in_page_pixels(reader):
    """S0-22, S0-23"""
    pixels, truth = rendered(LINES[:2], 28, (640, 480))
    image = Image(np.ascontiguousarray(np.rot90(pixels))).turned(1).resize(1.5).crop(Box(60, 30, 900, 300))
    to_turned = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 640.0], [0.0, 0.0, 1.0]])
    assert_right(reader.read_page(image).words, [item.moved(to_turned) for item in truth])


@pytest.mark.parametrize("quarters", [1, 3])
def test_boxes_of_a_vertical_line_beside_upright_text_are_right(reader, quarters):
    """S4-31"""
    pixels, truth = rendered(LINES[2:], 28, (640, 480))
    strip, of_strip = rendered(("Margin note 42",), 28, (300, 60), left=20, top=12)
    page = pixels.copy()
    page[150:450, 500:560] = np.rot90(strip, -quarters)
    back = {
        1: np.array([[0.0, -1.0, 560.0], [1.0, 0.0, 150.0]]),
        3: np.array([[0.0, 1.0, 500.0], [-1.0, 0.0, 450.0]]),
    }[quarters]
    assert_right(reader.read(page).words, truth + [item.moved(back) for item in of_strip])


def test_boxes_of_light_text_on_a_dark_ground_are_right(reader):
    pixels, truth = rendered(LINES, 28, (640, 480))
    assert_right(reader.read(255 - pixels).words, truth)


def test_boxes_of_a_line_that_is_the_whole_picture_are_right(reader):
    pixels, truth = rendered(("Harbour Street 14",), 32, (330, 52), left=12, top=6)
    assert_right(reader.read_lines(pixels)[0].words, truth)


def test_boxes_of_two_lines_in_one_crop_are_right(reader):
    """A region that holds two lines is parted, and each word keeps its own height."""
    pixels, truth = rendered(("Harbour Street", "Invoice total"), 30, (250, 90), left=12, top=8, pitch=1.4)
    assert_right(reader.read_lines(pixels)[0].words, truth)


def test_characters_stand_in_their_word_in_order(reader):
    """S0-30: a place for each character, over its own ink or nearly so."""
    pixels, truth = rendered(LINES, 40, (800, 480))
    font = ImageFont.load_default(40)
    for word, item in zip(reader.read(pixels).words, truth, strict=True):
        centres = [char.quad.center.x for char in word.chars]
        assert centres == sorted(centres)
        left = item.quad.top_left.x - font.getbbox(word.text)[0]
        for i, char in enumerate(word.chars):
            expected = left + (font.getlength(word.text[:i]) + font.getlength(word.text[: i + 1])) / 2
            assert char.quad.center.x == pytest.approx(expected, abs=8)


def test_words_do_not_overlap_and_lie_in_their_line(reader):
    """S4-31"""
    pixels, _ = rendered(LINES, 28, (640, 480))
    for line in reader.read(pixels).lines:
        outer = line.quad.grown(0.3).box
        for word in line.words:
            assert all(outer.contains(Point(*corner)) for corner in word.quad)
        for before, after in zip(line.words, line.words[1:], strict=False):
            assert before.box.right <= after.box.left
