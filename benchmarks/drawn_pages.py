"""Pages of prose, invoices and receipts, drawn and degraded: what confidence is calibrated on.

The prose is Debian's (packages fortunes, fortunes-de, fortunes-es, fortunes-it), from files that no benchmark counts;
invoices and receipts are made up. Nothing comes from a labelled set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import cv2
import numpy as np
from conditions import BenchmarkError
from degrade import KINDS, LEVELS, degrade, moved
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont
from prose import FORTUNES, invoices
from relaid import fonts

from inkread.image import Pixels
from inkread.metrics.dataset import Label
from inkread.metrics.regions import Region

_PROSE = (
    *("science", "people", "work", "education", "computers", "definitions", "food", "humorists", "linux", "news"),
    *("politics", "sports", "riddles", "startrek", "de/computer", "de/wusstensie", "de/witze", "de/quiz"),
    *("es/ciencia.fortunes", "es/deportes", "es/proverbios", "it/formiche", "it/computer", "it/proverbi"),
)
_WIDTH_PX, _HEIGHT_PX, _MARGIN_PX = 1100, 1000, 70
# Good pages are what most people read; a page is degraded once in this many of ten.
_DEGRADED_OF_TEN = 6


class DrawnPage(NamedTuple):
    """A picture of a page, (H, W, 3) RGB, with its lines where they stand on it."""

    name: str
    pixels: Pixels
    labels: tuple[Label, ...]


def drawn_pages(count: int, seed: int = 5) -> Iterator[DrawnPage]:
    """Yield pages; the same seed gives the same pages. Raises BenchmarkError where the texts or fonts are missing."""
    texts = _sayings(seed)
    if not texts or not fonts():
        raise BenchmarkError("there is no prose or no font: apt-get install fortunes fonts-dejavu fonts-liberation")
    for number in range(count):
        random = Random(f"{seed}/{number}")
        kind = random.choice(("prose", "prose", "invoice", "receipt"))
        lines = {"prose": _prose_lines, "invoice": _invoice_lines, "receipt": _receipt_lines}[kind](random, texts)
        page = _draw(lines, random, is_receipt=kind == "receipt")
        yield _degraded(DrawnPage(f"{kind} {number}", *page), random)


def _sayings(seed: int) -> list[str]:
    found: list[str] = []
    for name in _PROSE:
        for file in (FORTUNES / name, FORTUNES / f"{name}.fortunes"):
            if file.is_file():
                text = file.read_text(encoding="utf-8", errors="replace")
                found += [" ".join(line.split()) for line in text.splitlines()]
    kept = [
        line for line in dict.fromkeys(found) if 8 <= len(line) <= 80 and not re.search(r"[\ufffd|_<>\\^~`%]", line)
    ]
    Random(seed).shuffle(kept)
    return kept


def _prose_lines(random: Random, texts: list[str]) -> list[str]:
    start = random.randrange(len(texts) - 40)
    return texts[start : start + 40]


def _invoice_lines(random: Random, texts: list[str]) -> list[str]:
    return [line for _ in range(30) for line in invoices(1, random.getrandbits(30))]


def _receipt_lines(random: Random, texts: list[str]) -> list[str]:
    words = [word.strip(".,;:!?\"'()").upper() for line in random.sample(texts, 60) for word in line.split()]
    words = [word for word in words if word.isalpha() and len(word) > 2]
    rows = [" ".join(random.sample(words, random.randint(1, 3))) for _ in range(6)]
    for _ in range(26):
        name = " ".join(random.sample(words, random.randint(1, 3)))
        amount = f"{random.randint(0, 300)}.{random.randint(0, 99):02d}"
        rows.append(
            random.choice((f"{name} {amount}", f"{random.randint(1, 12)} x {amount}", name, f"{name}: {amount}"))
        )
    rows.append(f"{random.randint(1, 28):02d}/{random.randint(1, 12):02d}/20{random.randint(15, 26)} "
                f"{random.randint(0, 23):02d}:{random.randint(0, 59):02d}")  # fmt: skip
    return rows


def _draw(lines: list[str], random: Random, *, is_receipt: bool) -> tuple[Pixels, tuple[Label, ...]]:
    width = 560 if is_receipt else _WIDTH_PX
    size = random.randint(13, 30)
    font = ImageFont.truetype(random.choice(fonts()).path, size)
    page = PillowImage.new("L", (width, _HEIGHT_PX), random.randint(225, 255))
    pen, ink = ImageDraw.Draw(page), random.randint(10, 110)
    labels, y = [], float(_MARGIN_PX)
    step = size * random.uniform(1.25, 1.9)
    for line in lines:
        text = _cut(line, font, width - 1.2 * _MARGIN_PX)
        if y + 2 * size > _HEIGHT_PX - _MARGIN_PX / 2:
            break
        if text:
            pen.text((_MARGIN_PX / 2, y), text, font=font, fill=ink)
            left, top, right, bottom = pen.textbbox((_MARGIN_PX / 2, y), text, font=font)
            ring = ((left - 3, top - 3), (right + 3, top - 3), (right + 3, bottom + 3), (left - 3, bottom + 3))
            labels.append(Label(text, Region.from_points(ring)))
            y += step
    return np.repeat(np.asarray(page)[:, :, None], 3, axis=2), tuple(labels)


def _cut(line: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    words = line.split()
    while words and font.getlength(" ".join(words)) > width:
        words.pop()
    return " ".join(words)


def _degraded(page: DrawnPage, random: Random) -> DrawnPage:
    pixels, labels = page.pixels, page.labels
    if random.randrange(10) < _DEGRADED_OF_TEN:
        kind, level = random.choice(list(KINDS)), random.choice(LEVELS)
        worse = degrade(pixels, random.choice((110.0, 150.0, 200.0)), kind, level, page.name)
        labels = moved(labels, worse.from_good)
        pixels = worse.pixels if worse.quality is None else _as_jpeg(worse.pixels, worse.quality)
    return DrawnPage(page.name, pixels, labels)


def _as_jpeg(pixels: Pixels, quality: int) -> Pixels:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)
