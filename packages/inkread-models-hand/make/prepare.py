"""Makes what the handwriting recogniser is taught from: labels that say what can be seen, texts, fonts, renderings.

    python prepare.py LABELS FONTS AUSTEN OUT

LABELS: the folder of the labelled lines (README.md says where they come from).  FONTS: a folder where the fonts of
fonts.txt were installed with npm.  AUSTEN: the novels of Jane Austen as one text file.  OUT: is made anew.
"""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path

import spellchecker

SETS = ("copiste_fr_hw", "peraire_fr_hw", "poilus_fr_hw")
LANGUAGES = ("fr", "de", "es", "it", "pt", "nl")
# What transcribers mark and nobody has written: struck out, unreadable, added above the line.
MARKS = frozenset("<>[]{}⋎")
# One sign in handwriting, two in print.
AS_WRITTEN = str.maketrans("’‘“”", "''\"\"")


def main(labels: Path, fonts: Path, austen: Path, out: Path) -> None:
    """Write labels, texts and renderings into a new folder."""
    out.mkdir(parents=True)
    french = []
    for name in SETS:
        rows = [row.split("\t", 1) for row in (labels / name / "labels.txt").read_text("utf-8").splitlines()]
        kept = [(image, " ".join(text.translate(AS_WRITTEN).split())) for image, text in rows if not MARKS & set(text)]
        (out / name).mkdir()
        link = os.path.relpath((labels / name / "images").resolve(), (out / name).resolve())
        (out / name / "images").symlink_to(link)
        text = "".join(f"{image}\t{text}\n" for image, text in kept)
        (out / name / "labels.txt").write_text(text, "utf-8")
        french.append(" ".join(text for _, text in kept))
    (out / "french.txt").write_text("\n".join(french), "utf-8")
    (out / "english.txt").write_text(austen.read_text("utf-8").replace("_", ""), "utf-8")
    rng = random.Random(1)
    for language in LANGUAGES:
        (out / f"words_{language}.txt").write_text(words_of(language, rng), "utf-8")
    (out / "chinese.txt").write_text("".join(chinese(rng) for _ in range(200_000)), "utf-8")
    for name, rendering in renderings(fonts.resolve()).items():
        (out / f"{name}.yaml").write_text(json.dumps(rendering, indent=1), "utf-8")


def words_of(language: str, rng: random.Random) -> str:
    """Return words of a language as often as they occur, with the marks and capitals of sentences."""
    counted = spellchecker.SpellChecker(language=language).word_frequency.dictionary
    words, counts = zip(*((word, count) for word, count in counted.items() if word.isprintable()), strict=True)
    text = []
    begins = True
    for word in rng.choices(words, [count**0.7 for count in counts], k=150_000):
        mark = rng.choices(("", ",", ".", ";", ":", "!", "?"), (80, 8, 8, 1, 1, 1, 1))[0]
        text.append((word.capitalize() if begins or rng.random() < 0.05 else word) + mark)
        begins = mark in (".", "!", "?")
    return " ".join(text)


def chinese(rng: random.Random) -> str:
    """Return one of the 3,755 usual signs: the first level of GB 2312."""
    while True:
        try:
            return bytes((rng.randint(0xB0, 0xD7), rng.randint(0xA1, 0xFE))).decode("gb2312")
        except UnicodeDecodeError:
            continue


def renderings(fonts: Path) -> dict[str, dict[str, object]]:
    """Return what is rendered besides: hands, typewriters and print, so that nothing is forgotten."""
    npm = f"{fonts}/node_modules/@fontsource"
    drawn = [*(f"{npm}/{name}/files/*-latin-400-normal.woff" for name in HANDS), *DEBIAN_HANDS]
    typed = [f"{npm}/{name}/files/*-latin-400-normal.woff" for name in ("special-elite", "courier-prime")]
    every = ["numbers", "dates", "money", "addresses"]
    return {
        "hand_en": {"fonts": drawn, "texts": ["english.txt"], "grammars": every, "lines": 800, "handwritten": True},
        "hand_fr": {
            "fonts": drawn, "texts": ["french.txt", "words_fr.txt"], "grammars": every, "lines": 300,
            "handwritten": True, "seed": 2,
        },
        "typed_en": {"fonts": typed, "texts": ["english.txt"], "grammars": every, "lines": 300, "seed": 3},
        "print_en": {"fonts": PRINT, "texts": ["english.txt"], "grammars": every, "lines": 400, "seed": 4,
                     "grammar_share": 0.3, "capitals": 0.1},
        "print_many": {
            "fonts": PRINT, "texts": [f"words_{name}.txt" for name in LANGUAGES], "lines": 400, "seed": 5,
            "capitals": 0.1,
        },
        "print_zh": {"fonts": CHINESE, "texts": ["chinese.txt"], "lines": 250, "length": [2, 20], "seed": 6},
    }  # fmt: skip


HANDS = Path(__file__).with_name("fonts.txt").read_text("utf-8").split()
DEBIAN = "/usr/share/fonts/truetype"
DEBIAN_HANDS = [f"{DEBIAN}/{name}/*.ttf" for name in ("ecolier-court", "breip")]
PRINT = [
    f"{DEBIAN}/dejavu/DejaVu*.ttf",
    f"{DEBIAN}/liberation*/Liberation*.ttf",
    *(f"/usr/share/fonts/opentype/urw-base35/{name}*.otf" for name in ("N", "P052", "C059", "URW")),
]
CHINESE = ["/usr/share/fonts/opentype/noto/NotoS*CJK-Regular.ttc", "/usr/share/fonts/opentype/noto/NotoS*CJK-Bold.ttc"]

if __name__ == "__main__":
    main(*map(Path, sys.argv[1:5]))
