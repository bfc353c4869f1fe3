"""CSV, XLSX and TSV, and the grid of a table that they and others are written from."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from inkread.document import Block, Cell, Document, Line, Page, Table, Word
from inkread.errors import FormatError
from inkread.export import structure
from inkread.export.csv import to_csv
from inkread.export.structure import Field, grid
from inkread.export.tsv import COLUMNS, to_tsv
from inkread.export.xlsx import MAX_CHARACTERS, number_of, to_xlsx
from inkread.geometry import Box, Quad

BOX = Box(0, 0, 10, 10)
CREATED = datetime(2026, 1, 2, tzinfo=UTC)


def line(text: str) -> Line:
    return Line((Word(text, Quad.from_box(BOX), 0.9),), Quad.from_box(BOX), 0.9)


def cell(row: int, column: int, *texts: str, rows: int = 1, columns: int = 1) -> Cell:
    return Cell(row, column, BOX, tuple(map(line, texts)), rows, columns)


def document(*tables: tuple[int, int, tuple[Cell, ...]], pages: int = 1) -> Document:
    blocks = tuple(
        Block(tuple(each for c in cells for each in c.lines), "table", Table(rows, columns, cells))
        for rows, columns, cells in tables
    )
    return Document((Page(blocks, 100, 100),) * pages, "bill.png")


INVOICE = (
    cell(0, 0, "Invoice 7", columns=3),
    *(cell(1, i, text) for i, text in enumerate(("Item", "Qty", "Price"))),
    *(cell(2, i, text) for i, text in enumerate(("Tea, green", "2", "1,234.50"))),
    cell(3, 0, "Total", rows=1, columns=2),
    cell(3, 2, "-4.10"),
    cell(4, 0, "two", "lines"),
)


# The grid


def test_a_grid_has_every_cell_and_what_spans_cover_is_empty():
    assert grid(Table(5, 3, INVOICE)).texts() == [
        ["Invoice 7", "", ""],
        ["Item", "Qty", "Price"],
        ["Tea, green", "2", "1,234.50"],
        ["Total", "", "-4.10"],
        ["two\nlines", "", ""],
    ]


def test_cells_that_are_in_each_others_way_lose_no_text():
    cells = (
        cell(0, 0, "wide", columns=2),
        cell(0, 1, "there"),
        cell(0, 0, "again"),
        cell(2, 5, "far", rows=0, columns=0),
    )

    table = grid(Table(1, 1, cells))

    assert (table.rows, table.columns) == (3, 6)
    assert table.fields == (Field(0, 0, 1, 1, "wide\nagain"), Field(0, 1, 1, 1, "there"), Field(2, 5, 1, 1, "far"))


def test_a_grid_that_nobody_can_hold_is_refused_before_it_takes_memory():
    with pytest.raises(FormatError, match=f"{structure.MAX_FIELDS:,}"):
        grid(Table(1, 1, (cell(10**9, 10**9, "x", rows=10**9),)))


# CSV


def test_csv_has_the_tables_with_an_empty_row_between():
    text = to_csv(document((1, 2, (cell(0, 0, "a"), cell(0, 1, 'say "b"'))), (1, 1, (cell(0, 0, "c,d"),))))

    assert text == 'a,"say ""b"""\r\n\r\n"c,d"\r\n'


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("-2+3", "'-2+3"),
        ("+cmd", "'+cmd"),
        ("＝1", "'＝1"),
        ("-", "'-"),
        ("-12.50", "-12.50"),
        ("+49 30 1234", "+49 30 1234"),
        ("-1'000.5%", "-1'000.5%"),
        ("a=1", "a=1"),
    ],
)
def test_csv_disarms_formulas_and_leaves_numbers(text, written):
    table = document((1, 1, (cell(0, 0, text),)))

    assert to_csv(table) == f"{written}\r\n"
    assert to_csv(table, formulas=True) == f"{text}\r\n"


# XLSX


def sheets(content: bytes):
    return pytest.importorskip("openpyxl").load_workbook(io.BytesIO(content))


def test_an_invoice_survives_to_xlsx_exactly():
    sheet = sheets(to_xlsx(document((5, 3, INVOICE)), created=CREATED))["Table 1"]

    assert [list(row) for row in sheet.iter_rows(values_only=True)] == [
        ["Invoice 7", None, None],
        ["Item", "Qty", "Price"],
        ["Tea, green", "2", "1,234.50"],
        ["Total", None, "-4.10"],
        ["two\nlines", None, None],
    ]
    assert sorted(str(each) for each in sheet.merged_cells.ranges) == ["A1:C1", "A4:B4"]


def test_xlsx_writes_numbers_where_asked_and_never_a_formula():
    table = document((1, 3, (cell(0, 0, "1,234.50"), cell(0, 1, "007"), cell(0, 2, "=1+1"))))

    (plain,) = sheets(to_xlsx(table, created=CREATED))["Table 1"].iter_rows()
    (read,) = sheets(to_xlsx(table, numbers=True, created=CREATED))["Table 1"].iter_rows()

    assert [(each.value, each.data_type) for each in plain] == [("1,234.50", "s"), ("007", "s"), ("=1+1", "s")]
    assert [each.value for each in read] == [1234.5, "007", "=1+1"]
    assert read[2].data_type == "s"
    assert read[2].quotePrefix


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-4.10", -4.1),
        (" 12 ", 12),
        ("1,234,567.8", 1234567.8),
        *((text, None) for text in ("1,234", "1.234,5", "007", "1e5", "1-2", "", "-", "1 000", "½", "٣", "1" * 16)),
    ],
)
def test_only_what_can_be_nothing_else_is_a_number(text, number):
    assert number_of(text) == number


def test_xlsx_has_a_sheet_for_each_table_named_after_its_page():
    content = to_xlsx(document((1, 1, (cell(0, 0, "a"),)), (1, 1, (cell(0, 0, "b"),)), pages=2), created=CREATED)

    assert sheets(content).sheetnames == [f"Page {page} table {n}" for page in (1, 2) for n in (1, 2)]


def test_a_table_too_large_for_a_sheet_is_refused():
    with pytest.raises(FormatError, match="XLSX holds"):
        to_xlsx(document((1, 1, (cell(0, 0, "x" * (MAX_CHARACTERS + 1)),))))
    with pytest.raises(FormatError, match="XLSX holds"):
        to_xlsx(document((1, 1, (cell(0, 16_384, "x"),))))


# TSV


def test_tsv_has_twelve_columns_and_a_row_for_each_level():
    first = Line((Word("a\tb", Quad.from_box(Box(1.5, 2, 9.2, 8)), 0.955),), Quad.from_box(BOX), 0.9)
    rows = [row.split("\t") for row in to_tsv(Document((Page((Block((first,)),), 100, 50, number=3),))).splitlines()]

    assert tuple(rows[0]) == COLUMNS
    assert rows[1] == ["1", "3", "0", "0", "0", "0", "0", "0", "100", "50", "-1", ""]
    assert [row[0] for row in rows[2:]] == ["2", "3", "4", "5"]
    assert rows[5] == ["5", "3", "1", "1", "1", "1", "1", "2", "9", "6", "95.5", "a b"]
