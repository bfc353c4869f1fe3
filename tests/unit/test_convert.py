import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from pdfs import PdfWriter, text
from PIL import Image as Pillow

import inkread
from inkread import InputError, OptionError, OutputError, pdf_to_png, upscale_image


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def small_print(tmp_path) -> Path:
    """A page with letters of some 7 px."""
    pixels = np.full((120, 300, 3), 255, np.uint8)
    for row in range(8):
        cv2.putText(pixels, "the quick brown fox jumps", (5, 12 + 14 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.32, (0, 0, 0))
    path = tmp_path / "small.png"
    Pillow.fromarray(pixels).save(path, dpi=(72, 72))
    return path


@pytest.fixture
def two_pages(tmp_path) -> Path:
    path = tmp_path / "two.tiff"
    pages = [Pillow.new("RGB", (30, 20), colour) for colour in ("white", "black")]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return path


@pytest.mark.row("S1-19", "S1-20", "S1-21", "S0-35")
def test_small_print_becomes_larger_in_a_new_file(small_print):
    before = sha256(small_print)
    made = upscale_image(small_print)
    assert made == small_print.with_name("small_upscaled.png")
    with Pillow.open(made) as picture:
        times = picture.width / 300
        assert 1 < times <= 4
        assert picture.info["dpi"][0] == pytest.approx(72 * times, abs=0.1)
    assert sha256(small_print) == before


def test_large_print_is_not_written_again(small_print, tmp_path):
    larger = upscale_image(small_print, factor=4)
    assert upscale_image(larger) == larger
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.png", "small_upscaled.png"]


@pytest.mark.row("S1-20", "S0-23")
def test_a_picture_is_enlarged_by_a_factor(small_print, tmp_path):
    made = upscale_image(small_print, tmp_path / "new" / "larger.png", factor=1.5)
    with Pillow.open(made) as picture:
        assert picture.size == (450, 180)


@pytest.mark.parametrize("factor", [0, 1, -2, 8.1, float("nan")])
def test_a_factor_out_of_range_is_refused(small_print, factor):
    with pytest.raises(OptionError, match="factor is"):
        upscale_image(small_print, factor=factor)


@pytest.mark.row("S1-25")
def test_a_page_is_written_as_a_picture(two_pages):
    before = sha256(two_pages)
    made = pdf_to_png(two_pages, 1)
    assert made == two_pages.with_name("two.tiff_page1.png")
    with Pillow.open(made) as picture:
        assert picture.getpixel((5, 5)) == (0, 0, 0)
    assert sha256(two_pages) == before


@pytest.mark.row("S1-25")
def test_a_page_of_a_pdf_is_written_as_a_picture(tmp_path):
    writer = PdfWriter()
    writer.page("", (200, 100))
    writer.page(text(10, 10, "number 2"), (200, 100))
    pdf = tmp_path / "letter.pdf"
    pdf.write_bytes(writer.content())
    before = sha256(pdf)
    made = pdf_to_png(pdf, 1)
    assert made == tmp_path / "letter.pdf_page1.png"
    with Pillow.open(made) as picture:
        assert picture.width == pytest.approx(2 * picture.height, abs=2)
        assert picture.convert("L").getextrema()[0] < 100
    assert sha256(pdf) == before


@pytest.mark.parametrize("page", [-1, 2])
def test_a_page_out_of_range_is_an_error(two_pages, page):
    with pytest.raises(InputError, match=f"has no page {page}: it has 2, counted from 0"):
        pdf_to_png(two_pages, page)


@pytest.mark.row("S1-20")
def test_nothing_is_overwritten_unless_asked(two_pages):
    made = pdf_to_png(two_pages)
    with pytest.raises(OutputError):
        pdf_to_png(two_pages)
    assert pdf_to_png(two_pages, overwrite=True) == made


@pytest.mark.parametrize("link", [False, True])
def test_the_input_is_never_the_output(small_print, tmp_path, link):
    before = sha256(small_print)
    output = small_print
    if link:
        output = tmp_path / "link.png"
        output.symlink_to(small_print)
    with pytest.raises(OptionError, match="is the input itself"):
        upscale_image(small_print, output, factor=2, overwrite=True)
    assert sha256(small_print) == before


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        upscale_image(tmp_path / "none.png")


def test_both_are_public():
    assert {"pdf_to_png", "upscale_image"} <= set(inkread.__all__)
