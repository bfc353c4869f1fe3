"""What each lever of speed is worth, alone and together: seconds and errors with levers at work and out of it.

Writes levers.json. A new lever is a new entry of LEVERS. See benchmarks/README.md for what is measured and how.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import conditions
import document
from conditions import BenchmarkError
from sets import PAGES, Readings, SetUp, add_arguments, load_sets, read_in_turn
from switches import replaced

from inkread.metrics.dataset import LabelledSet
from inkread.metrics.intervals import paired_difference, paired_ratio_of_medians
from inkread.metrics.scores import FIGURES
from inkread.options import ReaderOptions
from inkread.runtime.open import open_session

# Levers act on different pictures: those of single lines are told apart.
GROUPS: Mapping[str, tuple[str, ...]] = {"pages": PAGES, "lines": ("uw3_lines_en", "iiit5k")}
ALL_ON, ALL_OFF = "all levers", "no lever"
# Ways to read at a time beside that with all levers: detection of large pictures takes each Reader a gigabyte.
_AT_A_TIME = 5


@dataclass(frozen=True)
class Lever:
    """One thing that makes reading faster, and how it is put out of work in this process.

    about: what it does | what is done without it.  options: those without it.  constants: "module:name" to the value
    without it; the name may be of a class's member ("module:Class.member").
    """

    about: str
    options: Callable[[ReaderOptions], ReaderOptions] = lambda options: options
    constants: Mapping[str, object] = field(default_factory=dict)


def _one_stream(*given: Any, **named: Any) -> Any:
    return open_session(*given, **{**named, "streams": False})


LEVERS: Mapping[str, Lever] = {
    "precision": Lever(
        "8-bit integers for recognition and bf16 for detection, where the processor is made for them | f32",
        options=lambda options: options.with_(runtime=options.runtime.with_(precision="f32")),
    ),
    "widths": Lever(
        "lines padded to the next of few widths | short lines padded to 320 px, what the network was trained on",
        constants={"inkread.recognize.recognizer:_MIN_WIDTH_PX": 320},
    ),
    "streams": Lever(
        "several lines recognised at once, a thread each | one after the other, each with all threads",
        constants={"inkread.stages:open_session": _one_stream},
    ),
    "detection size": Lever(
        "large pictures reduced to 1280 px for detection, and looked at again where print is small | to 2560 px",
        options=lambda options: options.with_(detect=options.detect.with_(max_side_px=2560)),
    ),
    "classifier": Lever(
        "the classifier of upside-down lines asked where a line reads badly | asked for every line",
        options=lambda options: options.with_(recognize=options.recognize.with_(orientation="always")),
    ),
    "one line": Lever(
        "the picture of a single line read at once | after detection",
        constants={"inkread.recognize.line_reader:LineReader.read_one_line": lambda *_: None},
    ),
    "fewer classes": Lever(
        "everyday characters looked at first, all where these do not explain a line | always all characters",
        constants={"inkread.stages:_WORTH_NARROWING": 1_000_000},
    ),
    "rewritten detector": Lever(
        "the detector's gates and last layers rewritten | as they stand in the file",
        constants={
            "inkread.runtime.rewrite:scale_once": lambda model: model,
            "inkread.runtime.rewrite:upsample_by_pixels": lambda model: model,
        },
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench levers", description=__doc__)
    add_arguments(parser, [name for names in GROUPS.values() for name in names], limit=5)
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="times that each picture is read (1)")
    parser.add_argument("--levers", nargs="+", choices=list(LEVERS), default=list(LEVERS), metavar="LEVER")
    options = parser.parse_args(arguments)
    return document.carry_out("levers", options.output, lambda: measure(options, sys.stderr.write), render)


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as levers.json holds it. Raises BenchmarkError, at once for a lever that is none."""
    levers = {name: LEVERS[name] for name in options.levers}
    for lever in levers.values():
        with replaced(lever.constants):
            lever.options(ReaderOptions())
    set_ups = {name: without(*(levers[off] for off in offs)) for name, offs in plan(list(levers)).items()}
    groups = {}
    loaded = {
        group: load_sets(options.data, [name for name in names if name in options.sets], options.limit)
        for group, names in GROUPS.items()
    }
    start = {**conditions.start(), **conditions.of_inkread()}
    for group, sets in loaded.items():
        if sets:
            say(f"{group} ")
            groups[group] = _group(sets, set_ups, options.rounds, say)
    return {
        **start,
        "limit": options.limit,
        "rounds": options.rounds,
        "levers": {name: lever.about for name, lever in levers.items()},
        "groups": groups,
    }


def plan(levers: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return each way of reading and the levers that are out of work in it."""
    return {
        ALL_ON: (),
        **{f"without {name}": (name,) for name in levers},
        **{f"only {name}": tuple(other for other in levers if other != name) for name in levers},
        ALL_OFF: tuple(levers),
    }


def without(*levers: Lever) -> SetUp:
    """Return how to read without these levers."""
    options = reduce(lambda sofar, lever: lever.options(sofar), levers, ReaderOptions())
    constants: dict[str, object] = {}
    for lever in levers:
        if both := constants.keys() & lever.constants.keys():
            raise BenchmarkError(f"two levers change {', '.join(both)}: they cannot be told apart")
        constants |= lever.constants
    return SetUp(options, lambda: replaced(constants))


def _group(
    sets: Sequence[LabelledSet], set_ups: Mapping[str, SetUp], rounds: int, say: Callable[[str], object]
) -> dict[str, Any]:
    """Read the sets a few set-ups at a time, all levers always among them, and compare each with its company."""
    result: dict[str, Any] = {}
    others = [name for name in set_ups if name != ALL_ON]
    for start in range(0, len(others), _AT_A_TIME):
        names = [ALL_ON, *others[start : start + _AT_A_TIME]]
        readings = read_in_turn({name: set_ups[name] for name in names}, sets, rounds, say)
        result |= {name: _compared(reading, readings[ALL_ON]) for name, reading in readings.items()}
    pictures = {labelled.name: [picture.name for picture in labelled.pictures] for labelled in sets}
    return {"names": pictures, "set_ups": result}


def _compared(reading: Readings, with_all: Readings) -> dict[str, Any]:
    # The median of the ratios of the same picture: it does not follow the largest pictures.
    ratios = [one / other for one, other in zip(reading.seconds, with_all.seconds, strict=True)]
    more_errors = paired_difference(reading.counts, with_all.counts, FIGURES["cer"])
    return {
        **reading.summary(),
        "seconds_ratio": paired_ratio_of_medians(ratios, [1.0] * len(ratios))._asdict(),
        "cer_difference": None if more_errors is None else more_errors._asdict(),
        "with_all_seconds": [round(seconds, 4) for seconds in with_all.seconds],
    }


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    about = f"{document.conditions_of(results)} {document.inkread_of(results)}"
    explained = [(name, *about.split(" | ")) for name, about in results["levers"].items()]
    parts = [about + "\n", document.table(("lever", "with it", "without it"), explained)]
    for group, measured in results["groups"].items():
        sets = ", ".join(f"{name} {len(names)}" for name, names in measured["names"].items())
        times = "once" if results["rounds"] == 1 else f"{results['rounds']} times, the median of which counts"
        text = f"Pictures: {sets}, each read {times}. With all levers "
        best = measured["set_ups"][ALL_ON]
        text += f"{best['seconds_median']:.3f} s a picture (median), CER {best['cer']:.2f} %.\n\n"
        parts.append(
            document.section(f"Levers on {group}", text + _table(measured["set_ups"], list(results["levers"])))
        )
    return "\n".join(parts)


def _table(set_ups: Mapping[str, Any], levers: Sequence[str]) -> str:
    rows = [(name, *_cells(set_ups[f"without {name}"]), *_cells(set_ups[f"only {name}"])) for name in levers]
    rows.append(("all of them", *_cells(set_ups[ALL_OFF]), *_cells(set_ups[ALL_ON])))
    head = ("lever", "without it: seconds, ratio", "CER, points", "with it alone: seconds, ratio", "CER, points")
    return document.table(head, rows)


def _cells(measured: Mapping[str, Any]) -> tuple[str, str]:
    """Return the seconds and the errors of a way of reading, beside those with all levers."""
    return document.interval(measured["seconds_ratio"], ".2f"), document.interval(measured["cer_difference"], "+.2f")


if __name__ == "__main__":
    sys.exit(main())
