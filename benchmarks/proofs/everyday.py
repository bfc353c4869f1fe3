"""Everyday characters first: do lines read as with all characters? Over lines of labelled sets, and lines drawn for it.

Writes benchmarks/proofs/everyday.json. In f32, where nothing but the choice of characters differs. Drawn lines need a
font with Chinese characters (Debian: fonts-noto-cjk); without one they are left out, and the file says so.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import inkread.stages
from inkread.export.fonts import font_for
from inkread.image import Pixels
from inkread.load import source as sources
from inkread.options import Limits, ReaderOptions, RuntimeOptions
from inkread.recognize.charset import Charset
from inkread.recognize.head import Head
from inkread.recognize.line_reader import line_crop
from inkread.recognize.recognizer import Recognizer

ROOT = Path(__file__).resolve().parents[2]
PICTURES, LINES, DRAWN = 14, 100, 400
OPTIONS = ReaderOptions(runtime=RuntimeOptions(precision="f32"))


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data", help="the folder of labelled sets")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/proofs/everyday.json")
    arguments = parser.parse_args()
    stages = inkread.stages.Stages(OPTIONS)
    narrow = stages.line_reader._recognizer
    inkread.stages._WORTH_NARROWING = 1_000_000
    whole = inkread.stages.Stages(OPTIONS).line_reader._recognizer
    groups = {}
    for name, lines in (*labelled(arguments.data, stages), *drawn(narrow._head)):
        read = [reading.text for reading in narrow.read(lines)]
        expected = [reading.text for reading in whole.read(lines)]
        others = [pair for pair in zip(read, expected, strict=True) if pair[0] != pair[1]]
        groups[name] = {"lines": len(lines), "asked_for_all": asked(narrow, lines), "read_otherwise": others}
        print(name, groups[name], file=sys.stderr, flush=True)
    arguments.output.write_text(json.dumps({"precision": "f32", "groups": groups}, indent=1, ensure_ascii=False) + "\n")
    total = sum(len(group["read_otherwise"]) for group in groups.values())
    print(f"{total} of {sum(group['lines'] for group in groups.values())} lines read otherwise")
    return 0


def labelled(data: Path, stages: inkread.stages.Stages) -> Iterator[tuple[str, list[Pixels]]]:
    """Yield lines of the last pictures of each set."""
    chance = random.Random(1)
    for file in sorted(data.glob("*/labels.jsonl")):
        crops: list[Pixels] = []
        for label in file.read_text(encoding="utf-8").splitlines()[-PICTURES:]:
            with sources.open(file.parent / json.loads(label)["image"], Limits()) as pages:
                for page in pages:
                    crops += [line_crop(page, region.quad) for region in stages.detector.detect(page)]
        yield file.parent.name, chance.sample(crops, min(LINES, len(crops)))


def drawn(head: Head) -> Iterator[tuple[str, list[Pixels]]]:
    """Yield lines of characters that are not everyday ones: many to a line, and one among Latin words."""
    charset: Charset = head._charset
    everyday = set(charset.everyday())
    rare = [symbol for k, symbol in enumerate(charset.symbols) if k not in everyday and len(symbol) == 1]
    file = font_for("\u4e2d")
    if file is None:
        return
    random.Random(1).shuffle(rare)
    font = ImageFont.truetype(str(file.path), 36, index=file.index)
    yield "drawn, 14 a line", [picture("".join(rare[14 * k : 14 * k + 14]), font) for k in range(DRAWN)]
    yield "drawn, one among words", [picture(f"Total amount {rare[-1 - k]} 12.50", font) for k in range(DRAWN)]


def picture(text: str, font: ImageFont.FreeTypeFont) -> Pixels:
    """Return a line of text, black on white, (48, W, 3)."""
    image = Image.new("RGB", (int(font.getlength(text)) + 16, 48), "white")
    ImageDraw.Draw(image).text((8, 0), text, fill="black", font=font)
    return np.asarray(image)


def asked(recognizer: Recognizer, lines: list[Pixels]) -> int:
    """Return for how many pieces of lines all characters were asked for."""
    head, count = recognizer._head, 0
    everything = head._everything

    def counting() -> object:
        nonlocal count
        count += 1
        return everything()

    head._everything = counting
    recognizer.read(lines)
    head._everything = everything
    return count


if __name__ == "__main__":
    sys.exit(main())
