"""What stands in an exported document, read back by strict parsers that are not ours."""

from __future__ import annotations

import csv
import functools
import io
import re
import zipfile

from inkread.export.json import from_json
from inkread.export.markup import one_line

HTML = "{http://www.w3.org/1999/xhtml}"
ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
PAGE = "{http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15}"


def xml(text: str):
    """Return the root of a text that must be well-formed, entities and network being refused."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    return etree.fromstring(text.encode(), parser)


def words_of_hocr(text: str) -> list[str]:
    return ["".join(each.itertext()) for each in xml(text).iter(f"{HTML}span") if each.get("class") == "ocrx_word"]


def words_of_alto(text: str) -> list[str]:
    return [each.get("CONTENT") for each in xml(text).iter(f"{ALTO}String")]


def words_of_page(text: str) -> list[str]:
    found = (each.find(f"{PAGE}TextEquiv/{PAGE}Unicode") for each in xml(text).iter(f"{PAGE}Word"))
    return [each.text or "" for each in found]


def words_of_tsv(text: str) -> list[str]:
    header, *rows = [row.split("\t") for row in text.removesuffix("\n").split("\n")]
    assert all(len(row) == len(header) == 12 for row in rows)
    return [row[11] for row in rows if row[0] == "5"]


def rows_of_csv(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def cells_of_xlsx(content: bytes) -> list[dict[tuple[int, int], str | float]]:
    """Return the cells of each sheet by row and column, from 0: text with its escapes resolved, or a number."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        strings = []
        if "xl/sharedStrings.xml" in names:
            shared = xml(archive.read("xl/sharedStrings.xml").decode())
            strings = ["".join(each.itertext()) for each in shared.iter(f"{SHEET}si")]
        sheets = [name for name in names if name.startswith("xl/worksheets/sheet")]
        sheets.sort(key=lambda name: int(re.sub(r"\D", "", name)))
        return [_cells(xml(archive.read(name).decode()), strings) for name in sheets]


def _cells(sheet, strings: list[str]) -> dict[tuple[int, int], str | float]:
    cells: dict[tuple[int, int], str | float] = {}
    for each in sheet.iter(f"{SHEET}c"):
        letters, row = re.fullmatch(r"([A-Z]+)(\d+)", each.get("r")).groups()
        column = functools.reduce(lambda total, letter: total * 26 + ord(letter) - 64, letters, 0)
        value = each.find(f"{SHEET}v")
        assert each.find(f"{SHEET}f") is None, "a formula"
        if value is not None:
            text = unescaped(strings[int(value.text)]) if each.get("t") == "s" else float(value.text)
            cells[int(row) - 1, column - 1] = text
    return cells


def unescaped(text: str) -> str:
    """Return what _xHHHH_ stands for in XLSX (ECMA-376, ST_Xstring)."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


def texts_of_docx(content: bytes) -> list[str]:
    """Return every paragraph, those of tables too, in order."""
    import docx
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph

    body = docx.Document(io.BytesIO(content)).element.body
    return [Paragraph(each, None).text for each in body.iter(qn("w:p"))]


def text_of_markdown(text: str) -> str:
    """Return what a renderer of CommonMark with tables shows, white space being one blank."""
    from markdown_it import MarkdownIt

    parts = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        if token.type == "html_block":
            parts.append(_text_of_html(token.content))
        for child in token.children or ():
            allowed = {"text", "softbreak", "text_special"}
            assert child.type in allowed or child.content == "<br>", (child.type, text)
            parts.append(child.content if child.type.startswith("text") else " ")
        parts.append(" " if token.type in ("inline", "td_close", "th_close") else "")
    return blank(" ".join(["".join(parts)]))


def _text_of_html(html: str) -> str:
    """Return the text of a table of HTML, which is strict XML too."""
    table = xml(html.replace("<br>", "\n"))
    return " ".join("".join(cell.itertext()) for cell in table.iter("td"))


def blank(text: str) -> str:
    """Return the text with one blank for any white space."""
    return re.sub(r"\s+", " ", one_line(text)).strip()


def text(content: bytes, name: str) -> str:
    """Return all text of a document in this format in order, white space being one blank (as it is, for JSON)."""
    if name == "json":
        return from_json(content.decode()).text
    if name == "xlsx":
        return blank(" ".join(str(cells[place]) for cells in cells_of_xlsx(content) for place in sorted(cells)))
    if name == "docx":
        return blank(" ".join(texts_of_docx(content)))
    plain = content.decode()
    if name == "csv":
        return blank(" ".join(cell for row in rows_of_csv(plain) for cell in row))
    if name == "markdown":
        return text_of_markdown(plain)
    if name in WORDS:
        return blank(" ".join(WORDS[name](plain)))
    return blank(plain)


WORDS = {"hocr": words_of_hocr, "alto": words_of_alto, "page": words_of_page, "tsv": words_of_tsv}
