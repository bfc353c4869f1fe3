"""`inkread read`: inputs to text on stdout, or to files."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkread.cli import arguments
from inkread.cli.progress import Progress
from inkread.document import Document, Page
from inkread.errors import FormatError, InkreadError, OptionError, OutputError
from inkread.export.json import to_json
from inkread.export.save import FORMATS, Format, format_of, output_path, render, save_picture, write

if TYPE_CHECKING:
    from inkread.load.source import Input
    from inkread.pipeline import Reader

_SOME_FAILED = 20


def read(
    inputs: Annotated[
        list[str], typer.Argument(metavar="INPUT...", help="Pictures, folders, patterns or addresses; - for stdin.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file, or a folder for several. Default: stdout.")
    ] = None,
    formats: Annotated[
        list[str] | None, typer.Option("--format", "-f", help="text, json, picture; repeated or comma separated.")
    ] = None,
    language: arguments.Language = None,
    prefer: arguments.Prefer = None,
    device: arguments.DeviceName = None,
    engine: arguments.EngineName = None,
    precision: arguments.PrecisionName = None,
    threads: arguments.Threads = None,
    detector: arguments.Detector = None,
    recognizer: arguments.Recognizer = None,
    min_confidence: arguments.MinConfidence = None,
    config: arguments.ConfigFile = None,
    allow_url: arguments.AllowUrl = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
) -> int:
    """Read pictures and print their text, or write it to files.

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
        allow_url=allow_url,
    )
    target = _Target(output, _formats(formats, output), overwrite)
    from inkread.load.source import inputs as each_input
    from inkread.pipeline import Reader

    failures: list[InkreadError] = []
    with Reader(options) as reader:
        members = list(
            each_input(
                [sys.stdin.buffer.read() if name == "-" else name for name in inputs], options.limits, options.load
            )
        )
        target.expects([member.name for member in members])
        with Progress(len(members)) as progress:
            for member in members:
                try:
                    _read_one(reader, member, target, progress)
                except InkreadError as error:
                    failures.append(error)
                    if len(members) > 1:
                        _note(str(error))
                progress.finish_input()
    if failures and len(members) == 1:
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
            raise FormatError("a picture cannot be printed", remedy="give a file or folder: -o OUT")
    return wanted


@dataclass
class _Target:
    """Where results go: stdout, one file, or files in a folder."""

    output: Path | None
    formats: list[Format]
    overwrite: bool
    is_file: bool = False
    is_one: bool = True
    taken: set[str] = field(default_factory=set)
    inputs: set[str] = field(default_factory=set)

    def expects(self, names: list[str]) -> None:
        """Settle how results are laid out once the documents are known. Raises OptionError where they cannot be."""
        self.is_one = len(names) == 1
        self.inputs = {os.path.realpath(name) for name in names if Path(name).is_file()}
        output = self.output
        if output is None or output.is_dir() or output.suffix.casefold() not in self.formats[0].suffixes:
            return
        if len(names) > 1 or len(self.formats) > 1:
            what = f"{len(names)} documents" if len(names) > 1 else f"{len(self.formats)} formats"
            raise OptionError(f'{what} do not fit in one file, "{output}"', remedy="give a folder: -o OUT")
        self.is_file = True

    def path(self, name: str, known: Format, ending: str = "") -> Path:
        """Return the file for a result, never one that this run has written."""
        assert self.output is not None
        if not self.is_file:
            path = output_path(name, self.output, ending + known.suffixes[0], self.taken)
        elif "-page" in ending:
            path = self.output.with_stem(self.output.stem + ending)
        else:
            path = self.output
        if os.path.realpath(path) in self.inputs:
            raise OutputError(f'"{path}" is an input, and no input is ever written to', remedy="choose another name")
        return path


def _read_one(reader: Reader, member: Input, target: _Target, progress: Progress) -> None:
    pages: list[Page] = []
    picture = next((known for known in target.formats if known.needs_pixels), None)
    with member.open() as source:
        many = len(source) > 1
        for image in source:
            progress.start_page(member.name, len(pages), len(source) if many else 1)
            page = reader.read_page(image)
            pages.append(page)
            if picture is not None:
                ending = f"-page{page.number}-annotated" if many else "-annotated"
                save_picture(image, page, target.path(member.name, picture, ending), overwrite=target.overwrite)
    document = Document(tuple(pages), member.name, reader.generator)
    if not document.lines:
        _note(f'no text found in "{member.name}"')
    for known in target.formats:
        if known.needs_pixels:
            continue
        if target.output is None:
            _print(document, known, target.is_one)
        else:
            write(target.path(member.name, known), render(document, known.name).encode(), overwrite=target.overwrite)


def _print(document: Document, known: Format, is_one: bool) -> None:
    """Print a document: as it is where it is the only one, else with its name, or as one line of JSON."""
    if is_one:
        text = render(document, known.name)
    elif known.name == "json":
        text = to_json(document, indent=None) + "\n"
    else:
        text = f"==> {document.source} <==\n{render(document, known.name)}\n"
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def _note(message: str) -> None:
    print(f"inkread: {' '.join(message.split())}", file=sys.stderr, flush=True)
