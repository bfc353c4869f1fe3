"""`inkread redact`: a copy in which what matches a pattern can neither be seen nor found."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from inkread.cli import arguments
from inkread.cli.progress import Progress
from inkread.errors import OptionError, OutputError
from inkread.export.save import new_file
from inkread.redaction.patterns import PRESETS

_COMMENT = "#"


def redact(
    source: Annotated[str, typer.Argument(metavar="INPUT", help="A picture, a PDF or a folder of pictures.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The copy: .pdf, or for a single page .png or .jpg.")],
    pattern: Annotated[
        list[str] | None, typer.Option("--pattern", "-p", help="A regular expression of what is to go; repeated.")
    ] = None,
    patterns_from: Annotated[
        Path | None,
        typer.Option("--patterns-from", help="A file with a pattern on each line: not seen by other users."),
    ] = None,
    preset: Annotated[
        list[str] | None, typer.Option("--preset", help=f"{', '.join(PRESETS)}; repeated or comma separated.")
    ] = None,
    ignore_case: Annotated[bool, typer.Option("--ignore-case", "-i", help="Capitals match small letters.")] = False,
    report: Annotated[Path | None, typer.Option("--report", help="Where the report goes. Default: stdout.")] = None,
    show_text: Annotated[bool, typer.Option("--show-text", help="Put what was matched into the report.")] = False,
    language: arguments.Language = None,
    prefer: arguments.Prefer = None,
    device: arguments.DeviceName = None,
    engine: arguments.EngineName = None,
    precision: arguments.PrecisionName = None,
    threads: arguments.Threads = None,
    detector: arguments.Detector = None,
    recognizer: arguments.Recognizer = None,
    pages: arguments.Pages = None,
    dpi: arguments.Dpi = None,
    password: arguments.Password = None,
    config: arguments.ConfigFile = None,
    allow_url: arguments.AllowUrl = False,
    overwrite: arguments.Overwrite = False,
) -> None:
    """Write a copy without what the patterns match, look for it once more, and print a report as JSON.

    Pages become pictures with a text of what is left. Nothing is written where something is still found.
    """
    from inkread.pipeline import Reader
    from inkread.redaction.redact import redact as make

    others = [Path(source), output, *([patterns_from] if patterns_from else [])]
    options = arguments.reader_options(
        config, language=language, prefer=prefer, device=device, engine=engine, precision=precision, threads=threads,
        detector=detector, recognizer=recognizer, pages=pages, dpi=dpi, password=password, allow_url=allow_url,
    )  # fmt: skip
    with Reader(options) as reader, Progress(1) as progress, _report_file(report, others, overwrite) as report_file:
        done = make(
            source,
            output,
            [*(pattern or ()), *(_lines_of(patterns_from) if patterns_from else ())],
            presets=[name.strip() for each in preset or () for name in each.split(",")],
            ignore_case=ignore_case,
            reader=reader,
            show_text=show_text,
            overwrite=overwrite,
            progress=lambda pages_done, count: progress.start_page(source, pages_done, count),
        )
        report_file.write(json.dumps(done.to_dict(), indent=2, ensure_ascii=False).encode() + b"\n")
    if not done.count:
        print("inkread: no pattern matches anything; the copy shows all that the input shows", file=sys.stderr)


@contextmanager
def _report_file(path: Path | None, others: Sequence[Path], overwrite: bool) -> Iterator[BinaryIO]:
    """Yield where the report goes: a new file, none of the others, or stdout."""
    if path is None:
        yield sys.stdout.buffer
        return
    if any(os.path.realpath(path) == os.path.realpath(other) for other in others):
        raise OutputError(f'the report would replace "{path}", which is read or written', remedy="choose another name")
    with new_file(path, overwrite=overwrite) as file:
        yield file


def _lines_of(file: Path) -> list[str]:
    """Return the patterns of a file, without empty lines and those that begin with "#"."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise OptionError(
            f'the patterns in "{file}" cannot be read ({error})', remedy="give a file in UTF-8"
        ) from error
    return [line for line in text.splitlines() if line.strip() and not line.startswith(_COMMENT)]
