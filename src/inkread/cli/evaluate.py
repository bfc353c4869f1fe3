"""`inkread eval`: how well labelled pictures are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from inkread.cli import arguments

_COLUMNS = (
    ("CER", "cer", ".2f"),
    ("word F1", "word_f1", ".1f"),
    ("order", "order", ".1f"),
    ("space F1", "space_f1", ".1f"),
    ("det H", "detection_f1", ".1f"),
    ("e2e F1", "end_to_end_f1", ".1f"),
    ("s/picture", "seconds_mean", ".3f"),
)


def evaluate(
    data: Annotated[list[Path], typer.Argument(metavar="DATA...", help="Folders with a labels.jsonl, or of such.")],
    limit: Annotated[int | None, typer.Option("--limit", help="Only the first pictures of each set.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of a table.")] = False,
    language: arguments.Language = None,
    prefer: arguments.Prefer = None,
    mode: arguments.Mode = None,
    device: arguments.DeviceName = None,
    engine: arguments.EngineName = None,
    precision: arguments.PrecisionName = None,
    detector: arguments.Detector = None,
    recognizer: arguments.Recognizer = None,
    config: arguments.ConfigFile = None,
) -> None:
    """Read labelled pictures and print error rates, F1 figures (in per cent), seconds, and which stage to improve."""
    from inkread.metrics.causes import Causes
    from inkread.metrics.dataset import find_sets, load_set
    from inkread.metrics.evaluation import evaluate_set
    from inkread.pipeline import Reader

    options = arguments.reader_options(
        config, language=language, prefer=prefer, mode=mode, device=device, engine=engine, precision=precision,
        detector=detector, recognizer=recognizer,
    )  # fmt: skip
    folders = [folder for root in data for folder in find_sets(root)]
    if not as_json:
        typer.echo(f"{'set':24}{'pictures':>9}" + "".join(f"{title:>11}" for title, _, _ in _COLUMNS))
    results = []
    causes = Causes()
    with Reader(options) as reader:
        for folder in folders:
            evaluation = evaluate_set(load_set(folder, limit=limit), reader.read)
            result = evaluation.to_dict()
            results.append(result)
            causes += evaluation.causes
            if not as_json:
                figures = "".join(_cell(result.get(name), form) for _, name, form in _COLUMNS)
                typer.echo(f"{result['set']:24}{result['pictures']:>9}{figures}")
    if as_json:
        typer.echo(json.dumps({"sets": results}, indent=2))
    elif causes.advice is not None:
        shares = ", ".join(f"{name} {share:.0f} %" for name, share in causes.shares.items())
        typer.echo(f"errors by cause: {shares}\nimprove first: {causes.advice}")


def _cell(value: float | None, form: str) -> str:
    return f"{'-' if value is None else format(value, form):>11}"
