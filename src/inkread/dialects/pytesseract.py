"""pytesseract: its functions and their strings and dicts, read by inkread.

    from inkread.dialects import pytesseract

| theirs | here |
|---|---|
| `image_to_string(image, lang="eng+deu")` | the text of `Reader.read`, a line end behind each page |
| `lang` | names of packs, tags or English names, with + between them; None: any that the default model reads |
| `config="--psm N"` | 1, 3: as the page needs; 4, 6, 11, 12: straight across; 7, 8, 10, 13: the picture is a line |
| `config="--oem N"`, `"--dpi N"` | without effect |
| `image_to_data` | the format `tsv`: conf is 0..100 for words, -1 for what holds them |
| `image_to_boxes` | each character with left, bottom, right, top from the picture's lower edge, and its page |
| `image_to_osd` | how far the page must be turned; neither script nor how sure, which inkread does not tell |
| `image_to_pdf_or_hocr`, `image_to_alto_xml` | the pages with their text underneath; the formats `hocr` and `alto` |
| `output_type` | Output.STRING, BYTES, DICT; DATAFRAME of image_to_data with pandas |
| `get_languages()` | names of the packs whose languages can be read here |
| `pytesseract.pytesseract.tesseract_cmd = ...` | without effect: nothing of Tesseract is run |
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from io import BytesIO
from types import SimpleNamespace
from typing import Any, Final

from inkread import __version__
from inkread.dialects.arguments import ArgumentError, meaning, named, only
from inkread.dialects.rows import ACROSS
from inkread.document import Block, Document, Page
from inkread.errors import InkreadError, MissingPackageError, ModelNotFoundError
from inkread.export.formats import render
from inkread.export.pdf.searchable import picture_pdf
from inkread.export.places import pixel_box
from inkread.load.source import open as open_source
from inkread.options import ArrangeOptions, ReaderOptions
from inkread.pipeline import Reader

# What the errors of inkread are where theirs are caught.
TesseractError = InkreadError
TesseractNotFoundError = ModelNotFoundError

# Programs say where Tesseract is, in one of these two places.
tesseract_cmd: str = "tesseract"
pytesseract: Final = SimpleNamespace(tesseract_cmd=tesseract_cmd)

# Page segmentation modes: how lines are arranged, or None for a picture of one line.
SEGMENTATION: Final[Mapping[object, ArrangeOptions | None]] = {
    **dict.fromkeys(("1", "3"), ArrangeOptions(running_heads="never")),
    **dict.fromkeys(("4", "6", "11", "12"), ACROSS),
    **dict.fromkeys(("7", "8", "10", "13"), None),
}
_WITHOUT_EFFECT: Final = ("--oem", "--dpi")


class Output:
    """What functions return."""

    BYTES = "bytes"
    DATAFRAME = "data.frame"
    DICT = "dict"
    STRING = "string"


@named
def image_to_string(
    image: object,
    lang: str | None = None,
    config: str = "",
    nice: int = 0,
    output_type: str = Output.STRING,
    timeout: float = 0,
) -> Any:
    """Return the text: a string, bytes, or {"text": string}."""
    document = _read(image, lang, config, nice, timeout)
    text = "".join(f"{page.text}\n" for page in document)
    return _as(output_type, text, lambda: {"text": text})


@named
def image_to_data(
    image: object,
    lang: str | None = None,
    config: str = "",
    nice: int = 0,
    output_type: str = Output.STRING,
    timeout: float = 0,
    pandas_config: Mapping[str, Any] | None = None,
) -> Any:
    """Return a row for each page, block, paragraph, line and word: TSV, bytes, a list for each column, a DataFrame."""
    rows = render(_read(image, lang, config, nice, timeout), "tsv")
    if output_type == Output.DATAFRAME:
        return _pandas().read_csv(BytesIO(rows.encode()), **{"quoting": 3, "sep": "\t", **(pandas_config or {})})
    only("pandas_config", pandas_config, None)
    return _as(output_type, rows, lambda: _columns([row.split("\t") for row in rows.splitlines()], text_column=11))


@named
def image_to_boxes(
    image: object,
    lang: str | None = None,
    config: str = "",
    nice: int = 0,
    output_type: str = Output.STRING,
    timeout: float = 0,
) -> Any:
    """Return a row for each character: the character, left, bottom, right, top, page."""
    document = _read(image, lang, config, nice, timeout)
    rows = [row for index, page in enumerate(document) for row in _boxes(page, index)]
    header = ["char", "left", "bottom", "right", "top", "page"]
    text = "".join(f"{' '.join(row)}\n" for row in rows)
    return _as(output_type, text, lambda: _columns([header, *rows], text_column=0))


@named
def image_to_osd(
    image: object,
    lang: str | None = "osd",
    config: str = "",
    nice: int = 0,
    output_type: str = Output.STRING,
    timeout: float = 0,
) -> Any:
    """Return how far clockwise the first page must be turned (Rotate), and its orientation."""
    page = _read(image, None if lang == "osd" else lang, config, nice, timeout)[0]
    values = {"page_num": 0, "orientation": -page.turned_deg % 360, "rotate": page.turned_deg}
    titles = ("Page number", "Orientation in degrees", "Rotate")
    text = "".join(f"{title}: {value}\n" for title, value in zip(titles, values.values(), strict=True))
    return _as(output_type, text, lambda: values)


@named
def image_to_pdf_or_hocr(
    image: object,
    lang: str | None = None,
    config: str = "",
    nice: int = 0,
    extension: str = "pdf",
    timeout: float = 0,
) -> bytes:
    """Return a PDF of the pages with their text underneath, or hOCR."""
    only("extension", extension, "pdf", "hocr")
    if extension == "hocr":
        return render(_read(image, lang, config, nice, timeout), "hocr").encode()
    reader, arrange = _reader_of(lang, config, nice, timeout)
    stream = BytesIO()
    with open_source(image) as source, picture_pdf(stream) as pdf:
        for picture in source:
            pdf.add(_line_page(reader, picture) if arrange is None else reader.read_page(picture), picture)
    return stream.getvalue()


@named
def image_to_alto_xml(
    image: object, lang: str | None = None, config: str = "", nice: int = 0, timeout: float = 0
) -> bytes:
    """Return ALTO XML."""
    return render(_read(image, lang, config, nice, timeout), "alto").encode()


@named
def get_languages(config: str = "") -> list[str]:
    """Return the names of the packs whose languages are read here, by whatever model."""
    from inkread.registry.languages import languages
    from inkread.registry.listing import list_languages

    only("config", config, "")
    readable = {each.tag for each in list_languages() if each.is_readable}
    return sorted({pack for each in languages() if each.tag in readable for pack in each.packs})


@named
def get_tesseract_version() -> str:
    """Return inkread's version: nothing of Tesseract's is run."""
    return __version__


def _read(image: object, lang: str | None, config: str, nice: int, timeout: float) -> Document:
    reader, arrange = _reader_of(lang, config, nice, timeout)
    if arrange is not None:
        return reader.read(image)
    with open_source(image) as source:
        return Document(tuple(_line_page(reader, picture) for picture in source), source.name)


def _line_page(reader: Reader, picture: Any) -> Page:
    """Return a page that is one line."""
    lines = tuple(line for line in reader.read_lines(picture) if line.words)
    return Page((Block(lines),) if lines else (), picture.width, picture.height, picture.number, picture.source)


def _reader_of(lang: str | None, config: str, nice: int, timeout: float) -> tuple[Reader, ArrangeOptions | None]:
    only("nice", nice, 0)
    only("timeout", timeout, 0)
    arrange = meaning("--psm", _mode(config), SEGMENTATION)
    return _reader(lang, arrange or ArrangeOptions()), arrange


@cache
def _reader(lang: str | None, arrange: ArrangeOptions) -> Reader:
    return Reader(ReaderOptions(language=tuple(lang.split("+")) if lang else (), arrange=arrange))


def _mode(config: str) -> str:
    """Return the page segmentation mode that a configuration asks for. Raises ArgumentError for more than that."""
    mode, words = "3", shlex.split(config.replace("=", " "))
    for name, value in zip(words[::2], [*words[1::2], ""], strict=False):
        if name in ("--psm", "-psm"):
            mode = value
        elif name not in _WITHOUT_EFFECT:
            raise ArgumentError(f"config has {name!r}", remedy=f"it may have --psm, {', '.join(_WITHOUT_EFFECT)}")
    return mode


def _boxes(page: Page, index: int) -> list[list[str]]:
    rows = []
    for char in (char for line in page.lines for char in line.chars):
        box = pixel_box(char.box, page)
        bottom, top = page.height - box.top - box.height, page.height - box.top
        rows.append([char.text, *map(str, (box.left, bottom, box.left + box.width, top, index))])
    return rows


def _columns(rows: Sequence[Sequence[str]], text_column: int) -> dict[str, list[Any]]:
    header, *body = rows
    return {name: [row[i] if i == text_column else int(float(row[i])) for row in body] for i, name in enumerate(header)}


def _as(output_type: str, text: str, as_dict: Callable[[], Any]) -> Any:
    kinds: Mapping[object, Callable[[], Any]] = {
        Output.STRING: lambda: text,
        Output.BYTES: text.encode,
        Output.DICT: as_dict,
    }
    return meaning("output_type", output_type, kinds)()


def _pandas() -> Any:
    try:
        return import_module("pandas")
    except ImportError as error:
        raise MissingPackageError("Output.DATAFRAME needs pandas", remedy="pip install pandas") from error
