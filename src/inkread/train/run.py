"""A run of learning: what it learns from, in which folder, and that it is the same run when it is gone on with."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from inkread.configuration import load_yaml
from inkread.errors import NothingToReadError, OptionError, OutputError, SourceNotFoundError
from inkread.logs import logger
from inkread.train import checkpoint
from inkread.train.data import (
    LabelledLine,
    LabelledPage,
    check_characters,
    load_lines,
    load_pages,
    missing_characters,
    split,
)
from inkread.train.detection import DetectionTask
from inkread.train.lines import FileLines, LineSource, RenderedLines
from inkread.train.loop import Outcome, Step, learn
from inkread.train.network import Trainable, load_trainable
from inkread.train.pages import FilePages, PageSource, RenderedPages
from inkread.train.recognition import RecognitionTask, too_long
from inkread.train.settings import TrainSettings
from inkread.train.synthetic import LineRenderer, Rendering

RUN: Final = "run.json"
_log = logger(__name__)
# Rendered lines to measure on are rendered with seeds this far from those that are learnt from.
_OTHER_SEED: Final = 1_000_003
_RENDERED_TO_MEASURE: Final = 100
_RENDERED_PAGES_TO_MEASURE: Final = 10
Label = TypeVar("Label", LabelledLine, LabelledPage)
Source = TypeVar("Source", LineSource, PageSource)
# What may change when a run is gone on with: how long, how fast, how often it is measured and saved.
_FREE: Final = frozenset(
    {"rounds", "learning_rate", "warm_up", "last_rate", "validate_every", "validation_lines", "patience", "threads"}
    | {"save_every_s", "precision", "device", "clip", "weight_decay"}
)


@dataclass(frozen=True)
class Lesson:
    """What a recogniser or detector is taught.

    model: to begin with, a name or a path; None: the default one.  data: folders or files of labels; one that is named
    twice counts twice.  rendered: YAML files of renderings.  validation: labels to measure on; none: part of `data`.
    add_characters: True: those of the labels that the model lacks.  only_characters: a file with its new charset.
    """

    model: str | None = None
    data: tuple[Path, ...] = ()
    rendered: tuple[Path, ...] = ()
    validation: tuple[Path, ...] = ()
    add_characters: bool = False
    only_characters: Path | None = None
    leave_out_unknown: bool = False


@dataclass(frozen=True)
class Prepared:
    """A task that is ready to be learnt, and notices about its data."""

    trainable: Trainable
    task: RecognitionTask | DetectionTask
    notices: tuple[str, ...] = ()


def prepare_recognizer(lesson: Lesson, settings: TrainSettings) -> Prepared:
    """Return the task of a lesson: all that is wrong with its data is told before anything is learnt.

    Raises what `load_lines` and `check_characters` raise, ModelError where the model cannot be trained, OptionError
    where there is nothing to measure on.
    """
    if not lesson.data and not lesson.rendered:
        raise NothingToReadError("there is nothing to learn from", remedy="give --data or --rendered")
    sets = {path: _normal(load_lines(path)) for path in (*lesson.data, *lesson.validation)}
    every = [line for lines in sets.values() for line in lines]
    only = _characters_in(lesson.only_characters)
    trainable = load_trainable(lesson.model, "recognition", only_characters=only)
    if lesson.add_characters and (new := missing_characters(every, trainable.letters)):
        trainable = load_trainable(lesson.model, "recognition", only_characters=only, add_characters=new)
    notices = []
    known = frozenset("".join(trainable.letters.symbols))
    for path, lines in sets.items():
        kept = check_characters(lines, trainable.letters, leave_out=lesson.leave_out_unknown)
        if len(kept) < len(lines):
            notices.append(f'{len(lines) - len(kept)} lines of "{path}" have unknown characters and are left out')
        odd = set(too_long(kept))
        if odd:
            first = min(line.number for line in odd)
            notices.append(
                f'{len(odd)} labels of "{path}" are too long for their pictures and are left out, the first in line '
                f"{first}"
            )
        sets[path] = tuple(line for line in kept if line not in odd)
        if not sets[path]:
            raise NothingToReadError(f'no line of "{path}" is left to learn from', remedy="look at its labels")

    def labelled(lines: Sequence[LabelledLine]) -> LineSource:
        return FileLines(lines)

    def rendered(rendering: Rendering, folder: Path) -> LineSource:
        return RenderedLines(LineRenderer(rendering, folder, known))

    sources, measured = _shared_out(lesson, settings, sets, labelled, rendered, _RENDERED_TO_MEASURE)
    return Prepared(trainable, RecognitionTask(trainable, sources, measured, settings), tuple(notices))


def prepare_detector(lesson: Lesson, settings: TrainSettings) -> Prepared:
    """Return the task of a lesson in finding lines. Raises like `prepare_recognizer`."""
    if not lesson.data and not lesson.rendered:
        raise NothingToReadError("there is nothing to learn from", remedy="give --data or --rendered")
    pages = {path: load_pages(path) for path in (*lesson.data, *lesson.validation)}
    trainable = load_trainable(lesson.model, "detection")

    def labelled(pages: Sequence[LabelledPage]) -> PageSource:
        return FilePages(pages)

    def rendered(rendering: Rendering, folder: Path) -> PageSource:
        return RenderedPages(LineRenderer(rendering, folder))

    sources, measured = _shared_out(lesson, settings, pages, labelled, rendered, _RENDERED_PAGES_TO_MEASURE)
    return Prepared(trainable, DetectionTask(trainable, sources, measured, settings))


def _shared_out(
    lesson: Lesson,
    settings: TrainSettings,
    labels: Mapping[Path, Sequence[Label]],
    labelled: Callable[[Sequence[Label]], Source],
    rendered: Callable[[Rendering, Path], Source],
    rendered_to_measure: int,
) -> tuple[list[Source], dict[str, Source]]:
    """Return what is learnt from, and by name what is measured on: what was named for that, or part of each set."""
    sources: list[Source] = []
    measured = {_name(path): labelled(labels[path]) for path in lesson.validation}
    for path in lesson.data:
        learnt = labels[path]
        if not lesson.validation:
            learnt, held = split(learnt, settings.held_back, settings.seed)
            measured[_name(path)] = labelled(held)
        sources.append(labelled(learnt))
    for path in lesson.rendered:
        rendering = load_yaml(path, Rendering)
        sources.append(rendered(rendering, path.parent))
        other = rendering.with_(seed=rendering.seed + _OTHER_SEED, lines=rendered_to_measure)
        measured[path.stem] = rendered(other, path.parent)
    return sources, measured


def prepare_again(folder: Path) -> Prepared:
    """Return the task of a run that was begun. Raises SourceNotFoundError where it or its labels are not here."""
    described = _noted(folder / RUN)
    paths = {key: tuple(map(Path, described[key])) for key in ("data", "rendered", "validation")}
    for path in (path for named in paths.values() for path in named):
        if not path.exists():
            raise SourceNotFoundError(
                f'the run in "{folder}" was taught "{path}", which is not here',
                remedy="go to the folder where the run was begun: what it was taught is named from there",
            )
    only = described["only_characters"]
    lesson = Lesson(
        model=described["from"],
        add_characters=described["add_characters"],
        only_characters=None if only is None else Path(only),
        leave_out_unknown=described["leave_out_unknown"],
        **paths,
    )
    prepare = prepare_recognizer if described["task"] == "recognition" else prepare_detector
    return prepare(lesson, TrainSettings.model_validate(described["settings"]))


def _noted(path: Path) -> dict[str, Any]:
    try:
        noted: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(noted.get("settings"), dict):
            raise ValueError("it has no settings")
    except FileNotFoundError:
        raise SourceNotFoundError(f'there is no run in "{path.parent}"', remedy="name the --out of a run") from None
    except (OSError, ValueError, AttributeError) as error:
        raise OptionError(f'"{path}" cannot be read: {error}', remedy="name another folder") from error
    return noted


def teach(
    prepared: Prepared,
    lesson: Lesson,
    settings: TrainSettings,
    folder: Path,
    *,
    on_step: Callable[[Step], None],
    on_validation: Callable[[int, dict[str, float]], None],
    should_stop: Callable[[], bool],
) -> Outcome:
    """Learn in a folder, or go on there. Raises OptionError where it holds another run, and what `learn` raises."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f'cannot make the folder "{folder}": {error.strerror or error}') from error
    _same_run(folder, _described(prepared.trainable, lesson, settings))
    return learn(prepared.task, settings, folder, on_step=on_step, on_validation=on_validation, should_stop=should_stop)


def _described(trainable: Trainable, lesson: Lesson, settings: TrainSettings) -> dict[str, Any]:
    graph = trainable.module.graph
    weights = hashlib.sha256()
    for name in sorted(graph.constants):
        weights.update(name.encode() + graph.constants[name].tobytes())
    return {
        "task": trainable.card.task,
        "from": lesson.model,
        "model": trainable.card.name,
        "weights_sha256": weights.hexdigest(),
        "data": [str(path) for path in lesson.data],
        "rendered": [str(path) for path in lesson.rendered],
        "validation": [str(path) for path in lesson.validation],
        "add_characters": lesson.add_characters,
        "only_characters": None if lesson.only_characters is None else str(lesson.only_characters),
        "leave_out_unknown": lesson.leave_out_unknown,
        "characters": None if trainable.charset is None else len(trainable.charset),
        "settings": settings.model_dump(mode="json"),
    }


def _same_run(folder: Path, now: dict[str, Any]) -> None:
    """Note what a run is, or compare with what was noted."""
    path = folder / RUN
    if path.is_file():
        before = _noted(path)
        settings = before.pop("settings")
        other = [key for key in before if before[key] != now.get(key)]
        other += [key for key, value in now["settings"].items() if key not in _FREE and settings.get(key) != value]
        if other:
            raise OptionError(
                f'"{folder}" holds a run with other {", ".join(other)}', remedy="name another folder with --out"
            )
    text = json.dumps(now, indent=2, ensure_ascii=False)
    checkpoint.write_atomically(path, lambda file: file.write(text.encode()))


def _normal(lines: Sequence[LabelledLine]) -> tuple[LabelledLine, ...]:
    """Return lines with composed letters and single spaces, as charsets have them."""
    return tuple(
        replace(line, text=" ".join(unicodedata.normalize("NFC", line.text).split())) for line in lines
    )  # fmt: skip


def _characters_in(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(f'cannot read the characters in "{path}": {error}') from error


def _name(path: Path) -> str:
    return path.stem if path.is_file() and path.stem != "labels" else path.resolve().name or str(path)
