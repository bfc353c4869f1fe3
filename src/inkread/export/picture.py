"""A page and what was read on it, side by side, for people to look at."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont, features

from inkread.document import Line, Page
from inkread.export.fonts import FontFile, font_for
from inkread.geometry import Box, Point, Quad
from inkread.image import Image

Rgb = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# The whole picture's long side. An A4 page at 300 dpi is then drawn at 170 dpi, small print still legible.
MAX_SIDE_PX = 4000
# A small cutting is drawn larger, up to 4 times, so that its text can be read.
_MIN_SIDE_PX = 700
_MAX_ENLARGEMENT = 4.0

MARGIN_PX = 24
_LEGEND_PX = 36

# From this confidence on: this colour. Blue, amber and red stay apart for colour-blind eyes.
_COLORS: tuple[tuple[float, Rgb, str], ...] = (
    (0.9, (0, 105, 170), "0.9 and more"),
    (0.7, (220, 140, 0), "0.7 to 0.9"),
    (float("-inf"), (205, 35, 60), "less than 0.7"),
)
_DESK: Rgb = (236, 238, 240)
_PAPER: Rgb = (255, 255, 255)
_EDGE: Rgb = (200, 204, 208)
_INK: Rgb = (20, 24, 28)

# Of a line's height, as detectors box it: what a font calls its size.
_SIZE_OF_HEIGHT = 0.78
# Smaller letters are specks; they are drawn at this size and squeezed.
_MIN_FONT_PX = 8
# A page has so many sizes or fewer. Each stays open with its file, 150 KiB: pages of ever other sizes took 24 MiB more
# for 157 of them.
_FONTS_KEPT = 32
# A short word may be drawn wider than its font is, to fill its box; more looks odd.
_MAX_STRETCH = 1.25
# Below this the text is as good as level, and turning it would only blur it.
_LEVEL_DEG = 1.0


def annotate(image: Image, page: Page) -> PillowImage.Image:
    """Return an RGB picture: on the left the page, faded, with its boxes; on the right the text in the same places.

    image: the page's own picture, of any scale.  Colours tell the confidence of each line, as the legend says. The
    long side is at most about MAX_SIDE_PX. Characters that no font of this computer has appear as boxes.
    """
    layout = _Layout.of(page, image)
    canvas = PillowImage.new("RGB", layout.size, _DESK)
    photo = PillowImage.fromarray(image.pixels).resize(layout.panel, PillowImage.Resampling.LANCZOS)
    faded = PillowImage.blend(photo, PillowImage.new("RGB", layout.panel, _PAPER), 0.35)
    text = PillowImage.new("RGB", layout.panel, _PAPER)
    for line in page.lines:
        _outline(faded, layout.scaled(line.quad), color_of(line.confidence), opacity=0.16)
        _outline(text, layout.scaled(line.quad), color_of(line.confidence), opacity=0.08)
    for line in page.lines:
        for word in line.words:
            _draw_word(text, word.text, layout.scaled(word.quad), layout.scaled(line.quad))
    for panel, left in ((faded, MARGIN_PX), (text, layout.right_panel_x)):
        canvas.paste(panel, (left, MARGIN_PX))
        edge = (left - 1, MARGIN_PX - 1, left + panel.width, MARGIN_PX + panel.height)
        ImageDraw.Draw(canvas).rectangle(edge, outline=_EDGE)
    _draw_legend(canvas, page.lines)
    return canvas


def color_of(confidence: float) -> Rgb:
    """Return the colour (R, G, B) that stands for a confidence."""
    return next(color for least, color, _ in _COLORS if not confidence < least)


@dataclass(frozen=True)
class _Layout:
    """Where things go. panel: (width, height) of the page as drawn, px.  x, y: panel px per page px."""

    panel: tuple[int, int]
    x: float
    y: float

    @staticmethod
    def of(page: Page, image: Image) -> _Layout:
        # A page that knows no size is as large as its picture.
        width, height = page.width or image.width, page.height or image.height
        most = MAX_SIDE_PX - 3 * MARGIN_PX
        enlarged = min(_MAX_ENLARGEMENT, max(1.0, _MIN_SIDE_PX / max(width, height)))
        scale = min(enlarged, most / (2 * width), most / height)
        panel = max(1, round(width * scale)), max(1, round(height * scale))
        return _Layout(panel, panel[0] / width, panel[1] / height)

    @property
    def right_panel_x(self) -> int:
        return self.panel[0] + 2 * MARGIN_PX

    @cached_property
    def size(self) -> tuple[int, int]:
        return 2 * self.panel[0] + 3 * MARGIN_PX, self.panel[1] + MARGIN_PX + _LEGEND_PX

    def scaled(self, quad: Quad) -> Quad:
        return Quad(*(Point(p.x * self.x, p.y * self.y) for p in quad))


def _outline(panel: PillowImage.Image, quad: Quad, color: Rgb, opacity: float) -> None:
    """Tint the quad and draw its edges. Works on a cutting at four times the size: polygons come without smoothing."""
    seen = quad.box.intersection(Box(0, 0, *panel.size))
    if seen is None:
        return
    left, top = max(0, int(seen.left) - 2), max(0, int(seen.top) - 2)
    size = min(panel.width, int(seen.right) + 3) - left, min(panel.height, int(seen.bottom) + 3) - top
    factor = 4 if size[0] * size[1] < 500_000 else 1
    mask = PillowImage.new("L", (size[0] * factor, size[1] * factor))
    points = [((p.x - left) * factor, (p.y - top) * factor) for p in quad]
    draw = ImageDraw.Draw(mask)
    draw.polygon(points, fill=round(255 * opacity))
    draw.line([*points, points[0], points[1]], fill=200, width=max(1, round(1.5 * factor)))
    mask = mask.resize(size, PillowImage.Resampling.BOX)
    panel.paste(color, (left, top, left + size[0], top + size[1]), mask)


def _draw_word(panel: PillowImage.Image, text: str, quad: Quad, line: Quad) -> None:
    """Draw a word in its quad, turned as its line is; upright signs one below the other in a vertical line."""
    # Separators of lines and paragraphs too: Raqm refuses text of several paragraphs.
    text = "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cs", "Zl", "Zp"})
    if not text or quad.box.intersection(Box(0, 0, *panel.size)) is None:
        return
    # A stray line may be as high as the page; a mask of such letters would take as much memory.
    height = min(line.height or quad.height, MAX_SIDE_PX / 4)
    if 45 < abs(line.angle_deg) < 135 and all(unicodedata.east_asian_width(c) in "WF" for c in text):
        for i, sign in enumerate(text):
            part = quad.part(i / len(text), (i + 1) / len(text))
            _paste(panel, _text_mask(sign, height, part.height), part.center)
        return
    mask = _text_mask(text, height, quad.width)
    if abs(line.angle_deg) > _LEVEL_DEG:
        mask = mask.rotate(-line.angle_deg, PillowImage.Resampling.BICUBIC, expand=True)
    _paste(panel, mask, _on_axis(quad.center, line))


def _on_axis(point: Point, line: Quad) -> Point:
    """Return the nearest point of the line's middle axis: quads of words hug their ink, which would make them dance."""
    x, y = math.cos(math.radians(line.angle_deg)), math.sin(math.radians(line.angle_deg))
    along = (point.x - line.center.x) * x + (point.y - line.center.y) * y
    return Point(line.center.x + along * x, line.center.y + along * y)


def _paste(panel: PillowImage.Image, mask: PillowImage.Image, center: Point) -> None:
    panel.paste(_INK, (round(center.x - mask.width / 2), round(center.y - mask.height / 2)), mask)


def _text_mask(text: str, height: float, width: float) -> PillowImage.Image:
    """Return the text as a mask of at most this width, 255 where there is ink, as high as its font's lines."""
    size = max(_MIN_FONT_PX, round(height * _SIZE_OF_HEIGHT))
    font = _font(font_for(text), size)
    text = _in_drawing_order(text)
    ascent, descent = font.getmetrics() if isinstance(font, ImageFont.FreeTypeFont) else (size, 0)
    left, _, right, _ = font.getbbox(text)
    natural = max(1, round(right - left))
    mask = PillowImage.new("L", (natural, ascent + descent))
    ImageDraw.Draw(mask).text((-left, 0), text, fill=255, font=font)
    fitted = max(1, round(min(width, natural * _MAX_STRETCH, MAX_SIDE_PX)))
    # Higher only where the smallest font is too large for the box.
    lower = min(mask.height, max(1, round(height))) if size == _MIN_FONT_PX else mask.height
    if (fitted, lower) == mask.size:
        return mask
    return mask.resize((fitted, lower), PillowImage.Resampling.LANCZOS)


def _in_drawing_order(text: str) -> str:
    """Return what to draw from left to right: Raqm does that and joins letters, without it right-to-left is turned."""
    if features.check_feature("raqm"):
        return text
    is_right_to_left = any(unicodedata.bidirectional(c) in {"R", "AL"} for c in text)
    return text[::-1] if is_right_to_left else text


@lru_cache(maxsize=_FONTS_KEPT)
def _font(file: FontFile | None, size: int) -> Font:
    if file is not None:
        try:
            return ImageFont.truetype(file.path, size, index=file.index)
        except OSError:
            # A font that FreeType cannot open, damaged or of bitmaps only, is as good as none.
            pass
    return ImageFont.load_default(size)


def _draw_legend(canvas: PillowImage.Image, lines: tuple[Line, ...]) -> None:
    """Say below the page how many lines there are and what the colours mean, as far as the width allows."""
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(14)
    middle = canvas.height - _LEGEND_PX // 2
    x = MARGIN_PX
    counts = [sum(color_of(line.confidence) == color for line in lines) for _, color, _ in _COLORS]
    entries = [(color, f"confidence {words}: {n}") for (_, color, words), n in zip(_COLORS, counts, strict=True)]
    for color, words in entries:
        if x + 20 + draw.textlength(words, font) > canvas.width - MARGIN_PX:
            return
        draw.rounded_rectangle((x, middle - 6, x + 12, middle + 6), 3, fill=color)
        draw.text((x + 20, middle), words, fill=(70, 76, 82), font=font, anchor="lm")
        x += 20 + round(draw.textlength(words, font)) + 28
