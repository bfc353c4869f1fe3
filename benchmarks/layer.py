"""PDFs with labels: what dpi costs and brings, and what judging a PDF's own text is worth. Writes results/layer.json.

The PDFs are made here from labelled pages. "born digital": the labels of invoices drawn as text where they stood.
"shifted": the same with a font whose extraction is three letters off. "scan": the picture of a receipt alone; "scan,
true layer" with its labels as invisible text; "scan, wrong layer" with these three letters off. A share of the
invoices is drawn smaller, for small print.
"""

from __future__ import annotations

import argparse
import ctypes
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from statistics import median
from typing import Any

import conditions
import numpy as np
import pypdfium2.raw as pdfium
from conditions import ROOT
from PIL import Image as Pillow
from sets import add_arguments, load_sets, turns

from inkread import Reader, ReaderOptions
from inkread.document import Line
from inkread.geometry import Point, Quad
from inkread.metrics.dataset import LabelledPicture
from inkread.metrics.scores import Counts, score_picture
from inkread.options import LoadOptions

sys.path.append(str(ROOT / "tests"))
from pdfs import PdfWriter, shown  # the tests' writer of PDFs

# The invoices were rendered at this resolution; receipts are taken to be scanned at it.
LABEL_DPI = 150
SHIFT = 3
FACES = ("Helvetica", "Times-Roman", "Courier")
DPIS = (100, 150, 200, 300, 400)
SIZES = {"usual print": 1.0, "6/10 of it": 0.6, "4/10 of it": 0.4}
MODES = ("auto", "always", "never")


@dataclass(frozen=True)
class Made:
    """A PDF of one page, with the labels of the picture that it came from and how many of its pixels a unit is."""

    content: bytes
    picture: LabelledPicture
    pixels_per_unit: float


def born_digital(picture: LabelledPicture, number: int, *, scale: float = 1.0, shift: int = 0) -> Made:
    """Return a picture's labels drawn as text where they stand, all of it `scale` times as large."""
    with Pillow.open(picture.path) as opened:
        width, height = opened.size
    unit = 72 / LABEL_DPI * scale
    writer = PdfWriter()
    font = writer.font(FACES[number % len(FACES)], shift)
    widths = _widths(FACES[number % len(FACES)])
    drawn = "".join(_line(label, height, unit, 0, widths) for label in _labels(picture))
    writer.page(drawn, (width * unit, height * unit), fonts=[font])
    return Made(writer.content(), picture, 1 / unit)


def scan(picture: LabelledPicture, *, text: Callable[[str], str] | None = None) -> Made:
    """Return a picture as a page, under invisible text if `text` is given: what it makes of each label."""
    with Pillow.open(picture.path) as opened:
        pixels = np.asarray(opened.convert("RGB"))
    height, width = pixels.shape[:2]
    unit = 72 / LABEL_DPI
    writer = PdfWriter()
    drawn = shown(0, 0, 0, width * unit, height * unit)
    if text is not None:
        widths = _widths("Helvetica")
        drawn += "".join(_line((text(words), *box), height, unit, 3, widths) for words, *box in _labels(picture))
    writer.page(drawn, (width * unit, height * unit), pictures=[writer.picture(pixels)], fonts=[writer.font()])
    return Made(writer.content(), picture, 1 / unit)


def _labels(picture: LabelledPicture) -> Iterator[tuple[str, float, float, float, float]]:
    """Yield the text and box of each label, px."""
    for label in picture.labels:
        if label.region is not None:
            yield (label.text, *label.region.box)


def _line(
    label: tuple[str, float, float, float, float], page_height: int, unit: float, mode: int, widths: Mapping[str, float]
) -> str:
    """Return the drawing of a label stretched to its box."""
    words, left, top, right, bottom = label
    escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    code = escaped.encode("cp1252", "replace").decode("latin-1")
    size = (bottom - top) * unit / 1.15
    usual = size * sum(widths.get(char, 0.55) for char in words)
    stretch = min(max(100 * (right - left) * unit / max(usual, 1e-6), 40), 250)
    x, y = left * unit, (page_height - bottom) * unit + 0.22 * size
    return f"BT /F1 {size:.3f} Tf {mode} Tr {stretch:.1f} Tz {x:.2f} {y:.2f} Td ({code}) Tj ET\n"


@cache
def _widths(face: str) -> Mapping[str, float]:
    """Return the widths of a standard font's characters, in font sizes."""
    document = pdfium.FPDF_CreateNewDocument()
    font = pdfium.FPDFText_LoadStandardFont(document, face.encode())
    width, widths = ctypes.c_float(), {}
    for code in range(32, 127):
        if pdfium.FPDFFont_GetGlyphWidth(font, code, 1.0, ctypes.byref(width)) and width.value > 0:
            widths[chr(code)] = width.value
    pdfium.FPDF_CloseDocument(document)
    return widths


def read(readers: Mapping[str, Reader], pdfs: Sequence[Made]) -> dict[str, tuple[Counts, float]]:
    """Return for each reader, which take turns, its counts over all PDFs and the median seconds of a page."""
    counts = {name: Counts() for name in readers}
    seconds: dict[str, list[float]] = {name: [] for name in readers}
    for number, pdf in enumerate(pdfs):
        for name in turns(list(readers), number):
            start = time.perf_counter()
            page = readers[name].read(pdf.content)[0]
            seconds[name].append(time.perf_counter() - start)
            scale = pdf.pixels_per_unit * 72 / (page.dpi or 72)
            counts[name] += score_picture(pdf.picture, [_scaled(line, scale) for line in page.lines])
    print(".", end="", file=sys.stderr, flush=True)
    return {name: (counts[name], median(seconds[name])) for name in readers}


def _scaled(line: Line, scale: float) -> Line:
    def quad(given: Quad) -> Quad:
        return Quad(*(Point(p.x * scale, p.y * scale) for p in given))

    words = tuple(replace(word, quad=quad(word.quad)) for word in line.words)
    return replace(line, words=words, quad=quad(line.quad))


def sweep(invoices: Sequence[LabelledPicture]) -> list[dict[str, Any]]:
    """Return the errors and seconds of born-digital pages by resolution and size of print, read from the picture."""
    rows: list[dict[str, Any]] = []
    modes = {str(dpi): Reader(options(dpi=dpi, text_layer="never")) for dpi in DPIS}
    modes["by the rule"] = Reader(options(text_layer="never"))
    for size, scale in SIZES.items():
        pdfs = [born_digital(picture, k, scale=scale) for k, picture in enumerate(invoices)]
        rows += [{"print": size, "dpi": dpi, **row} for dpi, row in _rows(read(modes, pdfs))]
    return rows


def judging(invoices: Sequence[LabelledPicture], receipts: Sequence[LabelledPicture]) -> list[dict[str, Any]]:
    """Return the errors and seconds with each way to treat the text layer."""
    kinds: dict[str, list[Made]] = {
        "born digital": [born_digital(picture, k) for k, picture in enumerate(invoices)],
        "born digital, letters shifted": [born_digital(picture, k, shift=SHIFT) for k, picture in enumerate(invoices)],
        "scan": [scan(picture) for picture in receipts],
        "scan, true layer": [scan(picture, text=str) for picture in receipts],
        "scan, wrong layer": [scan(picture, text=_shifted) for picture in receipts],
    }
    rows: list[dict[str, Any]] = []
    modes = {mode: Reader(options(text_layer=mode)) for mode in MODES}
    for kind, pdfs in kinds.items():
        rows += [{"pages": kind, "text_layer": mode, **row} for mode, row in _rows(read(modes, pdfs))]
    return rows


def options(**load: Any) -> ReaderOptions:
    """Return a Reader's options with these for loading."""
    return ReaderOptions(load=LoadOptions(**load))


def _rows(results: Mapping[str, tuple[Counts, float]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, (counts, seconds) in results.items():
        yield name, {**asdict(counts.scores), "seconds_median": round(seconds, 3)}


def _shifted(words: str) -> str:
    return "".join(char if char == " " else chr(ord(char) + SHIFT) for char in words)


def render(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return rows as a Markdown table."""
    head = [*columns, "CER %", "word F1 %", "s a page"]
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for row in rows:
        figures = f"{row['cer']:.1f} | {row['word_f1']:.1f} | {row['seconds_median']:.2f}"
        lines.append(f"| {' | '.join(str(row[column]) for column in columns)} | {figures} |")
    return "\n".join(lines)


def main() -> int:
    """Measure, print the tables and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser, ("zugferd_invoices", "sroie"), 20)
    arguments = parser.parse_args()
    sets = load_sets(arguments.data, ("zugferd_invoices", "sroie"), None)
    # Every third invoice: neighbours are pages of one document.
    invoices = sets[0].pictures[::3][: arguments.limit]
    receipts = sets[1].pictures[: arguments.limit]
    result = {
        **conditions.start(),
        **conditions.of_inkread(),
        "pages_of_each_kind": arguments.limit,
        "resolution": sweep(invoices),
        "layer": judging(invoices, receipts),
    }
    conditions.make_folder(arguments.output)
    conditions.save(result, arguments.output / "layer.json")
    print(render(result["resolution"], ("print", "dpi")))
    print(render(result["layer"], ("pages", "text_layer")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
