"""The pages of a PDF, rendered one by one."""

from __future__ import annotations

import ctypes
import math
import os
import threading
from collections.abc import Iterator
from ctypes import byref
from typing import Any, BinaryIO, Final

import numpy as np
import pypdfium2.raw as pdfium

from inkread.errors import DamagedInputError, LimitError, PasswordError, UnsupportedFormatError
from inkread.image import Image, Matrix
from inkread.load.layer import Glyphs, Style, layer_lines
from inkread.options import Limits, LoadOptions

# PDF's unit is a 72nd of an inch.
_UNITS_PER_INCH: Final = 72.0
# Characters of 11 px a font size are read as well as larger ones (invoices drawn as PDFs, CER: 1.1 % from there on; at
# 7 to 8 px 1.5 to 2.2 %, at 6 px 7 %), and more pixels cost little time. This gives text of 6 units and more 17 px, for
# faces worse than those: usual print 200 dpi, smaller print more.
_USUAL_DPI: Final = 200.0
_USUAL_SIZE: Final = 6.0
_MOST_TEXT_DPI: Final = 400.0
# No page is rendered larger: beyond, time and memory grow and reading does not get better.
_MAX_PIXELS: Final = 25_000_000
_MAX_SIDE_PX: Final = 8_000
# A page is a scan where pictures cover so much of it.
_SCANNED: Final = 0.8
# Pages drawn with more objects than these are no scans; looking for pictures stops there.
_MAX_OBJECTS: Final = 500
_SANE_SCAN_DPI: Final = (50.0, 1200.0)
# PDFium keeps what it has parsed of a document, 12 KiB a small page; opened anew after so many pages, it stays small.
_PAGES_BEFORE_REOPENING: Final = 100

# Text render modes (ISO 32000-1, 9.3.6): those that leave no mark, invisible and for clipping only; and the usual one.
_MODES_WITHOUT_MARK: Final = (3, 7)
_FILLED: Final = 0
# What PDFium gives for the hyphen at the end of a line, and the hyphen that only shows there.
_LINE_END_HYPHENS: Final = (0x02, 0xAD)

# PDFium may not be called by two threads at once, not even with two documents.
_pdfium = threading.RLock()


class PdfFile:
    """The pages of one PDF. A page is parsed and rendered when asked for, and freed before the next one.

    Nothing of the document is held but its index. May be used by several threads; they wait for each other. `close()`
    frees the document.
    """

    format = "PDF"

    def __init__(self, content: BinaryIO, name: str, limits: Limits, options: LoadOptions) -> None:
        """Read the index of `content`, which this object owns from now on, even when it raises.

        Raises PasswordError, DamagedInputError, LimitError or UnsupportedFormatError.
        """
        self.name = name
        self._content = content
        self._limits = limits
        self._options = options
        self._document: Any = None
        self._form: Any = None
        self._pages_since_opening = 0
        try:
            self._count = self._count_pages()
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return self._count

    def page(self, index: int) -> Image:
        """Render the page at `index`, from 0. Raises DamagedInputError or LimitError naming the page."""
        name = f'page {index + 1} of "{self.name}"'
        with _pdfium:
            if self._pages_since_opening >= _PAGES_BEFORE_REOPENING:
                self._forget()
            self._pages_since_opening += 1
            page = pdfium.FPDF_LoadPage(self._open(), index)
            if not page:
                raise DamagedInputError(f"{name} is damaged or missing", remedy="get the file again from its source")
            try:
                return self._image(page, index + 1, name)
            finally:
                if self._form:
                    pdfium.FORM_OnBeforeClosePage(page, self._form)
                pdfium.FPDF_ClosePage(page)

    def close(self) -> None:
        """Free the document; closing twice is fine."""
        with _pdfium:
            self._forget()
        self._content.close()

    def _image(self, page: Any, number: int, name: str) -> Image:
        width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
        if not (width > 0 and height > 0 and math.isfinite(width * height)):
            raise DamagedInputError(f"{name} has no size", remedy="check where it was made")
        glyphs = _glyphs(page, self._limits.max_layer_characters)
        scale = self._scale(page, width, height, glyphs.text_size())
        size = max(1, round(width * scale)), max(1, round(height * scale))
        layer = () if self._options.text_layer == "never" else layer_lines(glyphs, _to_pixels(page, size))
        return Image(
            _render(page, self._form, size, name),
            source=self.name,
            number=number,
            dpi=round(scale * _UNITS_PER_INCH, 2) or None,  # a page of kilometres has none to speak of
            layer=layer,
            is_layer_cut=glyphs.is_cut and bool(layer),
        )

    def _scale(self, page: Any, width: float, height: float, text_size: float | None) -> float:
        """Return pixels a unit for a page of this size, units: as asked, as a scan's picture has it, or by its text."""
        dpi = self._options.dpi or _scan_dpi(page, width * height) or _text_dpi(text_size)
        most_pixels = min(_MAX_PIXELS, self._limits.max_pixels)
        most_px = min(_MAX_SIDE_PX, self._limits.max_side_px)
        return min(dpi / _UNITS_PER_INCH, math.sqrt(most_pixels / (width * height)), most_px / max(width, height))

    def _open(self) -> Any:
        if self._document is None:
            password = self._options.password.get_secret_value().encode() if self._options.password else None
            access = _file_access(self._content)
            document = pdfium.FPDF_LoadCustomDocument(byref(access), password)
            if not document:
                raise self._error(pdfium.FPDF_GetLastError())
            # PDFium calls back into `access` for as long as the document is open.
            self._document, self._access, self._pages_since_opening = document, access, 0
            if pdfium.FPDF_GetFormType(document) != pdfium.FORMTYPE_NONE:
                # Without it the fields of a form stay empty. No script of the document is run.
                self._form_calls = pdfium.FPDF_FORMFILLINFO(version=2)
                self._form = pdfium.FPDFDOC_InitFormFillEnvironment(document, byref(self._form_calls))
        return self._document

    def _forget(self) -> None:
        (form, self._form), (document, self._document) = (self._form, None), (self._document, None)
        if form:
            pdfium.FPDFDOC_ExitFormFillEnvironment(form)
        if document is not None:
            pdfium.FPDF_CloseDocument(document)

    def _count_pages(self) -> int:
        with _pdfium:
            count = int(pdfium.FPDF_GetPageCount(self._open()))
        if count > self._limits.max_pages:
            raise LimitError(
                f'"{self.name}" has {count:,} pages, over the limit of {self._limits.max_pages:,}',
                remedy="split it or raise max_pages",
            )
        if count < 1:
            raise DamagedInputError(f'"{self.name}" is a PDF without pages', remedy="check where it was made")
        return count

    def _error(self, code: int) -> Exception:
        if code == pdfium.FPDF_ERR_PASSWORD and self._options.password:
            return PasswordError(f'"{self.name}" is encrypted, and the password is wrong', remedy="check the password")
        if code == pdfium.FPDF_ERR_PASSWORD:
            return PasswordError(
                f'"{self.name}" is encrypted and cannot be opened without its password',
                remedy="give it with the option password (--password, or INKREAD_PASSWORD in the environment)",
            )
        if code == pdfium.FPDF_ERR_SECURITY:
            return UnsupportedFormatError(
                f'"{self.name}" is protected in a way that inkread cannot undo', remedy="save it without protection"
            )
        return DamagedInputError(
            f'"{self.name}" is a damaged PDF or cut short', remedy="get the file again from where it came"
        )


def _render(page: Any, form: Any, size: tuple[int, int], name: str) -> Any:
    """Return the page over white as (H, W, 3) uint8 RGB, with its annotations and filled-in fields."""
    width, height = size
    try:
        pixels = np.full((height, width, 3), 255, dtype=np.uint8)
        address = pixels.ctypes.data_as(ctypes.c_void_p)
        bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGR, address, width * 3)
        if not bitmap:
            raise MemoryError
    except MemoryError as error:
        raise LimitError(f"{name} is too large to render ({width:,} x {height:,} px)", remedy="lower dpi") from error
    flags = pdfium.FPDF_ANNOT | pdfium.FPDF_REVERSE_BYTE_ORDER
    pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, flags)
    if form:
        pdfium.FPDF_FFLDraw(form, bitmap, page, 0, 0, width, height, 0, flags)
    pdfium.FPDFBitmap_Destroy(bitmap)
    return pixels


def _to_pixels(page: Any, size: tuple[int, int]) -> Matrix:
    """Return the 3x3 matrix from page units, y upwards, to the pixels of the page rendered at this size."""
    box = pdfium.FS_RECTF()
    pdfium.FPDF_GetPageBoundingBox(page, byref(box))
    width, height = max(box.right - box.left, 1e-6), max(box.top - box.bottom, 1e-6)
    to_unit = np.array([[1 / width, 0, -box.left / width], [0, -1 / height, box.top / height], [0, 0, 1]])
    quarters = pdfium.FPDFPage_GetRotation(page)  # clockwise
    turn = np.linalg.matrix_power(np.array([[0.0, -1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), quarters)
    return np.asarray(np.diag([size[0], size[1], 1.0]) @ turn @ to_unit)


def _glyphs(page: Any, most: int) -> Glyphs:
    """Return the characters of a page, at most so many."""
    text = pdfium.FPDFText_LoadPage(page)
    if not text:
        return Glyphs([], np.zeros((0, 4)), np.zeros((0, 2)), [], [])
    try:
        return _Characters(text, most).glyphs()
    finally:
        pdfium.FPDFText_ClosePage(text)


class _Characters:
    """The characters of an opened text page. PDFium is asked five times for each, hence the plain functions below."""

    def __init__(self, text: Any, most: int) -> None:
        self._text = text
        count = max(0, int(pdfium.FPDFText_CountChars(text)))
        self._count, self._is_cut = min(count, most), count > most
        self._palette: list[Style] = []
        self._numbers: dict[int, int] = {}
        self._fonts: dict[int, str] = {}

    def glyphs(self) -> Glyphs:
        count, text = self._count, ctypes.cast(self._text, ctypes.c_void_p).value
        boxes, origins = np.zeros((count, 4)), np.zeros((count, 2))
        box, origin = boxes.ctypes.data, origins.ctypes.data
        codes, styles = [0] * count, [0] * count
        for i in range(count):
            code = _get_unicode(text, i)
            if code in _LINE_END_HYPHENS:
                code = 0x2D
            codes[i] = 0 if _has_map_error(text, i) == 1 else code
            # In memory: left, bottom, right, top.
            _get_box(text, i, box, box + 16, box + 8, box + 24)
            _get_origin(text, i, origin, origin + 8)
            box, origin = box + 32, origin + 16
            styles[i] = self._style(_get_object(text, i), i)
        return Glyphs(codes, boxes, origins, styles, self._palette, self._is_cut)

    def _style(self, address: int | None, index: int) -> int:
        """Return the number of the style of a text object, which most of its neighbours share."""
        key = address or 0
        if key not in self._numbers:
            self._numbers[key] = len(self._palette)
            self._palette.append(self._new_style(address, index) if address else Style("", 0.0, 0.0, is_hidden=False))
        return self._numbers[key]

    def _new_style(self, address: int, index: int) -> Style:
        thing = ctypes.cast(address, pdfium.FPDF_PAGEOBJECT)
        size, matrix = ctypes.c_float(), pdfium.FS_MATRIX()
        pdfium.FPDFTextObj_GetFontSize(thing, byref(size))
        pdfium.FPDFText_GetMatrix(self._text, index, byref(matrix))
        mode = pdfium.FPDFTextObj_GetTextRenderMode(thing)
        alpha, rest = ctypes.c_uint(255), ctypes.c_uint()
        pdfium.FPDFPageObj_GetFillColor(thing, byref(rest), byref(rest), byref(rest), byref(alpha))
        return Style(
            self._font(thing),
            abs(size.value) * math.hypot(matrix.c, matrix.d),
            math.atan2(matrix.b, matrix.a),
            is_hidden=mode in _MODES_WITHOUT_MARK or (mode == _FILLED and alpha.value == 0),
        )

    def _font(self, thing: Any) -> str:
        font = pdfium.FPDFTextObj_GetFont(thing)
        key = ctypes.cast(font, ctypes.c_void_p).value or 0
        if key not in self._fonts:
            name = ctypes.create_string_buffer(128)
            if key:
                pdfium.FPDFFont_GetBaseFontName(font, name, len(name))
            self._fonts[key] = name.value.decode("utf-8", "replace")
        return self._fonts[key]


def _plain(function: Any, result: Any, *arguments: Any) -> Any:
    """Return a function of PDFium that takes addresses as numbers, several times faster to call."""
    address = ctypes.cast(function, ctypes.c_void_p).value
    return ctypes.PYFUNCTYPE(result, *arguments)(address or 0)


_TEXT, _INDEX, _ADDRESS = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t
_get_unicode = _plain(pdfium.FPDFText_GetUnicode, ctypes.c_uint, _TEXT, _INDEX)
_has_map_error = _plain(pdfium.FPDFText_HasUnicodeMapError, ctypes.c_int, _TEXT, _INDEX)
_get_box = _plain(pdfium.FPDFText_GetCharBox, ctypes.c_int, _TEXT, _INDEX, *[_ADDRESS] * 4)
_get_origin = _plain(pdfium.FPDFText_GetCharOrigin, ctypes.c_int, _TEXT, _INDEX, *[_ADDRESS] * 2)
_get_object = _plain(pdfium.FPDFText_GetTextObject, ctypes.c_void_p, _TEXT, _INDEX)


def _text_dpi(size: float | None) -> float:
    """Return the resolution for a page whose smaller text has this size, units."""
    if size is None:
        return _USUAL_DPI
    return min(max(_USUAL_DPI, _USUAL_DPI * _USUAL_SIZE / size), _MOST_TEXT_DPI)


def _scan_dpi(page: Any, area: float) -> float | None:
    """Return the resolution of the pictures that cover the page (of this area, units²), or None where none do."""
    covered, weighted = 0.0, 0.0
    for picture, matrix in _pictures(page):
        width, height = ctypes.c_uint(), ctypes.c_uint()
        shown = abs(float(np.linalg.det(matrix[:2, :2])))
        if shown <= 0 or not pdfium.FPDFImageObj_GetImagePixelSize(picture, byref(width), byref(height)):
            continue
        covered += shown
        weighted += shown * math.sqrt(width.value * height.value / shown)
    if covered < _SCANNED * area:
        return None
    dpi = weighted / covered * _UNITS_PER_INCH
    low, high = _SANE_SCAN_DPI
    return dpi if low <= dpi <= high else None


def _pictures(page: Any) -> Iterator[tuple[Any, Matrix]]:
    """Yield the pictures on a page, and in the forms on it, with the matrix of the unit square to page units."""
    for index in range(min(pdfium.FPDFPage_CountObjects(page), _MAX_OBJECTS)):
        thing = pdfium.FPDFPage_GetObject(page, index)
        kind = pdfium.FPDFPageObj_GetType(thing)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            yield thing, _matrix(thing)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM:
            for inner in range(min(pdfium.FPDFFormObj_CountObjects(thing), _MAX_OBJECTS)):
                part = pdfium.FPDFFormObj_GetObject(thing, inner)
                if pdfium.FPDFPageObj_GetType(part) == pdfium.FPDF_PAGEOBJ_IMAGE:
                    yield part, _matrix(thing) @ _matrix(part)


def _matrix(thing: Any) -> Matrix:
    """Return a page object's matrix, 3x3, for columns (x, y, 1)."""
    found = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(thing, byref(found)):
        return np.zeros((3, 3))
    return np.array([[found.a, found.c, found.e], [found.b, found.d, found.f], [0.0, 0.0, 1.0]])


def _file_access(content: BinaryIO) -> Any:
    """Return what lets PDFium read a file that stays on disk."""

    def read_block(_: object, position: int, buffer: Any, size: int) -> int:
        try:
            content.seek(position)
            block = content.read(size)
        except (OSError, ValueError):
            return 0
        ctypes.memmove(buffer, block, len(block))
        return int(len(block) == size)

    access = pdfium.FPDF_FILEACCESS()
    access.m_FileLen = content.seek(0, os.SEEK_END)
    access.m_GetBlock = type(access.m_GetBlock)(read_block)
    return access


def _start_anew_in_child() -> None:
    """Give a forked child a lock of its own: one that another thread holds at that moment is never released there."""
    global _pdfium
    _pdfium = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew_in_child)
