"""Tables: are cells, rows and spans right, and are tables seen where none is?

Writes cells.json: TEDS of labelled tables, cells of rendered ruled tables, and tables found on pages that have none.
See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import conditions
import document
import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont
from sets import add_arguments, load_sets

from inkread import Reader
from inkread.document import Block, Cell, Line, Page, Table, Word
from inkread.geometry import Box, Quad
from inkread.metrics.dataset import LABELS
from inkread.metrics.tables import teds

LABELLED = "omnidocbench_demo"
# Letters, diaries and street signs: none of these pages holds a table.
WITHOUT = ("ehri_typed", "stanford_memorials", "hooker_en_hw", "cremma_mss_20", "icdar2015")
WORDS = (
    *("harbour", "winter", "receipt", "copper", "amount", "garden", "street", "lamp", "order", "net", "total", "paper"),
    *("river", "cloud", "unit", "price"),
)
RENDERED = 24
_MARGIN, _ROW, _EM = 40, 56, 26  # px
_NO_PLACE = Box(0, 0, 1, 1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench cells", description=__doc__)
    add_arguments(parser, [LABELLED, *WITHOUT], limit=10)
    options = parser.parse_args(arguments)
    return document.carry_out("cells", options.output, lambda: measure(options, sys.stderr.write), render)


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as cells.json holds it. Raises BenchmarkError."""
    sets = load_sets(options.data, options.sets, options.limit)
    start = {**conditions.start(), **conditions.of_inkread()}
    results: dict[str, Any] = {**start, "limit": options.limit, "labelled": [], "without": {}}
    with Reader() as reader:
        for labelled in sets:
            say(f"{labelled.name}: {len(labelled.pictures)} pages\n")
            pages = {picture.name: reader.read(picture.path)[0] for picture in labelled.pictures}
            if labelled.name == LABELLED:
                lines = (labelled.folder / LABELS).read_text(encoding="utf-8").splitlines()
                results["labelled"] = [each for line in lines for each in _labelled(json.loads(line), pages)]
                results["labelled_pages"] = len(pages)
                results["found"] = sum(len(page.tables) for page in pages.values())
            else:
                found = {name: len(page.tables) for name, page in pages.items() if page.tables}
                results["without"][labelled.name] = {"pages": len(pages), "found": found}
        say(f"rendered: {RENDERED} tables\n")
        results["rendered"] = [_rendered(reader, seed) for seed in range(RENDERED)]
    return results


# Labelled tables


def _labelled(row: Mapping[str, Any], pages: Mapping[str, Page]) -> Iterator[dict[str, Any]]:
    """Yield for each labelled table how like the one is that was found there."""
    if row["image"] not in pages:
        return
    found = [block for block in pages[row["image"]].blocks if block.table is not None]
    for label in (label for label in row["lines"] if label.get("type") == "table"):
        place = Box.around(Box(x, y, x, y) for x, y in label["poly"])
        best = max(found, key=lambda block: block.box.iou(place), default=None)
        yield {"picture": row["image"], **_likeness(best, _table_of(label["text"]))}


def _likeness(found: Block | None, label: Table) -> dict[str, Any]:
    if found is None or found.table is None:
        return {"teds": 0.0, "structure": 0.0, "cells": len(label.cells)}
    read = _comparable(found.table)
    return {
        "teds": teds(read, label),
        "structure": teds(read, label, structure_only=True),
        "cells": len(label.cells),
    }


def _comparable(table: Table) -> Table:
    return replace(table, cells=tuple(replace(cell, lines=_lines(cell.text)) for cell in table.cells))


def _lines(text: str) -> tuple[Line, ...]:
    """Return a text as it is compared, as the lines of a cell."""
    quad = Quad.from_box(_NO_PLACE)
    plain = unicodedata.normalize("NFKC", text.replace("$ \\pm $", "±")).strip()
    return (Line((Word(plain, quad, 1.0),), quad, 1.0),) if plain else ()


def _table_of(markup: str) -> Table:
    parser = _TableParser()
    parser.feed(markup)
    taken: set[tuple[int, int]] = set()
    cells = []
    for row, texts in enumerate(parser.rows):
        column = 0
        for rows, columns, text in texts:
            while (row, column) in taken:
                column += 1
            taken |= {(row + i, column + j) for i in range(rows) for j in range(columns)}
            cells.append(Cell(row, column, _NO_PLACE, _lines(text), rows, columns))
    return Table(len(parser.rows), 1 + max(column for _, column in taken), tuple(cells))


class _TableParser(HTMLParser):
    """rows: of each row its cells: how many rows and columns each spans, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[tuple[int, int, str]]] = []
        self._is_in_cell = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            spans = {name: int(value or 1) for name, value in attributes if name in ("rowspan", "colspan")}
            self.rows[-1].append((spans.get("rowspan", 1), spans.get("colspan", 1), ""))
            self._is_in_cell = True

    def handle_data(self, data: str) -> None:
        if self._is_in_cell:
            rows, columns, text = self.rows[-1][-1]
            self.rows[-1][-1] = (rows, columns, text + data)

    def handle_endtag(self, tag: str) -> None:
        self._is_in_cell = self._is_in_cell and tag not in ("td", "th")


# Rendered tables


def _rendered(reader: Reader, seed: int) -> dict[str, Any]:
    """Return how many cells of a drawn table came back with their place, span and text."""
    drawn, pixels = draw(random.Random(seed))
    page = reader.read(pixels)[0]
    wanted = {_key(cell) for cell in drawn.cells}
    read = {_key(cell) for table in page.tables[:1] for cell in table.cells}
    return {"cells": len(wanted), "right": len(wanted & read), "tables": len(page.tables)}


def _key(cell: Cell) -> tuple[int, int, int, int, str]:
    return cell.row, cell.column, cell.row_span, cell.column_span, " ".join(cell.text.split())


def draw(chance: random.Random) -> tuple[Table, np.ndarray[Any, np.dtype[np.uint8]]]:
    """Return a ruled table of words and amounts with a heading over two columns, and its picture, (H, W, 3)."""
    rows, columns = chance.randint(3, 9), chance.randint(3, 6)
    widths = [chance.randint(150, 260) for _ in range(columns)]
    lefts = [_MARGIN + sum(widths[:i]) for i in range(columns + 1)]
    font = ImageFont.load_default(_EM)
    picture = Pillow.new("RGB", (lefts[-1] + _MARGIN, (rows + 3) * _ROW + 2 * _MARGIN), "white")
    pen = ImageDraw.Draw(picture)
    pen.text((_MARGIN, _MARGIN), "A list of what was ordered and when it came", "black", font)
    top = _MARGIN + 2 * _ROW
    wide = chance.randrange(columns - 1)
    cells = []
    for row in range(rows):
        column = 0
        while column < columns:
            span = 2 if row == 0 and column == wide else 1
            text = _text(chance, row, column)
            box = Box(lefts[column], top + row * _ROW, lefts[column + span], top + (row + 1) * _ROW)
            pen.rectangle(box, outline="black", width=2)
            pen.text((box.left + 12, box.top + 14), text, "black", font)
            cells.append(Cell(row, column, box, _lines(text), 1, span))
            column += span
    return Table(rows, columns, tuple(cells)), np.asarray(picture)


def _text(chance: random.Random, row: int, column: int) -> str:
    if row and column:
        return chance.choice(
            [f"{chance.uniform(1, 2000):,.2f}", str(chance.randint(10, 999)), "", chance.choice(WORDS)]
        )
    return chance.choice(WORDS).capitalize()


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    labelled = results["labelled"]
    rows = [
        (each["picture"], str(each["cells"]), f"{each['teds']:.3f}", f"{each['structure']:.3f}") for each in labelled
    ]
    cells = sum(each["cells"] for each in results["rendered"])
    right = sum(each["right"] for each in results["rendered"])
    found = {name: sum(of["found"].values()) for name, of in results["without"].items()}
    pages = sum(of["pages"] for of in results["without"].values())
    mean = sum(each["teds"] for each in labelled) / max(len(labelled), 1)
    about = f"{document.conditions_of(results)} {document.inkread_of(results)}"
    of_pages = document.table(("page", "cells", "TEDS", "structure only"), rows)
    text = (
        f"Tables labelled in {LABELLED}: {len(labelled)} on {results['labelled_pages']} pages, "
        f"{results['found']} found, TEDS {mean:.3f} on average.\n\n{of_pages}\n"
        f"Cells of {len(results['rendered'])} rendered ruled tables that came back with place, span and text: "
        f"{right} of {cells} ({100 * right / max(cells, 1):.1f} %).\n\n"
        f"Tables found on {pages} pages that have none: {sum(found.values())} "
        f"({', '.join(f'{name} {count}' for name, count in found.items())})."
    )
    return f"{about}\n\n{text}\n"


if __name__ == "__main__":
    sys.exit(main())
