"""A PDF of a picture looks as the picture does."""

import io
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from laid import line, page
from PIL import Image as Pillow

from inkread.export.pdf.pixels import Jpeg
from inkread.export.pdf.searchable import searchable_pdf
from inkread.image import Image
from inkread.load import pictures


def corners() -> Pillow.Image:
    """Return a picture in which no turn or mirroring goes unseen."""
    picture = Pillow.new("RGB", (96, 64), "white")
    picture.paste("red", (0, 0, 32, 32))
    picture.paste("green", (64, 0, 96, 32))
    picture.paste("blue", (0, 32, 32, 64))
    return picture


def as_jpeg(picture: Pillow.Image, **how) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", **{"quality": 95, "subsampling": 0, **how})
    return stream.getvalue()


def written(tmp_path: Path, image: Image, content: bytes | None = None) -> bytes:
    source = None
    if content is not None:
        source = tmp_path / "source.jpg"
        source.write_bytes(content)
    read = page([line("text", 4, 4, height=9, letter=5)], image.page_size, dpi=image.dpi)
    with searchable_pdf(tmp_path / "out.pdf", source, overwrite=True) as pdf:
        pdf.add(read, image)
    return (tmp_path / "out.pdf").read_bytes()


def rendered(content: bytes, size: tuple[int, int]) -> np.ndarray:
    document = pdfium.PdfDocument(content)
    opened = document[0]
    scale = size[0] / opened.get_width()
    pixels = opened.render(scale=scale, rev_byteorder=True).to_numpy().copy()
    opened.close()
    document.close()
    return pixels[: size[1], : size[0], :3]


def stored(content: bytes) -> np.ndarray:
    """Return the pixels of the page's picture as PDFium unpacks them, RGB."""
    document = pdfium.PdfDocument(content)
    opened = document[0]
    picture = next(opened.get_objects([pdfium.raw.FPDF_PAGEOBJ_IMAGE]))
    pixels = np.asarray(picture.get_bitmap().to_pil().convert("RGB"))
    opened.close()
    document.close()
    return pixels


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_is_embedded_as_it_is_and_stands_as_its_exif_says(tmp_path, orientation):
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    content = as_jpeg(corners(), exif=exif)
    image = pictures.open_bytes(content).page(0)

    made = written(tmp_path, image, content)

    assert content in made
    assert np.abs(rendered(made, image.page_size).astype(int) - image.pixels).mean() < 6


# PDFium shows ink as a press would, the loader as plain arithmetic has it: 238, 29, 35 and 255, 0, 0 for one red.
@pytest.mark.parametrize(
    ("mode", "how", "apart"),
    [("L", {}, 6), ("RGB", {"progressive": True}, 6), ("RGB", {"keep_rgb": True}, 6), ("CMYK", {}, 25)],
)
def test_jpegs_of_all_colours_look_as_they_are_read(tmp_path, mode, how, apart):
    content = as_jpeg(corners().convert(mode), **how)
    image = pictures.open_bytes(content).page(0)

    made = written(tmp_path, image, content)

    assert content in made
    assert np.abs(rendered(made, image.page_size).astype(int) - image.pixels).mean() < apart


def test_a_jpeg_that_readers_may_not_decode_is_packed_anew():
    content = bytearray(as_jpeg(corners()))
    content[content.index(b"\xff\xc0") + 1] = 0xC9  # arithmetic codes

    assert Jpeg.of(bytes(content)) is None


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\0\x10JFIF", b"GIF89a"])
def test_what_is_no_jpeg_is_none(content):
    assert Jpeg.of(content) is None


def test_a_jpeg_of_another_size_than_what_was_read_is_not_taken(tmp_path):
    content = as_jpeg(corners())
    image = Image(np.full((20, 30, 3), 255, np.uint8))

    assert content not in written(tmp_path, image, content)


NOISE = np.random.default_rng(1).integers(0, 256, (50, 70, 3), dtype=np.uint8)
PIXELS = {
    "colours": (NOISE, b"/DeviceRGB"),
    "grey": (np.repeat(NOISE[:, :, :1], 3, axis=2), b"/DeviceGray"),
    "black and white": (np.repeat((NOISE[:, :, :1] > 99) * np.uint8(255), 3, axis=2), b"/CCITTFaxDecode"),
    "all white": (np.full((50, 70, 3), 255, np.uint8), b"/CCITTFaxDecode"),
    "one pixel": (NOISE[:1, :1], b"/DeviceRGB"),
}


@pytest.mark.parametrize(("pixels", "kind"), PIXELS.values(), ids=PIXELS.keys())
def test_pixels_are_kept_exactly(tmp_path, pixels, kind):
    image = Image(np.ascontiguousarray(pixels))

    made = written(tmp_path, image)

    assert kind in made
    assert np.array_equal(stored(made), pixels)


def test_without_libtiff_black_and_white_is_packed_too(tmp_path, monkeypatch):
    monkeypatch.setattr("inkread.export.pdf.pixels.features.check", lambda name: False)
    pixels, _ = PIXELS["black and white"]

    made = written(tmp_path, Image(np.ascontiguousarray(pixels)))

    assert b"/CCITTFaxDecode" not in made
    assert np.array_equal(stored(made), pixels)


@pytest.mark.parametrize(
    ("size", "dpi", "points"),
    [
        ((600, 300), 300, (144, 72)),
        ((600, 300), None, (144, 72)),
        ((600, 300), 72, (144, 72)),
        ((600, 300), 96, (450, 225)),
        ((60_000, 300), 100, (14_400, 72)),
    ],
)
def test_a_page_is_as_large_as_its_dpi_say(tmp_path, size, dpi, points):
    image = Image(np.full((size[1], size[0], 3), 255, np.uint8), dpi=dpi)

    document = pdfium.PdfDocument(written(tmp_path, image))

    assert document.get_page_size(0) == pytest.approx(points, abs=0.01)
    document.close()
