"""`inkread correct`: documents with the slips of reading put right, and what was changed."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkread.cli import arguments
from inkread.cli.target import formats_for
from inkread.document import Document
from inkread.errors import InputError, OptionError
from inkread.export.formats import render

if TYPE_CHECKING:
    from inkread.options import ReaderOptions


def correct(
    document: Annotated[
        str, typer.Argument(metavar="INPUT", help="A picture, PDF or folder, or the .json of `inkread read`.")
    ],
    by: Annotated[str, typer.Option("--by", help="lexicon, rescore, edit or rewrite.")] = "lexicon",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file. Default: text on stdout.")] = None,
    formats: Annotated[list[str] | None, typer.Option("--format", "-f", help="As of `inkread read`.")] = None,
    diff: Annotated[bool, typer.Option("--diff", help="Print what was changed, not the text.")] = False,
    refused: Annotated[bool, typer.Option("--refused", help="With --diff: also what was not let through.")] = False,
    model: arguments.Model = None,
    endpoint: arguments.Endpoint = None,
    allow_remote: arguments.AllowRemote = False,
    allow_auto_download: arguments.AllowAutoDownload = False,
    language: arguments.Language = None,
    config: arguments.ConfigFile = None,
    overwrite: arguments.Overwrite = False,
) -> None:
    """Read a document, or take one that was read, and put doubtful words right.

    Numbers, codes and addresses never change; what was read is kept in the JSON beside every change.
    """
    options = arguments.reader_options(config, language=language)
    chosen = arguments.language_model(
        options.correct.language_model, model, endpoint, allow_remote, allow_auto_download
    )
    options = options.with_(correct=options.correct.with_(corrector=by, language_model=chosen))
    if by == "never":
        raise OptionError("--by never corrects nothing", remedy="use lexicon")
    given = formats_for(formats, output)
    if len(given) > 1:
        raise OptionError(f"{len(given)} formats do not fit in one file", remedy="use inkread read --correct")
    done = _corrected(document, options)
    if diff:
        from inkread.correct.report import report

        sys.stdout.writelines(f"{line}\n" for line in report(done, refused=refused))
    if output is not None:
        done.save(output, given[0].name, overwrite=overwrite)
    elif not diff:
        sys.stdout.write(render(done, given[0].name))


def _corrected(name: str, options: ReaderOptions) -> Document:
    if Path(name).suffix.casefold() == ".json":
        return _from_json(Path(name), options)
    from inkread.pipeline import Reader

    with Reader(options) as reader:
        return reader.read(sys.stdin.buffer if name == "-" else name)


def _from_json(path: Path, options: ReaderOptions) -> Document:
    from dataclasses import replace

    from inkread.correct.correction import check_available, corrected, model_for
    from inkread.export.json import from_json

    check_available(options.correct, options.language)
    try:
        document = from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f'cannot read "{path}": {error}') from error
    with contextlib.ExitStack() as stack:
        model = model_for(options.correct)
        if model is not None:
            stack.callback(model.close)
        pages = (corrected(page, options.correct, options.language, model=model) for page in document.pages)
        return replace(document, pages=tuple(pages))
