"""Measure how often a recogniser's words are right, by the score of their least sure character.

Writes its table into src/inkread/recognize/calibration.json. It reads pages that drawn_pages.py draws, and single lines
of prose and invoices that prose.py degrades until reading makes mistakes; never a labelled set.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from drawn_pages import drawn_pages
from prose import invoices, prose, rendered
from word_truth import judge

from inkread import Reader, ReaderOptions
from inkread.document import Line
from inkread.image import Image
from inkread.metrics.dataset import Label, LabelledPicture
from inkread.metrics.regions import Region
from inkread.recognize.calibration import fitted

TABLES = Path(__file__).resolve().parents[1] / "src/inkread/recognize/calibration.json"
PAGES, PROSE_LINES, INVOICE_LINES = 140, 500, 300


class Sample(NamedTuple):
    """A word that was read: the score of its least sure character, and whether it is right."""

    least: float
    is_right: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Read, count and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="benchmarks/calibrate.py", description=__doc__)
    parser.add_argument("recognizer", nargs="?", help="a recogniser of the catalogue (the usual one)")
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--output", type=Path, default=TABLES)
    options = parser.parse_args(arguments)
    with Reader(ReaderOptions(recognizer=options.recognizer)) as reader:
        samples = [*of_pages(reader, options.pages), *of_lines(reader)]
        name = options.recognizer or reader.generator.partition("(")[2].partition(";")[0].rpartition(", ")[2]
    tables = json.loads(options.output.read_text("utf-8")) if options.output.is_file() else {}
    write(tables | {name: list(fitted(samples))}, options.output)
    wrong = sum(not sample.is_right for sample in samples)
    print(f"{name}: {len(samples)} words, {wrong} of them wrong; {options.output}")
    return 0


def of_pages(reader: Reader, count: int) -> Iterator[Sample]:
    """Yield the words of drawn pages."""
    for page in drawn_pages(count):
        picture = LabelledPicture(page.name, Path(page.name), page.labels)
        yield from samples_of(picture, reader.read_page(Image(page.pixels)).lines)


def of_lines(reader: Reader) -> Iterator[Sample]:
    """Yield the words of single degraded lines."""
    for sample in rendered(prose("en", "dev", PROSE_LINES) + invoices(INVOICE_LINES), seed=3):
        height, width = sample.pixels.shape[:2]
        whole = Region.from_points([(0, 0), (width, 0), (width, height), (0, height)])
        picture = LabelledPicture(sample.text, Path("line"), (Label(sample.text, whole),))
        yield from samples_of(picture, reader.read_lines(Image(sample.pixels)))


def samples_of(picture: LabelledPicture, lines: Sequence[Line]) -> Iterator[Sample]:
    """Yield the words that the labels can judge."""
    for each in judge(picture, lines).words:
        if each.word.scores:
            yield Sample(min(each.word.scores), each.is_right)


def write(tables: dict[str, list[tuple[float, float]]], path: Path) -> None:
    """Write the tables, a knot a line."""
    parts = []
    for name, pairs in sorted(tables.items()):
        rows = ",\n".join(f"  [{score}, {chance}]" for score, chance in pairs)
        parts.append(f" {json.dumps(name)}: [\n{rows}\n ]")
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
