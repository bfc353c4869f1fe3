"""Every output format over 2,000 texts, against its schema, and on a page of 5,000 words.

Writes benchmarks/proofs/formats.json: how many texts went through each format and came back through a strict parser
(tests/contracts/test_nasty_text.py, with 2,000 cases a format), whether ALTO and PAGE XML are valid against the
published schemas (tests/contracts/test_schemas.py; null where the schemas are not there), and the seconds that each
format takes for 5,000 words. The aims: all pass, and each format takes less than a second; the exit code says so.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

from inkread import __version__
from inkread.document import Block, Cell, Document, Line, Page, Table
from inkread.export.formats import FORMATS, ExportOptions, encode
from inkread.geometry import Box, Quad

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "tests" / "contracts"
CASES = 2000
WORDS = 5000
AIM_S = 1.0

sys.path.append(str(CONTRACTS))


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "proofs" / "formats.json")
    arguments = parser.parse_args()
    texts = run_tests("test_nasty_text.py")
    schemas = run_tests("test_schemas.py")
    seconds = {name: timed(name) for name, known in FORMATS.items() if not known.needs_pixels}
    result = {
        "cases_a_format": CASES,
        "texts": texts,
        "schemas": schemas,
        "words": WORDS,
        "seconds": seconds,
        "aim_seconds": AIM_S,
        "inkread": __version__,
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
    }
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    slow = [name for name, each in seconds.items() if each["plain"] >= AIM_S]
    print(f"texts: {texts}; schemas: {schemas}; over {AIM_S:.0f} s: {', '.join(slow) or 'none'}")
    return 1 if slow or texts["failed"] or schemas["failed"] else 0


def run_tests(name: str) -> dict[str, int]:
    """Return how many tests of a module passed, failed and were skipped, with many cases each."""
    command = [sys.executable, "-m", "pytest", "-q", "--hypothesis-profile", "proof", str(CONTRACTS / name)]
    last = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()[-1]
    return {what: int((re.search(rf"(\d+) {what}", last) or [0, 0])[1]) for what in ("passed", "failed", "skipped")}


def timed(name: str) -> dict[str, float]:
    """Return seconds of the processor for a dense page, the median of three: plain, and with every character."""
    document = dense()
    seconds = {}
    for kind, options in (("plain", ExportOptions()), ("characters", ExportOptions(characters=True))):
        runs = []
        for _ in range(3):
            start = time.process_time()
            encode(document, name, options)
            runs.append(time.process_time() - start)
        seconds[kind] = round(statistics.median(runs), 3)
    return seconds


def dense() -> Document:
    """Return a page with half of its words in 125 lines of running text and half in a table of 2,500 cells."""
    import nasty

    words = [nasty.word(f"word{i}", 10 + i % 20 * 100, 10 + i // 20 * 30) for i in range(WORDS)]
    half = WORDS // 2
    lines = []
    for i in range(0, half, 20):
        box = Box.around(word.box for word in words[i : i + 20])
        lines.append(Line(tuple(words[i : i + 20]), Quad.from_box(box), 0.9))
    cells = tuple(
        Cell(i // 10, i % 10, word.box, (Line((word,), word.quad, 0.9),)) for i, word in enumerate(words[half:])
    )
    table = Block(tuple(line for cell in cells for line in cell.lines), "table", Table(half // 10, 10, cells))
    return Document((Page((Block(tuple(lines)), table), 2100, 8000),), "dense.png", "inkread")


if __name__ == "__main__":
    sys.exit(main())
