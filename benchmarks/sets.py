"""The labelled sets that benchmarks read, and reading them with several set-ups of inkread in turn."""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean, median
from typing import Any

from conditions import RESULTS, ROOT, BenchmarkError

from inkread import Reader, ReaderOptions
from inkread.metrics.dataset import LABELS, LabelledPicture, LabelledSet, load_set
from inkread.metrics.scores import Counts, score_picture

# Receipts, a form, letters, reports and invoices: what most users read.
PAGES = ("sroie", "wildreceipt", "funsd", "isri_doe", "ehri_typed", "zugferd_invoices")


def add_arguments(parser: argparse.ArgumentParser, sets: Sequence[str], limit: int | None) -> None:
    """Add the arguments that say what is read (of `sets`, all by default) and where the results go."""
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data", help="the folder of labelled sets")
    parser.add_argument(
        "--limit",
        type=int,
        metavar="N",
        default=limit,
        help=f"only the first N pictures of each set ({limit or 'all'})",
    )
    parser.add_argument("--sets", nargs="+", choices=list(sets), default=list(sets), metavar="SET")
    add_output(parser)


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add the argument that says where the results go."""
    parser.add_argument(
        "--output",
        type=Path,
        default=RESULTS,
        help="the folder for the results; with another one than the default the document stays as it is",
    )


def load_sets(folder: Path, names: Sequence[str], limit: int | None) -> tuple[LabelledSet, ...]:
    """Return the sets of these names. Raises BenchmarkError where a set or a picture is missing."""
    missing = [name for name in names if not (folder / name / LABELS).is_file()]
    if missing:
        raise BenchmarkError(f'missing in "{folder}": {", ".join(missing)}; give the folder of the sets with --data')
    sets = tuple(load_set(folder / name, limit=limit) for name in names)
    lost = [str(picture.path) for each in sets for picture in each.pictures if not picture.path.is_file()]
    if lost:
        raise BenchmarkError(f'{len(lost)} of the labelled pictures are missing, the first is "{lost[0]}"')
    return sets


def labels_hash(labelled: LabelledSet) -> str:
    """Return the sha256 of a set's labels, so that two runs can be told to have read the same."""
    return hashlib.sha256((labelled.folder / LABELS).read_bytes()).hexdigest()


def turns(names: Sequence[str], number: int) -> Iterator[str]:
    """Yield the names in an order that starts one further with each picture: none always reads a cold file."""
    first = number % len(names)
    yield from names[first:]
    yield from names[:first]


@dataclass(frozen=True)
class SetUp:
    """A way to read: options, and what must be in force while they are used."""

    options: ReaderOptions
    in_force: Callable[[], AbstractContextManager[object]] = nullcontext


@dataclass
class Readings:
    """What one set-up made of the pictures, in their order: seconds and counts."""

    seconds: list[float] = field(default_factory=list)
    counts: list[Counts] = field(default_factory=list)

    def of_sets(self, sets: Sequence[LabelledSet]) -> dict[str, Readings]:
        """Return the readings of each set; the sets are those that were read."""
        parts, start = {}, 0
        for labelled in sets:
            part = slice(start, start + len(labelled.pictures))
            parts[labelled.name] = Readings(self.seconds[part], self.counts[part])
            start = part.stop
        return parts

    def summary(self) -> dict[str, Any]:
        """Return the figures, and the seconds and edits of each picture."""
        total = sum(self.counts, Counts())
        return {
            **asdict(total.scores),
            "seconds_mean": fmean(self.seconds),
            "seconds_median": median(self.seconds),
            "per_picture": {
                "seconds": [round(seconds, 4) for seconds in self.seconds],
                "edits": [counts.edits for counts in self.counts],
                "characters": [counts.characters for counts in self.counts],
            },
        }


def read_in_turn(
    set_ups: Mapping[str, SetUp], sets: Sequence[LabelledSet], rounds: int, say: Callable[[str], object]
) -> dict[str, Readings]:
    """Read every picture with each set-up in turn, `rounds` times, and return the median seconds of each picture.

    Each set-up has a Reader of its own, and one picture goes before as a warm-up.
    """
    pictures = [picture for labelled in sets for picture in labelled.pictures]
    seconds: dict[str, list[list[float]]] = {name: [[] for _ in pictures] for name in set_ups}
    readings = {name: Readings() for name in set_ups}
    with ExitStack() as stack:
        readers = {}
        for name, set_up in set_ups.items():
            with set_up.in_force():
                readers[name] = stack.enter_context(Reader(set_up.options))
                readers[name].read(pictures[0].path)
        for round_number in range(rounds):
            for number, picture in enumerate(pictures):
                for name in turns(list(set_ups), number + round_number):
                    with set_ups[name].in_force():
                        taken, counts = _timed(readers[name], picture)
                    seconds[name][number].append(taken)
                    if round_number == 0:
                        readings[name].counts.append(counts)
                say(".")
            say("\n")
    for name, of_pictures in seconds.items():
        readings[name].seconds = [median(times) for times in of_pictures]
    return readings


def _timed(reader: Reader, picture: LabelledPicture) -> tuple[float, Counts]:
    start = time.perf_counter()
    document = reader.read(picture.path)
    seconds = time.perf_counter() - start
    return seconds, score_picture(picture, document.lines)
