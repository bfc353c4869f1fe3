"""Searchable PDFs: are words where they were seen, do files stay small, does memory stay flat over 200 pages?

Writes benchmarks/proofs/searchable_pdf.json. Places: how far, in pixels at 300 dpi, PDFium selects a word from where it
was laid, at most, on pages that are turned, cropped, scaled, in two columns and askew; order: whether PDFium's and
poppler's text is ours. Sizes: what a page of 3,000 characters adds to a PDF, and the font. Memory: of a process that
writes 200 scanned pages, from their pixels and as text added to a PDF: the slope over the second half (least squares).
The exit code says whether the aims were met: 2 px, 6,000 bytes, 4,096 bytes, 50 KiB a page.
"""

from __future__ import annotations

import json
import os
import platform
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from laid import distance, found_in, line, page  # noqa: E402
from pdfs import PdfWriter  # noqa: E402

from inkread.document import Document, Line, Page  # noqa: E402
from inkread.export.pdf import glyphless  # noqa: E402
from inkread.export.pdf.objects import ObjectWriter  # noqa: E402
from inkread.export.pdf.searchable import add_layer, searchable_pdf  # noqa: E402
from inkread.image import Image  # noqa: E402

OUTPUT = ROOT / "benchmarks" / "proofs" / "searchable_pdf.json"
PAGES = 200
SIZE = (2550, 3300)
AIMS = {"place_px": 2.0, "bytes_per_3000_characters": 6000, "font_bytes": 4096, "memory_kib_per_page": 50.0}
SHAPES = {
    "plain": ("", SIZE),
    "turned 90": ("/Rotate 90", SIZE[::-1]),
    "turned 180": ("/Rotate 180", SIZE),
    "turned 270": ("/Rotate 270", SIZE[::-1]),
    "cropped": ("/CropBox[50 40 590 750]", (2250, 2958)),
    "turned and cropped": ("/Rotate 90/CropBox[50 40 590 750]", (2958, 2250)),
    "user unit": ("/UserUnit 2.5", (6375, 8250)),
}


def main() -> int:
    """Run the proof and write its JSON."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        places = {shape: measured(folder, extra, lines_of(1, size)) for shape, (extra, size) in SHAPES.items()}
        places["two columns"] = measured(folder, "", lines_of(2, SIZE))
        places["3 degrees askew"] = measured(folder, "", lines_of(1, SIZE, angle=3))
        sizes = measured_sizes(folder)
        memory = {"pixels to PDF": grown(folder, "pixels"), "text added to a PDF": grown(folder, "layer")}
    result = {
        "aims": AIMS,
        "places": places,
        "sizes": sizes,
        "memory": {"pages": PAGES, **memory},
        "pdftotext": version("pdftotext"),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
    }
    OUTPUT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    is_met = (
        all(each["most_px"] < AIMS["place_px"] and all(each["order"].values()) for each in places.values())
        and sizes["bytes_per_3000_characters"] < AIMS["bytes_per_3000_characters"]
        and sizes["font_bytes"] < AIMS["font_bytes"]
        and all(each["slope_kib_per_page"] < AIMS["memory_kib_per_page"] for each in memory.values())
    )
    return 0 if is_met else 1


def lines_of(columns: int, size: tuple[int, int], angle: float = 0.0, characters: int = 3000) -> Page:
    """Return a page of words of uneven widths, about so many characters in all, column by column."""
    source = random.Random(1)
    width = (size[0] - 300) // columns
    lines: list[Line] = []
    for column in range(columns):
        at, top = 150 + column * width, 150.0
        while sum(len(each.text) + 1 for each in lines) < characters * (column + 1) / columns and top < size[1] - 300:
            length = source.uniform(0.7, 0.95) * width
            letter = source.uniform(16, 24)
            words, used = [], 0.0
            while used < length:
                words.append("".join(source.choices("etaoinshrdlucmwfgypbvkj", k=source.randint(1, 11))))
                used += len(words[-1]) * letter + 14
            lines.append(line(" ".join(words[:-1]) or "x", at, top, height=42, letter=letter, angle=angle))
            top += source.uniform(54, 66)
    return page(lines, size)


def measured(folder: Path, extra: str, read: Page) -> dict[str, Any]:
    """Return how far words are from their places at most, and whether readers give them in our order."""
    blank = PdfWriter()
    blank.page("", (612, 792), extra=extra)
    (folder / "blank.pdf").write_bytes(blank.content())
    path = add_layer(Document((read,)), folder / "blank.pdf", folder / "laid.pdf", overwrite=True)
    found = found_in(path, read)
    ours = [word.text for word in read.words]
    apart = [
        distance(box, word.box) if box else float("inf") for box, word in zip(found.words, read.words, strict=True)
    ]
    order = {"pdfium": found.text.split() == ours}
    if program := shutil.which("pdftotext"):
        text = subprocess.run([program, "-raw", path, "-"], capture_output=True, check=True).stdout.decode()
        order["pdftotext -raw"] = text.split() == ours
    return {"words": len(ours), "most_px": round(max(apart), 2), "order": order}


def measured_sizes(folder: Path) -> dict[str, Any]:
    """Return what text adds to a file: of a page that is as full as others, beyond what the first page brings."""
    blank = PdfWriter()
    for _ in range(11):
        blank.page("", (612, 792))
    (folder / "blank.pdf").write_bytes(blank.content())
    read = lines_of(1, SIZE)
    characters = sum(len(each.text) + 1 for each in read.lines)

    def size(count: int) -> int:
        pages = tuple(page(read.lines, number=number) for number in range(1, count + 1))
        path = add_layer(Document(pages), folder / "blank.pdf", folder / "laid.pdf", overwrite=True)
        return path.stat().st_size

    file = BytesIO()
    writer = ObjectWriter(file)
    glyphless.add_font(writer, writer.reserve(), glyphless.Codes())
    return {
        "characters_per_page": characters,
        "words_per_page": len(read.words),
        "bytes_per_3000_characters": round((size(11) - size(1)) / 10 * 3000 / characters),
        "font_bytes": len(file.getvalue()),
    }


def grown(folder: Path, kind: str) -> dict[str, Any]:
    """Return how the memory of a process of its own grows while it writes the pages."""
    command = [sys.executable, __file__, kind, str(folder)]
    done = subprocess.run(command, capture_output=True, check=True, text=True, env=dict(os.environ))
    return dict(json.loads(done.stdout))


def write_pages(kind: str, folder: Path) -> dict[str, Any]:
    """Write the pages and return the memory on the way."""
    read = lines_of(1, SIZE)
    scan = folder / "scan.pdf"
    seen: list[tuple[int, float]] = []
    source = scan if kind == "layer" else None
    with searchable_pdf(folder / f"{kind}.pdf", source) as pdf:
        for number, image in enumerate(scans() if source is None else [None] * PAGES, start=1):
            pdf.add(page(read.lines, number=number), image)
            if number % 5 == 0:
                seen.append((number, resident_mib()))
    if source is None:
        (folder / "pixels.pdf").rename(scan)
    second_half = [(count, mib) for count, mib in seen if count > PAGES / 2]
    return {
        "slope_kib_per_page": round(float(np.polyfit(*np.array(second_half).T, 1)[0]) * 1024, 2),
        "resident_mib_first_and_last": [round(seen[0][1], 1), round(seen[-1][1], 1)],
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "file_mib": round((scan if source is None else folder / "layer.pdf").stat().st_size / 2**20, 1),
    }


def scans() -> Iterator[Image]:
    """Yield pages of grey noise on white, as a scanner has it, each different."""
    noise = np.random.default_rng(1)
    for _ in range(PAGES):
        grey = np.full(SIZE[::-1], 255, np.uint8)
        grey[300:600, 300:2200] = noise.integers(0, 256, (300, 1900), dtype=np.uint8)
        yield Image(np.repeat(grey[:, :, None], 3, axis=2), dpi=300)


def resident_mib() -> float:
    """Return the resident memory of this process, MiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def version(program: str) -> str:
    """Return a program's version, or that it is missing."""
    if not shutil.which(program):
        return "missing"
    done = subprocess.run([program, "-v"], capture_output=True, text=True, check=False)
    found = re.search(r"version (\S+)", done.stderr + done.stdout)
    return found[1] if found else "unknown"


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(write_pages(sys.argv[1], Path(sys.argv[2]))))
        sys.exit(0)
    sys.exit(main())
