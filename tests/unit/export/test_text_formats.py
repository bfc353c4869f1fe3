"""Markdown, text with layout and DOCX: what a reader sees."""

from __future__ import annotations

import io

import pytest

from inkread.document import Block, Cell, Document, Line, Page, Table, Word
from inkread.errors import FormatError
from inkread.export.docx import to_docx
from inkread.export.layout import to_text_layout
from inkread.export.markdown import to_markdown
from inkread.export.structure import heading_levels, items, paragraphs
from inkread.geometry import Box, Point, Quad


def line(text: str, left: float = 0, top: float = 0, height: float = 20, width: float = 10) -> Line:
    """Return a line of a font with letters of one width."""
    words, at = [], left
    for word in text.split(" "):
        words.append(Word(word, Quad.from_box(Box(at, top, at + width * len(word), top + height)), 1.0))
        at += width * (len(word) + 1)
    return Line(tuple(words), Quad.from_box(Box(left, top, at - width, top + height)), 1.0)


def page(*blocks: Block) -> Page:
    return Page(blocks, 1000, 1000)


def block(*texts: str, kind="paragraph", level: int | None = None) -> Block:
    return Block(tuple(line(text, top=30 * i) for i, text in enumerate(texts)), kind, level=level)


def table(*cells: Cell, rows: int, columns: int) -> Block:
    return Block(tuple(each for cell in cells for each in cell.lines), "table", Table(rows, columns, cells))


def cell(row: int, column: int, *texts: str, columns: int = 1) -> Cell:
    return Cell(row, column, Box(0, 0, 9, 9), tuple(map(line, texts)), column_span=columns)


# Structure


def test_levels_of_headings_are_numbered_without_a_gap():
    levels = (3, 9, 3, 5, None, 4, 8, 7, 6)
    document = Document((page(*(block("x", kind="heading", level=level) for level in levels), block("body")),))

    assert {level: heading_levels(document)[level] for level in levels} == {
        **{None: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6, 8: 6, 9: 6},
    }


def test_the_only_level_of_a_document_is_the_first():
    document = Document((page(block("x", kind="heading", level=3)), page(block("y", kind="heading", level=3))))
    assert to_markdown(document) == "# x\n\n---\n\n# y\n"


def test_a_list_has_an_item_for_each_sign_and_lines_without_one_belong_to_it():
    listed = items(block("• one", "more", "2) two", "- 3", "-4", "(a) five", kind="list"))

    assert [tuple(item) for item in listed] == [
        ("•", False, ("one", "more")),
        ("2)", True, ("two",)),
        ("-", False, ("3", "-4")),
        ("(a)", True, ("five",)),
    ]
    assert [item.texts for item in items(block("one", "two", kind="list"))] == [("one",), ("two",)]


def test_a_paragraph_flows_where_the_next_word_had_no_room():
    full = block("the quick brown fox jumps", "over the lazy dog", "again and again and again")

    assert list(paragraphs(full)) == ["the quick brown fox jumps over the lazy dog", "again and again and again"]
    assert list(paragraphs(block("日本語の文", "章です"))) == ["日本語の文章です"]
    assert list(paragraphs(Block(()))) == []


# Markdown


def test_markdown_has_headings_lists_tables_and_rules_between_pages():
    document = Document(
        (
            page(block("Big", kind="heading", level=1), block("Small", kind="heading", level=3), block("One", "two")),
            page(),
            page(block("• a", "1. b", kind="list"), table(cell(0, 0, "h"), cell(1, 1, "x|y", "z"), rows=2, columns=2)),
        )
    )

    assert to_markdown(document) == (
        "# Big\n\n## Small\n\nOne\ntwo\n\n---\n\n- a\n1. b\n\n| h |  |\n| --- | --- |\n|  | x\\|y<br>z |\n"
    )


def test_markdown_writes_spans_as_html():
    spanned = table(cell(0, 0, "a<b", columns=2), cell(1, 0, "c"), rows=2, columns=2)

    assert to_markdown(Document((page(spanned),))) == (
        '<table>\n<tr><td colspan="2">a&lt;b</td></tr>\n<tr><td>c</td></tr>\n</table>\n'
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("# no heading", "\\# no heading"),
        ("1. no item", "1\\. no item"),
        ("- no item", "\\- no item"),
        ("-12.50 +3", "-12.50 +3"),
        ("2*3*4 a_b_c _d_", "2\\*3\\*4 a_b_c \\_d\\_"),
        ("AT&T &amp;", "AT&T \\&amp;"),
        ("<b> [x](y) `c`", "\\<b> \\[x](y) \\`c\\`"),
        ("C:\\dir", "C:\\\\dir"),
        ("===", "\\==="),
        ("> said", "\\> said"),
    ],
)
def test_markdown_escapes_what_would_mean_something_and_no_more(text, written):
    assert to_markdown(Document((page(block(text)),))) == f"{written}\n"


@pytest.mark.parametrize("export", [to_markdown, to_text_layout])
def test_a_document_without_text_gives_no_text(export):
    assert export(Document(())) == export(Document((page(), page()))) == ""


# Layout


def columns_of(text: str, *parts: str) -> list[int]:
    return [next(row.index(part) for row in text.splitlines() if part in row) for part in parts]


def test_words_stand_in_the_columns_and_rows_of_the_page():
    lines = (
        line("Tea", 0, 0),
        line("2.50", 300, 2),
        line("Chocolate cake", 0, 30),
        line("14.00", 290, 30),
        line("Sum", 0, 120),
    )
    text = to_text_layout(Document((page(Block(lines)),)))

    assert text == "Tea" + " " * 27 + "2.50\nChocolate cake" + " " * 15 + "14.00\n\n\nSum\n"


def test_a_page_that_lies_on_its_side_is_straightened_and_stray_lines_follow():
    def on_its_side(text: str, left: float, top: float) -> Line:
        quad = Quad.from_points([(1000 - y, x) for x, y in line(text, left, top).quad])
        return Line((Word(text, quad, 1.0),), quad, 1.0)

    stray = line("stray", 500, 500)
    text = to_text_layout(Document((page(Block((on_its_side("one", 0, 0), on_its_side("two", 0, 30), stray))),)))

    assert text == "one\ntwo\n\nstray\n"


def test_wide_characters_take_two_columns_and_right_to_left_lines_stay_whole():
    lines = (line("日本", 0, 0, width=20), line("x", 100, 0), line("שלום עולם", 0, 30), line("y", 100, 30))
    first, second = to_text_layout(Document((page(Block(lines)),))).splitlines()

    assert first == "日本" + " " * 6 + "x"
    assert second == "שלום עולם" + " " + "y"


def test_a_line_far_away_does_not_fill_the_memory():
    far = Line((Word("x", Quad(*[Point(9e8, 9e8)] * 4), 1.0),), Quad(*[Point(9e8, 9e8)] * 4), 1.0)

    assert len(to_text_layout(Document((page(Block((line("a"), far))),)))) < 2000


# DOCX


def test_docx_has_styles_for_headings_lists_and_tables():
    docx = pytest.importorskip("docx")
    blocks = (
        block("Title", kind="heading", level=2),
        block("the quick brown fox jumps", "over the lazy dog"),
        block("• one", "2. two", "more", kind="list"),
        table(cell(0, 0, "wide", columns=2), cell(1, 1, "x", "y"), rows=2, columns=2),
        block("foot", kind="footer"),
    )
    read = docx.Document(io.BytesIO(to_docx(Document((page(*blocks),), generator="inkread 1"))))

    assert [(each.style.name, each.text) for each in read.paragraphs] == [
        ("Heading 1", "Title"),
        ("Normal", "the quick brown fox jumps over the lazy dog"),
        ("List Bullet", "one"),
        ("List Paragraph", "2. two more"),
        ("Footer", "foot"),
    ]
    assert [[each.text for each in row.cells] for row in read.tables[0].rows] == [["wide", "wide"], ["", "x\ny"]]
    assert read.core_properties.comments == "inkread 1"


def test_docx_marks_right_to_left_and_breaks_pages():
    docx = pytest.importorskip("docx")
    read = docx.Document(io.BytesIO(to_docx(Document((page(block("שלום")), page(block("b")))))))

    assert read.paragraphs[0].runs[0].font.rtl
    assert 'w:type="page"' in read.element.xml


def test_docx_refuses_more_columns_than_a_word_processor_opens():
    with pytest.raises(FormatError, match="holds 63"):
        to_docx(Document((page(table(cell(0, 63, "x"), rows=1, columns=64)),)))
