"""A document to hOCR 1.2: text and places as XHTML, for archives and for tools that make PDFs of it."""

from __future__ import annotations

import math

from inkread.document import Block, Document, Line, Page, Word
from inkread.export.markup import Markup, Value, has_bidi_controls, language_tag
from inkread.export.places import (
    baseline,
    is_right_to_left,
    is_wide,
    percent,
    pixel_box,
    quarter_turns,
)
from inkread.geometry import Box

_PROLOG = ('<?xml version="1.0" encoding="UTF-8"?>', "<!DOCTYPE html>")

# Lines outside the running text have classes of their own; readers take them for lines all the same.
_LINE_CLASSES = {"header": "ocr_header", "footer": "ocr_footer", "caption": "ocr_caption"}


def to_hocr(document: Document, *, characters: bool = False) -> str:
    """Return the document as hOCR: pages, areas, paragraphs, lines and words, with `characters` these too.

    The text is strict XML. A word with direction marks is isolated (dir="auto"), so that it cannot turn what stands
    around it. Raises OutputError where a coordinate is no place on a page.
    """
    xml = Markup(*_PROLOG)
    languages = [language_tag(page.language) for page in document.pages]
    language = languages[0] if languages else None
    with xml.element("html", {"xmlns": "http://www.w3.org/1999/xhtml", "lang": language, "xml:lang": language}):
        with xml.element("head"):
            xml.leaf("meta", {"charset": "utf-8"})
            xml.leaf("title", text=document.source)
            xml.leaf("meta", {"name": "ocr-system", "content": document.generator or "inkread"})
            xml.leaf("meta", {"name": "ocr-number-of-pages", "content": len(document.pages)})
            known = sorted({tag for tag in (*languages, *_line_languages(document)) if tag})
            if known:
                xml.leaf("meta", {"name": "ocr-langs", "content": " ".join(known)})
            xml.leaf("meta", {"name": "ocr-capabilities", "content": _capabilities(characters)})
        with xml.element("body"):
            for number, page in enumerate(document.pages, start=1):
                _page(xml, page, number, characters)
    return str(xml)


def _line_languages(document: Document) -> list[str | None]:
    return [language_tag(line.language) for line in document.lines]


def _capabilities(characters: bool) -> str:
    names = (
        "ocr_page ocr_carea ocr_par ocr_line ocr_header ocr_footer ocr_caption ocrx_word ocrp_wconf ocrp_lang ocrp_dir"
    )
    return f"{names} ocrx_cinfo" if characters else names


def _page(xml: Markup, page: Page, number: int, characters: bool) -> None:
    # A quotation mark ends the name to most readers, and the format has no escape for it.
    title = f'image "{page.source.replace(chr(34), chr(39))}"; {_bbox(Box(0, 0, page.width, page.height), page)}'
    title += f"; ppageno {number - 1}"
    if page.dpi is not None and math.isfinite(page.dpi):
        title += f"; scan_res {round(page.dpi)} {round(page.dpi)}"
    with xml.element("div", {"class": "ocr_page", "id": f"page_{number}", "title": title}):
        for index, block in enumerate(page.blocks, start=1):
            _block(xml, block, page, f"{number}_{index}", characters)


def _block(xml: Markup, block: Block, page: Page, number: str, characters: bool) -> None:
    title = _bbox(block.box, page)
    direction = "rtl" if is_right_to_left(block.text) else None
    with (
        xml.element("div", {"class": "ocr_carea", "id": f"block_{number}", "title": title}),
        xml.element("p", {"class": "ocr_par", "id": f"par_{number}", "dir": direction, "title": title}),
    ):
        for index, line in enumerate(block.lines, start=1):
            name = _LINE_CLASSES.get(block.kind, "ocr_line")
            attributes: dict[str, Value] = {"class": name, "id": f"line_{number}_{index}"}
            language = language_tag(line.language)
            attributes |= {"lang": language, "xml:lang": language, "title": _line_title(line, page)}
            with xml.element("span", attributes):
                for word_number, word in enumerate(line.words, start=1):
                    _word(xml, word, page, f"{number}_{index}_{word_number}", characters)


def _word(xml: Markup, word: Word, page: Page, number: str, characters: bool) -> None:
    attributes: dict[str, Value] = {
        "class": "ocrx_word",
        "id": f"word_{number}",
        "dir": "auto" if has_bidi_controls(word.text) else None,
        "title": f"{_bbox(word.box, page)}; x_wconf {round(percent(word.confidence))}",
    }
    chars = word.chars if characters else ()
    if len(chars) == len(word.text) > 0:
        parts = [
            (f"x_bboxes {_places(char.box, page)}; x_confs {percent(char.confidence):.2f}", char.text) for char in chars
        ]
        xml.leaves("span", attributes, 'span class="ocrx_cinfo"', parts)
    else:
        xml.leaf("span", attributes, word.text)


def _line_title(line: Line, page: Page) -> str:
    """Return the box, and how the line runs: its baseline where it is upright, its angle where it is turned."""
    title = _bbox(line.box, page)
    turns = quarter_turns(line)
    if turns:
        # Counter-clockwise, as the format counts.
        return f"{title}; textangle {_short(-line.quad.angle_deg % 360)}"
    if line.is_vertical and is_wide(line.text):
        return title
    start, end = baseline(line)
    # From the lower left corner of the box as it is written: the slope, and the height there.
    place = pixel_box(line.box, page)
    slope = (end.y - start.y) / (end.x - start.x) if abs(end.x - start.x) > 1e-6 else 0.0
    offset = start.y + slope * (place.left - start.x) - place.bottom
    return f"{title}; baseline {_short(slope)} {_short(round(offset))}"


def _short(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".") if value else "0"


def _bbox(box: Box, page: Page) -> str:
    return f"bbox {_places(box, page)}"


def _places(box: Box, page: Page) -> str:
    return " ".join(map(str, pixel_box(box, page)))
