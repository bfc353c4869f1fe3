from __future__ import annotations

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import ImageFont, features

from inkread.document import Block, Line, Page, Word
from inkread.export import fonts, picture
from inkread.export.picture import MARGIN_PX, MAX_SIDE_PX, annotate, color_of
from inkread.geometry import Box, Point, Quad
from inkread.image import Image


def line(text: str, quad: Quad, confidence: float = 0.95) -> Line:
    return Line(tuple(Word(word, quad, confidence) for word in text.split()), quad, confidence)


def page(*lines: Line, width: int = 900, height: int = 800) -> Page:
    return Page((Block(lines),) if lines else (), width, height)


def blank(width: int = 900, height: int = 800) -> Image:
    return Image(np.full((height, width, 3), 255, np.uint8))


def right(drawn: PillowImage.Image, box: Box, panel_width: int = 900) -> np.ndarray:
    """Return how dark the right panel is inside a box, 0..255; ink is darker than any tint."""
    shift = panel_width + 2 * MARGIN_PX
    cut = drawn.convert("L").crop((box.left + shift, box.top + MARGIN_PX, box.right + shift, box.bottom + MARGIN_PX))
    return 255 - np.asarray(cut, dtype=np.int16)


def left(drawn: PillowImage.Image, box: Box) -> np.ndarray:
    return np.asarray(drawn.crop(tuple(edge + MARGIN_PX for edge in box)), dtype=np.int16)


def inner(box: Box) -> Box:
    """Return the box without its outline."""
    return Box(box.left + 3, box.top + 3, box.right - 3, box.bottom - 3)


LEVEL = Box(100, 100, 400, 140)
UPRIGHT = Box(600, 200, 640, 600)


@pytest.mark.row("S4-40")
def test_the_text_stands_in_the_same_place_on_the_right_and_the_box_on_the_left():
    """Shows S4-40: a picture of the result."""
    drawn = annotate(blank(), page(line("Receipt", Quad.from_box(LEVEL))))

    assert drawn.mode == "RGB"
    assert (right(drawn, inner(LEVEL)) > 150).sum() > 200
    assert (right(drawn, Box(0, 200, 900, 800)) == 0).all()
    tint = left(drawn, inner(LEVEL))
    assert (tint[..., 0] < tint[..., 2]).all()
    assert (left(drawn, Box(0, 200, 900, 800)) == 255).all()


def test_ink_of_the_photo_is_faded_and_absent_on_the_right():
    pixels = np.full((800, 900, 3), 255, np.uint8)
    pixels[300:400, 300:400] = 0

    drawn = annotate(Image(pixels), page())
    assert 60 < left(drawn, Box(310, 310, 390, 390)).mean() < 140
    assert (right(drawn, Box(0, 0, 900, 800)) == 0).all()


def test_a_long_text_is_squeezed_into_its_box():
    drawn = annotate(blank(), page(line("W" * 60, Quad.from_box(LEVEL))))

    assert (right(drawn, inner(LEVEL)) > 100).any()
    assert (right(drawn, Box(LEVEL.right + 3, 90, 900, 150)) == 0).all()


@pytest.mark.parametrize("quarters", [1, 3])
@pytest.mark.parametrize("text", ["Vertical", "縦書きの文字"])
def test_the_text_of_a_vertical_line_runs_along_it(text, quarters):
    drawn = annotate(blank(), page(line(text, Quad.from_box(UPRIGHT).turned(quarters))))

    ink = right(drawn, inner(UPRIGHT)) > 100
    rows = np.flatnonzero(ink.any(axis=1))
    assert rows.max() - rows.min() > 100
    assert (right(drawn, Box(0, 0, 590, 800)) == 0).all()


def test_a_slanted_line_is_slanted_on_the_right():
    quad = Quad(Point(100, 100), Point(500, 300), Point(480, 340), Point(80, 140))
    drawn = annotate(blank(), page(line("slanted_text", quad)))

    ink = np.argwhere(right(drawn, Box(0, 0, 900, 800)) > 150)
    slope = np.polyfit(ink[:, 1], ink[:, 0], 1)[0]
    assert slope == pytest.approx(0.5, abs=0.1)


def test_words_of_a_line_stand_on_one_axis_though_their_boxes_hug_the_ink():
    quad = Quad.from_box(LEVEL)
    words = (
        Word("no", Quad.from_box(Box(100, 112, 150, 128)), 0.95),
        Word("no", Quad.from_box(Box(200, 120, 250, 139)), 0.95),
    )
    ink = right(annotate(blank(), page(Line(words, quad, 0.95))), inner(LEVEL)) > 150

    rows = [np.flatnonzero(half.any(axis=1)) for half in (ink[:, :75], ink[:, 75:])]
    assert abs(rows[0].max() - rows[1].max()) <= 1


def test_colours_tell_confidence():
    assert len({color_of(0.99), color_of(0.8), color_of(0.2)}) == 3
    assert color_of(0.9) == color_of(1.0)
    assert color_of(float("nan")) in {color_of(0.2), color_of(1.0)}
    drawn = annotate(blank(), page(line("x", Quad.from_box(LEVEL), 0.1)))
    tint = left(drawn, inner(LEVEL))
    assert (tint[..., 0] > tint[..., 1]).all()


def test_a_blank_page_and_a_line_without_words_are_drawn():
    assert annotate(blank(), page()).size == annotate(blank(), page(line("", Quad.from_box(LEVEL)))).size


def test_a_huge_page_is_drawn_smaller_and_a_tiny_one_larger():
    huge = annotate(blank(300, 9000), page(line("x", Quad.from_box(LEVEL)), width=300, height=9000))
    wide = annotate(blank(9000, 200), page(width=9000, height=200))
    tiny = annotate(blank(60, 20), page(line("x", Quad.from_box(Box(5, 5, 50, 15))), width=60, height=20))

    assert max(huge.size) <= MAX_SIDE_PX
    assert max(wide.size) <= MAX_SIDE_PX
    assert tiny.width == 2 * 240 + 3 * MARGIN_PX


def test_a_picture_of_another_scale_than_the_page_is_stretched_to_it():
    drawn = annotate(blank(450, 400), page(line("Receipt", Quad.from_box(LEVEL))))

    assert drawn.width == 2 * 900 + 3 * MARGIN_PX
    assert (right(drawn, inner(LEVEL)) > 150).any()


@pytest.mark.parametrize(
    "quad",
    [
        Quad.from_box(Box(-500, -500, -400, -450)),
        Quad.from_box(Box(-50, -50, 5000, 5000)),
        Quad.from_box(Box(100, 100, 100, 100)),
        Quad(*[Point(899.9, 799.9)] * 4),
        Quad.from_box(Box(850, 780, 950, 900)),
    ],
    ids=["outside", "larger than the page", "a point", "in the corner", "over the edge"],
)
def test_a_quad_of_any_kind_is_drawn_or_left_out(quad):
    annotate(blank(), page(line("text", quad)))


@pytest.mark.parametrize(
    "text",
    ["😀👍🏽", "שלום", "\x00\x07", "\ud800", "e\u0301\u0301", "\ufffe", "हिन्दी", "a\u2028b", "a\u2028b\u2029c"],
    ids=ascii,
)
def test_any_character_can_be_drawn(text):
    quad = Quad.from_box(LEVEL)
    annotate(blank(), page(Line((Word(text, quad, 0.9),), quad, 0.9)))


def test_without_any_installed_font_the_text_is_drawn_all_the_same(monkeypatch):
    monkeypatch.setattr(picture, "font_for", lambda text: None)

    drawn = annotate(blank(), page(line("Receipt", Quad.from_box(LEVEL)), line("日本", Quad.from_box(UPRIGHT))))
    assert (right(drawn, inner(LEVEL)) > 150).sum() > 200


def test_a_font_that_cannot_be_opened_is_as_good_as_none(tmp_path, monkeypatch):
    (tmp_path / "bad.ttf").write_bytes(b"no font")
    monkeypatch.setattr(picture, "font_for", lambda text: fonts.FontFile(tmp_path / "bad.ttf"))

    assert (right(annotate(blank(), page(line("Receipt", Quad.from_box(LEVEL)))), inner(LEVEL)) > 150).any()


def test_without_raqm_right_to_left_text_is_turned(monkeypatch):
    monkeypatch.setattr(features, "check_feature", lambda name: False)

    assert picture._in_drawing_order("שלום") == "םולש"
    assert picture._in_drawing_order("Tea") == "Tea"


def test_pillow_has_a_scalable_font_of_its_own():
    assert isinstance(ImageFont.load_default(20), ImageFont.FreeTypeFont)


def test_fonts_of_ever_other_sizes_are_closed_again():
    for height in range(10, 210):
        picture._text_mask("total", height, 100)
    assert picture._font.cache_info().currsize <= 32
