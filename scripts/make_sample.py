"""Make examples/receipt.jpg, the sample picture, and examples/receipt.txt, what stands on it.

The shop is invented. The receipt is drawn with DejaVu Sans Mono and then made to look photographed: paper on a desk,
seen at an angle, a little blurred, noisy and unevenly lit. The same seed gives the same picture.

    python scripts/make_sample.py [--font-folder /usr/share/fonts/truetype/dejavu] [--output examples]
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Picture = npt.NDArray[np.float32]

SEED = 20_260_314
PHOTO_SIZE = (1000, 1500)
PAPER_SIZE = (720, 1260)
SIDE_PX = 46
INK = 42

ITEMS = (
    (2, "Café crème", "3.40"),
    (1, "Flat white", "3.90"),
    (2, "Croissant", "2.60"),
    (1, "Müsli bowl", "7.80"),
    (1, "Rye bread 750 g", "5.25"),
    (1, "Crème brûlée", "4.95"),
)
VAT_PERCENT = 9


@dataclass(frozen=True)
class Row:
    """A printed line: text at the left or in the middle, and perhaps an amount at the right. height: px to the next."""

    left: str = ""
    right: str = ""
    size: int = 29
    height: int = 46
    bold: bool = False
    centered: bool = False
    rule: bool = False

    @property
    def text(self) -> str:
        return f"{self.left} {self.right}".strip()


def receipt() -> list[Row]:
    """Return the lines of the receipt; all sums are worked out from the items."""
    total = sum((count * Decimal(price) for count, _, price in ITEMS), Decimal(0))
    net = (total / (1 + Decimal(VAT_PERCENT) / 100)).quantize(Decimal("0.01"))
    paid = Decimal(50)
    rule = Row(rule=True, height=36)
    return [
        Row("CAFÉ PAPIERMÖWE", size=48, height=76, bold=True, centered=True),
        Row("Bakery & Coffee Roasters", height=44, centered=True),
        Row("14 Harbour Street, Westbrück", height=44, centered=True),
        Row("Tel. +49 555 0142 870", height=66, centered=True),
        Row("Receipt No. 004718", "Table 12"),
        Row("Sat 14 March 2026", "10:42", height=54),
        rule,
        *(Row(f"{count} x {name}", f"{count * Decimal(price):.2f}") for count, name, price in ITEMS),
        Row("", height=8),
        rule,
        Row("Subtotal", f"{net}"),
        Row(f"VAT {VAT_PERCENT}%", f"{total - net}", height=58),
        Row("TOTAL EUR", f"{total}", size=42, height=74, bold=True),
        rule,
        Row("Cash", f"{paid:.2f}"),
        Row("Change", f"{paid - total}", height=84),
        Row("You were served by Zoë", centered=True),
        Row("Thank you! Come again soon.", height=54, centered=True),
        Row("www.papiermoewe.example", size=27, height=40, centered=True),
    ]


def draw_paper(rows: list[Row], font_folder: Path) -> Picture:
    """Return the flat receipt, (H, W, 3) 0..255, with the slight unevenness of a thermal printer."""
    paper = Image.new("L", PAPER_SIZE, 246)
    draw = ImageDraw.Draw(paper)
    y = 64
    for row in rows:
        name = "DejaVuSansMono-Bold.ttf" if row.bold else "DejaVuSansMono.ttf"
        font = ImageFont.truetype(font_folder / name, row.size, layout_engine=ImageFont.Layout.BASIC)
        if row.rule:
            for x in range(SIDE_PX, PAPER_SIZE[0] - SIDE_PX, 14):
                draw.line((x, y + 8, x + 7, y + 8), fill=INK + 30, width=2)
        elif row.centered:
            draw.text((PAPER_SIZE[0] / 2, y), row.left, fill=INK, font=font, anchor="ma")
        else:
            draw.text((SIDE_PX, y), row.left, fill=INK, font=font, anchor="la")
            draw.text((PAPER_SIZE[0] - SIDE_PX, y), row.right, fill=INK, font=font, anchor="ra")
        y += row.height
    grey = np.asarray(paper, dtype=np.float32)
    return np.stack([grey, grey * 0.992, grey * 0.965], axis=2)


def smooth_noise(rng: np.random.Generator, size: tuple[int, int], cells: tuple[int, int]) -> Picture:
    """Return (H, W) noise within about -1..1 whose blotches number `cells` (across, down). size: (width, height)."""
    coarse = rng.uniform(-1, 1, (cells[1], cells[0])).astype(np.float32)
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def age_paper(paper: Picture, rng: np.random.Generator) -> Picture:
    """Return the paper with faded ink here and there, fibres, and the shading of two folds and a curl."""
    height, width = paper.shape[:2]
    fading = 1 + 0.16 * smooth_noise(rng, (width, height), (5, 40))
    aged = 246 - (246 - paper) * np.clip(fading, 0.75, 1.0)[..., None]
    fibres = 2.0 * smooth_noise(rng, (width, height), (width // 3, height // 3))
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    shade = np.ones((height, width), dtype=np.float32)
    for fold, tilt in ((0.36, 0.02), (0.70, -0.03)):
        distance = ys - fold * height - tilt * xs
        shade += 0.05 * np.sign(distance) * np.exp(-np.abs(distance) / 46) - 0.07 * np.exp(-((distance / 2.2) ** 2))
    shade *= 1 - 0.10 * (np.abs(xs / width - 0.5) * 2) ** 3
    return (aged + fibres[..., None]) * shade[..., None]


def desk(rng: np.random.Generator) -> Picture:
    """Return a wooden table top, (H, W, 3): boards with long grain and seams."""
    width, height = PHOTO_SIZE
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    warped = xs + 26 * smooth_noise(rng, PHOTO_SIZE, (4, 5)) + 0.05 * ys
    board = np.floor(warped / 265)
    tones = rng.uniform(-1, 1, 16).astype(np.float32)
    grain = 0.5 * smooth_noise(rng, PHOTO_SIZE, (width // 4, 9))
    grain += 0.35 * smooth_noise(rng, PHOTO_SIZE, (width // 14, 5))
    rings = 0.25 * np.sin(warped / 9 + 5 * smooth_noise(rng, PHOTO_SIZE, (5, 6)))
    tone = 1 + 0.10 * tones[board.astype(int) % 16] + 0.12 * grain + 0.10 * rings
    tone *= 1 - 0.55 * np.exp(-(((warped % 265) / 3.0) ** 2))
    return tone[..., None] * np.array([134, 92, 60], dtype=np.float32)


def photograph(paper: Picture, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Return the picture that a hand-held phone takes of the paper on the desk, (H, W, 3) RGB."""
    width, height = PHOTO_SIZE
    corners = np.array([[146, 118], [842, 108], [900, 1400], [108, 1414]], dtype=np.float32)
    w, h = PAPER_SIZE
    matrix = cv2.getPerspectiveTransform(np.array([[0, 0], [w, 0], [w, h], [0, h]], dtype=np.float32), corners)
    bend = cv2.GaussianBlur(smooth_noise(rng, PHOTO_SIZE, (3, 4)), (0, 0), 60)
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    xs, ys = xs + 5 * bend, ys + 9 * bend
    flat = cv2.warpPerspective(paper, matrix, PHOTO_SIZE, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpPerspective(np.ones((h, w), np.float32), matrix, PHOTO_SIZE)
    flat = cv2.remap(flat, xs, ys, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.remap(cover, xs, ys, cv2.INTER_LINEAR)
    shadow = cv2.GaussianBlur(np.roll(cover, (12, 10), (0, 1)), (0, 0), 13)
    table = desk(rng) * (1 - 0.6 * shadow)[..., None]
    cover = cv2.GaussianBlur(cover, (0, 0), 0.8)[..., None]
    scene = flat * cover + table * (1 - cover)
    return develop(scene, rng)


def develop(scene: Picture, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Return what the camera makes of the scene: light from the upper left, warm, blurred, with noise of the sensor."""
    width, height = PHOTO_SIZE
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    distance = np.hypot((xs - 300) / width, (ys - 380) / height)
    light = 1.05 - 0.36 * np.clip(distance, 0, None) ** 1.5
    hand = np.exp(-((((xs - 1010) / 330) ** 2) + ((ys - 1480) / 470) ** 2))
    light *= 1 - 0.34 * hand
    lit = scene * light[..., None] * np.array([1.0, 0.975, 0.925], dtype=np.float32)
    blurred = cv2.GaussianBlur(lit, (0, 0), 0.85)
    noise = rng.normal(0, 3.0, (height, width, 1)) + rng.normal(0, 1.6, (height, width, 3))
    return np.clip(blurred + noise, 0, 255).astype(np.uint8)


def main() -> None:
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--font-folder", type=Path, default=Path("/usr/share/fonts/truetype/dejavu"))
    parser.add_argument("--output", type=Path, default=root / "examples")
    given = parser.parse_args()

    rng = np.random.default_rng(SEED)
    rows = receipt()
    photo = photograph(age_paper(draw_paper(rows, given.font_folder), rng), rng)
    given.output.mkdir(parents=True, exist_ok=True)
    Image.fromarray(photo).save(given.output / "receipt.jpg", quality=85, optimize=True)
    truth = "".join(f"{row.text}\n" for row in rows if row.text)
    (given.output / "receipt.txt").write_text(truth, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
