"""Searchable PDFs, page by page: pictures with their text, or a PDF as it is with its missing text added."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from inkread.document import Document, Line, Page
from inkread.errors import InputError
from inkread.export.formats import TextPages
from inkread.export.pdf import glyphless
from inkread.export.pdf.layer import Place, draw
from inkread.export.pdf.marks import add_marks
from inkread.export.pdf.objects import ObjectWriter, Value, dictionary, literal_string, number, reference
from inkread.export.pdf.original import OriginalPage, OriginalPdf, opened
from inkread.export.pdf.pixels import Jpeg, add_pixels
from inkread.export.save import is_same_file, new_file, source_refused
from inkread.image import Image

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
    path: Path,
    source: Path | bytes | None = None,
    *,
    text_pages: TextPages = "add",
    marks: bool = False,
    overwrite: bool = False,
) -> Iterator[SearchablePdf]:
    """Yield what takes the pages of a new PDF; the file appears as a whole when the block ends without an error.

    source: the file that is read, or its content. A PDF stays as it is, byte for byte, and the text is appended to it;
    a JPEG is embedded as it is; of everything else the pages' pixels are.  text_pages: what happens to pages of a PDF
    that have text already.  marks: each line gets a comment, a frame with its text and confidence.
    Raises OutputError where the file exists (unless `overwrite`), is the source, or cannot be written; InputError where
    the source is damaged, encrypted or certified.
    """
    prefix = _prefix(source) if source is not None else b""
    if isinstance(source, Path) and is_same_file(path, str(source)):
        raise source_refused(path)
    if source is not None and b"%PDF-" in prefix:
        # The original first: what is wrong with it is said before a file is made.
        with closing(OriginalPdf(source)) as original, new_file(path, overwrite=overwrite) as file:
            with opened(source) as content:
                shutil.copyfileobj(content, file, _BLOCK_BYTES)
            if file.tell() != original.size:
                raise InputError(f"{original.name} changed while it was read", remedy="read it again")
            layered = _LayeredPdf(file, original, text_pages, marks)
            yield layered
            layered.finish()
    else:
        jpeg = None
        if source is not None and prefix.startswith(b"\xff\xd8\xff"):
            with opened(source) as content:
                jpeg = Jpeg.of(content.read())
        with new_file(path, overwrite=overwrite) as file, picture_pdf(file, jpeg, marks=marks) as pictures:
            yield pictures


@contextmanager
def picture_pdf(file: BinaryIO, jpeg: Jpeg | None = None, *, marks: bool = False) -> Iterator[SearchablePdf]:
    """Yield what takes the pages of a new PDF, pictures and text and nothing else; it is whole when the block ends.

    jpeg: embedded as it is on the page of its size.  marks: as in `searchable_pdf`.
    """
    pdf = _NewPdf(file, marks=marks)
    yield _PicturePdf(pdf, jpeg)
    pdf.finish()


def text_pdf(page: Page, file: BinaryIO, font: str = _FONT) -> None:
    """Write a PDF of one page that holds the page's text and shows nothing, as large as its picture.

    font: what it is called in the page's resources.
    """
    pdf = _NewPdf(file, font)
    pdf.add_page(page, _place_of(page.width, page.height, page.dpi))
    pdf.finish()


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


class _NewPdf:
    """A new PDF, whose pages hold text and whatever else is drawn. font: the name of its one font."""

    def __init__(self, file: BinaryIO, font: str = _FONT, *, marks: bool = False) -> None:
        file.write(_HEADER)
        self._marks = marks
        self.writer = ObjectWriter(file)
        self._codes = glyphless.Codes()
        self._font_name = font
        self._font = self.writer.reserve()
        self._tree = self.writer.reserve()
        self._pages: list[int] = []

    def add_page(
        self, page: Page, place: Place, drawing: bytes = b"", resources: Mapping[str, Value] | None = None
    ) -> None:
        """Write a page with its text, and this drawing behind it."""
        text = draw(page, page.lines, place, self._font_name, self._codes)
        content = self.writer.add_deflated(text + drawing)
        named: dict[str, Value] = dict(resources or {})
        if text:
            named["Font"] = f"<</{self._font_name} {self._font} 0 R>>"
        entries: dict[str, Value] = {
            "Type": "/Page",
            "Parent": reference(self._tree),
            "MediaBox": f"[0 0 {number(place.right)} {number(place.top)}]",
            "Resources": dictionary(named),
            "Contents": reference(content),
        }
        if self._marks:
            entries["Annots"] = b"[%b]" % b" ".join(map(reference, add_marks(self.writer, page, place)))
        self._pages.append(self.writer.add(dictionary(entries)))

    def finish(self) -> None:
        """Write what is known at the end: the font, the pages' list, the trailer."""
        kids = b" ".join(map(reference, self._pages))
        tree: dict[str, Value] = {"Type": "/Pages", "Count": len(self._pages), "Kids": b"[%b]" % kids}
        self.writer.add(dictionary(tree), self._tree)
        glyphless.add_font(self.writer, self._font, self._codes)
        root = self.writer.add(dictionary({"Type": "/Catalog", "Pages": reference(self._tree)}))
        info = self.writer.add(dictionary({"Producer": literal_string(b"inkread")}))
        self.writer.finish({"Root": reference(root), "Info": reference(info)}, as_stream=False)


class _PicturePdf:
    """A new PDF of pictures, with their text under them."""

    def __init__(self, pdf: _NewPdf, jpeg: Jpeg | None) -> None:
        self._pdf = pdf
        self._jpeg = jpeg

    def add(self, page: Page, image: Image | None = None) -> None:
        if image is None:
            message = f'page {page.number} of "{page.source}" comes without its picture'
            raise InputError(message, remedy="pass the image that it was read on")
        width, height = image.page_size
        # Only if it is what was read: a JPEG of several pictures has one size in its header.
        jpeg = self._jpeg if self._jpeg and (self._jpeg.width, self._jpeg.height) == (width, height) else None
        picture = jpeg.add(self._pdf.writer) if jpeg else add_pixels(self._pdf.writer, image)
        place = _place_of(width, height, page.dpi)
        shown = " ".join(number(value * side) for value, side in zip(picture.upright, place.size * 3, strict=True))
        drawing = f"q {shown} cm /P Do Q\n".encode()
        self._pdf.add_page(page, place, drawing, {"XObject": b"<</P %b>>" % reference(picture.number)})


class _LayeredPdf:
    """The increment behind a copy of a PDF (ISO 32000-1, 7.5.6) that adds text to its pages."""

    def __init__(self, file: BinaryIO, original: OriginalPdf, text_pages: TextPages, marks: bool) -> None:
        self._original = original
        self._text_pages = text_pages
        self._marks = marks
        self._writer = ObjectWriter(file, original.free, original.origin)
        self._file = file
        self._codes = glyphless.Codes()
        self._font = 0
        self._resources: dict[tuple[int, int], tuple[int, str]] = {}
        self._done: set[int] = set()
        self._digest = hashlib.sha256()

    def add(self, page: Page, image: Image | None = None) -> None:
        is_left = self._text_pages == "skip" and _has_layer(page)
        lines = [] if is_left else [line for line in page.lines if line.origin == "picture"]
        if is_left and not self._marks:
            return
        original = self._original.page(page.number)
        _check_shape(page, original.place, self._original.name)
        if not (lines or (self._marks and page.lines)) or original.number in self._done:
            return
        if not self._done:
            # What the original ends with need not be a line end.
            self._file.write(b"\n")
        self._done.add(original.number)
        entries = {**original.entries, **(self._text(page, lines, original) if lines else original.drawing)}
        if self._marks:
            marks = map(reference, add_marks(self._writer, page, original.place))
            self._digest.update(page.text.encode("utf-8", "replace"))
            entries["Annots"] = b"[%b]" % b" ".join((*original.annotations, *marks))
        self._writer.add(dictionary(entries), original.number, original.generation)

    def finish(self) -> None:
        """Write the font and the cross-reference section, in the original's own style; nothing, if no page got text."""
        if not self._done:
            return
        if self._font:
            glyphless.add_font(self._writer, self._font, self._codes)
        trailer: dict[str, Value] = dict(self._original.trailer)
        if "ID" in trailer:
            # The first half stays for good, the second is of each version (ISO 32000-1, 14.4).
            first = self._original.first_id
            trailer["ID"] = f"[<{first.hex()}><{self._digest.hexdigest()[:32]}>]"
        self._writer.finish(trailer, as_stream=self._original.has_stream, previous=self._original.previous)

    def _text(self, page: Page, lines: list[Line], original: OriginalPage) -> dict[str, Value]:
        """Write the page's text and return what the page object has for it."""
        if not self._font:
            self._font = self._writer.reserve()
        resources, font = self._with_font(original)
        text = draw(page, lines, original.place, font, self._codes)
        self._digest.update(text)
        layer = self._writer.add_deflated(text)
        # In front of what is there: the graphics state is new, whatever the page's own drawing does to it later, and
        # that drawing looks as before. Invisible text is found there as well as on top.
        contents = b" ".join((reference(layer), *original.contents))
        return {"Resources": reference(resources), "Contents": b"[%b]" % contents}

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
