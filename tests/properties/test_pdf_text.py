"""Any text goes into a content stream that a strict parser reads, and comes back from it."""

import json
import re
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laid import line, page

from inkread.document import Document, Line, Word
from inkread.export.pdf import glyphless
from inkread.export.pdf.bidi import visual
from inkread.export.pdf.layer import Place, draw
from inkread.export.pdf.searchable import add_layer
from inkread.geometry import Point, Quad

PLACE = Place(0, 0, 612, 792)


def strings_of(content: bytes, codes: glyphless.Codes) -> list[str]:
    """Return what the strings of a content stream stand for, by the codes of the font."""
    with pikepdf.new() as pdf:
        operators = pikepdf.parse_content_stream(pdf.make_stream(content))
    borrowed = dict(codes.borrowed())
    found = []
    for operands, operator in operators:
        if str(operator) == "Tj":
            written = bytes(operands[0])
            each = (int.from_bytes(written[i : i + 2], "big") for i in range(0, len(written), 2))
            found.append("".join(borrowed.get(code) or chr(code) for code in each))
    return found


def expected(text: str) -> str:
    """Return what is left of a text: no controls, U+FFFD for what is no character."""
    text = "".join(char for char in text if not ("\0" <= char < " " or "\x7f" <= char <= "\x9f"))
    return visual(re.sub("[\ud800-\udfff\ufffe\uffff]", "\ufffd", text))


def written(texts: list[str]) -> list[str]:
    quad = line("x", 100, 100).quad
    read = page([Line(tuple(Word(text, quad, 0.5) for text in texts), quad, 0.5)])
    codes = glyphless.Codes()
    return strings_of(draw(read, read.lines, PLACE, "F", codes), codes)


@settings(max_examples=2000)
@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=30), max_size=4))
def test_any_text_comes_back(texts):
    left = [text for text in map(expected, texts) if text]

    assert written(texts) == [f"{text} " for text in left[:-1]] + left[-1:]


places = st.floats(-1e5, 1e5)
quads = st.lists(st.tuples(places, places), min_size=4, max_size=4).map(lambda pairs: Quad(*(Point(*p) for p in pairs)))


@settings(max_examples=500)
@given(st.lists(st.tuples(quads, st.lists(quads, max_size=3)), max_size=3))
def test_lines_of_any_shape_give_numbers_that_pdf_has(shapes):
    lines = [Line(tuple(Word("ab", word, 0.5) for word in words), quad, 0.5) for quad, words in shapes]
    read, codes = page(lines), glyphless.Codes()

    content = draw(read, lines, PLACE, "F", codes)

    assert not re.search(rb"nan|inf|\de[+-]?\d", content)
    assert [text.strip() for text in strings_of(content, codes) if text.strip()] == ["ab"] * len(read.words)


def test_naughty_strings_come_back(shared, tmp_path):
    found = sorted((shared / "nasty" / "strings").glob("*blns*.json"))
    if not found:
        pytest.skip("needs the list of naughty strings")
    texts = [text for text in json.loads(Path(found[0]).read_text(encoding="utf-8")) if text]

    for text in texts:
        assert written([text]) == [left for left in [expected(text)] if left]

    blank = pikepdf.new()
    blank.add_blank_page(page_size=(612, 792))
    blank.save(tmp_path / "blank.pdf")
    read = page([line(text, 100, 100 + 5 * n) for n, text in enumerate(texts)])
    made = add_layer(Document((read,)), tmp_path / "blank.pdf", tmp_path / "out.pdf")
    with pikepdf.open(made) as pdf:
        assert pdf.check_pdf_syntax() == []
