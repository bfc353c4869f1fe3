"""`inkread redact`: a copy in which what matches a pattern can neither be seen nor found."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from inkread.cli import arguments
from inkread.cli.progress import Progress
from inkread.errors import OptionError
from inkread.export.save import write
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

    options = arguments.reader_options(
        config,
        reading={"language": language, "prefer": prefer, "detector": detector, "recognizer": recognizer},
        runtime={"device": device, "engine": engine, "precision": precision, "threads": threads},
        load={"pages": pages, "dpi": dpi, "password": password},
        allow_url=allow_url,
    )
    with Reader(options) as reader, Progress(1) as progress:
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
    told = json.dumps(done.to_dict(), indent=2, ensure_ascii=False) + "\n"
    if report is None:
        typer.echo(told, nl=False)
    else:
        write(report, told.encode(), overwrite=overwrite)
    if not done.count:
        print("inkread: no pattern matches anything; the copy shows all that the input shows", file=sys.stderr)


def _lines_of(file: Path) -> list[str]:
    """Return the patterns of a file, without empty lines and those that begin with "#"."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise OptionError(
            f'the patterns in "{file}" cannot be read ({error})', remedy="give a file in UTF-8"
        ) from error
    return [line for line in text.splitlines() if line.strip() and not line.startswith(_COMMENT)]
