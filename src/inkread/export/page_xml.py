"""A page to PAGE XML of 2019-07-15: regions, lines, words and tables, in reading order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from inkread.document import Block, Cell, Document, Line, Page, Word
from inkread.errors import FormatError
from inkread.export.alto import alternatives
from inkread.export.markup import Markup, Value
from inkread.export.places import baseline, is_right_to_left, share, whole_points
from inkread.export.structure import outside
from inkread.geometry import Box, Quad

_NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"

# What the format calls our kinds of blocks; lists, key-value pairs and tables without cells are paragraphs to it.
_TYPES = {"heading": "heading", "caption": "caption", "header": "header", "footer": "footer", "other": "other"}
_PRODUCTION = {"print": "printed", "handwriting": "handwritten-cursive"}


def to_page_xml(document: Document, *, characters: bool = False, created: datetime | None = None) -> str:
    """Return a document of one page as PAGE XML; with `characters`, these too as glyphs.

    created: the date that the format must have; now, if None. Raises FormatError for another number of pages, as the
    format holds one, and OutputError where a coordinate is no place on a page.
    """
    if len(document.pages) != 1:
        raise FormatError(
            f'"{document.source}" has {len(document.pages)} pages, and a file of PAGE XML holds one',
            remedy="save each page on its own: Document((page,)), or the command line's --format page",
        )
    xml = Markup('<?xml version="1.0" encoding="UTF-8"?>')
    root = {
        "xmlns": _NAMESPACE,
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "xsi:schemaLocation": f"{_NAMESPACE} {_NAMESPACE}/pagecontent.xsd",
    }
    date = (created or datetime.now(UTC)).isoformat(timespec="seconds")
    with xml.element("PcGts", root):
        with xml.element("Metadata"):
            xml.leaf("Creator", text=document.generator or "inkread")
            xml.leaf("Created", text=date)
            xml.leaf("LastChange", text=date)
        _Page(xml, document.pages[0], document.source, characters).write()
    return str(xml)


class _Page:
    """Writes the page; every name is unique."""

    def __init__(self, xml: Markup, page: Page, source: str, characters: bool) -> None:
        self._xml, self._page, self._source, self._characters = xml, page, source, characters

    def write(self) -> None:
        page = self._page
        attributes: dict[str, Value] = {
            "imageFilename": page.source or self._source,
            "imageWidth": page.width,
            "imageHeight": page.height,
            # Against what the page must be turned by, as the format counts: clockwise, above -180.
            "orientation": None if not page.turned_deg else (page.turned_deg + 179) % 360 - 179,
            "conf": None if page.confidence is None else _fraction(page.confidence),
        }
        if page.dpi is not None and math.isfinite(page.dpi):
            resolution = f"{page.dpi:g}"
            attributes |= {"imageXResolution": resolution, "imageYResolution": resolution, "imageResolutionUnit": "PPI"}
        with self._xml.element("Page", attributes):
            if page.blocks:
                self._reading_order(len(page.blocks))
            for index, block in enumerate(page.blocks, start=1):
                self._block(block, f"region_{index}")

    def _reading_order(self, count: int) -> None:
        with self._xml.element("ReadingOrder"), self._xml.element("OrderedGroup", {"id": "reading_order"}):
            for index in range(count):
                self._xml.leaf("RegionRefIndexed", {"index": index, "regionRef": f"region_{index + 1}"})

    def _block(self, block: Block, name: str) -> None:
        if block.table is None:
            attributes: dict[str, Value] = {"id": name, "custom": f"structure {{type:{block.kind};}}"}
            attributes |= {"type": _TYPES.get(block.kind, "paragraph")}
            self._text_region(block.lines, Quad.from_box(block.box), attributes)
            return
        table = block.table
        box = Box.around([*(cell.box for cell in table.cells), *(line.box for line in block.lines)])
        with self._xml.element("TableRegion", {"id": name, "rows": table.rows, "columns": table.columns}):
            self._coords(Quad.from_box(box))
            for index, cell in enumerate(table.cells, start=1):
                self._text_region(cell.lines, Quad.from_box(cell.box), {"id": f"{name}_cell_{index}"}, cell)
            rest = outside(block)
            if rest:
                corners = Quad.from_box(Box.around(line.box for line in rest))
                self._text_region(rest, corners, {"id": f"{name}_rest", "type": "paragraph"})

    def _text_region(
        self, lines: Sequence[Line], corners: Quad, attributes: dict[str, Value], cell: Cell | None = None
    ) -> None:
        text = "\n".join(line.text for line in lines)
        direction = _direction(lines[0]) if lines else None
        with self._xml.element("TextRegion", {**attributes, "readingDirection": direction}):
            self._coords(corners)
            if cell is not None:
                with self._xml.element("Roles"):
                    self._xml.leaf("TableCellRole", _role(cell))
            for index, line in enumerate(lines, start=1):
                self._line(line, f"{attributes['id']}_line_{index}")
            if lines:
                self._text(text)

    def _line(self, line: Line, name: str) -> None:
        attributes: dict[str, Value] = {
            "id": name,
            "readingDirection": _direction(line),
            "production": _PRODUCTION.get(line.style or ""),
            "custom": f"language {{code:{line.language};}}" if line.language else None,
        }
        with self._xml.element("TextLine", attributes):
            self._coords(line.quad)
            self._xml.leaf("Baseline", {"points": whole_points(baseline(line), self._page)})
            for index, word in enumerate(line.words, start=1):
                self._word(word, f"{name}_word_{index}")
            others = [] if line.raw is None else [line.raw]
            self._text(line.text, line.confidence, others)

    def _word(self, word: Word, name: str) -> None:
        with self._xml.element("Word", {"id": name}):
            self._coords(word.quad)
            for index, char in enumerate(word.chars if self._characters else (), start=1):
                with self._xml.element("Glyph", {"id": f"{name}_glyph_{index}"}):
                    self._coords(char.quad)
                    self._text(char.text, char.confidence, [other.text for other in char.alternatives])
            self._text(word.text, word.confidence, alternatives(word))

    def _coords(self, corners: Quad) -> None:
        self._xml.leaf("Coords", {"points": whole_points(corners, self._page)})

    def _text(self, text: str, confidence: float | None = None, others: Sequence[str] = ()) -> None:
        """Write a text, and after it other readings: the lowest index is the one to take."""
        attributes: dict[str, Value] = {"index": 0 if others else None}
        attributes |= {"conf": None if confidence is None else _fraction(confidence)}
        with self._xml.element("TextEquiv", attributes):
            self._xml.leaf("Unicode", text=text)
        for index, other in enumerate(others, start=1):
            with self._xml.element("TextEquiv", {"index": index}):
                self._xml.leaf("Unicode", text=other)


def _role(cell: Cell) -> dict[str, Value]:
    return {
        "rowIndex": cell.row,
        "columnIndex": cell.column,
        "rowSpan": cell.row_span,
        "colSpan": cell.column_span,
    }


def _direction(line: Line) -> str | None:
    """Return the way a line runs where it is not the usual one."""
    if line.is_vertical:
        return "top-to-bottom" if line.quad.angle_deg > 0 else "bottom-to-top"
    return "right-to-left" if is_right_to_left(line.text) else None


def _fraction(confidence: float) -> str:
    return f"{share(confidence):.4g}"
