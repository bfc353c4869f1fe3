"""Searchable PDFs, page by page: pictures with their text, or a PDF as it is with its missing text added."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Literal, Protocol

from inkread.document import Document, Line, Page
from inkread.errors import InputError, OutputError
from inkread.export.pdf import glyphless
from inkread.export.pdf.layer import Place, draw
from inkread.export.pdf.objects import ObjectWriter, Value, dictionary, literal_string, number, reference
from inkread.export.pdf.original import OriginalPage, OriginalPdf, opened
from inkread.export.pdf.pixels import Jpeg, add_pixels
from inkread.export.save import new_file
from inkread.image import Image

# Add the lines that were read in the picture to every page, or leave pages alone that have text of their own.
TextPages = Literal["add", "skip"]

_UNITS_PER_INCH: Final = 72
# What a page is shown at whose picture says nothing of its size, or says 72 dpi, as cameras do that do not know.
_USUAL_DPI: Final = 300.0
_LEAST_DPI: Final = 72.0
# Readers need not show larger pages (ISO 32000-1, annex C).
_MAX_SIDE: Final = 14_400
# How far the shapes of a page as read and as it is may differ: the picture's sides are rounded.
_SAME_SHAPE: Final = 0.02
_BLOCK_BYTES: Final = 1 << 20
_FONT: Final = "Inkread"
# The second line marks the file as binary (ISO 32000-1, 7.5.2).
_HEADER: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


class SearchablePdf(Protocol):
    """Takes the pages of a document in their order."""

    def add(self, page: Page, image: Image | None = None) -> None:
        """Write what was read on a page. image: its picture, which a PDF that is added to does not need."""


@contextmanager
def searchable_pdf(
    path: Path, source: Path | bytes | None = None, *, text_pages: TextPages = "add", overwrite: bool = False
) -> Iterator[SearchablePdf]:
    """Yield what takes the pages of a new PDF; the file appears as a whole when the block ends without an error.

    source: the file that is read, or its content. A PDF stays as it is, byte for byte, and the text is appended to it;
    a JPEG is embedded as it is; of everything else the pages' pixels are.  text_pages: what happens to pages of a PDF
    that have text already.  Raises OutputError where the file exists (unless `overwrite`), is the source, or cannot be
    written; InputError where the source is damaged or encrypted.
    """
    prefix = _prefix(source) if source is not None else b""
    if isinstance(source, Path) and _is_same_file(path, source):
        raise OutputError(f'"{path}" is an input, and no input is ever written to', remedy="choose another name")
    if source is not None and b"%PDF-" in prefix:
        # The original first: what is wrong with it is said before a file is made.
        with closing(OriginalPdf(source)) as original, new_file(path, overwrite=overwrite) as file:
            with opened(source) as content:
                shutil.copyfileobj(content, file, _BLOCK_BYTES)
            if file.tell() != original.size:
                raise InputError(f"{original.name} changed while it was read", remedy="read it again")
            layered = _LayeredPdf(file, original, text_pages)
            yield layered
            layered.finish()
    else:
        jpeg = None
        if source is not None and prefix.startswith(b"\xff\xd8\xff"):
            with opened(source) as content:
                jpeg = Jpeg.of(content.read())
        with new_file(path, overwrite=overwrite) as file:
            pictures = _PicturePdf(file, jpeg)
            yield pictures
            pictures.finish()


def add_layer(
    document: Document, source: Path, path: Path, *, text_pages: TextPages = "add", overwrite: bool = False
) -> Path:
    """Write a PDF that a document was read from, with the document's text added to it, and return the path.

    Raises like `searchable_pdf`, and InputError where `source` is no PDF or has other pages.
    """
    if b"%PDF-" not in _prefix(source):
        raise InputError(f'"{source}" is no PDF', remedy="for pictures use searchable_pdf, which takes their pixels")
    with searchable_pdf(path, source, text_pages=text_pages, overwrite=overwrite) as pdf:
        for page in document:
            pdf.add(page)
    return path


def _prefix(source: Path | bytes) -> bytes:
    with opened(source) as file:
        return file.read(1024)


def _is_same_file(path: Path, source: Path) -> bool:
    try:
        return path.samefile(source)
    except (OSError, ValueError):  # no file there, or no name that a file can have
        return False


class _PicturePdf:
    """A new PDF of pictures, with their text under them."""

    def __init__(self, file: BinaryIO, jpeg: Jpeg | None) -> None:
        file.write(_HEADER)
        self._writer = ObjectWriter(file)
        self._jpeg = jpeg
        self._codes = glyphless.Codes()
        self._font = self._writer.reserve()
        self._tree = self._writer.reserve()
        self._pages: list[int] = []

    def add(self, page: Page, image: Image | None = None) -> None:
        if image is None:
            message = f'page {page.number} of "{page.source}" comes without its picture'
            raise InputError(message, remedy="pass the image that it was read on")
        width, height = image.page_size
        # Only if it is what was read: a JPEG of several pictures has one size in its header.
        jpeg = self._jpeg if self._jpeg and (self._jpeg.width, self._jpeg.height) == (width, height) else None
        picture = jpeg.add(self._writer) if jpeg else add_pixels(self._writer, image)
        place = _place_of(width, height, page.dpi)
        shown = " ".join(number(value * side) for value, side in zip(picture.upright, place.size * 3, strict=True))
        text = draw(page, page.lines, place, _FONT, self._codes)
        content = self._writer.add_deflated(text + f"q {shown} cm /P Do Q\n".encode())
        resources: dict[str, Value] = {"XObject": b"<</P %b>>" % reference(picture.number)}
        if text:
            resources["Font"] = f"<</{_FONT} {self._font} 0 R>>"
        entries: dict[str, Value] = {
            "Type": "/Page",
            "Parent": reference(self._tree),
            "MediaBox": f"[0 0 {number(place.right)} {number(place.top)}]",
            "Resources": dictionary(resources),
            "Contents": reference(content),
        }
        self._pages.append(self._writer.add(dictionary(entries)))

    def finish(self) -> None:
        """Write what is known at the end: the font, the pages' list, the trailer."""
        kids = b" ".join(map(reference, self._pages))
        tree: dict[str, Value] = {"Type": "/Pages", "Count": len(self._pages), "Kids": b"[%b]" % kids}
        self._writer.add(dictionary(tree), self._tree)
        glyphless.add_font(self._writer, self._font, self._codes)
        root = self._writer.add(dictionary({"Type": "/Catalog", "Pages": reference(self._tree)}))
        info = self._writer.add(dictionary({"Producer": literal_string(b"inkread")}))
        self._writer.finish({"Root": reference(root), "Info": reference(info)}, as_stream=False)


class _LayeredPdf:
    """The increment behind a copy of a PDF (ISO 32000-1, 7.5.6) that adds text to its pages."""

    def __init__(self, file: BinaryIO, original: OriginalPdf, text_pages: TextPages) -> None:
        self._original = original
        self._text_pages = text_pages
        self._writer = ObjectWriter(file, original.free, original.origin)
        self._file = file
        self._codes = glyphless.Codes()
        self._font = 0
        self._resources: dict[tuple[int, int], tuple[int, str]] = {}
        self._done: set[int] = set()
        self._digest = hashlib.sha256()

    def add(self, page: Page, image: Image | None = None) -> None:
        lines = [line for line in page.lines if line.origin == "picture"]
        if self._text_pages == "skip" and _has_layer(page):
            return
        original = self._original.page(page.number)
        _check_shape(page, original.place, self._original.name)
        if not lines or original.number in self._done:
            return
        self._done.add(original.number)
        self._add_text(page, lines, original)

    def finish(self) -> None:
        """Write the font and the cross-reference section, in the original's own style; nothing, if no page got text."""
        if not self._done:
            return
        glyphless.add_font(self._writer, self._font, self._codes)
        trailer: dict[str, Value] = dict(self._original.trailer)
        if "ID" in trailer:
            # The first half stays for good, the second is of each version (ISO 32000-1, 14.4).
            first = self._original.first_id
            trailer["ID"] = f"[<{first.hex()}><{self._digest.hexdigest()[:32]}>]"
        self._writer.finish(trailer, as_stream=self._original.has_stream, previous=self._original.previous)

    def _add_text(self, page: Page, lines: list[Line], original: OriginalPage) -> None:
        if not self._font:
            # What the original ends with need not be a line end.
            self._file.write(b"\n")
            self._font = self._writer.reserve()
        resources, font = self._with_font(original)
        text = draw(page, lines, original.place, font, self._codes)
        self._digest.update(text)
        layer = self._writer.add_deflated(text)
        # In front of what is there: the graphics state is new, whatever the page's own drawing does to it later, and
        # that drawing looks as before. Invisible text is found there as well as on top.
        contents = b" ".join((reference(layer), *original.contents))
        entries = {**original.entries, "Resources": reference(resources), "Contents": b"[%b]" % contents}
        self._writer.add(dictionary(entries), original.number, original.generation)

    def _with_font(self, original: OriginalPage) -> tuple[int, str]:
        """Return the number of resources that are the page's own and the font, and the font's name in them."""
        key = original.resources_of
        if key not in self._resources:
            name = next(
                name for i in range(len(original.fonts) + 1) if (name := f"{_FONT}{i or ''}") not in original.fonts
            )
            fonts = dictionary({**original.fonts, name: reference(self._font)})
            self._resources[key] = self._writer.add(dictionary({**original.resources, "Font": fonts})), name
        return self._resources[key]


def _has_layer(page: Page) -> bool:
    """Return whether a page of a PDF has text of its own, believed or not."""
    told = any(notice.kind in ("hidden-text", "layer-replaced") for notice in page.notices)
    return told or any(line.origin == "layer" for line in page.lines)


def _check_shape(page: Page, place: Place, name: str) -> None:
    width, height = place.size
    if page.width < 1 or page.height < 1 or abs(page.width * height / (page.height * width) - 1) > _SAME_SHAPE:
        as_read = f"{page.width} x {page.height} px"
        raise InputError(
            f"page {page.number} of {name} is {width:g} x {height:g} units, and was read as {as_read}",
            remedy="take the PDF that the text was read from",
        )


def _place_of(width: int, height: int, dpi: float | None) -> Place:
    """Return a page for a picture of this size, px."""
    dpi = dpi if dpi and dpi > _LEAST_DPI else _USUAL_DPI
    dpi = max(dpi, max(width, height) * _UNITS_PER_INCH / _MAX_SIDE)
    return Place(0, 0, width * _UNITS_PER_INCH / dpi, height * _UNITS_PER_INCH / dpi)
