"""The sample picture that ships with the project, and its text."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image as PillowImage
from programs import module_of

ROOT = Path(__file__).resolve().parents[3]
LINES = (ROOT / "examples" / "receipt.txt").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return module_of(ROOT / "scripts" / "make_sample.py")


def test_the_picture_is_a_small_photo():
    path = ROOT / "examples" / "receipt.jpg"

    assert path.stat().st_size < 300_000
    with PillowImage.open(path) as photo:
        assert (photo.format, photo.mode, photo.size) == ("JPEG", "RGB", (1000, 1500))
        assert len(set(photo.resize((40, 60)).convert("L").tobytes())) > 50


def test_the_text_is_what_the_script_prints(script):
    assert [row.text for row in script.receipt() if row.text] == LINES


def test_the_sums_on_it_add_up():
    found = (re.fullmatch(r"(.+) (\d+\.\d\d)", line) for line in LINES)
    amounts = {match[1]: Decimal(match[2]) for match in found if match}
    items = sum(amount for name, amount in amounts.items() if re.match(r"\d+ x ", name))

    assert items == amounts["TOTAL EUR"] == amounts["Subtotal"] + amounts["VAT 9%"]
    assert amounts["Cash"] - amounts["TOTAL EUR"] == amounts["Change"]
