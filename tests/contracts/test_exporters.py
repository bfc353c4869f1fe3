"""What every format of text keeps to, over documents of every kind."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import exported
import nasty
import pytest

from inkread.document import Alternative, Block, Cell, Document, Line, Page, Table, Word
from inkread.errors import FormatError, OutputError
from inkread.export.formats import FORMATS, ExportOptions, encode, render
from inkread.export.json import from_json
from inkread.export.save import output_path, save
from inkread.geometry import Box, Point, Quad

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema.json"


def line(text: str, box: Box = Box(10, 10, 210, 40), quarters: int = 0, **values) -> Line:
    quad = Quad.from_box(box).turned(quarters)
    words = tuple(Word(word, quad, 0.9) for word in text.split())
    return Line(words, quad, 0.9, **values)


def page(*lines: Line, number: int = 1, **values) -> Page:
    return Page((Block(lines, **values),), 400, 300, number=number, source="scan.pdf")


def table() -> Page:
    cells = tuple(
        Cell(row, column, Box(column * 100, row * 40, column * 100 + 100, row * 40 + 40), (line(text),))
        for row, texts in enumerate([("Tea", "2.50"), ("Cake", "4.00")])
        for column, text in enumerate(texts)
    )
    lines = tuple(line for cell in cells for line in cell.lines)
    return page(*lines, kind="table", table=Table(2, 2, (*cells, Cell(2, 0, Box(0, 80, 200, 120), column_span=2))))


def detailed() -> Page:
    word = Word(
        text="l0",
        quad=Quad.from_box(Box(0.1, 1 / 3, 99.5, 20)),
        confidence=0.75,
        spans=((0.0, 0.4), (0.4, 1.0)),
        scores=(0.5, 1.0),
        alternatives=(Alternative(0, "1", 0.3), Alternative(0, "I", 0.1)),
    )
    return page(Line((word,), word.quad, 0.75, language="en", style="handwriting", raw="1o"))


DOCUMENTS = {
    "no pages": Document((), "empty/"),
    "a blank page": Document((Page((), 400, 300),), "blank.png", "inkread 0.1.0"),
    "a vertical line": Document((page(line("縦書き", Box(300, 10, 340, 200), 1)),)),
    "a table": Document((table(),)),
    "three pages": Document(tuple(page(line(f"page {n}"), number=n) for n in (1, 2, 3)), "scan.pdf"),
    "emoji": Document((page(line("fine 👍🏽 👩‍👩‍👧 e\u0301")),)),
    "right to left": Document((page(line("שלום עולם"), line("مرحبا 123")),)),
    "markup": Document((page(line("""<b>&amp;</b> "quoted" 'x' ]]> <!-- \\ {{x}} %s""")),)),
    "controls": Document((page(line("a\u2028b\u2029c \x07\x7f \ufeff \ufffe")),)),
    "a file name that is not UTF-8": Document((page(line("lone \udcff")),), "scan\udcff.pdf"),
    "a line without words": Document((page(Line((), Quad.from_box(Box(0, 0, 9, 9)), 0.0)),)),
    "everything known": Document((detailed(),)),
}
# A fixed date: the same document gives the same bytes.
OPTIONS = ExportOptions(created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
NAMES = [name for name, known in FORMATS.items() if not known.needs_pixels]

any_document = pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
any_format = pytest.mark.parametrize("name", NAMES)


def held(document: Document, name: str) -> Document:
    """Return the document, or skip where the format refuses to hold it, saying so."""
    if name in ("csv", "xlsx") and not document.tables:
        with pytest.raises(FormatError, match="holds tables only"):
            encode(document, name)
        pytest.skip("refused: no tables")
    if name == "page" and len(document) != 1:
        with pytest.raises(FormatError, match="a file of PAGE XML holds one"):
            encode(document, name)
        pytest.skip("refused: holds one page")
    return document


def shown(text: str) -> str:
    return text.replace("\udcff", "\ufffd").replace("\x07", "\ufffd").replace("\ufffe", "\ufffd")


@any_document
@any_format
def test_what_is_written_is_whole(document: Document, name: str) -> None:
    content = encode(held(document, name), name, OPTIONS)

    if FORMATS[name].is_binary:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
    else:
        rendered = content.decode()
        assert rendered == render(document, name, OPTIONS)
        assert rendered == "" or rendered.endswith("\n")


@any_document
@any_format
def test_the_text_is_there_in_reading_order(document: Document, name: str) -> None:
    content = encode(held(document, name), name, OPTIONS)
    rendered = exported.text(content, name)

    at = 0
    for word in document.words:
        text = word.text if name == "json" else exported.blank(shown(word.text))
        at = rendered.index(text, at)


@any_document
@any_format
def test_rendering_twice_gives_the_same(document: Document, name: str) -> None:
    document = held(document, name)

    assert encode(document, name, OPTIONS) == encode(document, name, OPTIONS)


@any_document
@any_format
def test_the_file_holds_what_is_rendered(document: Document, name: str, tmp_path: Path) -> None:
    document = held(document, name)
    path = output_path(document.source, tmp_path / "new" / "folder", FORMATS[name].suffixes[0], set())

    assert save(document, path, name, options=OPTIONS) == path
    assert path.read_bytes() == encode(document, name, OPTIONS)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    with pytest.raises(OutputError, match="exists already"):
        save(document, path, name)


@any_format
def test_a_document_that_is_refused_leaves_nothing_behind(name: str, tmp_path: Path) -> None:
    nowhere = Quad(*[Point(float("nan"), 0.0)] * 4)
    document = Document((page(Line((Word("x", nowhere, 1.0),), nowhere, 1.0)),), "x.png")

    if name in ("text", "markdown", "docx"):
        assert save(document, tmp_path / "x", name)
        return
    with pytest.raises((FormatError, OutputError)):
        save(document, tmp_path / "x", name)
    assert list(tmp_path.iterdir()) == []


@any_format
def test_a_page_of_five_thousand_words_is_written(name: str) -> None:
    words = [nasty.word(f"word{i}", 10 + i % 20 * 100, 10 + i // 20 * 10) for i in range(5000)]
    lines = [Line(tuple(words[i : i + 20]), words[i].quad, 0.9) for i in range(0, 5000, 20)]
    cells = tuple(Cell(i, 0, line.box, (line,)) for i, line in enumerate(lines))
    document = Document((page(*lines, kind="table", table=Table(250, 1, cells)),), "dense.png")

    rendered = exported.text(encode(document, name, ExportOptions(characters=True)), name)

    assert len(re.findall(r"word\d+", rendered)) >= 5000


@any_document
def test_json_comes_back_equal(document: Document) -> None:
    assert from_json(render(document, "json")) == document


@any_document
@pytest.mark.row("S3-50")
def test_json_keeps_to_the_published_schema(document: Document) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="the JSON Schema is checked with jsonschema")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document.to_dict())
    jsonschema.Draft202012Validator(_closed(schema)).validate(json.loads(document.to_json()))


def _closed(schema):
    """Return the schema with no other fields allowed: it must name every field that is written."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(part) for name, part in schema.items()}
    return {**closed, "additionalProperties": False} if schema.get("type") == "object" else closed
