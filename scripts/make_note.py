"""Make examples/note.jpg, the sample of handwriting, and examples/note.txt, what stands on it.

The note is drawn with Indie Flower, a typeface after handwriting under the SIL Open Font License, on ruled paper:
every line has its own slope, bend and margin. The same seed gives the same picture. The font is not in the repository:

    npm install --ignore-scripts @fontsource/indie-flower
    python scripts/make_note.py node_modules/@fontsource/indie-flower/files/indie-flower-latin-400-normal.woff
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

LINES = ("Buy milk", "Call Alice at 5pm", "Meeting notes:", "- Review Q1 goals", "- Assign tasks")
SEED = 20_261_121
SIZE = (900, 640)
FONT_PX, PITCH_PX, LEFT_PX, TOP_PX = 72, 104, 90, 60
PAPER, RULE, INK = (250, 248, 240), (205, 215, 230), (35, 45, 110)


def draw(font_file: Path) -> Image.Image:
    """Return the picture of the note."""
    random = np.random.default_rng(SEED)
    font = ImageFont.truetype(str(font_file), FONT_PX)
    picture = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(picture)
    for k in range(1, len(LINES) + 1):
        pen.line([(0, TOP_PX + k * PITCH_PX - 16), (SIZE[0], TOP_PX + k * PITCH_PX - 16)], fill=RULE, width=2)
    for k, text in enumerate(LINES):
        left, slope = LEFT_PX + random.uniform(-18, 18), random.uniform(-0.03, 0.03)
        bend, middle = random.uniform(-6, 6), TOP_PX + k * PITCH_PX
        for place, character in enumerate(text):
            x = left + font.getlength(text[:place])
            along = (x - LEFT_PX) / SIZE[0]
            y = middle + slope * (x - left) + bend * math.sin(math.pi * along) + random.uniform(-1.5, 1.5)
            pen.text((x, y), character, font=font, fill=INK)
    grain = random.normal(0, 3, (SIZE[1], SIZE[0], 1))
    return Image.fromarray(np.clip(np.asarray(picture, np.float32) + grain, 0, 255).astype(np.uint8))


def main() -> None:
    """Draw the note and write it beside its text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("font", type=Path, help="Indie Flower, as .woff, .ttf or .otf")
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parents[1] / "examples")
    options = parser.parse_args()
    draw(options.font).save(options.output / "note.jpg", quality=88)
    (options.output / "note.txt").write_text("\n".join(LINES) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
