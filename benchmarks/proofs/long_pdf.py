"""A PDF of 2,000 pages: is memory flat, is the first page there at once, is every page right?

The file is made here: small pages, three of text and then one scan, each with its number and words of its own. All of
it is read with a Reader, page by page. Writes benchmarks/proofs/long_pdf.json: resident memory of this process and of
its children every 50 pages, the slopes over the second half (least squares, KiB a page), the seconds to the first page
and the pages that were wrong. The aims are under 10 KiB, under 2 s and none; the exit code says whether they were met.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import inkread
from inkread import Reader
from inkread.document import Page
from inkread.options import LoadOptions

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests"))
from pdfs import PdfWriter, shown, text  # noqa: E402  # the tests' writer of PDFs

AIM_KIB, AIM_S = 10.0, 2.0
SIZE = (288, 144)
SCAN_DPI = 120
WORDS = ("invoice", "total", "amount", "order", "number", "street", "garden", "window", "paper", "winter", "market")


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "proofs" / "long_pdf.json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "long.pdf"
        file.write_bytes(long_pdf(arguments.pages))
        result = {"pages": arguments.pages, "mib": round(file.stat().st_size / 2**20, 1), **read(file, arguments.pages)}
    result["machine"] = f"{platform.machine()}, Python {platform.python_version()}"
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    print(
        f"{result['slope_kib_per_page']} KiB a page here, {result['children_slope_kib_per_page']} in children "
        f"(aim: under {AIM_KIB:.0f}); first page in {result['first_page_s']} s (aim: under {AIM_S:.0f}); "
        f"{len(result['wrong_pages'])} pages wrong"
    )
    slopes = result["slope_kib_per_page"], result["children_slope_kib_per_page"]
    return 0 if max(slopes) < AIM_KIB and result["first_page_s"] < AIM_S and not result["wrong_pages"] else 1


def read(file: Path, count: int) -> dict[str, Any]:
    """Read the file and return what was seen."""
    seen: list[tuple[int, float, float]] = []
    wrong: list[int] = []
    start = time.perf_counter()
    with Reader() as reader:
        for page in reader.pages(file):
            if page.number == 1:
                first_page_s = time.perf_counter() - start
            if not is_right(page):
                wrong.append(page.number)
            if page.number % 50 == 0:
                seen.append((page.number, resident_mib("self"), sum(map(resident_mib, children()))))
                print(f"{page.number:6} pages {seen[-1][1]:8.1f} MiB {seen[-1][2]:8.1f}", file=sys.stderr, flush=True)
        generator = reader.generator
    half = np.array([row for row in seen if row[0] > count / 2])
    return {
        "first_page_s": round(first_page_s, 2),
        "wrong_pages": wrong,
        "slope_kib_per_page": slope_kib(half[:, 0], half[:, 1]),
        "children_slope_kib_per_page": slope_kib(half[:, 0], half[:, 2]),
        "aim_kib_per_page": AIM_KIB,
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "resident_mib": [[number, round(here, 1), round(there, 1)] for number, here, there in seen],
        "seconds": round(time.perf_counter() - start, 1),
        "generator": generator,
    }


def long_pdf(count: int) -> bytes:
    """Return a PDF with so many pages."""
    writer = PdfWriter()
    for number in range(1, count + 1):
        if is_scan(number):
            pixels = scanned(number)
            writer.page(shown(0, 0, 0, *SIZE), SIZE, pictures=[writer.picture(pixels)])
        else:
            writer.page(drawing(number), SIZE)
    return writer.content()


def is_scan(number: int) -> bool:
    """Return whether the page of this number, from 1, is a picture."""
    return number % 4 == 0


def lines(number: int) -> list[str]:
    """Return what the page of this number says."""
    chosen = random.Random(number)
    return [f"Page {number} of many", *(" ".join(chosen.choices(WORDS, k=4)) for _ in range(4))]


def drawing(number: int) -> str:
    """Return a page's text as PDF draws it."""
    return "".join(text(20, 115 - 22 * row, words, size=11) for row, words in enumerate(lines(number)))


def scanned(number: int) -> np.ndarray:
    """Return the picture of a page's text, (H, W) uint8, with the noise of a scanner."""
    writer = PdfWriter()
    writer.page(drawing(number), SIZE)
    with inkread.open(writer.content(), options=LoadOptions(dpi=SCAN_DPI)) as source:
        grey = source[0].pixels[:, :, 0]
    noise = np.random.default_rng(number).normal(-10, 5, grey.shape)
    # Coarse grey packs well, so that the file stays small.
    return np.clip((grey + noise) // 32 * 32, 0, 255).astype(np.uint8)


def is_right(page: Page) -> bool:
    """Return whether a page has its text and its number; of a scan one character in fifty may be wrong."""
    expected = lines(page.number)
    if not is_scan(page.number):
        return [line.text for line in page.lines] == expected and all(line.origin == "layer" for line in page.lines)
    from inkread.recognize.layer import edit_distance

    wanted, found = "\n".join(expected), "\n".join(line.text for line in page.lines)
    return found.startswith(expected[0]) and edit_distance(wanted, found) <= len(wanted) / 50


def slope_kib(pages: np.ndarray, mib: np.ndarray) -> float:
    """Return how much memory grows with a page, KiB."""
    return round(float(np.polyfit(pages, mib, 1)[0]) * 1024, 2)


def children() -> list[str]:
    """Return the process ids of this process's children (Linux)."""
    found: list[str] = []
    for thread in Path("/proc/self/task").iterdir():
        found += (thread / "children").read_text().split()
    return found


def resident_mib(process: str) -> float:
    """Return the resident memory of a process, MiB (Linux); 0 for one that is gone."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    sys.exit(main())
