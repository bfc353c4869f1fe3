"""The table of an invoice, from a rendered page to a spreadsheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from inkread import Reader

ROWS = (
    ("Pos", "Article", "Quantity", "Price", "Amount"),
    ("1", "Desk lamp", "2", "34.50", "69.00"),
    ("2", "Copper wire 5 m", "10", "1.25", "12.50"),
    ("3", "Winter garden chair", "4", "89.90", "359.60"),
    ("4", "Paper A4", "25", "4.10", "102.50"),
    ("", "", "", "Total", "543.60"),
)
WIDTHS = (90, 420, 180, 170, 190)
LEFT, TOP, ROW = 80, 420, 60


def invoice(*, is_ruled: bool) -> np.ndarray:
    picture = Pillow.new("RGB", (1240, 1100), "white")
    pen = ImageDraw.Draw(picture)
    large, usual = ImageFont.load_default(44), ImageFont.load_default(26)
    pen.text((LEFT, 80), "Invoice", "black", large)
    pen.text((LEFT, 180), "Harbour Street 14, Westbridge", "black", usual)
    pen.text((LEFT, 220), "Invoice number: 2026-118", "black", usual)
    pen.text((LEFT, 260), "Date: 12 March 2026", "black", usual)
    for row, texts in enumerate(ROWS):
        left, top = LEFT, TOP + ROW * row
        for column, (text, width) in enumerate(zip(texts, WIDTHS, strict=True)):
            if is_ruled:
                pen.rectangle((left, top, left + width, top + ROW), outline="black", width=2)
            # Numbers end at one place, as they do in print.
            start = left + width - 14 - pen.textlength(text, usual) if column > 1 else left + 14
            pen.text((start, top + 16), text, "black", usual)
            left += width
    pen.text((LEFT, 900), "Payable within thirty days. Thank you for your order.", "black", usual)
    return np.asarray(picture)


@pytest.mark.parametrize("is_ruled", [True, False])
def test_a_rendered_invoice_survives_to_a_spreadsheet(is_ruled: bool, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    pytest.importorskip("xlsxwriter")
    with Reader() as reader:
        document = reader.read(invoice(is_ruled=is_ruled))
    sheet = openpyxl.load_workbook(document.save(tmp_path / "invoice.xlsx")).worksheets[0]
    assert [tuple(cell.value or "" for cell in row) for row in sheet.iter_rows()] == list(ROWS)
    assert {pair.label: pair.value for pair in document[0].pairs} == {
        "Invoice number": "2026-118",
        "Date": "12 March 2026",
    }
