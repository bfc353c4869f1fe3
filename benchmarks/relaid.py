"""A labelled page laid out anew: the same rows of text in another font, size and spacing, and partly in another order.

What was tuned to the places and letters of a set does not help here. Rows between the head of the page and its first
amount (number, date, cashier) change places; the order of the others says what belongs to what, and stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from conditions import BenchmarkError
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from inkread.export.fonts import FontFile, font_folders
from inkread.extract.labels import label
from inkread.extract.money import amounts_in
from inkread.image import Pixels
from inkread.metrics.dataset import LabelledPicture

# Rows of one line share this much of the lower one's height.
_SHARED_HEIGHT = 0.5
_HEAD_ROWS = 5
# Upright faces with and without serifs, of one width and of several.
_FACES = frozenset(
    {
        *("DejaVuSans", "DejaVuSerif", "DejaVuSansMono", "DejaVuSansCondensed", "LiberationSans-Regular"),
        *("LiberationMono-Regular", "NimbusSans-Regular", "NimbusRoman-Regular", "NimbusMonoPS-Regular", "P052-Roman"),
    }
)


class _Text(NamedTuple):
    """A labelled line: where it starts and how high it is, px."""

    text: str
    left: float
    top: float
    bottom: float


def relaid(picture: LabelledPicture, width: int, seed: int = 0) -> Pixels:
    """Return a new page of a picture's labels; the same name and seed give the same page. width: of the picture, px."""
    digest = hashlib.sha256(f"{picture.name}/{seed}".encode()).digest()
    random = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    rows = _shuffled(_rows(picture), random)
    usual = float(np.median([text.bottom - text.top for row in rows for text in row])) if rows else 20.0
    scale = float(random.uniform(22, 34)) / max(usual, 1.0)
    font = _font(random, round(usual * scale * 0.8))
    margin = 60
    heights = [float(random.uniform(1.3, 1.9)) * usual * scale for _ in rows]
    page = PillowImage.new("L", (round(width * scale) + 3 * margin, round(sum(heights)) + 2 * margin), 250)
    draw = ImageDraw.Draw(page)
    y = float(margin)
    for row, height in zip(rows, heights, strict=True):
        right = 0.0
        for text in row:
            x = max(margin + text.left * scale, right + usual * scale * 0.6)
            draw.text((x, y), text.text, fill=25, font=font)
            right = x + draw.textlength(text.text, font=font)
        y += height
    return np.repeat(np.asarray(page)[:, :, None], 3, axis=2)


def _rows(picture: LabelledPicture) -> list[list[_Text]]:
    texts = [
        _Text(each.text, each.region.box.left, each.region.box.top, each.region.box.bottom)
        for each in picture.labels
        if each.region is not None and each.text.strip()
    ]
    rows: list[list[_Text]] = []
    for text in sorted(texts, key=lambda each: each.top + each.bottom):
        last = rows[-1][-1] if rows else None
        common = min(text.bottom, last.bottom) - max(text.top, last.top) if last else 0.0
        if last and common >= _SHARED_HEIGHT * min(text.bottom - text.top, last.bottom - last.top):
            rows[-1].append(text)
        else:
            rows.append([text])
    return [sorted(row, key=lambda each: each.left) for row in rows]


def _shuffled(rows: list[list[_Text]], random: np.random.Generator) -> list[list[_Text]]:
    def has_amount(row: Sequence[_Text]) -> bool:
        return any(found.has_cents for text in row for found in amounts_in(text.text))

    first = next((index for index, row in enumerate(rows) if has_amount(row)), len(rows))
    # Rows that only have a value, or only a label, belong to their neighbours.
    loose = [
        index
        for index in range(_HEAD_ROWS, first)
        if " ".join(text.text for text in rows[index]) in label("no address")
    ]
    moved = [rows[index] for index in random.permutation(loose)] if loose else []
    places = dict(zip(loose, moved, strict=True))
    return [places.get(index, row) for index, row in enumerate(rows)]


@cache
def fonts() -> tuple[FontFile, ...]:
    """Return the faces of this computer that pages are set in, in the order of their names."""
    files = (file for folder in font_folders() for file in folder.rglob("*") if file.stem in _FACES)
    return tuple(FontFile(file) for _, file in sorted({file.stem: file for file in files}.items()))


def _font(random: np.random.Generator, size: int) -> ImageFont.FreeTypeFont:
    if not fonts():
        raise BenchmarkError(f"none of these fonts is installed: {', '.join(sorted(_FACES))}")
    file = fonts()[int(random.integers(len(fonts())))]
    return ImageFont.truetype(file.path, size)
