"""What a run has done, for people and their programs: two plain CSV files, and TensorBoard's where it is installed."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from inkread.errors import OutputError
from inkread.train.checkpoint import write_atomically

STEPS: Final = "steps.csv"
VALIDATION: Final = "validation.csv"
_STEPS: Final = ("step", "round", "seen", "seconds", "loss", "learning_rate", "gradient")
_VALIDATION: Final = ("step", "set", "measure", "value")


class Journal:
    """Appends to the files of a run; rows after the step that is gone on from are taken back first."""

    def __init__(self, folder: Path, step: int) -> None:
        self._steps, self._validation = folder / STEPS, folder / VALIDATION
        for path, names in ((self._steps, _STEPS), (self._validation, _VALIDATION)):
            _start(path, names, step)
        self._board = _board(folder, step)

    def step(self, step: int, turn: int, seen: int, seconds: float, loss: float, rate: float, gradient: float) -> None:
        """Note a step."""
        _append(self._steps, [(step, turn, seen, f"{seconds:.1f}", f"{loss:.5f}", f"{rate:.3g}", f"{gradient:.3f}")])
        if self._board is not None:
            self._board.add_scalar("loss", loss, step)
            self._board.add_scalar("learning rate", rate, step)

    def validation(self, step: int, measure: str, scores: Mapping[str, float]) -> None:
        """Note a measurement."""
        _append(self._validation, [(step, name, measure, value) for name, value in scores.items()])
        if self._board is not None:
            for name, value in scores.items():
                self._board.add_scalar(f"{measure}/{name}", value, step)


def _start(path: Path, names: Sequence[str], step: int) -> None:
    """Write a file with the rows up to a step alone."""
    rows: list[list[str]] = []
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if len(row) == len(names) and row[0].isdigit()]
    kept = [row for row in rows if int(row[0]) <= step] if step else []
    lines = [",".join(names), *(",".join(row) for row in kept)]
    write_atomically(path, lambda file: file.write(("\n".join(lines) + "\n").encode()))


def _append(path: Path, rows: Sequence[Sequence[object]]) -> None:
    try:
        with path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    except OSError as error:
        raise OutputError(f'cannot write "{path}": {error.strerror or error}', remedy="free some space") from error


def _board(folder: Path, step: int) -> Any:
    if find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)
