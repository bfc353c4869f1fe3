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
from inkread.options import Limits, LoadOptions

# PDF's unit is a 72nd of an inch.
_UNITS_PER_INCH: Final = 72.0
_USUAL_DPI: Final = 200.0
# No page is rendered larger: beyond, time and memory grow and reading does not get better.
_MAX_PIXELS: Final = 25_000_000
_MAX_SIDE_PX: Final = 8_000
# A page is a scan where pictures cover so much of it.
_SCANNED: Final = 0.8
# Pages drawn with more objects than these are no scans; looking for pictures stops there.
_MAX_OBJECTS: Final = 500
_SANE_SCAN_DPI: Final = (50.0, 1200.0)
# PDFium keeps what it has parsed of a document; opened anew after so many pages, it stays small.
_PAGES_BEFORE_REOPENING: Final = 100

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
        scale = self._scale(page, width, height)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        return Image(_render(page, size, name), source=self.name, number=number, dpi=round(scale * _UNITS_PER_INCH, 2))

    def _scale(self, page: Any, width: float, height: float) -> float:
        """Return pixels a unit for a page of this size: as asked, else as a scan's picture has it, else the usual."""
        dpi = self._options.dpi or _scan_dpi(page, width * height) or _USUAL_DPI
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
        return self._document

    def _forget(self) -> None:
        document, self._document = self._document, None
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


def _render(page: Any, size: tuple[int, int], name: str) -> Any:
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
    pdfium.FPDFBitmap_Destroy(bitmap)
    return pixels


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
