"""A document to ALTO 4: the XML of libraries and archives. What is written is valid from version 4.2 on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from inkread.document import Block, Cell, Char, Document, Line, Page, Word
from inkread.export.markup import Markup, Value, language_tag
from inkread.export.places import (
    PixelBox,
    baseline,
    is_level,
    pixel_box,
    quarter_turns,
    share,
    whole_points,
)
from inkread.export.structure import outside
from inkread.geometry import Box

_NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
_SCHEMA = "http://www.loc.gov/standards/alto/v4/alto-4-2.xsd"
_MAX_ALTERNATIVES = 5

# The schema allows no more characters in another reading of one.
_MAX_VARIANT = 3


def to_alto(document: Document, *, characters: bool = False) -> str:
    """Return the document as ALTO, in pixels, all of its pages in one file; with `characters`, these too as glyphs.

    A line without words is left out: the format has none. Raises OutputError where a coordinate is not a finite
    number.
    """
    xml = Markup('<?xml version="1.0" encoding="UTF-8"?>')
    root = {
        "xmlns": _NAMESPACE,
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "xsi:schemaLocation": f"{_NAMESPACE} {_SCHEMA}",
        "SCHEMAVERSION": "4.2",
    }
    with xml.element("alto", root):
        _description(xml, document)
        # The kinds of blocks, which the format has no attribute for.
        kinds = sorted({block.kind for page in document.pages for block in page.blocks})
        if kinds:
            with xml.element("Tags"):
                for kind in kinds:
                    xml.leaf("LayoutTag", {"ID": f"kind_{kind}", "LABEL": kind})
        with xml.element("Layout"):
            for number, page in enumerate(document.pages, start=1):
                _Page(xml, page, number, characters).write()
            if not document.pages:
                # At least one page must be there.
                xml.leaf("Page", {"ID": "page_1", "PHYSICAL_IMG_NR": 1, "HEIGHT": 0, "WIDTH": 0})
    return str(xml)


def _description(xml: Markup, document: Document) -> None:
    with xml.element("Description"):
        xml.leaf("MeasurementUnit", text="pixel")
        with xml.element("sourceImageInformation"):
            xml.leaf("fileName", text=document.source)
        name, _, version = (document.generator or "inkread").partition(" ")
        with xml.element("Processing", {"ID": "processing_1"}):
            xml.leaf("processingCategory", text="contentGeneration")
            with xml.element("processingSoftware"):
                xml.leaf("softwareName", text=name)
                if version:
                    xml.leaf("softwareVersion", text=version)


class _Page:
    """Writes one page; names are unique in the file."""

    def __init__(self, xml: Markup, page: Page, number: int, characters: bool) -> None:
        self._xml, self._page, self._number, self._characters = xml, page, number, characters

    def write(self) -> None:
        page = self._page
        place = pixel_box(Box(0, 0, page.width, page.height), page)
        attributes: dict[str, Value] = {
            "ID": f"page_{self._number}",
            "PHYSICAL_IMG_NR": page.number,
            "HEIGHT": place.height,
            "WIDTH": place.width,
            "PC": None if page.confidence is None else _fraction(page.confidence),
        }
        with self._xml.element("Page", attributes), self._xml.element("PrintSpace", _places(place)):
            for index, block in enumerate(page.blocks, start=1):
                self._block(block, f"{self._number}_{index}")

    def _block(self, block: Block, name: str) -> None:
        attributes = {"ID": f"block_{name}", "TAGREFS": f"kind_{block.kind}"}
        if block.table is None:
            self._text_block(block.lines, block.box, name, attributes)
            return
        box = Box.around([*(cell.box for cell in block.table.cells), *(line.box for line in block.lines)])
        attributes |= {"TYPE": "table"}
        with self._xml.element("ComposedBlock", {**attributes, **_places(pixel_box(box, self._page))}):
            for index, cell in enumerate(block.table.cells, start=1):
                self._cell(cell, f"{name}_{index}")
            rest = outside(block)
            if rest:
                box = Box.around(line.box for line in rest)
                self._text_block(rest, box, f"{name}_0", {"ID": f"rest_{name}"})

    def _cell(self, cell: Cell, name: str) -> None:
        self._text_block(cell.lines, cell.box, name, {"ID": f"cell_{name}"})

    def _text_block(self, lines: Sequence[Line], box: Box, name: str, attributes: dict[str, str]) -> None:
        turns = {quarter_turns(line) for line in lines}
        # Counter-clockwise, as the format counts.
        rotation = {"ROTATION": -turns.pop() * 90 % 360} if len(turns) == 1 and turns != {0} else {}
        with self._xml.element("TextBlock", {**attributes, **_places(pixel_box(box, self._page)), **rotation}):
            for index, line in enumerate(lines, start=1):
                if line.words:
                    self._line(line, f"{name}_{index}")

    def _line(self, line: Line, name: str) -> None:
        attributes: dict[str, Value] = {
            "ID": f"line_{name}",
            **_places(pixel_box(line.box, self._page)),
            "BASELINE": whole_points(baseline(line), self._page),
            "LANG": language_tag(line.language),
        }
        with self._xml.element("TextLine", attributes):
            if not is_level(line):
                with self._xml.element("Shape"):
                    self._xml.leaf("Polygon", {"POINTS": whole_points(line.quad, self._page)})
            for index, (before, word) in enumerate(pairwise((None, *line.words)), start=1):
                assert word is not None
                if before is not None:
                    self._space(before, word)
                self._word(word, f"{name}_{index}")

    def _space(self, before: Word, after: Word) -> None:
        """Write the gap between two words; of lines that run across, only that there is one."""
        left, right = pixel_box(before.box, self._page), pixel_box(after.box, self._page)
        if left.left > right.left:
            left, right = right, left
        if left.right <= right.left:
            width = right.left - left.right
            self._xml.leaf("SP", {"HPOS": left.right, "VPOS": left.top, "WIDTH": width, "HEIGHT": left.height})
        else:
            self._xml.leaf("SP")

    def _word(self, word: Word, name: str) -> None:
        attributes: dict[str, Value] = {
            "ID": f"word_{name}",
            **_places(pixel_box(word.box, self._page)),
            "WC": _fraction(word.confidence),
            # From 0, sure, to 9, unsure, says the format.
            "CC": " ".join(str(round((1 - share(score)) * 9)) for score in word.scores) or None,
            "CONTENT": word.text,
        }
        chars = word.chars if self._characters else ()
        others = alternatives(word)
        if not chars and not others:
            self._xml.leaf("String", attributes)
            return
        with self._xml.element("String", attributes):
            for text in others:
                self._xml.leaf("ALTERNATIVE", text=text)
            for index, char in enumerate(chars, start=1):
                self._glyph(char, f"{name}_{index}")

    def _glyph(self, char: Char, name: str) -> None:
        attributes: dict[str, Value] = {
            "ID": f"glyph_{name}",
            **_places(pixel_box(char.box, self._page)),
            "GC": _fraction(char.confidence),
            "CONTENT": char.text,
        }
        with self._xml.element("Glyph", attributes):
            for other in char.alternatives:
                if len(other.text) > _MAX_VARIANT:
                    continue
                self._xml.leaf("Variant", {"CONTENT": other.text, "VC": _fraction(other.confidence)})


def alternatives(word: Word) -> list[str]:
    """Return the word with one character read otherwise, the most likely first, at most five."""
    likely = sorted(word.alternatives, key=lambda other: -other.confidence)[:_MAX_ALTERNATIVES]
    texts = [f"{word.text[: a.index]}{a.text}{word.text[a.index + 1 :]}" for a in likely if a.index < len(word.text)]
    return list(dict.fromkeys(texts))


def _places(place: PixelBox) -> dict[str, Value]:
    return {"HPOS": place.left, "VPOS": place.top, "WIDTH": place.width, "HEIGHT": place.height}


def _fraction(confidence: float) -> str:
    return f"{share(confidence):.4g}"
