"""`inkread read`: inputs to text on stdout, or to files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkread.cli import arguments
from inkread.cli.folders import Member, members
from inkread.cli.progress import Progress
from inkread.cli.target import Target
from inkread.document import Document, Page
from inkread.errors import FormatError, InkreadError
from inkread.export.formats import FORMATS, ExportOptions, Format, format_of
from inkread.export.save import save_picture

if TYPE_CHECKING:
    from inkread.image import Image
    from inkread.pipeline import Reader

_SOME_FAILED = 20


def read(
    inputs: Annotated[
        list[str], typer.Argument(metavar="INPUT...", help="Pictures, PDFs, folders or patterns; - for stdin.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file, or a folder for several. Default: stdout.")
    ] = None,
    formats: Annotated[
        list[str] | None, typer.Option("--format", "-f", help=f"{', '.join(FORMATS)}; repeated or comma separated.")
    ] = None,
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="Folders below folders too; results keep their tree.")
    ] = False,
    characters: Annotated[bool, typer.Option("--characters", help="Characters too, in hocr, alto and page.")] = False,
    formulas: Annotated[
        bool, typer.Option("--formulas", help="Leave cells of csv that begin like a formula as they are.")
    ] = False,
    numbers: Annotated[bool, typer.Option("--numbers", help="Write numbers into xlsx as numbers.")] = False,
    language: arguments.Language = None,
    prefer: arguments.Prefer = None,
    device: arguments.DeviceName = None,
    engine: arguments.EngineName = None,
    precision: arguments.PrecisionName = None,
    threads: arguments.Threads = None,
    detector: arguments.Detector = None,
    recognizer: arguments.Recognizer = None,
    min_confidence: arguments.MinConfidence = None,
    pages: arguments.Pages = None,
    dpi: arguments.Dpi = None,
    password: arguments.Password = None,
    text_layer: arguments.TextLayer = None,
    config: arguments.ConfigFile = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Decode in this process, without limits of time and memory: for own files.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
) -> int:
    """Read pictures and PDFs and print their text, or write it to files.

    A bad input among several is reported and the others are read. No input is ever changed.
    """
    options = arguments.reader_options(
        config,
        reading={
            "language": language,
            "prefer": prefer,
            "detector": detector,
            "recognizer": recognizer,
            "min_confidence": min_confidence,
        },
        runtime={"device": device, "engine": engine, "precision": precision, "threads": threads},
        load={"pages": pages, "dpi": dpi, "password": password, "text_layer": text_layer},
    )
    if trust:
        options = options.with_(load=options.load.with_(isolate="never"))
    written = ExportOptions(characters=characters, formulas=formulas, numbers=numbers)
    target = Target(output, _formats(formats, output), overwrite, written)
    from inkread.pipeline import Reader

    failures: list[InkreadError] = []
    with Reader(options) as reader:
        target.stdin = sys.stdin.buffer.read() if "-" in inputs else b""
        each = list(members(inputs, target.stdin, options, output, recursive))
        target.expects([member.input.name for member in each])
        with Progress(len(each)) as progress:
            for member in each:
                try:
                    _read_one(reader, member, target, progress)
                except InkreadError as error:
                    failures.append(error)
                    if len(each) > 1:
                        _note(str(error))
                progress.finish_input()
    if failures and len(each) == 1:
        raise failures[0]
    return _SOME_FAILED if failures else 0


def _formats(names: list[str] | None, output: Path | None) -> list[Format]:
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


def _read_one(reader: Reader, member: Member, target: Target, progress: Progress) -> None:
    pages: list[Page] = []
    name = member.input.name
    with member.input.open() as source, _page_files(member, target, len(source) > 1) as write_page:
        for image in source:
            progress.start_page(name, len(pages), len(source))
            page = reader.read_page(image)
            pages.append(page)
            write_page(page, image)
    document = Document(tuple(pages), name, reader.generator)
    if not document.lines:
        _note(f'no text found in "{name}"')
    _put(document, target, member.folder)


@contextmanager
def _page_files(member: Member, target: Target, many: bool) -> Iterator[Callable[[Page, Image], None]]:
    """Yield what takes each page with its picture, for the formats that need both; a PDF is there when all are read."""
    name = member.input.name
    with ExitStack() as open_files:
        writers: list[Callable[[Page, Image], None]] = []
        for known in target.formats:
            if known.name == "pdf":
                from inkread.export.pdf.searchable import searchable_pdf

                path = target.path(name, known, folder=member.folder)
                made = searchable_pdf(path, target.original(name), overwrite=target.overwrite)
                writers.append(open_files.enter_context(made).add)
            elif known.needs_pixels:
                writers.append(partial(_save_picture, member, target, known, many))

        def write_page(page: Page, image: Image) -> None:
            for write_one in writers:
                write_one(page, image)

        yield write_page


def _save_picture(member: Member, target: Target, known: Format, many: bool, page: Page, image: Image) -> None:
    ending = f"-page{page.number}-annotated" if many else "-annotated"
    path = target.path(member.input.name, known, ending, member.folder)
    save_picture(image, page, path, overwrite=target.overwrite)


def _put(document: Document, target: Target, folder: Path) -> None:
    """Write the document in every format; one that cannot hold it is no reason to leave out the next."""
    failures: list[InkreadError] = []
    for known in target.formats:
        if known.needs_pixels:
            continue
        try:
            target.put(document, known, folder)
        except InkreadError as error:
            failures.append(error)
    for other in failures[1:]:
        _note(str(other))
    if failures:
        raise failures[0]


def _note(message: str) -> None:
    print(f"inkread: {' '.join(message.split())}", file=sys.stderr, flush=True)
