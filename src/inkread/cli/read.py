"""`inkread read`: inputs to text on stdout, or to files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from inkread.cli import arguments
from inkread.cli.folders import Member, members
from inkread.cli.house import told_downloads
from inkread.cli.progress import Progress
from inkread.cli.server import Server, client_for, read_there, refuse_local
from inkread.cli.target import MANIFEST, Target, formats_for
from inkread.document import Document, Page
from inkread.errors import InkreadError, OptionError, nearest
from inkread.export.formats import FORMATS, ExportOptions, TextPages
from inkread.options import ReaderOptions
from inkread.runtime.threads import available_threads

if TYPE_CHECKING:
    from inkread.batch.manifest import Manifest
    from inkread.client import Client
    from inkread.load.source import Source
    from inkread.pipeline import Reader

_SOME_FAILED = 20


def read(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT...", help="Pictures, PDFs, folders, patterns or addresses; - for stdin."),
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
    text_pages: Annotated[
        str,
        typer.Option("--text-pages", help="Pages of a PDF with text of their own, in pdf: add what lacks, or skip."),
    ] = "add",
    language: arguments.Language = None,
    prefer: arguments.Prefer = None,
    mode: arguments.Mode = None,
    device: arguments.DeviceName = None,
    engine: arguments.EngineName = None,
    precision: arguments.PrecisionName = None,
    threads: arguments.Threads = None,
    max_memory_mb: arguments.MaxMemoryMb = None,
    deadline: arguments.Deadline = None,
    detector: arguments.Detector = None,
    recognizer: arguments.Recognizer = None,
    min_confidence: arguments.MinConfidence = None,
    correct: arguments.Correct = None,
    pages: arguments.Pages = None,
    dpi: arguments.Dpi = None,
    password: arguments.Password = None,
    text_layer: arguments.TextLayer = None,
    config: arguments.ConfigFile = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Decode in this process, without limits of time and memory: for own files.")
    ] = False,
    allow_url: arguments.AllowUrl = False,
    allow_auto_download: arguments.AllowAutoDownload = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Processes that read; 0: one for each thread.")] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Note in the folder OUT what is done, and go on where a run stopped.")
    ] = False,
    overwrite: arguments.Overwrite = False,
    server: Server = None,
) -> int:
    """Read pictures and PDFs and print their text, or write it to files.

    A bad input among several is reported and the others are read. No input is ever changed.
    """
    if server is not None:
        refuse_local(
            {
                "--config": config, "--prefer": prefer, "--device": device, "--engine": engine, "--dpi": dpi,
                "--precision": precision, "--threads": threads, "--detector": detector, "--recognizer": recognizer,
                "--trust": trust, "--allow-auto-download": allow_auto_download,
            }
        )  # fmt: skip
    options = arguments.reader_options(
        config, language=language, prefer=prefer, mode=mode, device=device, engine=engine, precision=precision,
        threads=threads, max_memory_mb=max_memory_mb, deadline=deadline, detector=detector, recognizer=recognizer,
        min_confidence=min_confidence, correct=correct, pages=pages, dpi=dpi, password=password, text_layer=text_layer,
        isolate="never" if trust else None, allow_url=allow_url, allow_auto_download=allow_auto_download,
    )  # fmt: skip
    written = ExportOptions(
        characters=characters, formulas=formulas, numbers=numbers, text_pages=_text_pages(text_pages)
    )
    target = Target(output, formats_for(formats, output), written, overwrite=overwrite)
    if resume and (output is None or target.picks_file(output)):
        raise OptionError("--resume keeps its notes in a folder of results", remedy="give a folder: -o OUT")
    stdin = sys.stdin.buffer.read() if "-" in inputs else b""
    each = list(members(inputs, stdin, options, output, recursive))
    extras = [*(known.name for known in target.formats), repr(written), *([server] if server else [])]
    with _manifest(output if resume else None, options, extras) as manifest:
        target.expects(each, manifest)
        several = len(each) > 1
        if manifest is not None:
            each = [member for member in each if not _is_done(member, manifest)]
        is_elsewhere = server is not None or jobs != 1
        run = _Run(options, target, manifest, each, several, draws_later=is_elsewhere or manifest is not None)
        if server is not None:
            client = client_for(
                server, language=language, mode=mode, correct=correct, text_layer=text_layer,
                min_confidence=min_confidence, password=password,
            )  # fmt: skip
            with client:
                failures = run.there(client, pages, jobs or available_threads())
        else:
            with told_downloads():
                failures = run.here() if jobs == 1 else run.in_processes(jobs or available_threads())
    if failures and not several:
        raise failures[0]
    return _SOME_FAILED if failures else 0


def _text_pages(name: str) -> TextPages:
    if name not in get_args(TextPages):
        raise OptionError(f'--text-pages is "{name}"', remedy=nearest(name, get_args(TextPages)))
    return cast("TextPages", name)


def _manifest(
    folder: Path | None, options: ReaderOptions, formats: Sequence[str]
) -> AbstractContextManager[Manifest | None]:
    if folder is None:
        return nullcontext()
    from inkread.batch.manifest import Manifest

    return Manifest(folder / MANIFEST, options, formats)


def _is_done(each: Member, manifest: Manifest) -> bool:
    """Whether an input was read in a run before, and its files are still there."""
    key = manifest.key(each.input)
    return manifest.is_done(key) and all(Path(file).exists() for file in manifest.files(key))


@dataclass
class _Run:
    """The inputs that are read, and what becomes of them.

    draws_later: pictures and PDFs are made of a whole document, from its input opened once more, and not page by page
    as it is read: other processes have the pixels then, or the manifest must know the files first.
    """

    options: ReaderOptions
    target: Target
    manifest: Manifest | None
    members: Sequence[Member]
    is_several: bool
    draws_later: bool
    failures: list[InkreadError] = field(default_factory=list)

    def here(self) -> list[InkreadError]:
        """Read one after the other in this process; return what failed."""
        from inkread.pipeline import Reader

        with Reader(self.options) as reader, Progress(len(self.members)) as progress:
            for each in self.members:
                with self._reported(), each.input.open() as opened:
                    document = self._pages(reader, each, opened, progress)
                    self._put(each, document)
                progress.finish_input()
        return self.failures

    def in_processes(self, jobs: int) -> list[InkreadError]:
        """Read in several processes; return what failed."""
        from inkread.batch.processes import read_each

        member_of = {each.input: each for each in self.members}
        results = read_each(list(member_of), self.options, workers=min(jobs, max(1, len(self.members))))
        with closing(results), Progress(len(self.members)) as progress:
            for given, result in results:
                each = member_of[given]
                progress.start_page(given.name, 0, 1)
                with self._reported():
                    if isinstance(result, InkreadError):
                        raise result
                    self._put(each, result)
                progress.finish_input()
        return self.failures

    def there(self, client: Client, pages: str | None, jobs: int) -> list[InkreadError]:
        """Read with a service, so many inputs at a time; return what failed."""
        with Progress(len(self.members)) as progress, ThreadPoolExecutor(jobs) as threads:
            results = threads.map(lambda each: read_there(client, each, pages, progress), self.members)
            for each, result in zip(self.members, results, strict=True):
                with self._reported():
                    if isinstance(result, InkreadError):
                        raise result
                    self._put(each, result)
                progress.finish_input()
        return self.failures

    def _pages(self, reader: Reader, each: Member, opened: Source, progress: Progress) -> Document:
        pages: list[Page] = []
        page_files = nullcontext() if self.draws_later else self.target.page_files(each, len(opened))
        with page_files as put_page:
            for image in opened:
                progress.start_page(each.input.name, len(pages), len(opened))
                page = reader.read_page(image)
                pages.append(page)
                if put_page is not None:
                    put_page(page, image)
        return Document(tuple(pages), each.input.name, reader.generator)

    def _put(self, each: Member, document: Document) -> None:
        """Print or write a document, and note that this is done; raise the first error and tell the others."""
        name = each.input.name
        if not document.lines:
            _note(f'no text found in "{name}"')
        if by_hand := [page.number for page in document if any(each.kind == "handwriting" for each in page.notices)]:
            _note(f'{_pages(by_hand)} of "{name}" looks written by hand: try --mode handwritten, or auto')
        if late := [page.number for page in document if "partial" in page.degraded]:
            _note(f'{_pages(late)} of "{name}" was not read to its end: its time was up')
        key = self.manifest.key(each.input) if self.manifest is not None else ""
        if self.manifest is not None:
            files = self.target.files(each, document)
            self.target.check_free(files)  # what is noted as begun may be replaced by the next run
            self.manifest.begin(key, [str(file.absolute()) for file in files])
        failures = self.target.put(each, document)
        if self.draws_later:
            self.target.put_pages(each, document)
        for other in failures[1:]:
            _note(str(other))
        if failures:
            raise failures[0]
        if self.manifest is not None:
            self.manifest.finish(key, name)

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Keep an input's error for the end, and tell it at once where there are others."""
        try:
            yield
        except InkreadError as error:
            self.failures.append(error)
            if self.is_several:
                _note(str(error))


def _pages(numbers: Sequence[int]) -> str:
    """Return "page 3", or "page 3 and 4 more", of page numbers."""
    more = f" and {len(numbers) - 1} more" if len(numbers) > 1 else ""
    return f"page {numbers[0]}{more}"


def _note(message: str) -> None:
    print(f"inkread: {' '.join(message.split())}", file=sys.stderr, flush=True)
