"""Lines of prose and of invoices, rendered and degraded until reading makes mistakes.

The prose is Debian's (packages fortunes, fortunes-de, fortunes-es, fortunes-it): public sayings, a line each. The lines
of invoices are made up: numbers, codes, amounts and dates that no corrector may touch.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
from conditions import BenchmarkError
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFilter, ImageFont
from relaid import fonts

from inkread.image import Pixels

FORTUNES = Path("/usr/share/games/fortunes")
# Which files are for choosing and which only for counting: nothing is shared.
FILES = {
    ("en", "dev"): ("science", "people", "work", "education"),
    ("en", "test"): ("literature", "wisdom", "platitudes", "law", "love", "art"),
    ("de", "test"): ("de/anekdoten", "de/gedichte", "de/zitate", "de/sprichworte", "de/sprueche"),
    ("es", "test"): ("es/asimov.aforismos", "es/refranes.fortunes", "es/sabiduria.fortunes", "es/filosofia.fortunes"),
    ("it", "test"): ("it/italia", "it/luttazzi", "it/zuse", "it/paolotedeschi"),
}


class Sample(NamedTuple):
    """A line: what it says, and a picture of it."""

    text: str
    pixels: Pixels


def prose(language: str, part: str, count: int, seed: int = 7) -> list[str]:
    """Return lines of 30 to 75 characters, in a fixed order. Raises BenchmarkError where the package is missing."""
    found: list[str] = []
    for name in FILES[language, part]:
        files = [file for file in (FORTUNES / name, FORTUNES / f"{name}.fortunes") if file.is_file()]
        for file in files:
            text = file.read_text(encoding="utf-8", errors="replace")
            found += [" ".join(line.split()) for line in text.splitlines()]
    kept = [line for line in dict.fromkeys(found) if _is_prose(line)]
    if len(kept) < count:
        raise BenchmarkError(
            f"{len(kept)} lines of {count} for {language}: apt-get install fortunes fortunes-{language}"
        )
    Random(seed).shuffle(kept)
    return kept[:count]


def invoices(count: int, seed: int = 7) -> list[str]:
    """Return lines of invoices with numbers, codes and amounts."""
    random = Random(seed)
    return [random.choice(_INVOICE_LINES)(random) for _ in range(count)]


def rendered(texts: list[str], seed: int = 7) -> Iterator[Sample]:
    """Yield each text as a degraded picture of a line; the same texts and seed give the same pictures."""
    for number, text in enumerate(texts):
        yield Sample(text, _degraded(text, Random(f"{seed}/{number}/{text}")))


def _is_prose(line: str) -> bool:
    letters = sum(char.isalpha() for char in line)
    if not 30 <= len(line) <= 75 or not line[0].isalpha() or re.search(r"[\ufffd|_<>]|--", line):
        return False
    return letters > 0.7 * len(line)


def _degraded(text: str, random: Random) -> Pixels:
    font = ImageFont.truetype(random.choice(fonts()).path, random.choice((26, 28, 30, 32)))
    width = int(font.getlength(text)) + 40
    page = PillowImage.new("L", (width, 64), random.randint(225, 250))
    ImageDraw.Draw(page).text((20, 12), text, font=font, fill=random.randint(20, 110))
    scale = random.uniform(0.36, 0.6)
    page = page.filter(ImageFilter.GaussianBlur(random.uniform(0.5, 1.5)))
    page = page.resize((int(width * scale), int(64 * scale)), PillowImage.Resampling.BILINEAR)
    noise = np.random.default_rng(random.getrandbits(32)).normal(0, random.uniform(5, 16), (page.height, page.width))
    page = PillowImage.fromarray((np.asarray(page) + noise).clip(0, 255).astype(np.uint8))
    stream = io.BytesIO()
    page.save(stream, "JPEG", quality=random.randint(40, 80))
    grey = np.asarray(PillowImage.open(stream).resize((width, 64), PillowImage.Resampling.BICUBIC))
    return np.repeat(grey[:, :, None], 3, axis=2)


def _money(random: Random) -> str:
    return f"{random.randint(1, 9999):,}.{random.randint(0, 99):02d}"


_NAMES = ("Acme Corp", "Nordwind Logistics GmbH", "Bluefield Supplies Ltd", "Harbour & Sons", "Marigold Bakery")
_GOODS = ("Steel bracket", "Copper wire", "Office chair", "Printer toner", "Coffee beans", "Hydraulic pump", "Towel")


def _numbers(random: Random) -> str:
    number = f"{random.randint(2019, 2026)}-{random.randint(0, 99999):05d}"
    return f"Invoice No: {number}  Date: {random.randint(1, 28):02d}/05/2025"


def _address(random: Random) -> str:
    return f"Bill To: {random.choice(_NAMES)}, {random.randint(1, 999)} Main Street, Suite {random.randint(100, 999)}"


def _goods(random: Random) -> str:
    code = f"{random.choice('ABCDXZ')}{random.randint(10, 99)}-{random.randint(100, 999)}{random.choice('KLO0')}"
    return f"{random.choice(_GOODS)} {code} {random.randint(1, 50)} x {_money(random)}"


def _sums(random: Random) -> str:
    rate = random.choice(("7.5", "19", "20", "8.25"))
    return f"Subtotal {_money(random)}  Tax ({rate}%) {_money(random)}  Total Due: ${_money(random)}"


def _account(random: Random) -> str:
    groups = " ".join(str(random.randint(1000, 9999)) for _ in range(3))
    return f"IBAN DE{random.randint(10, 99)} {groups} BIC COBADEFFXXX"


def _terms(random: Random) -> str:
    days = random.choice((14, 30, 60))
    return f"Payment is due within {days} days of receipt. PO reference PO-{random.randint(10000, 99999)}"


_INVOICE_LINES: tuple[Callable[[Random], str], ...] = (_numbers, _address, _goods, _sums, _account, _terms)
