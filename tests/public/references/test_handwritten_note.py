"""The helpers of S1 and its note, as far as they need no service."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import inkread

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.row("S1-22", "S1-20")
def test_a_small_picture_is_enlarged_by_lanczos_into_a_new_file(receipt):
    before = receipt.read_bytes()
    made = inkread.upscale_image(receipt, factor=2)

    with Image.open(receipt) as given, Image.open(made) as enlarged:
        assert enlarged.size == (2 * given.width, 2 * given.height)
        wanted = {
            name: np.asarray(given.convert("RGB").resize(enlarged.size, kind), float)
            for name, kind in (("lanczos", Image.Resampling.LANCZOS), ("linear", Image.Resampling.BILINEAR))
        }
        found = np.asarray(enlarged.convert("RGB"), float)
    off = {name: float(np.abs(found - pixels).mean()) for name, pixels in wanted.items()}
    assert off["lanczos"] < off["linear"] / 2  # its kernel is cut off elsewhere than OpenCV's
    assert receipt.read_bytes() == before


@pytest.mark.row("S1-11", "S1-18", "S1-38")
@pytest.mark.usefixtures("no_installed_handwriting")
def test_a_note_by_hand_becomes_text(tmp_path):
    with inkread.Reader(mode="handwritten") as reader:
        document = reader.read(ROOT / "examples" / "note.jpg")
    lines = [line.text for line in document.lines]
    assert len(lines) == 5
    assert [line.startswith("-") for line in lines] == [False, False, False, True, True]
    assert document.save(tmp_path / "note.md").read_text().count("\n- ") >= 1


@pytest.mark.row("S1-24", "S1-25", "S1-32")
def test_a_pdf_and_its_pages_as_pictures_read_the_same(receipt, tmp_path):
    page = Image.open(receipt)
    page.save(tmp_path / "two.pdf", save_all=True, append_images=[page], resolution=150)

    whole = inkread.read(tmp_path / "two.pdf")
    pages = [inkread.read(inkread.pdf_to_png(tmp_path / "two.pdf", page=number)) for number in range(len(whole))]

    assert (tmp_path / "two.pdf_page1.png").is_file()
    assert [each.text for each in pages] == [each.text for each in whole]


@pytest.mark.row("S1-23", "S1-24")
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".tiff", ".gif", ".pdf"])
def test_formats_are_read_without_converting(receipt, tmp_path, suffix):
    with Image.open(receipt) as picture:
        picture.save(tmp_path / f"copy{suffix}")
    assert "Thank you for shopping!" in inkread.read(tmp_path / f"copy{suffix}").text
