"""`inkread tune`: the fastest way to read on this machine, kept as options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkread.cli import arguments
from inkread.errors import OutputError

if TYPE_CHECKING:
    from inkread.tuning import Trial


def tune(
    pages: Annotated[
        list[Path] | None, typer.Argument(help="Pictures to measure with; a drawn page by default.")
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="YAML file for the options.")] = Path("tuned.yaml"),
    overwrite: arguments.Overwrite = False,
    config: arguments.ConfigFile = None,
) -> None:
    """Measure engines, precisions, threads and batches here, and write the fastest as options for --config."""
    from inkread.configuration import load_yaml, to_yaml
    from inkread.load.source import open as open_source
    from inkread.options import ReaderOptions
    from inkread.tuning import sample_page
    from inkread.tuning import tune as measure

    if output.exists() and not overwrite:
        raise OutputError(f'"{output}" exists already', remedy="choose another name, or say --overwrite")
    options = load_yaml(config, ReaderOptions) if config else ReaderOptions()
    pictures = [image.pixels for path in pages or () for image in open_source(path)]
    trials = measure(pictures or [sample_page()], options, on_trial=_tell)
    best = trials[0].runtime
    try:
        output.write_text(to_yaml(options.with_(runtime=best)), encoding="utf-8")
    except OSError as error:
        raise OutputError(f'cannot write "{output}": {error.strerror or error}') from error
    typer.echo(f'{_named(trials[0])}: written to "{output}", for --config')


def _tell(trial: Trial) -> None:
    typer.echo(f"{_named(trial):44}{trial.seconds:8.3f} s a page{trial.different:8.2f} % read otherwise", err=True)


def _named(trial: Trial) -> str:
    run = trial.runtime
    return f"{run.engine} {run.precision}, {run.threads} threads, batch {run.batch}"
