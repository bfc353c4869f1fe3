"""Pictures that the programs read, drawn here."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

RECEIPT = ["Store: QuickMart", "Date: 2025-12-01", "Total: $23.45", "Thank you for shopping!"]
INVOICE = ["INVOICE NO: 2023-00123", "Date: 06/15/2023", "Bill To:", "Acme Corp", "123 Main St", "Total Due: $1,250.00"]


def drawn(lines: Sequence[str], height_px: int = 34) -> Image.Image:
    font = ImageFont.load_default(size=height_px)
    picture = Image.new("RGB", (22 * height_px, int((2 * len(lines) + 1) * height_px)), "white")
    for i, line in enumerate(lines):
        ImageDraw.Draw(picture).text((2 * height_px, (2 * i + 1) * height_px), line, fill="black", font=font)
    return picture


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    drawn(RECEIPT).save(tmp_path / "receipt.jpg", quality=95)
    return tmp_path / "receipt.jpg"


@pytest.fixture
def invoice(tmp_path: Path) -> Path:
    drawn(INVOICE).save(tmp_path / "sample_invoice.png")
    return tmp_path / "sample_invoice.png"
