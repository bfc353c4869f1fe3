"""What a Reader with the default models makes of PDFs whose own text is true, wrong, hidden or missing."""

from collections.abc import Iterator

import numpy as np
import pytest
from pdfs import PdfWriter, shown, text

import inkread
from inkread import Reader
from inkread.document import Document
from inkread.options import LoadOptions, ReaderOptions

WORDS = (
    "Invoice number 2024-118 of March",
    "Amount due within thirty days",
    "The quick brown fox jumps over",
    "Grand total 1,234.56 EUR net",
    "Thank you for your business",
)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as opened:
        yield opened


def body(**options: object) -> str:
    return "".join(text(72, 700 - 40 * row, words, size=14, **options) for row, words in enumerate(WORDS))  # type: ignore[arg-type]


def pdf(drawing: str, **options: object) -> bytes:
    writer = PdfWriter()
    writer.page(drawing, **options)  # type: ignore[arg-type]
    return writer.content()


@pytest.fixture(scope="module")
def scan() -> np.ndarray:
    clean = inkread.open(pdf(body()), options=LoadOptions(dpi=150))[0].pixels
    noise = np.random.default_rng(0).normal(-8, 6, clean.shape)
    return np.clip(clean + noise, 0, 255).astype(np.uint8)


def scanned(scan: np.ndarray, before: str = "", after: str = "", box: tuple[float, ...] = (0, 0, 595, 842)) -> bytes:
    writer = PdfWriter()
    writer.page(before + shown(0, *box) + after, pictures=[writer.picture(scan)])
    return writer.content()


def origins(document: Document) -> list[str]:
    return [line.origin for line in document.lines]


def lines(document: Document) -> tuple[str, ...]:
    return tuple(line.text for line in document.lines)


def kinds(document: Document) -> list[str]:
    return [notice.kind for notice in document[0].notices]


def test_true_text_is_kept_without_detection(reader: Reader):
    document = reader.read(pdf(body()))
    assert lines(document) == WORDS
    assert origins(document) == ["layer"] * 5
    assert "detect" not in reader.timings
    assert kinds(document) == []
    assert document.confidence > 0.97


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_true_text_is_kept_on_a_turned_page(reader: Reader, turn: int):
    document = reader.read(pdf(body(), extra=f"/Rotate {turn}"))
    assert set(lines(document)) == set(WORDS)
    assert set(origins(document)) == {"layer"}


def test_a_font_with_shifted_letters_is_read_in_the_picture(reader: Reader):
    writer = PdfWriter()
    drawing = body(font=1) + text(72, 300, "A true line in another font", size=14)
    writer.page(drawing, fonts=[writer.font("Times-Roman", 3)])
    document = reader.read(writer.content())
    assert lines(document) == (*WORDS, "A true line in another font")
    assert origins(document) == ["picture"] * 5 + ["layer"]
    assert kinds(document) == ["layer-replaced"]
    assert 'in the font "Times-Roman"' in document[0].notices[0].message


def test_the_true_layer_of_a_scan_is_kept(reader: Reader, scan: np.ndarray):
    document = reader.read(scanned(scan, after=body(mode=3)))
    assert lines(document) == WORDS
    assert origins(document) == ["layer"] * 5


def test_the_wrong_layer_of_a_scan_is_read_in_the_picture(reader: Reader, scan: np.ndarray):
    wrong = "".join(text(72, 700 - 40 * row, words[::-1], size=14, mode=3) for row, words in enumerate(WORDS))
    document = reader.read(scanned(scan, after=wrong))
    assert lines(document) == WORDS
    assert origins(document) == ["picture"] * 5
    assert kinds(document) == ["layer-replaced"]


def test_a_scan_beside_text_is_read_and_the_text_is_kept(reader: Reader, scan: np.ndarray):
    around = text(72, 800, "A true heading in text", size=14), text(72, 60, "and a true line below", size=14)
    document = reader.read(scanned(scan[100:900], *around, box=(0, 100, 595, 384)))
    assert lines(document) == ("A true heading in text", *WORDS, "and a true line below")
    assert origins(document) == ["layer", *["picture"] * 5, "layer"]


@pytest.mark.parametrize(
    "secret",
    [
        text(72, 300, "white secret words", before="1 1 1 rg"),
        text(700, 300, "secret off the page"),
        text(72, 300, "invisible secret", mode=3),
        text(72, 300, "clear secret", before="/G0 gs"),
        text(72, 300, "a secret too low to be seen", size=0.5),
        text(72, 700, "white over the true first line", size=14, before="1 1 1 rg"),
    ],
)
def test_text_that_cannot_be_seen_is_told_and_left_out(reader: Reader, secret: str):
    document = reader.read(pdf(body() + secret, states="/G0<</ca 0>>"))
    assert lines(document) == WORDS
    assert kinds(document) == ["hidden-text"]


def test_text_under_a_picture_is_told_and_left_out(reader: Reader, scan: np.ndarray):
    document = reader.read(scanned(scan, before=text(72, 120, "secret below the picture", size=14)))
    assert lines(document) == WORDS
    assert kinds(document) == ["hidden-text"]


@pytest.mark.parametrize("text_layer", ["always", "never"])
def test_the_layer_is_taken_or_left_as_asked(reader: Reader, text_layer: str):
    writer = PdfWriter()
    writer.page(text(72, 700, "Grand total", size=14, font=1), fonts=[writer.font("Times-Roman", 1)])
    options = ReaderOptions(load=LoadOptions(text_layer=text_layer))
    (line,) = reader.with_options(options).read(writer.content()).lines
    expected = ("Hsboe upubm", "layer") if text_layer == "always" else ("Grand total", "picture")
    assert (line.text, line.origin) == expected
