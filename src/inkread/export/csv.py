"""The tables of a document to CSV (RFC 4180), one after the other."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from inkread.document import Document, Table
from inkread.errors import FormatError
from inkread.export.markup import legal
from inkread.export.structure import grid

# What a spreadsheet takes for a formula where a cell begins with it, also in full width.
FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"

# Signed amounts and numbers of telephones are no formulas, and a sign before them is no use to anybody.
_NUMBER = re.compile(r"[+-]\d[\d.,'\s\u00a0\u202f]*%?")


def to_csv(document: Document, *, formulas: bool = False) -> str:
    """Return the document's tables, an empty row between two; what a span covers is empty but for its first field.

    A cell that a spreadsheet would take for a formula gets a ' before it, unless `formulas`. Characters that no XML
    may hold become U+FFFD, as in every format. Raises FormatError where there is no table.
    """
    stream = io.StringIO()
    writer = csv.writer(stream)
    for number, table in enumerate(tables_of(document, "CSV")):
        if number:
            writer.writerow([])
        writer.writerows([_cell(text, formulas) for text in row] for row in grid(table).texts())
    return stream.getvalue()


def rows_to_csv(rows: Iterable[Sequence[str]], *, formulas: bool = False) -> str:
    """Return rows of texts as CSV, with cells as `to_csv` has them."""
    stream = io.StringIO()
    csv.writer(stream).writerows([_cell(text, formulas) for text in row] for row in rows)
    return stream.getvalue()


def tables_of(document: Document, format_name: str) -> tuple[Table, ...]:
    """Return the document's tables. Raises FormatError, naming the format that holds nothing else, if it has none."""
    tables = document.tables
    if not any(table.cells for table in tables):
        raise FormatError(
            f'no table was found in "{document.source}", and {format_name} holds tables only',
            remedy="use tsv for words with their places, or text",
        )
    return tables


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet might take the text for a formula."""
    return text[:1] in FORMULA_STARTS and text != "" and not _NUMBER.fullmatch(text)


def _cell(text: str, formulas: bool) -> str:
    text = legal(text)
    return f"'{text}" if not formulas and is_formula(text) else text
