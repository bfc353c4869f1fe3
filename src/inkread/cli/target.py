"""Where the command's results go: stdout, one file, or files in a folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from inkread.cli import arguments
from inkread.document import Document, Page
from inkread.errors import FormatError, OptionError, OutputError
from inkread.export.json import to_json
from inkread.export.save import FORMATS, Format, format_of, output_path, render, save_picture, write

if TYPE_CHECKING:
    from inkread.batch.manifest import Manifest
    from inkread.image import Image
    from inkread.load.source import Input

MANIFEST: Final = "inkread-manifest.jsonl"

PutPage = Callable[[Page, "Image"], None]


class Target:
    """Where results go. Files are named in the order of the inputs, whatever the order in which they are read."""

    def __init__(self, output: Path | None, formats: list[Format], *, overwrite: bool) -> None:
        self.output = output
        self.formats = formats
        self._picture = next((known for known in formats if known.name == "picture"), None)
        self._whole = [known for known in formats if known is not self._picture]
        self._overwrite = overwrite
        self._is_file = False
        self._is_one = True
        self._taken: set[str] = set()
        self._inputs: set[str] = set()
        self._files: dict[Input, list[Path]] = {}
        self._pictures: dict[Input, list[Path]] = {}
        self._may_replace: set[Path] = set()

    def expects(self, members: Sequence[Input], manifest: Manifest | None = None) -> None:
        """Settle how results are laid out once the documents are known. Raises OptionError where they cannot be.

        manifest: names the files of inputs that were read before, or were being read when a run was killed.
        """
        self._is_one = len(members) == 1
        self._inputs = {os.path.realpath(each.name) for each in members if Path(each.name).is_file()}
        if self.output is None:
            return
        self._is_file = self.picks_file(self.output)
        if self._is_file and (len(members) > 1 or len(self.formats) > 1):
            what = f"{len(members)} documents" if len(members) > 1 else f"{len(self.formats)} formats"
            raise OptionError(f'{what} do not fit in one file, "{self.output}"', remedy="give a folder: -o OUT")
        before = {} if manifest is None else {each: manifest.files(manifest.key(each)) for each in members}
        if manifest is not None:
            self._taken |= {Path(file).name.casefold() for file in manifest.files()}
        for each in members:
            if files := [Path(file) for file in before.get(each, ())]:
                self._may_replace |= set(files)
                self._files[each], self._pictures[each] = files[: len(self._whole)], files[len(self._whole) :]
            else:
                self._files[each] = [self._path(each.name, known) for known in self._whole]

    def files(self, each: Input, document: Document) -> list[Path]:
        """Return the files that an input's document goes to, its pictures last."""
        if self.output is None:
            return []
        if self._picture is not None and not self._pictures.get(each):
            pages = document.pages
            self._pictures[each] = [self._picture_path(each, page, of_many=len(pages) > 1) for page in pages]
        return [*self._files[each], *self._pictures.get(each, ())]

    def check_free(self, files: Sequence[Path]) -> None:
        """Raise OutputError where one of the files exists and is none that may be replaced."""
        for path in files:
            if os.path.lexists(path) and not self._is_replaced(path):
                raise OutputError(f'"{path}" exists already', remedy="choose another path or allow it with --overwrite")

    def put(self, each: Input, document: Document) -> None:
        """Print a document, or write its files but for those that need its pixels. Raises OutputError."""
        if self.output is None:
            self._print(document)
        for known, path in zip(self._whole, self._files.get(each, ()), strict=False):
            if not known.needs_pixels:
                self._refuse_input(path)
                write(path, render(document, known.name).encode(), overwrite=self._is_replaced(path))

    @contextmanager
    def page_files(self, each: Input, pages: int) -> Iterator[PutPage]:
        """Yield what takes each page with its picture, for the files that need both; a PDF is there when all are in."""
        with ExitStack() as open_files:
            writers: list[PutPage] = []
            for known, path in zip(self._whole, self._files.get(each, ()), strict=False):
                if known.needs_pixels:
                    from inkread.export.pdf.searchable import searchable_pdf

                    self._refuse_input(path)
                    made = searchable_pdf(path, _original(each), overwrite=self._is_replaced(path))
                    writers.append(open_files.enter_context(made).add)
            if self._picture is not None:
                writers.append(self._picture_writer(each, pages))

            def put_page(page: Page, image: Image) -> None:
                for write_one in writers:
                    write_one(page, image)

            yield put_page

    def put_pages(self, each: Input, document: Document) -> None:
        """Write what needs the pixels of pages that were read elsewhere, opening the input once more."""
        if any(known.needs_pixels for known in self.formats):
            with each.open() as opened, self.page_files(each, len(document.pages)) as put_page:
                for page, image in zip(document.pages, opened, strict=False):
                    put_page(page, image)

    def _picture_writer(self, each: Input, pages: int) -> PutPage:
        noted = iter(self._pictures.get(each, ()))

        def save(page: Page, image: Image) -> None:
            path = next(noted, None) or self._picture_path(each, page, of_many=pages > 1)
            self._refuse_input(path)
            save_picture(image, page, path, overwrite=self._is_replaced(path))

        return save

    def _picture_path(self, each: Input, page: Page, *, of_many: bool) -> Path:
        assert self._picture is not None
        ending = f"-page{page.number}-annotated" if of_many else "-annotated"
        return self._path(each.name, self._picture, ending)

    def picks_file(self, output: Path) -> bool:
        """Whether an output names a file, and no folder."""
        return not output.is_dir() and output.suffix.casefold() in self.formats[0].suffixes

    def _path(self, name: str, known: Format, ending: str = "") -> Path:
        """Return the file for a result, never one that this run has named."""
        assert self.output is not None
        if not self._is_file:
            return output_path(name, self.output, ending + known.suffixes[0], self._taken)
        return self.output.with_stem(self.output.stem + ending) if "-page" in ending else self.output

    def _refuse_input(self, path: Path) -> None:
        if os.path.realpath(path) in self._inputs:
            raise OutputError(f'"{path}" is an input, and no input is ever written to', remedy="choose another name")

    def _is_replaced(self, path: Path) -> bool:
        return self._overwrite or path in self._may_replace

    def _print(self, document: Document) -> None:
        """Print a document: as it is where it is the only one, else with its name, or as one line of JSON."""
        known = self.formats[0]
        if self._is_one:
            text = render(document, known.name)
        elif known.name == "json":
            text = to_json(document, indent=None) + "\n"
        else:
            text = f"==> {document.source} <==\n{render(document, known.name)}\n"
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()


def _original(each: Input) -> Path | bytes | None:
    """Return the file of an input, or its content, or None where it is neither."""
    if isinstance(each.origin, str):
        return Path(each.origin) if Path(each.origin).is_file() else None
    return each.origin


def formats_for(names: list[str] | None, output: Path | None) -> list[Format]:
    """Return the formats asked for: by name, else by the output's suffix, else text."""
    if names:
        wanted = [format_of(name) for name in arguments.split_names(names)]
    elif output is not None and output.suffix and not output.is_dir():
        wanted = [format_of(output)]
    else:
        wanted = [FORMATS["text"]]
    if output is None:
        if len(wanted) > 1:
            raise FormatError("several formats cannot share stdout", remedy="give a folder: -o OUT")
        if wanted[0].needs_pixels:
            raise FormatError(f"a {wanted[0].name} cannot be printed", remedy="give a file or folder: -o OUT")
    return wanted
