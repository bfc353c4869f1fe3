"""`inkread config`: the defaults as YAML, or the check of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inkread.configuration import load_yaml, to_yaml
from inkread.options import ReaderOptions


def config(
    file: Annotated[
        Path | None, typer.Argument(help="Check this file and print it with all defaults filled in.")
    ] = None,
) -> None:
    """Print the options as commented YAML, for `--config`."""
    options = load_yaml(file, ReaderOptions) if file else ReaderOptions()
    typer.echo(to_yaml(options), nl=False)
