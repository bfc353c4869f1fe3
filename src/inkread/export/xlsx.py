"""The tables of a document to XLSX, a sheet each. The one home of xlsxwriter."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from inkread.document import Document, Table
from inkread.errors import FormatError
from inkread.export.csv import is_formula, tables_of
from inkread.export.markup import legal
from inkread.export.structure import Grid, grid
from inkread.extras import not_installed

# What the format allows (ECMA-376 and the limits that spreadsheets publish).
MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
MAX_CHARACTERS = 32_767

# More digits than these a spreadsheet does not keep; a leading zero says that the digits are a name.
_MAX_DIGITS = 15
_NUMBER = re.compile(r"-?(0|[1-9]\d*|[1-9]\d{0,2}(,\d{3})+)(\.\d+)?", re.ASCII)


def to_xlsx(document: Document, *, numbers: bool = False, created: datetime | None = None) -> bytes:
    """Return the document's tables as a workbook: a sheet each, spans merged, every cell as text.

    numbers: write cells like 12, -4.50 and 1,234.56 as numbers; what is ambiguous stays text. created: the date of the
    workbook; now, if None. Raises FormatError where there is no table or one is too large for a sheet, and
    MissingPackageError where xlsxwriter is not installed.
    """
    tables_of(document, "XLSX")
    xlsxwriter = _xlsxwriter()
    stream = io.BytesIO()
    # In memory: temporary files would hold what was read.
    workbook = xlsxwriter.Workbook(stream, {"in_memory": True})
    date = (created or datetime.now(UTC)).replace(tzinfo=None)
    workbook.set_properties({"created": date, "comments": legal(document.generator)})
    plain = workbook.add_format({"text_wrap": True, "valign": "top"})
    # As text for good: editing such a cell must not make a formula of it.
    quoted = workbook.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
    for title, table in _sheets(document):
        _write(workbook.add_worksheet(title), _checked(grid(table), document), (plain, quoted), numbers)
    workbook.close()
    return stream.getvalue()


def rows_to_xlsx(sheets: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    """Return a workbook of sheets by name, each of rows of texts; every cell is text. Raises like `to_xlsx`."""
    xlsxwriter = _xlsxwriter()
    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream, {"in_memory": True})
    quoted = workbook.add_format({"quote_prefix": True})
    for title, rows in sheets.items():
        if len(rows) > MAX_ROWS:
            raise FormatError(f"{len(rows)} rows do not fit on a sheet, which has {MAX_ROWS}", remedy="write csv")
        sheet = workbook.add_worksheet(title)
        for row, texts in enumerate(rows):
            for column, text in enumerate(map(legal, texts)):
                sheet.write_string(row, column, text[:MAX_CHARACTERS], quoted if is_formula(text) else None)
        sheet.autofit()
    workbook.close()
    return stream.getvalue()


def _xlsxwriter() -> Any:
    try:
        import xlsxwriter
    except ImportError as error:
        raise not_installed("xlsx") from error
    return xlsxwriter


def _sheets(document: Document) -> list[tuple[str, Table]]:
    """Return each table with the name of its sheet: at most 31 characters, each once."""
    if len(document.pages) == 1:
        return [(f"Table {number}", table) for number, table in enumerate(document.tables, start=1)]
    return [
        (f"Page {page_number} table {number}", table)
        for page_number, page in enumerate(document.pages, start=1)
        for number, table in enumerate(page.tables, start=1)
    ]


def _checked(table: Grid, document: Document) -> Grid:
    longest = max((len(field.text) for field in table.fields), default=0)
    if table.rows > MAX_ROWS or table.columns > MAX_COLUMNS or longest > MAX_CHARACTERS:
        raise FormatError(
            f'a table of "{document.source}" has {table.rows:,} rows, {table.columns:,} columns and up to {longest:,} '
            f"characters in a cell; XLSX holds {MAX_ROWS:,}, {MAX_COLUMNS:,} and {MAX_CHARACTERS:,}",
            remedy="use csv",
        )
    return table


def _write(sheet: Any, table: Grid, formats: tuple[Any, Any], numbers: bool) -> None:
    for row, column, row_span, column_span, text in table.fields:
        text = legal(text)
        form = formats[is_formula(text)]
        if row_span > 1 or column_span > 1:
            # The range first: it writes a text only where it does not take it for something else.
            sheet.merge_range(row, column, row + row_span - 1, column + column_span - 1, "", form)
        if numbers and (number := number_of(text)) is not None:
            sheet.write_number(row, column, number, form)
        elif text:
            sheet.write_string(row, column, text, form)
    sheet.autofit()


def number_of(text: str) -> float | None:
    """Return the number that the text can only be: digits with a point, thousands with commas; else None."""
    text = text.strip()
    if not _NUMBER.fullmatch(text) or sum(character.isdigit() for character in text) > _MAX_DIGITS:
        return None
    # "1,234" is a thousand to some and one and a bit to others: only a point makes it sure.
    return None if "," in text and "." not in text else float(text.replace(",", ""))
