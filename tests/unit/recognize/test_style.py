"""Print or handwriting, by strokes that are drawn here."""

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from inkread.document import Line, Word
from inkread.geometry import Box, Quad
from inkread.image import Image
from inkread.recognize.style import measure, styles_of


def line(box: Box, confidence: float) -> Line:
    quad = Quad.from_box(box)
    return Line((Word("text", quad, confidence, scores=(confidence,) * 4),), quad, confidence)


def scrawl(draw: ImageDraw.ImageDraw, left: float, top: float, width: float, seed: int) -> None:
    """Loops that lean to the right and are joined, as a hasty hand writes."""
    random = np.random.default_rng(seed)
    steps = np.arange(0, width, 2.0)
    height = 10 + 6 * np.sin(steps / 61) + random.normal(0, 1, len(steps)).cumsum() / 8
    ys = top + 24 + height * np.sin(steps / 4.1)
    xs = left + steps + 0.6 * (top + 24 - ys)
    draw.line(list(zip(xs.tolist(), ys.tolist(), strict=True)), fill=(30, 30, 90), width=2)


@pytest.fixture
def page() -> Image:
    picture = Pillow.new("RGB", (640, 400), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(30)
    for k, text in enumerate(("INVOICE No. 20316", "Hill Lane 14, Hull", "Total due: 31.20 EUR")):
        draw.text((20, 16 + 60 * k), text, font=font, fill="black")
    for k in range(3):
        scrawl(draw, 20, 200 + 60 * k, 500, k)
    return Image(np.asarray(picture))


PRINT = [line(Box(16, 14 + 60 * k, 330, 52 + 60 * k), 0.99) for k in range(3)]
BY_HAND = [line(Box(16, 200 + 60 * k, 540, 248 + 60 * k), 0.7) for k in range(3)]


def test_print_and_handwriting_of_one_page_are_told_apart(page):
    assert styles_of(page, [*PRINT, *BY_HAND]) == ["print"] * 3 + ["handwriting"] * 3


def test_a_short_line_is_what_the_others_are(page):
    short = line(Box(16, 14, 40, 52), 0.5)
    assert measure(page, short) is None
    assert styles_of(page, [short, *PRINT])[0] == "print"
    assert styles_of(page, [short, *BY_HAND])[0] == "handwriting"


def test_where_nothing_can_be_told_it_is_print(page):
    empty = line(Box(560, 300, 640, 340), 0.2)
    assert styles_of(Image(np.full((400, 640, 3), 255, np.uint8)), [empty]) == ["print"]
    assert styles_of(page, []) == []


def test_measures_are_of_the_line_wherever_its_picture_was_cut(page):
    part = page.crop(Box(0, 180, 640, 400))
    assert measure(part, BY_HAND[0]) == pytest.approx(measure(page, BY_HAND[0]), abs=0.05)
