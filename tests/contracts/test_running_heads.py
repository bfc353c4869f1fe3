"""Heads and feet over the pages of a PDF, from the file to the formats."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pdfs import PdfWriter, text

from inkread import Reader
from inkread.document import Page
from inkread.export.hocr import to_hocr
from inkread.options import ArrangeOptions, LoadOptions, ReaderOptions

BODIES = (
    ("Ash trees grow by the river", "and birches on the hill above"),
    ("The second chapter tells of cedars", "which were brought from far away"),
    ("Elms have become rare", "since a beetle came over the sea"),
)
AS_IT_IS = ReaderOptions(load=LoadOptions(text_layer="always"))


@pytest.fixture(scope="module")
def book() -> bytes:
    writer = PdfWriter()
    for number, lines in enumerate(BODIES, start=1):
        drawing = text(72, 800, "A Book of Trees") + text(290, 30, f"- {number} -")
        writer.page(drawing + "".join(text(72, 600 - 40 * i, line) for i, line in enumerate(lines)))
    return writer.content()


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(AS_IT_IS) as opened:
        yield opened


def kinds(page: Page) -> dict[str, str]:
    return {block.text: block.kind for block in page.blocks}


def test_a_document_knows_its_heads_and_feet(reader: Reader, book: bytes) -> None:
    document = reader.read(book)
    for number, page in enumerate(document, start=1):
        assert page.blocks[0].text == "A Book of Trees"
        assert kinds(page)["A Book of Trees"] == "header"
        assert kinds(page)[f"- {number} -"] == "footer"
        assert page.blocks[-1].text == f"- {number} -"
    assert to_hocr(document).count('"ocr_header"') == len(BODIES)


def test_pages_one_by_one_know_the_number_only(reader: Reader, book: bytes) -> None:
    for number, page in enumerate(reader.pages(book), start=1):
        assert kinds(page)["A Book of Trees"] == "paragraph"
        assert kinds(page)[f"- {number} -"] == "footer"


def test_running_heads_can_be_left_alone(book: bytes) -> None:
    with Reader(AS_IT_IS.with_(arrange=ArrangeOptions(running_heads="never"))) as reader:
        assert kinds(reader.read(book)[0])["A Book of Trees"] == "paragraph"
