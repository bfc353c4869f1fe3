"""Strings that break exporters come over HTTP in every format as the exporters give them, and break no request."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Sequence
from dataclasses import replace

import exported
import httpx2
import nasty
import pypdfium2
import pytest
from PIL import Image as Pillow
from readers import FakeReader
from served import Served, as_text, png, running

from inkread.document import Document, Page
from inkread.export.formats import encode
from inkread.export.json import from_json
from inkread.image import Image
from inkread.options import ReaderOptions
from inkread.service.answers import MEDIA_TYPES
from inkread.service.settings import RateOptions, ServiceOptions

PICTURE = as_text(png(600, 400))
# They hold when they were made: what is told of them is compared, not their bytes.
DATED = ("page", "docx", "xlsx")
DRAWN = ("pdf", "annotated", "picture")


class Copyist(FakeReader):
    """Reads the same page in every picture. page: set before each request."""

    page: Page

    def read_page_timed(self, image: Image, **bounds: object) -> tuple[Page, dict[str, float]]:
        return replace(self.page, number=image.number), {}


class Nasty(Served):
    """A service whose pages hold strings everywhere."""

    def __init__(self) -> None:
        super().__init__(ServiceOptions(rate=RateOptions(requests=1e9, megapixels=1e9)))

    def _reader(self, options: ReaderOptions) -> Copyist:
        self.reader = Copyist(options)
        return self.reader


async def check_all(chunks: Sequence[list[str]], formats: Sequence[str]) -> None:
    served = Nasty()
    async with running(served.app()) as http:
        for texts in chunks:
            served.reader.page = nasty.everywhere(*texts).pages[0]
            told = await ask(http, "json")
            document = from_json(told.content.decode())
            assert document.pages == (replace(served.reader.page, number=1),)
            for name in formats:
                check(name, (await ask(http, name)).content, document)


async def ask(http: httpx2.AsyncClient, name: str) -> httpx2.Response:
    answer = await http.post("/v1/read", json={"file": PICTURE, "format": name, "name": "a.png"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPES[name]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    return answer


def check(name: str, content: bytes, document: Document) -> None:
    if name == "picture":
        Pillow.open(io.BytesIO(content)).verify()
    elif name in DRAWN:
        pdf = pypdfium2.PdfDocument(content)
        assert len(pdf) == 1
        pdf.close()
    elif name == "page":
        assert exported.words_of_page(content.decode()) == exported.words_of_page(encode(document, name).decode())
    elif name == "xlsx":
        assert exported.cells_of_xlsx(content) == exported.cells_of_xlsx(encode(document, name))
    elif name in DATED:
        assert exported.texts_of_docx(content) == exported.texts_of_docx(encode(document, name))
    else:
        assert content == encode(document, name)


def chunks(strings: list[str], count: int) -> list[list[str]]:
    return [strings[i : i + count] for i in range(0, len(strings), count)]


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_strings_that_break_exporters_come_over_http(name: str) -> None:
    asyncio.run(check_all(chunks(list(nasty.STRINGS), 20), [name]))


def test_the_list_of_naughty_strings_comes_over_http(shared) -> None:
    strings = json.loads((shared / "nasty" / "strings" / "blns.json").read_text(encoding="utf-8"))
    assert len(strings) > 500
    asyncio.run(check_all(chunks(strings, 130), list(MEDIA_TYPES)))


@pytest.mark.parametrize("field", ["name", "language", "pages", "format", "password", "extract", "mode", "url", "file"])
def test_requests_that_hold_them_are_answered_or_refused_in_json(field: str) -> None:
    async def talk() -> None:
        async with running(Served(ServiceOptions(rate=RateOptions(requests=1e9))).app()) as http:
            for text in nasty.STRINGS:
                body = {"file": PICTURE, "format": "text", field: text}
                if field == "url":
                    del body["file"]
                # Escaped: a surrogate alone is refused, not an error of the client's.
                answer = await http.post("/v1/read", content=json.dumps(body).encode())
                assert answer.status_code in (200, 400, 403, 413, 415, 422), (text, answer.text)
                if answer.status_code != 200:
                    told = answer.json()
                    assert told["errorCode"] == answer.status_code
                    assert told["errorMsg"].isprintable()

    asyncio.run(talk())
