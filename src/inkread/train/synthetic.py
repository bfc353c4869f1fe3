"""Pictures of lines and pages that nobody had to write or label: fonts, papers and inks, the same for a seed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont, features
from pydantic import Field

from inkread.errors import NothingToReadError, OptionError
from inkread.export.fonts import FontFile, characters
from inkread.option_set import Options
from inkread.train.texts import Texts, read_corpus

Pixels = npt.NDArray[np.uint8]
Rng = np.random.Generator

_SUFFIXES: Final = (".ttf", ".otf", ".ttc", ".woff")
# A text whose characters no font has is drawn anew so many times, then the fonts do not fit the texts.
_ATTEMPTS: Final = 50
_LEAST_WIDTH: Final = 8


class Rendering(Options):
    """What to render; in YAML, paths count from the file's folder."""

    fonts: tuple[str, ...] = Field(description="font files, or patterns: fonts/*.woff")
    texts: tuple[str, ...] = Field((), description="text files, UTF-8, of which pieces are taken")
    grammars: tuple[str, ...] = Field((), description="numbers, dates, money, addresses")
    grammar_share: float = Field(0.1, ge=0, le=1, description="lines that grammars make, 0 to 1")
    lines: int = Field(1000, ge=1, description="lines for each round of learning")
    length: tuple[int, int] = Field((6, 60), description="characters of a line, least and most")
    capitals: float = Field(0.03, ge=0, le=1, description="lines in capitals, 0 to 1")
    handwritten: bool = Field(False, description="words rise, fall, lean and vary in size, as hands do")
    size_px: tuple[int, int] = Field((26, 64), description="size of the font, px, least and most")
    seed: int = Field(1, ge=0, description="another one gives other lines")


class RenderedLine(NamedTuple):
    """A picture of a line, (H, W, 3) RGB, with its text."""

    picture: Pixels
    text: str


class LineRenderer:
    """Renders lines: the same for the same number."""

    def __init__(self, rendering: Rendering, folder: Path = Path(), known: frozenset[str] | None = None) -> None:
        """Look for the fonts and read the texts. known: the characters that may occur; None: any.

        Raises NothingToReadError where no font is there, SourceNotFoundError where a text is not.
        """
        self.rendering = rendering
        self._fonts = tuple(FontFile(path) for path in find_fonts(rendering.fonts, folder))
        corpora = [read_corpus(folder / path) for path in rendering.texts]
        self._texts = Texts(
            corpora,
            rendering.grammars,
            grammar_share=rendering.grammar_share,
            length=rendering.length,
            capitals=rendering.capitals,
        )
        self._known = known

    def plan(self, index: int) -> tuple[str, FontFile, int]:
        """Return the text of a line, its font, which has every character of it, and its size, px.

        Raises NothingToReadError where no font has the characters of any of many texts.
        """
        rng = np.random.default_rng((self.rendering.seed, index))
        for _ in range(_ATTEMPTS):
            font = self._fonts[int(rng.integers(len(self._fonts)))]
            text = self._texts.line(rng)
            if text and self._can_be_drawn(text, font):
                return text, font, int(rng.integers(*self.rendering.size_px, endpoint=True))
        raise NothingToReadError(
            f"of {_ATTEMPTS} texts none could be written with its font", remedy="give fonts that have their characters"
        )

    def width(self, index: int) -> float:
        """Return about how wide a line will be, in its heights."""
        text, font, size = self.plan(index)
        return _loaded(font, size).getlength(text) / (size * 1.15)

    def line(self, index: int) -> RenderedLine:
        """Return a line."""
        text, font, size = self.plan(index)
        rng = np.random.default_rng((self.rendering.seed, index, 1))
        return RenderedLine(draw(text, font, size, rng, handwritten=self.rendering.handwritten), text)

    def _can_be_drawn(self, text: str, font: FontFile) -> bool:
        wanted = {ord(char) for char in text if not char.isspace()}
        if self._known is not None and not self._known.issuperset(text.replace(" ", "")):
            return False
        return wanted <= characters(font)


def find_fonts(patterns: Sequence[str], folder: Path = Path()) -> tuple[Path, ...]:
    """Return the font files of paths and patterns, which count from a folder. Raises NothingToReadError without any."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        path = Path(pattern).expanduser()
        base = Path(path.anchor) if path.is_absolute() else folder
        relative = str(path.relative_to(base)) if path.is_absolute() else pattern
        found |= dict.fromkeys(sorted(each for each in base.glob(relative) if each.suffix.casefold() in _SUFFIXES))
    usable = tuple(path for path in found if characters(FontFile(path)))
    if not usable:
        raise NothingToReadError(
            f"no font is at {', '.join(patterns)}", remedy=f"name font files ({', '.join(_SUFFIXES)})"
        )
    return usable


def draw(text: str, font: FontFile, size: int, rng: Rng, *, handwritten: bool = False) -> Pixels:
    """Return a picture of a line of text, (H, W, 3) RGB, ink on paper, with a little room around it."""
    mask = _written(text, font, size, rng) if handwritten else _mask(text, font, size)
    rows, columns = mask.max(axis=1).nonzero()[0], mask.max(axis=0).nonzero()[0]
    if not len(rows):
        raise OptionError(f'the font "{font.path}" draws nothing for "{text}"')
    mask = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height = mask.shape[0]
    # Boxes leave room by the height of a line, which has ascenders and descenders or not.
    least = round(0.75 * size)
    above = int(height * rng.uniform(0.02, 0.18)) + max(0, (least - height) // 2)
    below = int(height * rng.uniform(0.02, 0.18)) + max(0, (least - height) // 2)
    sides = (rng.uniform(0.02, 0.3, 2) * size).astype(int)
    mask = np.pad(mask, ((above, below), (int(sides[0]), int(sides[1]))))
    if mask.shape[1] < _LEAST_WIDTH:
        mask = np.pad(mask, ((0, 0), (0, _LEAST_WIDTH)))
    return inked(mask, rng)


def inked(mask: Pixels, rng: Rng) -> Pixels:
    """Return ink on paper, (H, W, 3) RGB. mask: (H, W), how much ink, 0 to 255."""
    paper = np.clip(rng.normal(232, 16) + rng.normal(0, 6, 3), 150, 255)
    darkness = rng.uniform(0.55, 1.0)
    tint = rng.normal(0, 12, 3) if rng.random() < 0.5 else np.array([-20.0, -5.0, 45.0]) * rng.random()
    ink = np.clip(paper * (1 - darkness) + tint, 0, 255)
    share = mask.astype(np.float32)[..., None] / 255
    if rng.random() < 0.4:  # pens give more ink at some places than at others
        height, width = mask.shape
        rough = rng.uniform(0.55, 1.1, (max(2, height // 12), max(2, width // 12))).astype(np.float32)
        share = share * np.clip(cv2.resize(rough, (width, height)), 0, 1)[..., None]
    return np.clip(paper + (ink - paper) * share, 0, 255).astype(np.uint8)


def _written(text: str, font: FontFile, size: int, rng: Rng) -> Pixels:
    """Return a mask of words that rise and fall and vary in size, as of a hand."""
    sway = rng.uniform(0.2, 1.0)
    pieces = []
    for word in text.split(" "):
        mask = _mask(word, font, max(8, round(size * (1 + sway * rng.normal(0, 0.05)))))
        lean = sway * rng.normal(0, 0.12)
        pieces.append((_leaning(mask, lean), round(size * sway * rng.normal(0, 0.05))))
    space = _loaded(font, size).getlength(" ") * rng.uniform(0.8, 1.6) + 0.1 * size
    tallest = max(mask.shape[0] for mask, _ in pieces) + size
    gaps = [max(1, round(space * rng.uniform(0.7, 1.4))) for _ in pieces]
    width = sum(mask.shape[1] for mask, _ in pieces) + sum(gaps)
    whole = np.zeros((tallest + size, width), np.uint8)
    x = 0
    for (mask, rise), gap in zip(pieces, gaps, strict=True):
        y = size // 2 + rise
        y = min(max(0, y), whole.shape[0] - mask.shape[0])
        part = whole[y : y + mask.shape[0], x : x + mask.shape[1]]
        np.maximum(part, mask, out=part)
        x += mask.shape[1] + gap
    return whole


def _leaning(mask: Pixels, lean: float) -> Pixels:
    height, width = mask.shape
    matrix = np.array([[1, -lean, max(0.0, lean) * height], [0, 1, 0]], np.float64)
    return np.asarray(cv2.warpAffine(mask, matrix, (width + int(abs(lean) * height) + 1, height)), np.uint8)


def _mask(text: str, font: FontFile, size: int) -> Pixels:
    """Return how much ink a text leaves, (H, W), its baseline at a height that depends on font and size alone."""
    loaded = _loaded(font, size)
    ascent, descent = loaded.getmetrics()
    left, _, right, _ = loaded.getbbox(text)
    margin = size // 3
    picture = Pillow.new("L", (int(right - min(left, 0)) + 2 * margin, ascent + descent + 2 * margin))
    ImageDraw.Draw(picture).text((margin - min(left, 0), margin), text, 255, loaded)
    mask = np.asarray(picture)
    columns = mask.max(axis=0).nonzero()[0]
    return mask[:, columns[0] : columns[-1] + 1] if len(columns) else mask


@lru_cache(maxsize=64)  # a large font takes 2.5 MB at each size
def _loaded(font: FontFile, size: int) -> ImageFont.FreeTypeFont:
    # Raqm shapes what needs shaping: Arabic, Devanagari, letters that join.
    engine = ImageFont.Layout.RAQM if features.check("raqm") else ImageFont.Layout.BASIC
    return ImageFont.truetype(font.path, size, font.index, layout_engine=engine)
