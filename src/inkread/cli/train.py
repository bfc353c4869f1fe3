"""`inkread train`: teach a recogniser or a detector one's own documents."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkread.cli.helped import command, command_group
from inkread.cli.progress import Shown
from inkread.configuration import load_yaml
from inkread.extras import check_installed

if TYPE_CHECKING:
    from inkread.train.loop import Step
    from inkread.train.run import Lesson, Prepared
    from inkread.train.settings import TrainSettings

train = command_group(
    "train",
    "Teach a recogniser or a detector your own documents; the same command goes on where a run was stopped.",
)

From = Annotated[str | None, typer.Option("--from", help="Model name or .onnx path to begin with; the default one.")]
Data = Annotated[list[Path] | None, typer.Option("--data", help="Folder or file of labels; may be given repeatedly.")]
Out = Annotated[Path, typer.Option("--out", help="Folder of this run: checkpoints, journals.")]
Validation = Annotated[
    list[Path] | None, typer.Option("--validation", help="Labels to measure on; part of --data where left out.")
]
Config = Annotated[Path | None, typer.Option("--config", help="YAML settings; options given here come first.")]
Rounds = Annotated[int | None, typer.Option("--rounds", help="How often all labels are learnt from.")]
Rate = Annotated[float | None, typer.Option("--learning-rate", help="The highest learning rate.")]
Threads = Annotated[int | None, typer.Option("--threads", help="Processor threads; all by default.")]
Device = Annotated[str | None, typer.Option("--device", help="cpu, gpu:0, mps, xpu ...")]
Seed = Annotated[int | None, typer.Option("--seed", help="Of everything that is left to chance.")]


@command(train, "train recognizer")
def recognizer(
    out: Out,
    data: Data = None,
    model: From = None,
    rendered: Annotated[
        list[Path] | None, typer.Option("--rendered", help="YAML file that says what lines to render; repeatedly.")
    ] = None,
    validation: Validation = None,
    add_characters: Annotated[
        bool, typer.Option("--add-characters", help="Teach characters of the labels that the model lacks.")
    ] = False,
    only_characters: Annotated[
        Path | None, typer.Option("--only-characters", help="File with all characters that the new model shall have.")
    ] = None,
    leave_out_unknown: Annotated[
        bool, typer.Option("--leave-out-unknown", help="Leave out labels with characters that the model lacks.")
    ] = False,
    config: Config = None,
    rounds: Rounds = None,
    learning_rate: Rate = None,
    threads: Threads = None,
    device: Device = None,
    seed: Seed = None,
) -> None:
    """Teach a recogniser lines of text: pictures with what is written on them, or text to be rendered."""
    check_installed("train")
    from inkread.train.run import Lesson, prepare_recognizer

    settings = _settings(
        config, rounds=rounds, learning_rate=learning_rate, threads=threads, device=device, seed=seed
    )  # fmt: skip
    lesson = Lesson(
        model=model,
        data=tuple(data or ()),
        rendered=tuple(rendered or ()),
        validation=tuple(validation or ()),
        add_characters=add_characters,
        only_characters=only_characters,
        leave_out_unknown=leave_out_unknown,
    )
    _teach(prepare_recognizer(lesson, settings), lesson, settings, out)


@command(train, "train detector")
def detector(
    out: Out,
    data: Data = None,
    model: From = None,
    rendered: Annotated[
        list[Path] | None, typer.Option("--rendered", help="YAML file that says what pages to render; repeatedly.")
    ] = None,
    validation: Validation = None,
    config: Config = None,
    rounds: Rounds = None,
    learning_rate: Rate = None,
    threads: Threads = None,
    device: Device = None,
    seed: Seed = None,
) -> None:
    """Teach a detector where lines are: pages with their places, or rendered ones."""
    check_installed("train")
    from inkread.train.run import Lesson, prepare_detector

    settings = _settings(
        config, rounds=rounds, learning_rate=learning_rate, threads=threads, device=device, seed=seed
    )  # fmt: skip
    lesson = Lesson(model, tuple(data or ()), tuple(rendered or ()), tuple(validation or ()))
    _teach(prepare_detector(lesson, settings), lesson, settings, out)


def _teach(prepared: Prepared, lesson: Lesson, settings: TrainSettings, out: Path) -> None:
    from inkread.train.run import teach

    for notice in prepared.notices:
        typer.echo(f"note: {notice}", err=True)
    with _Told() as told, _stopping() as stop:
        outcome = teach(
            prepared,
            lesson,
            settings,
            out,
            on_step=told.step,
            on_validation=told.validation,
            should_stop=lambda: stop.is_asked,
        )
    typer.echo(f"{outcome.reason}: {outcome.place.step} steps, best at {outcome.best_step}", err=True)
    for name, after in outcome.after.items():
        typer.echo(f"{name}: {prepared.task.measure} {outcome.before.get(name, float('nan')):.2f} -> {after:.2f}")
    if not outcome.is_done:
        raise typer.Exit(130)


@command(train, "train publish")
def publish(
    run: Annotated[Path, typer.Argument(help="Folder of a run (--out of the commands that teach).")],
    out: Annotated[Path, typer.Argument(help="Folder of the model, which must not exist.")],
    name: Annotated[str, typer.Option("--name", help="The model's name.")],
    license: Annotated[str, typer.Option("--license", help="Its licence, an SPDX identifier: CC-BY-4.0.")],
    languages: Annotated[str, typer.Option("--languages", help="What it reads, BCP 47: fr,en; any if left out.")] = "",
    trained_on: Annotated[
        list[str] | None, typer.Option("--trained-on", help="Name, licence and source of a set; repeatedly.")
    ] = None,
    evaluate: Annotated[
        list[Path] | None, typer.Option("--evaluate", help="Labelled pages to compare on, before and after.")
    ] = None,
    precision: Annotated[str, typer.Option("--precision", help="Of the weights in the file: f16 or f32.")] = "f16",
    keep: Annotated[
        float | None,
        typer.Option(
            "--keep",
            help="Share of the weights before in the new ones: less learnt, less forgotten; chosen by what was held "
            "back if left out.",
        ),
    ] = None,
    ngrams: Annotated[
        Path | None, typer.Option("--ngrams", help="N-grams of letters that it reads with (docs/training.md).")
    ] = None,
    last: Annotated[
        bool, typer.Option("--last", help="The weights that the run has got to, not those that measured best.")
    ] = False,
) -> None:
    """Write the best network of a run as a model: `inkread models import OUT`, or --recognizer OUT."""
    check_installed("train")
    from inkread.train.publish import About
    from inkread.train.publish import publish as write

    tags = tuple(languages.replace(",", " ").split())
    about = About(name, license, tags, tuple(trained_on or ()), precision, keep, ngrams, last)
    published = write(run, out, about, tuple(evaluate or ()))
    typer.echo(
        f'"{published.folder}": {published.size_bytes:,} bytes, probabilities within {published.parity:.1e}, '
        f"{100 * published.blend.keep:.0f} % of the old weights",
        err=True,
    )
    for each in published.comparisons:
        before = "-" if each.before is None else f"{each.before:.2f}"
        typer.echo(f"{each.set_name}: {each.measure} {before} -> {'-' if each.after is None else f'{each.after:.2f}'}")


@command(train, "train quantize")
def quantize(
    model: Annotated[str, typer.Argument(help="Model name, .onnx path or folder of a published model.")],
    out: Annotated[Path, typer.Argument(help="Folder of the new model, which must not exist.")],
    name: Annotated[str, typer.Option("--name", help="The new model's name.")],
    data: Annotated[list[Path], typer.Option("--data", help="Labels: half calibrate, half measure; repeatedly.")],
    detector: Annotated[bool, typer.Option("--detector", help="It finds text, and does not read it.")] = False,
) -> None:
    """Write a model in 8-bit integers, and say what that costs on half of the labels."""
    check_installed("int8")
    from inkread.train.quantize import quantize as write

    made = write(model, out, name, data, is_detector=detector)
    typer.echo(f'"{made.folder}": {made.size_bytes:,} bytes of {made.size_before:,} in single precision', err=True)
    for each, after in made.after.items():
        typer.echo(f"{each}: {made.measure} {made.before[each]:.2f} -> {after:.2f}")


class _Told(Shown):
    """Says how learning goes: a bar with the time left on a terminal, lines elsewhere."""

    def step(self, step: Step) -> None:
        """Move the bar."""
        if self._bar is None:
            if not sys.stderr.isatty():
                return
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True, speed_estimate_period=600)
            self._bar.start()
            self._task = self._bar.add_task("", total=step.steps, completed=step.step)
        self._bar.update(
            self._task, completed=step.step, total=step.steps, description=f"loss {step.loss:.3f}"
        )  # fmt: skip

    def validation(self, step: int, scores: dict[str, float]) -> None:
        """Print what was measured."""
        typer.echo(f"step {step}: " + ", ".join(f"{name} {value:.2f}" for name, value in scores.items()), err=True)


class _Stop:
    """Whether somebody has asked to stop."""

    is_asked = False

    def ask(self, *_: object) -> None:
        self.is_asked = True


@contextmanager
def _stopping() -> Iterator[_Stop]:
    """Let Ctrl-C and an ending system end the run after its step, with a checkpoint."""
    stop = _Stop()
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, stop.ask) for kind in kinds]
    try:
        yield stop
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def _settings(config: Path | None, **given: object) -> TrainSettings:
    from inkread.train.settings import TrainSettings

    settings = load_yaml(config, TrainSettings) if config else TrainSettings()
    return settings.with_(**{name: value for name, value in given.items() if value is not None})
