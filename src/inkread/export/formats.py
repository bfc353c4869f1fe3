"""Every output format by name and suffix, and a document in each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from inkread.document import Document
from inkread.errors import FormatError, nearest
from inkread.export.json import to_json
from inkread.export.text import to_text

# Add the lines that were read in the picture to every page, or leave pages alone that have text of their own.
TextPages = Literal["add", "skip"]


@dataclass(frozen=True)
class ExportOptions:
    """What some formats can be asked for; the others take no notice.

    characters: their boxes and confidences too, in hOCR, ALTO and PAGE XML.  formulas: leave cells of CSV that a
    spreadsheet would take for a formula as they are.  numbers: write numbers into XLSX as numbers.  created: the date
    in PAGE XML, XLSX and DOCX; now, if None.  text_pages: what happens in a PDF to pages with text of their own.
    """

    characters: bool = False
    formulas: bool = False
    numbers: bool = False
    created: datetime | None = None
    text_pages: TextPages = "add"


@dataclass(frozen=True)
class Format:
    """An output format.

    suffixes: lower case, the usual one first.  needs_pixels: made page by page from pictures.  is_binary: no text, so
    it cannot be printed.  is_stream: several documents may follow each other on stdout.  holds_one_page: several pages
    need a file each.
    """

    name: str
    suffixes: tuple[str, ...]
    description: str
    needs_pixels: bool = False
    is_binary: bool = False
    is_stream: bool = False
    holds_one_page: bool = False


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        known.name: known
        for known in (
            Format("text", (".txt",), "plain text in reading order, UTF-8", is_stream=True),
            Format("text-layout", (".layout.txt", ".txt"), "text in the columns and rows of the page", is_stream=True),
            Format("markdown", (".md", ".markdown"), "headings, lists, tables and paragraphs", is_stream=True),
            Format("json", (".json",), "everything that was read, as docs/schema.md describes it", is_stream=True),
            Format("hocr", (".hocr", ".html"), "hOCR 1.2: text and places as XHTML"),
            Format("alto", (".xml", ".alto.xml"), "ALTO 4: text and places for libraries and archives"),
            Format("page", (".page.xml", ".xml"), "PAGE XML 2019-07-15: regions, lines, words", holds_one_page=True),
            Format("tsv", (".tsv",), "a row for each page, block, line and word, in twelve columns"),
            Format("csv", (".csv",), "the tables, one after the other"),
            Format("xlsx", (".xlsx",), "the tables, a sheet each", is_binary=True),
            Format("docx", (".docx",), "headings, paragraphs, lists and tables", is_binary=True),
            Format("pdf", (".pdf",), "the pages as they are, with their text underneath", needs_pixels=True),
            Format(
                "annotated", (".annotated.pdf",), "a pdf with each line framed and told as a comment", needs_pixels=True
            ),
            Format("picture", (".png", ".jpg", ".jpeg"), "the page with its boxes beside the text", needs_pixels=True),
        )
    }
)

# The first that has a suffix gets it: ".xml" is ALTO.
_BY_SUFFIX = {suffix: known for known in reversed(list(FORMATS.values())) for suffix in known.suffixes}


def format_of(path_or_name: str | Path) -> Format:
    """Return the format of a file's suffix, or the format of this name ("json") or suffix (".json", "png").

    Raises FormatError, with the most similar name, where there is none.
    """
    asked = str(path_or_name)
    folded = asked.casefold()
    suffix = Path(folded).suffix
    found = FORMATS.get(folded) or _BY_SUFFIX.get(f".{folded.removeprefix('.')}") or of_suffix(folded)
    if found is None:
        names = nearest(suffix, _BY_SUFFIX) if suffix else nearest(folded, (*FORMATS, *_BY_SUFFIX))
        raise FormatError(f'no output format goes by "{suffix or asked}"', remedy=names)
    return found


def of_suffix(path: str | Path) -> Format | None:
    """Return the format of a file by its suffix, the longer of two before the shorter (".page.xml"), or None."""
    suffixes = Path(str(path).casefold()).suffixes
    return next((known for n in (-2, -1) if (known := _BY_SUFFIX.get("".join(suffixes[n:])))), None)


def render(document: Document, format_name: str, options: ExportOptions | None = None) -> str:
    """Return the document in a format of text, with a line end after the last line.

    Raises FormatError for another name, for a format that is no text or needs the page's pixels, and where the format
    cannot hold the document; OutputError where a coordinate is no place on a page.
    """
    wanted = format_of(format_name)
    if wanted.is_binary:
        raise FormatError(f'the format "{wanted.name}" is no text', remedy="use encode, or save to a file")
    _refuse_pixels(wanted)
    return _TEXTS[wanted.name](document, options or ExportOptions())


def encode(document: Document, format_name: str, options: ExportOptions | None = None) -> bytes:
    """Return the document in any format as the bytes of a file. Raises like `render`, and MissingPackageError."""
    wanted = format_of(format_name)
    if not wanted.is_binary:
        return render(document, wanted.name, options).encode()
    _refuse_pixels(wanted)
    return _BYTES[wanted.name](document, options or ExportOptions())


def _refuse_pixels(wanted: Format) -> None:
    if wanted.needs_pixels:
        raise FormatError(
            f'the format "{wanted.name}" shows the page, and a document holds no pixels',
            remedy="use save_picture or pdf.searchable with the page's image, or the command line's --format",
        )


# Imported when asked for: most programs write one format or two, and the home of a package must not be needed before.


def _layout(document: Document, options: ExportOptions) -> str:
    from inkread.export.layout import to_text_layout

    return to_text_layout(document)


def _markdown(document: Document, options: ExportOptions) -> str:
    from inkread.export.markdown import to_markdown

    return to_markdown(document)


def _hocr(document: Document, options: ExportOptions) -> str:
    from inkread.export.hocr import to_hocr

    return to_hocr(document, characters=options.characters)


def _alto(document: Document, options: ExportOptions) -> str:
    from inkread.export.alto import to_alto

    return to_alto(document, characters=options.characters)


def _page(document: Document, options: ExportOptions) -> str:
    from inkread.export.page_xml import to_page_xml

    return to_page_xml(document, characters=options.characters, created=options.created)


def _tsv(document: Document, options: ExportOptions) -> str:
    from inkread.export.tsv import to_tsv

    return to_tsv(document)


def _csv(document: Document, options: ExportOptions) -> str:
    from inkread.export.csv import to_csv

    return to_csv(document, formulas=options.formulas)


def _xlsx(document: Document, options: ExportOptions) -> bytes:
    from inkread.export.xlsx import to_xlsx

    return to_xlsx(document, numbers=options.numbers, created=options.created)


def _docx(document: Document, options: ExportOptions) -> bytes:
    from inkread.export.docx import to_docx

    return to_docx(document, created=options.created)


_TEXTS: dict[str, Callable[[Document, ExportOptions], str]] = {
    "text": lambda document, options: to_text(document),
    "text-layout": _layout,
    "markdown": _markdown,
    "json": lambda document, options: to_json(document) + "\n",
    "hocr": _hocr,
    "alto": _alto,
    "page": _page,
    "tsv": _tsv,
    "csv": _csv,
}
_BYTES: dict[str, Callable[[Document, ExportOptions], bytes]] = {"xlsx": _xlsx, "docx": _docx}
