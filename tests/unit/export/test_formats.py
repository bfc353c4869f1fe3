from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from inkread.document import Block, Document, Line, Page, Word
from inkread.errors import FormatError, MissingPackageError
from inkread.export.formats import FORMATS, encode, format_of, of_suffix, render
from inkread.export.json import from_json
from inkread.export.save import save
from inkread.geometry import Box, Quad

QUAD = Quad.from_box(Box(5, 5, 55, 20))
PAGE = Page((Block((Line((Word("Tea", QUAD, 1.0),), QUAD, 1.0),)),), 80, 60)
DOCUMENT = Document((PAGE,), "tea.png")


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        *((asked, "json") for asked in ("json", ".JSON", "a/b.Json")),
        *((asked, "text") for asked in (Path("x.txt"), "txt", "TEXT")),
        *((asked, "text-layout") for asked in ("text-layout", "x.layout.txt")),
        *((asked, "picture") for asked in ("png", "x.jpeg", "picture")),
        *((asked, "markdown") for asked in ("md", "notes.MD", "markdown")),
        *((asked, "alto") for asked in ("alto", "x.xml", "xml", "x.alto.xml", "v1.2.xml")),
        *((asked, "page") for asked in ("page", "x.page.xml", "x.PAGE.XML")),
        *((asked, "hocr") for asked in ("hocr", "x.hocr", "x.html")),
        ("my.notes.csv", "csv"),
    ],
)
def test_a_format_goes_by_name_and_by_suffix(asked, name):
    assert format_of(asked).name == name


@pytest.mark.parametrize(
    ("asked", "remedy"),
    [
        ("a.jsn", 'did you mean ".json"?'),
        ("jsno", 'did you mean "json"?'),
        ("hcor", 'did you mean "hocr"?'),
        ("out", "use one of "),
    ],
)
def test_an_unknown_format_is_refused_with_the_nearest(asked, remedy):
    with pytest.raises(FormatError) as caught:
        format_of(asked)
    assert caught.value.remedy.startswith(remedy)


def test_each_first_suffix_belongs_to_one_format_and_each_format_says_what_it_is():
    first = Counter(known.suffixes[0] for known in FORMATS.values())

    assert set(first.values()) == {1}
    assert all(known.description and known.name == name for name, known in FORMATS.items())
    for known in FORMATS.values():
        assert of_suffix(f"folder.v1/scan.12{known.suffixes[0]}") == known


def test_render_gives_text_and_encode_gives_what_a_file_holds():
    assert render(DOCUMENT, "text") == "Tea\n"
    assert from_json(render(DOCUMENT, "json")) == DOCUMENT
    assert encode(DOCUMENT, "md") == b"Tea\n"
    with pytest.raises(FormatError, match='"docx" is no text'):
        render(DOCUMENT, "docx")
    with pytest.raises(FormatError, match="holds no pixels"):
        encode(DOCUMENT, "picture")


@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_a_format_of_tables_refuses_a_document_without_and_writes_nothing(name, tmp_path):
    with pytest.raises(FormatError, match=r'no table was found in "tea.png".*use tsv'):
        save(DOCUMENT, tmp_path / "x", name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "package"), [("xlsx", "xlsxwriter"), ("docx", "docx")])
def test_a_missing_package_is_named_with_the_extra_that_brings_it(name, package, monkeypatch):
    from inkread.document import Cell, Table

    line = PAGE.blocks[0].lines[0]
    table = Table(1, 1, (Cell(0, 0, line.box, (line,)),))
    document = Document((Page((Block((line,), "table", table),), 80, 60),))
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(MissingPackageError, match=rf"pip install inkread\[{name}\]"):
        encode(document, name)
