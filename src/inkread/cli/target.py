"""Where the results of `inkread read` go: stdout, one file, or files in a folder with the tree of the inputs."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from inkread.cli import arguments
from inkread.cli.folders import Member
from inkread.document import Document, Page
from inkread.errors import FormatError, InkreadError, OptionError, OutputError
from inkread.export.formats import FORMATS, ExportOptions, Format, encode, format_of, of_suffix, render
from inkread.export.json import to_json
from inkread.export.save import output_path, save_picture, source_refused, write

if TYPE_CHECKING:
    from inkread.batch.manifest import Manifest
    from inkread.image import Image

MANIFEST: Final = "inkread-manifest.jsonl"

PutPage = Callable[[Page, "Image"], None]


class Target:
    """Where results go. Files are named in the order of the inputs, whatever the order in which they are read."""

    def __init__(
        self, output: Path | None, formats: list[Format], options: ExportOptions | None = None, *, overwrite: bool
    ) -> None:
        self.output = output
        self.formats = formats
        # A picture of each page, and in some formats a file of each page.
        self._by_page = [known for known in formats if known.name == "picture" or known.holds_one_page]
        self._whole = [known for known in formats if known not in self._by_page]
        self._options = options or ExportOptions()
        self._overwrite = overwrite
        self._is_file = False
        self._is_one = True
        self._taken: defaultdict[Path, set[str]] = defaultdict(set)
        self._inputs: set[str] = set()
        self._files: dict[Member, list[Path]] = {}
        self._page_files: dict[tuple[Member, str, int], Path] = {}
        self._may_replace: set[Path] = set()

    def expects(self, members: Sequence[Member], manifest: Manifest | None = None) -> None:
        """Settle how results are laid out once the documents are known. Raises OptionError where they cannot be.

        manifest: names the files of inputs that were read before, or were being read when a run was killed.
        """
        self._is_one = len(members) == 1
        names = [each.input.name for each in members]
        self._inputs = {os.path.realpath(name) for name in names if Path(name).is_file()}
        if self.output is None:
            self._check_stdout(len(members))
            return
        self._is_file = self.picks_file(self.output)
        if self._is_file and (len(members) > 1 or len(self.formats) > 1):
            what = f"{len(members)} documents" if len(members) > 1 else f"{len(self.formats)} formats"
            raise OptionError(f'{what} do not fit in one file, "{self.output}"', remedy="give a folder: -o OUT")
        before = {} if manifest is None else {each: manifest.files(manifest.key(each.input)) for each in members}
        for file in map(Path, manifest.files() if manifest is not None else ()):
            self._taken[self._folder_of(file)].add(file.name.casefold())
        for each in members:
            if files := [Path(file) for file in before.get(each, ())]:
                self._recall(each, files)
            else:
                self._files[each] = [self._path(each, known) for known in self._whole]

    def files(self, each: Member, document: Document) -> list[Path]:
        """Return the files that an input's document goes to, those of single pages last."""
        if self.output is None:
            return []
        return [
            *self._files[each],
            *(self._page_path(each, known, document.pages, i) for known in self._by_page for i in range(len(document))),
        ]

    def check_free(self, files: Sequence[Path]) -> None:
        """Raise OutputError where one of the files exists and is none that may be replaced."""
        for path in files:
            if os.path.lexists(path) and not self._is_replaced(path):
                raise OutputError(f'"{path}" exists already', remedy="choose another path or allow it with --overwrite")

    def put(self, each: Member, document: Document) -> list[InkreadError]:
        """Print a document, or write its files but for those that need its pixels; return what went wrong.

        A format that cannot hold the document is no reason to leave out the next.
        """
        if self.output is None:
            self._print(document)
            return []
        writes: list[tuple[Document, Format, Path]] = [
            (document, known, path) for known, path in zip(self._whole, self._files[each], strict=True)
        ]
        for known in self._by_page:
            for i, page in enumerate(document.pages):
                single = Document((page,), document.source, document.generator)
                if not known.needs_pixels:
                    writes.append((single, known, self._page_path(each, known, document.pages, i)))
        failures = []
        for part, known, path in writes:
            if not known.needs_pixels:
                try:
                    self._refuse_input(path)
                    write(path, encode(part, known.name, self._options), overwrite=self._is_replaced(path))
                except InkreadError as error:
                    failures.append(error)
        return failures

    @contextmanager
    def page_files(self, each: Member, count: int) -> Iterator[PutPage]:
        """Yield what takes each page with its picture, for the files that need both; a PDF is there when all are in."""
        with ExitStack() as open_files:
            writers: list[PutPage] = []
            for known, path in zip(self._whole, self._files.get(each, ()), strict=False):
                if known.needs_pixels:
                    from inkread.export.pdf.searchable import searchable_pdf

                    self._refuse_input(path)
                    made = searchable_pdf(
                        path,
                        _original(each),
                        text_pages=self._options.text_pages,
                        marks=known.name == "annotated",
                        overwrite=self._is_replaced(path),
                    )
                    writers.append(open_files.enter_context(made).add)
            pages: list[Page | None] = [None] * count
            writers += [
                partial(self._save_picture, each, known, pages) for known in self._by_page if known.needs_pixels
            ]

            def put_page(page: Page, image: Image) -> None:
                for write_one in writers:
                    write_one(page, image)

            yield put_page

    def put_pages(self, each: Member, document: Document) -> None:
        """Write what needs the pixels of pages that were read elsewhere, opening the input once more."""
        if any(known.needs_pixels for known in self.formats):
            with each.input.open() as opened, self.page_files(each, len(document.pages)) as put_page:
                for page, image in zip(document.pages, opened, strict=False):
                    put_page(page, image)

    def picks_file(self, output: Path) -> bool:
        """Whether an output names a file, and no folder."""
        return not output.is_dir() and of_suffix(output) is not None

    def _check_stdout(self, documents: int) -> None:
        known = self.formats[0]
        if documents > 1 and not known.is_stream:
            raise OptionError(
                f'{documents} documents in the format "{known.name}" cannot share stdout',
                remedy="give a folder: -o OUT",
            )
        if known.is_binary and sys.stdout.isatty():
            raise FormatError(f'the format "{known.name}" is nothing for a terminal', remedy="give a file: -o OUT")

    def _recall(self, each: Member, files: Sequence[Path]) -> None:
        """Give an input the files that it had in the run before."""
        self._may_replace |= set(files)
        whole = len(self._whole)
        self._files[each] = list(files[:whole])
        pages = (len(files) - whole) // max(len(self._by_page), 1)
        for number, known in enumerate(self._by_page):
            for i in range(pages):
                self._page_files[each, known.name, i] = files[whole + number * pages + i]

    def _save_picture(self, each: Member, known: Format, pages: list[Page | None], page: Page, image: Image) -> None:
        index = pages.index(None)
        pages[index] = page
        path = self._page_path(each, known, pages, index)
        self._refuse_input(path)
        save_picture(image, page, path, overwrite=self._is_replaced(path))

    def _page_path(self, each: Member, known: Format, pages: Sequence[Page | None], index: int) -> Path:
        """Return the file of the page at `index` in a format that has one for each page, always the same."""
        key = each, known.name, index
        if key not in self._page_files:
            page = pages[index]
            assert page is not None
            ending = f"-page{page.number}" if len(pages) > 1 else ""
            self._page_files[key] = self._path(each, known, ending + ("-annotated" if known.needs_pixels else ""))
        return self._page_files[key]

    def _path(self, each: Member, known: Format, ending: str = "") -> Path:
        """Return the file for a result, never one that this run has named. ending: put after the name."""
        assert self.output is not None
        if not self._is_file:
            taken = self._taken[each.folder]
            return output_path(each.input.name, self.output / each.folder, ending + known.suffixes[0], taken)
        return _with_ending(self.output, ending) if "-page" in ending else self.output

    def _folder_of(self, file: Path) -> Path:
        assert self.output is not None
        folder, output = file.absolute().parent, self.output.absolute()
        return folder.relative_to(output) if folder.is_relative_to(output) else Path()

    def _refuse_input(self, path: Path) -> None:
        if os.path.realpath(path) in self._inputs:
            raise source_refused(path)

    def _is_replaced(self, path: Path) -> bool:
        return self._overwrite or path in self._may_replace

    def _print(self, document: Document) -> None:
        """Print a document: as it is where it is the only one, else with its name, or as one line of JSON."""
        known = self.formats[0]
        if self._is_one:
            content = encode(document, known.name, self._options)
        elif known.name == "json":
            content = (to_json(document, indent=None) + "\n").encode()
        else:
            text = f"==> {document.source} <==\n{render(document, known.name, self._options)}\n"
            content = text.encode("utf-8", "replace")
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


def _original(each: Member) -> Path | bytes | None:
    """Return the file of an input, or its content, or None where it is neither."""
    origin = each.input.origin
    if isinstance(origin, str):
        return Path(origin) if Path(origin).is_file() else None
    return origin


def _with_ending(path: Path, ending: str) -> Path:
    """Return "out-page2.page.xml" for "out.page.xml"."""
    known = of_suffix(path)
    folded = path.name.casefold()
    suffix = max((s for s in (known.suffixes if known else ()) if folded.endswith(s)), key=len, default=path.suffix)
    at = len(path.name) - len(suffix)
    return path.with_name(f"{path.name[:at]}{ending}{path.name[at:]}")


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
