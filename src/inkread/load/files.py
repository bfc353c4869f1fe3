"""The pages of one file: which decoder opens it, and which of its pages are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from inkread.errors import InputError
from inkread.image import Image
from inkread.load import formats, pictures
from inkread.options import Limits, LoadOptions


class Pages(Protocol):
    """The pages of one document, each made when it is asked for."""

    def __len__(self) -> int: ...

    def page(self, index: int) -> Image:
        """Return the page at `index`, from 0."""

    def close(self) -> None:
        """Free what the document holds; closing twice is fine."""


@dataclass(frozen=True)
class Opening:
    """How documents are opened: what they may cost, and what of them is wanted."""

    limits: Limits = Limits()
    options: LoadOptions = LoadOptions()


class _Chosen:
    """Some pages of a document, which keep their numbers."""

    def __init__(self, pages: Pages, indexes: Sequence[int]) -> None:
        self._pages = pages
        self._indexes = indexes

    def __len__(self) -> int:
        return len(self._indexes)

    def page(self, index: int) -> Image:
        return self._pages.page(self._indexes[index])

    def close(self) -> None:
        self._pages.close()


def open_file(path: Path, opening: Opening, name: str) -> Pages:
    """Open a regular file, never for writing. Raises InputError where it cannot be read."""
    return _open(pictures.open_content(path, opening.limits, name), opening, name)


def open_bytes(content: bytes, opening: Opening, name: str) -> Pages:
    """Open the content of a file. Raises InputError where it cannot be read."""
    return _open(pictures.in_memory(content, opening.limits, name), opening, name)


def _open(content: BinaryIO, opening: Opening, name: str) -> Pages:
    """Return the wanted pages of `content`, which they own; it is closed where they cannot be had."""
    pages = _all_pages(content, opening, name)
    if opening.options.pages is None:
        return pages
    try:
        return _Chosen(pages, _indexes(opening.options.pages, len(pages), name))
    except InputError:
        pages.close()
        raise


def _all_pages(content: BinaryIO, opening: Opening, name: str) -> Pages:
    found = formats.sniff(content.read(formats.PREFIX_BYTES))
    # What is of no format we read goes on to the error that says so; no process is started for it.
    if found and opening.options.isolate in (("documents", "always") if found == "PDF" else ("always",)):
        from inkread.load.isolated import IsolatedFile

        # The wanted ones are chosen here, where a page's index is known.
        return IsolatedFile(content, name, opening.limits, opening.options.with_(pages=None))
    if found == "PDF":
        from inkread.load.pdf import PdfFile  # loads PDFium, which reading pictures does not need

        return PdfFile(content, name, opening.limits, opening.options)
    return pictures.PictureFile(content, name, opening.limits)


def _indexes(ranges: str, count: int, name: str) -> list[int]:
    """Return the indexes, from 0, of pages given as "1-3,7,10-": in this order, each once.

    Raises InputError where the document of `count` pages has no such page.
    """
    wanted: dict[int, None] = {}
    for part in "".join(ranges.split()).split(","):
        first, dash, last = part.partition("-")
        start = int(first)
        end = int(last) if last else count if dash else start
        for number in (start, end):
            if not 1 <= number <= count:
                has = "1 page" if count == 1 else f"{count:,} pages"
                raise InputError(f'"{name}" has no page {number:,}: it has {has}', remedy=f"ask for pages 1 to {count}")
        backwards = start > end
        wanted.update(dict.fromkeys(range(start - 1, end - 2 if backwards else end, -1 if backwards else 1)))
    return list(wanted)
