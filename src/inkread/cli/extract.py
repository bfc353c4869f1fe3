"""`inkread extract`: documents to fields, as JSON or as a table of many documents."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from inkread.cli import arguments
from inkread.cli.folders import Member, members
from inkread.cli.progress import Progress
from inkread.document import Document, Page
from inkread.errors import FormatError, InkreadError, OptionError

if TYPE_CHECKING:
    from inkread.extract.fields import Fields
    from inkread.language_model.model import LanguageModel
    from inkread.options import LanguageModelOptions
    from inkread.pipeline import Reader

_SOME_FAILED = 20
_FORMATS = ("json", "csv", "xlsx")


class _Found(NamedTuple):
    """The fields of one input."""

    member: Member
    fields: Fields


def extract(
    inputs: Annotated[
        list[str], typer.Argument(metavar="INPUT...", help="Pictures, PDFs, folders, patterns; - for stdin.")
    ],
    kind: Annotated[
        str, typer.Option("--as", metavar="KIND", help="receipt, invoice, or a JSON Schema in a .json file.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A .json, .csv or .xlsx file. Default: JSON on stdout.")
    ] = None,
    review: Annotated[
        Path | None, typer.Option("--review", help="Write a page (.html) of the doubtful fields with their pictures.")
    ] = None,
    order: Annotated[
        str | None,
        typer.Option("--dates", help="Which comes first in 01/02/2019: dmy or mdy. Default: as shown, or day."),
    ] = None,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Folders below folders too.")] = False,
    model: arguments.Model = None,
    endpoint: arguments.Endpoint = None,
    allow_remote: arguments.AllowRemote = False,
    allow_auto_download: arguments.AllowAutoDownload = False,
    language: arguments.Language = None,
    pages: arguments.Pages = None,
    password: arguments.Password = None,
    config: arguments.ConfigFile = None,
    overwrite: arguments.Overwrite = False,
) -> int:
    """Read documents and print the fields of receipts, invoices, or of a schema of your own.

    Every value stands somewhere on its page, with its box; what a check could not confirm is told. A bad input among
    several is reported and the others are read. With --model or --endpoint a language model is asked where fields stand
    that no rule found; these are always doubtful.
    """
    from inkread.extract.extraction import extract_fields, schema_of

    if kind not in ("receipt", "invoice"):
        schema_of(kind)  # before anything is read
    if order not in (None, "dmy", "mdy"):
        raise OptionError(f'--dates is "{order}"', remedy="use dmy or mdy")
    form = _format_of(output)
    options = arguments.reader_options(config, language=language, pages=pages, password=password)
    stdin = sys.stdin.buffer.read() if "-" in inputs else b""
    each = list(members(inputs, stdin, options, None, recursive))
    _check_files([path for path in (output, review) if path is not None], each, overwrite)
    found: list[_Found] = []
    failures: list[InkreadError] = []
    from inkread.pipeline import Reader

    with contextlib.ExitStack() as stack:
        asked = None
        if model is not None or endpoint is not None:
            given = options.correct.language_model
            chosen = arguments.language_model(given, model, endpoint, allow_remote, allow_auto_download)
            asked = _opened(chosen, stack)
        reader, progress = stack.enter_context(Reader(options)), stack.enter_context(Progress(len(each)))
        for member in each:
            try:
                document = _read(reader, member, progress)
                found.append(_Found(member, extract_fields(document, kind, order=order, model=asked)))  # type: ignore[arg-type]
            except InkreadError as error:
                failures.append(error)
                if len(each) > 1:
                    print(f"inkread: {' '.join(str(error).split())}", file=sys.stderr, flush=True)
            progress.finish_input()
    if failures and len(each) == 1:
        raise failures[0]
    _put(found, form, output, overwrite)
    if review is not None:
        from inkread.cli.review import review_page
        from inkread.export.save import write

        page = review_page([(each.member.input, each.fields) for each in found])
        write(review, page.encode(), overwrite=overwrite)
    return _SOME_FAILED if failures else 0


def _opened(options: LanguageModelOptions, stack: contextlib.ExitStack) -> LanguageModel:
    from inkread.correct.by_model import open_language_model

    model = open_language_model(options)
    stack.callback(model.close)
    return model


def _read(reader: Reader, member: Member, progress: Progress) -> Document:
    pages: list[Page] = []
    with member.input.open() as opened:
        for image in opened:
            progress.start_page(member.input.name, len(pages), len(opened))
            pages.append(reader.read_page(image))
    return Document(tuple(pages), member.input.name, reader.generator)


def _format_of(output: Path | None) -> str:
    form = "json" if output is None else output.suffix.casefold().removeprefix(".")
    if form not in _FORMATS:
        raise FormatError(f'fields are not written as "{output}"', remedy="give a .json, .csv or .xlsx file")
    return form


def _check_files(paths: Sequence[Path], inputs: Sequence[Member], overwrite: bool) -> None:
    """Refuse what cannot be written before hours of reading, not after."""
    from inkread.export.save import check_new, is_same_file, source_refused

    for path in paths:
        if any(is_same_file(path, each.input.name) for each in inputs):
            raise source_refused(path)
        check_new(path, overwrite=overwrite)


def _put(found: Sequence[_Found], form: str, output: Path | None, overwrite: bool) -> None:
    from inkread.export.csv import rows_to_csv
    from inkread.export.save import write
    from inkread.export.xlsx import rows_to_xlsx

    if form == "json":
        plain_fields = [{"source": each.member.input.name, **each.fields.to_dict()} for each in found]
        shown = plain_fields[0] if len(plain_fields) == 1 else plain_fields
        data = (json.dumps(shown, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")
    elif form == "csv":
        data = rows_to_csv(_table(found)).encode("utf-8", "backslashreplace")
    else:
        data = rows_to_xlsx({"fields": _table(found), "items": _items(found)})
    if output is None:
        sys.stdout.write(data.decode())
    else:
        write(output, data, overwrite=overwrite)


def _table(found: Sequence[_Found]) -> list[list[str]]:
    """Return a row for each document: its name, its fields, and which of them are doubtful."""
    names = list(dict.fromkeys(name for each in found for name in each.fields.values))
    rows = [["source", *names, "doubtful"]]
    for each in found:
        flat = each.fields.flat()
        rows.append([each.member.input.name, *(flat.get(name, "") for name in names), " ".join(each.fields.doubtful)])
    return rows


def _items(found: Sequence[_Found]) -> list[list[str]]:
    from inkread.extract.fields import plain

    names = ("description", "quantity", "unit_price", "amount")
    rows = [["source", *names]]
    for each in found:
        for item in each.fields.items:
            rows.append([each.member.input.name, *(plain(item[name].value) if name in item else "" for name in names)])
    return rows
