"""Words of labelled pages redacted, and the copies read by another program: what does it still find?

Writes benchmarks/proofs/redaction.json. For some pages of each set, five words of the labels are redacted, letters and
digits of at least five characters, whatever their case. Tesseract, which has no part in the redaction, reads the page
before and after. A word that it finds before and after was not seen by us where it stands: misread, or not found at
all. The aims: what we found is gone for Tesseract too, and at most 2 % of the words that it found before are left; the
exit code says so. It needs the folder of labelled pictures and the program tesseract.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from inkread import Reader, __version__, redact

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
# Sets whose labels have spaces between words.
SETS = ("isri_doe", "funsd", "sroie", "scribe_mixed")
WORDS = 5
AIM_LEFT = 0.02


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "proofs" / "redaction.json")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--pages", type=int, default=4, help="of each set")
    arguments = parser.parse_args()
    if not arguments.data.is_dir() or not shutil.which("tesseract"):
        print("needs the folder of labelled pictures (--data) and tesseract (Debian: tesseract-ocr)", file=sys.stderr)
        return 1
    with Reader() as reader, tempfile.TemporaryDirectory() as folder:
        sets = {name: measured(arguments.data / name, arguments.pages, reader, Path(folder)) for name in SETS}
    before, after = (sum(each[key] for each in sets.values()) for key in ("found_before", "found_after"))
    result = {
        "words_a_page": WORDS,
        "sets": sets,
        "found_before": before,
        "found_after": after,
        "share_left": round(after / before, 4) if before else None,
        "aim_share_left": AIM_LEFT,
        "reader": subprocess.run(["tesseract", "--version"], capture_output=True, text=True).stdout.split("\n")[0],
        "inkread": __version__,
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
    }
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    print(f"{before} words that tesseract found before, {after} after: {result['share_left']}")
    return 0 if before and after / before <= AIM_LEFT else 1


def measured(folder: Path, pages: int, reader: Reader, scratch: Path) -> dict[str, Any]:
    """Return how many words of a set's pages another program finds before and after, and how many we found."""
    rows = [json.loads(row) for row in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()[:pages]]
    counts = {"pages": len(rows), "matches": 0, "found_before": 0, "found_after": 0}
    left, seconds = [], 0.0
    for row in rows:
        wanted = words_of(row)
        copy = scratch / "copy.png"
        start = time.perf_counter()
        patterns = [rf"\b{re.escape(word)}\b" for word in wanted]
        counts["matches"] += redact(
            folder / row["image"], copy, patterns, ignore_case=True, reader=reader, overwrite=True
        ).count
        seconds += time.perf_counter() - start
        before, after = read_by_tesseract(folder / row["image"]), read_by_tesseract(copy)
        for word in wanted:
            occurrences = [len(re.findall(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)) for text in (before, after)]
            counts["found_before"] += occurrences[0]
            counts["found_after"] += occurrences[1]
            if occurrences[1]:
                left.append([row["image"], len(word), *occurrences])
    return {**counts, "seconds_a_page": round(seconds / max(1, len(rows)), 2), "left": left}


def words_of(row: dict[str, Any]) -> list[str]:
    """Return some words of a page's labels, the same each time."""
    text = " ".join(line["text"] for line in row["lines"] if line.get("text"))
    words = sorted({word.casefold() for word in re.findall(r"\b[^\W_]{5,}\b", text)})
    return random.Random(row["image"]).sample(words, min(WORDS, len(words)))


def read_by_tesseract(image: Path) -> str:
    """Return what tesseract reads in a picture."""
    command = ["tesseract", str(image), "-", "--psm", "3"]
    return subprocess.run(command, capture_output=True, check=True, timeout=300).stdout.decode(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
