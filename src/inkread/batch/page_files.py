"""Pages in other formats beside the records, each in a file whose name depends on nothing but the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inkread.batch.work import PageTask
from inkread.document import Document
from inkread.errors import InkreadError
from inkread.export.formats import Format, encode, format_of
from inkread.export.save import output_path, save_picture, write

if TYPE_CHECKING:
    from inkread.image import Image


class PageFiles:
    """Writes each page in some formats below a folder. Raises FormatError for a name that is none."""

    def __init__(self, folder: Path, formats: Sequence[str]) -> None:
        self._folder = folder
        self._formats = [format_of(name) for name in formats]

    def path(self, task: PageTask, known: Format) -> Path:
        """Return the file of a page: after its document, the start of the document's sha256, and its number."""
        sha256 = task.document.sha256
        ending = f"-{sha256[:8]}-p{task.page}{'-annotated' if known.name == 'picture' else ''}{known.suffixes[0]}"
        return output_path(task.document.name, self._folder / sha256[:2], ending, set())

    def write(self, task: PageTask, document: Document, image: Image) -> dict[str, str]:
        """Write the files of a page, over those that a worker that died has left; return what cannot hold it, and why.

        Raises OutputError where the disk does not take them.
        """
        left_out: dict[str, str] = {}
        for known in self._formats:
            path = self.path(task, known)
            if known.name == "picture":
                save_picture(image, document[0], path, overwrite=True)
            elif known.needs_pixels:
                self._write_pdf(path, document, image, is_marked=known.name == "annotated")
            else:
                try:
                    content = encode(document, known.name)
                except InkreadError as error:  # the page's fault, not the disk's
                    left_out[known.name] = str(error)
                else:
                    write(path, content, overwrite=True)
        return left_out

    def _write_pdf(self, path: Path, document: Document, image: Image, *, is_marked: bool) -> None:
        from inkread.export.pdf.searchable import searchable_pdf

        with searchable_pdf(path, marks=is_marked, overwrite=True) as pdf:
            pdf.add(document[0], image)
