"""Read labelled sets and score them: `inkread eval`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from inkread.document import Document, Line, Page
from inkread.errors import InkreadError
from inkread.metrics.causes import Causes, causes_of
from inkread.metrics.dataset import LabelledPicture, LabelledSet, find_sets, load_set
from inkread.metrics.scores import Counts, Scores, score_picture


@dataclass(frozen=True)
class PictureResult:
    """How one picture was read. seconds: wall time of the read.  error: why it could not be read, or None."""

    name: str
    counts: Counts
    seconds: float
    causes: Causes
    error: str | None = None


@dataclass(frozen=True)
class SetEvaluation:
    """How the pictures of one set were read, in the set's order."""

    name: str
    pictures: tuple[PictureResult, ...]

    @property
    def counts(self) -> Counts:
        return sum((picture.counts for picture in self.pictures), Counts())

    @property
    def causes(self) -> Causes:
        return sum((picture.causes for picture in self.pictures), Causes())

    @property
    def scores(self) -> Scores:
        return self.counts.scores

    @property
    def seconds_mean(self) -> float:
        return fmean(picture.seconds for picture in self.pictures)

    @property
    def seconds_median(self) -> float:
        return median(picture.seconds for picture in self.pictures)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures of the set, in per cent and seconds, and the pictures that could not be read.

        causes: characters that are wrong, by cause.  improve: the stage that most of them come from.
        """
        return {
            "set": self.name,
            "pictures": len(self.pictures),
            "errors": self.counts.errors,
            **asdict(self.scores),
            "causes": asdict(self.causes),
            "improve": self.causes.advice,
            "seconds_mean": self.seconds_mean,
            "seconds_median": self.seconds_median,
            "failures": [{"picture": p.name, "error": p.error} for p in self.pictures if p.error is not None],
        }


@dataclass(frozen=True)
class Evaluation:
    """The sets of a folder, by name."""

    sets: tuple[SetEvaluation, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures of every set: only dicts, lists, strings, numbers and None."""
        return {"sets": [each.to_dict() for each in self.sets]}


def evaluate(folder: Path, read: Callable[[Path], Document | Page], *, limit: int | None = None) -> Evaluation:
    """Read the labelled pictures of a folder, or of each of its subfolders, and score what was read.

    read: one picture file to its page.  limit: only the first pictures of each set.  A picture whose read raises an
    InkreadError counts as an error with nothing read. Raises what `find_sets` and `load_set` raise, before any read.
    """
    sets = [load_set(each, limit=limit) for each in find_sets(folder)]
    return Evaluation(tuple(evaluate_set(each, read) for each in sets))


def evaluate_set(labelled: LabelledSet, read: Callable[[Path], Document | Page]) -> SetEvaluation:
    """Read the pictures of one set and score them."""
    return SetEvaluation(labelled.name, tuple(_evaluate_picture(picture, read) for picture in labelled.pictures))


def _evaluate_picture(picture: LabelledPicture, read: Callable[[Path], Document | Page]) -> PictureResult:
    lines: tuple[Line, ...] = ()
    error: str | None = None
    start = time.perf_counter()
    try:
        lines = read(picture.path).lines
    except InkreadError as failure:
        error = str(failure)
    seconds = time.perf_counter() - start
    counts = score_picture(picture, lines, is_error=error is not None)
    return PictureResult(picture.name, counts, seconds, causes_of(picture, lines), error)
