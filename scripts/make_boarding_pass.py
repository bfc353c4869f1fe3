"""Make examples/boarding-pass.png, a sample with Chinese and Latin letters in one line, and its text beside it.

The flight is invented. Drawn with Noto Sans CJK (SIL Open Font License; fonts-noto-cjk).

    python scripts/make_boarding_pass.py [--font FILE] [--output examples]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
SIZE = (1000, 460)
# What is printed, and where: left and top, px, and how high.
TEXTS = (
    ("登机牌 BOARDING PASS", 40, 26, 40),
    ("姓名 NAME", 40, 120, 26),
    ("王晓明 WANG XIAOMING", 40, 156, 32),
    ("航班 FLIGHT", 40, 230, 26),
    ("KN 2471", 40, 266, 32),
    ("舱位 CLASS", 300, 230, 26),
    ("经济舱 Y", 300, 266, 32),
    ("登机口 GATE", 520, 230, 26),
    ("B 17", 520, 266, 32),
    ("座位 SEAT", 740, 230, 26),
    ("31K", 740, 266, 32),
    ("登机口于起飞前10分钟关闭 GATES CLOSE 10 MINUTES BEFORE DEPARTURE", 40, 370, 24),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--font", default=FONT)
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parents[1] / "examples")
    options = parser.parse_args()
    draw(options.font).save(options.output / "boarding-pass.png", optimize=True)
    text = "".join(f"{words}\n" for words, *_ in TEXTS)
    (options.output / "boarding-pass.txt").write_text(text, encoding="utf-8")


def draw(font: str) -> Image.Image:
    picture = Image.new("L", SIZE, 252)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((12, 12, SIZE[0] - 13, SIZE[1] - 13), outline=120, width=2)
    for words, left, top, height in TEXTS:
        pen.text((left, top), words, fill=25, font=ImageFont.truetype(font, height))
    return picture


if __name__ == "__main__":
    main()
