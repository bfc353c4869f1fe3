"""hOCR, ALTO and PAGE XML: what stands where."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from inkread.document import Alternative, Block, Cell, Document, Line, Page, Table, Word
from inkread.errors import FormatError, OutputError
from inkread.export.alto import to_alto
from inkread.export.hocr import to_hocr
from inkread.export.page_xml import to_page_xml
from inkread.geometry import Box, Point, Quad

etree = pytest.importorskip("lxml.etree")

WORD = Word(
    "l0",
    Quad.from_box(Box(10.4, 10.6, 30.2, 29.5)),
    0.934,
    ((0.0, 0.5), (0.5, 1.0)),
    (0.5, 1.0),
    (Alternative(0, "1", 0.3), Alternative(1, "O", 0.4)),
)
LINE = Line((WORD, Word("& b", Quad.from_box(Box(40, 10, 60, 30)), 1.0)), Quad.from_box(Box(10, 10, 60, 34)), 0.95)
CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def document(*lines: Line, kind="paragraph", table=None, **values) -> Document:
    page = Page((Block(lines, kind, table),), 100, 80, source='a "b".png', **values)
    return Document((page,), 'a "b".png', "inkread 1.2 (models)")


def parse(text: str):
    return etree.fromstring(text.encode())


def only(root, tag: str):
    (found,) = root.iter(f"{{*}}{tag}")
    return found


def turned(quarters: int, text: str = "down") -> Line:
    quad = Quad.from_box(Box(70, 10, 90, 70)).turned(quarters)
    return Line((Word(text, quad, 0.5),), quad, 0.5)


# hOCR


def titles(root, name: str) -> list[str]:
    return [each.get("title") for each in root.iter() if each.get("class") == name]


def test_hocr_gives_pages_areas_lines_and_words_with_whole_boxes_and_confidences():
    root = parse(to_hocr(document(LINE, dpi=300.0, language="de")))

    assert titles(root, "ocr_page") == ["image \"a 'b'.png\"; bbox 0 0 100 80; ppageno 0; scan_res 300 300"]
    assert titles(root, "ocr_line") == ["bbox 10 10 60 34; baseline 0 -4"]
    assert titles(root, "ocrx_word") == ["bbox 10 10 31 30; x_wconf 93", "bbox 40 10 60 30; x_wconf 100"]
    assert root.get("lang") == "de"
    names = [each.get("id") for each in root.iter() if each.get("id")]
    assert names == ["page_1", "block_1_1", "par_1_1", "line_1_1_1", "word_1_1_1_1", "word_1_1_1_2"]


def test_hocr_says_how_a_line_runs():
    slope = Quad.from_points([(10, 10), (90, 14), (90, 34), (10, 30)])
    root = parse(to_hocr(document(Line((), slope, 1.0), turned(1), turned(3), turned(2), turned(1, "縦書"))))

    lines = titles(root, "ocr_line")
    assert "baseline 0.05 -8" in lines[0]
    assert ["textangle 270" in lines[1], "textangle 90" in lines[2], "textangle 180" in lines[3]] == [True] * 3
    assert lines[4] == "bbox 70 10 90 70"


def test_hocr_has_characters_where_asked_and_isolates_direction_marks():
    marked = Line((Word("a\u202eb", LINE.quad, 1.0), Word("שלום", LINE.quad, 1.0)), LINE.quad, 1.0)
    hebrew = Line(marked.words[1:], LINE.quad, 1.0, language="he")
    root = parse(to_hocr(document(LINE, marked), characters=True))

    assert titles(root, "ocrx_cinfo") == ["x_bboxes 10 10 21 30; x_confs 50.00", "x_bboxes 20 10 31 30; x_confs 100.00"]
    assert [each.get("dir") for each in root.iter("{*}span") if each.get("class") == "ocrx_word"][2:] == ["auto", None]
    root = parse(to_hocr(document(hebrew, kind="footer")))
    assert [each.get("dir") for each in root.iter("{*}p")] == ["rtl"]
    assert [each.get("lang") for each in root.iter("{*}span") if each.get("class") == "ocr_footer"] == ["he"]


# ALTO


def test_alto_gives_strings_with_places_confidences_and_other_readings():
    root = parse(to_alto(document(LINE)))
    first, second = root.iter("{*}String")

    assert [first.get(name) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT")] == ["10", "10", "21", "20"]
    assert (first.get("CONTENT"), first.get("WC"), first.get("CC")) == ("l0", "0.934", "4 0")
    assert [each.text for each in first.iter("{*}ALTERNATIVE")] == ["lO", "10"]
    assert second.get("CONTENT") == "& b"
    space = only(root, "SP")
    assert [space.get(name) for name in ("HPOS", "WIDTH")] == ["31", "9"]
    assert only(root, "softwareVersion").text == "1.2 (models)"
    assert (only(root, "Page").get("WIDTH"), only(root, "MeasurementUnit").text) == ("100", "pixel")


def test_alto_gives_corners_and_rotation_of_lines_that_are_not_level():
    slope = Quad.from_points([(10, 10), (90, 14), (90, 34), (10, 30)])
    root = parse(to_alto(document(Line((WORD,), slope, 1.0))))
    assert only(root, "Polygon").get("POINTS") == "10,10 90,14 90,34 10,30"

    root = parse(to_alto(document(turned(1), turned(1))))
    assert only(root, "TextBlock").get("ROTATION") == "270"
    assert not list(root.iter("{*}Shape"))


def test_alto_has_glyphs_where_asked_and_leaves_out_lines_without_words():
    root = parse(to_alto(document(LINE, Line((), LINE.quad, 0.0)), characters=True))

    assert [each.get("CONTENT") for each in root.iter("{*}Glyph")] == ["l", "0"]
    assert [each.get("VC") for each in root.iter("{*}Variant")] == ["0.3", "0.4"]
    assert len(list(root.iter("{*}TextLine"))) == 1


def table() -> Document:
    cells = (
        Cell(0, 0, Box(0, 0, 100, 40), (LINE,), column_span=2),
        Cell(1, 0, Box(0, 40, 50, 80), (turned(0, "x"),), row_span=1),
    )
    return document(LINE, turned(0, "x"), turned(0, "beside"), kind="table", table=Table(2, 2, cells))


def test_tables_are_composed_of_cells_and_lose_no_line():
    root = parse(to_alto(table()))
    assert only(root, "ComposedBlock").get("TYPE") == "table"
    assert [each.get("ID") for each in root.iter("{*}TextBlock")] == ["cell_1_1_1", "cell_1_1_2", "rest_1_1"]

    root = parse(to_page_xml(table(), created=CREATED))
    assert (only(root, "TableRegion").get("rows"), only(root, "TableRegion").get("columns")) == ("2", "2")
    roles = [dict(each.attrib) for each in root.iter("{*}TableCellRole")]
    assert roles[0] == {"rowIndex": "0", "columnIndex": "0", "rowSpan": "1", "colSpan": "2"}
    assert [each.text for each in root.iterfind(".//{*}Word/{*}TextEquiv[1]/{*}Unicode")] == [
        "l0",
        "& b",
        "x",
        "beside",
    ]


# PAGE XML


def test_page_xml_gives_regions_in_order_with_lines_and_words():
    root = parse(to_page_xml(document(LINE, kind="heading", dpi=300.0, turned_deg=270), created=CREATED))

    assert only(root, "Created").text == "2026-01-02T03:04:05+00:00"
    page = only(root, "Page")
    assert (page.get("imageFilename"), page.get("imageXResolution"), page.get("orientation")) == (
        'a "b".png',
        "300",
        "-90",
    )
    assert [each.get("regionRef") for each in root.iter("{*}RegionRefIndexed")] == ["region_1"]
    region = only(root, "TextRegion")
    assert (region.get("id"), region.get("type")) == ("region_1", "heading")
    line = only(root, "TextLine")
    assert line.find("{*}Coords").get("points") == "10,10 60,10 60,34 10,34"
    assert line.find("{*}Baseline").get("points") == "10,30 60,30"
    assert [each.findtext("{*}TextEquiv/{*}Unicode") for each in root.iter("{*}Word")] == ["l0", "& b"]


def test_page_xml_gives_the_reading_before_correction_second_and_says_what_the_line_is():
    line = Line((WORD,), LINE.quad, 0.9, language="en", style="handwriting", raw="1o")
    written = only(parse(to_page_xml(document(line), created=CREATED)), "TextLine")

    texts = [(each.get("index"), each.findtext("{*}Unicode")) for each in written.findall("{*}TextEquiv")]
    assert texts == [("0", "l0"), ("1", "1o")]
    assert (written.get("production"), written.get("custom")) == ("handwritten-cursive", "language {code:en;}")


def test_page_xml_tells_directions_and_glyphs():
    hebrew = Line((Word("שלום", LINE.quad, 1.0),), LINE.quad, 1.0)
    root = parse(to_page_xml(document(turned(1), turned(3), hebrew, LINE), characters=True, created=CREATED))

    directions = [each.get("readingDirection") for each in root.iter("{*}TextLine")]
    assert directions == ["top-to-bottom", "bottom-to-top", "right-to-left", None]
    assert len(list(root.iter("{*}Glyph"))) == 2


def test_page_xml_takes_the_time_where_none_is_given():
    date = only(parse(to_page_xml(document(LINE))), "LastChange").text
    assert abs((datetime.fromisoformat(date) - datetime.now(UTC)).total_seconds()) < 60


def test_page_xml_refuses_several_pages():
    page = document(LINE).pages[0]
    with pytest.raises(FormatError, match=r'"x" has 2 pages.*holds one'):
        to_page_xml(Document((page, page), "x"))


# All of them


@pytest.mark.parametrize("export", [to_hocr, to_alto, to_page_xml])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
def test_a_place_that_is_nowhere_is_refused(export, value):
    quad = Quad(*[Point(value, 0.0)] * 4)
    with pytest.raises(OutputError, match="no place on a page"):
        export(document(Line((Word("x", quad, 1.0),), quad, 1.0)))


@pytest.mark.parametrize("export", [to_hocr, to_alto, to_page_xml])
def test_places_outside_the_page_are_cut_at_its_edge_and_confidences_at_their_bounds(export):
    quad = Quad.from_box(Box(-50, -3, 5000, 40))
    text = export(document(Line((Word("x", quad, 1.7), Word("y", quad, float("nan"))), quad, 1.0)))

    assert parse(text) is not None
    assert not re.search(r"-50|5000|1\.7|nan", text)


def test_the_baseline_is_the_lower_edge_of_words_without_letters_below_it():
    quad = Quad.from_box(Box(0, 0, 100, 40))
    words = (Word("gypq", Quad.from_box(Box(0, 5, 20, 39)), 1.0), Word("Hamburg", quad, 1.0))
    flat = Word("Tea", Quad.from_box(Box(30, 5, 50, 33)), 1.0)

    assert 'baseline 0 -7"' in to_hocr(document(Line((*words, flat), quad, 1.0)))
    assert 'baseline 0 -8"' in to_hocr(document(Line(words, quad, 1.0)))
