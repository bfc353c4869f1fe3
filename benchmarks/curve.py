"""Accuracy against time: named sets of options over the same pages, with the peers of the last race beside them.

Writes curve.json and curve.svg. A new point is a new entry of CONFIGURATIONS. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

import conditions
import document
from conditions import RESULTS, BenchmarkError
from curve_picture import Point, draw
from sets import PAGES, Readings, SetUp, add_arguments, labels_hash, load_sets, read_in_turn

from inkread import ReaderOptions
from inkread.errors import InkreadError
from inkread.metrics.dataset import LabelledSet

PICTURE = document.DOCUMENT.parent / "curve.svg"

# Where the curve goes through, from the quickest to the most accurate.
CONFIGURATIONS: Mapping[str, ReaderOptions] = {
    "speed": ReaderOptions(prefer="speed"),
    "balanced (default)": ReaderOptions(prefer="balanced"),
    "accuracy": ReaderOptions(prefer="accuracy"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench curve", description=__doc__)
    add_arguments(parser, PAGES, limit=20)
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="times that each picture is read (1)")
    parser.add_argument("--race", type=Path, default=RESULTS / "race.json", help="the race that the peers come from")
    options = parser.parse_args(arguments)
    try:
        conditions.make_folder(options.output)
        results = measure(options, sys.stderr.write)
    except (BenchmarkError, InkreadError) as error:
        print(f"curve: {error}", file=sys.stderr)
        return 1
    conditions.save(results, options.output / "curve.json")
    print(render(results))
    if options.output == RESULTS:
        publish(results)
    else:
        (options.output / PICTURE.name).write_text(picture(results), encoding="utf-8")
    return 0


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as curve.json holds it. Raises BenchmarkError."""
    sets = load_sets(options.data, options.sets, options.limit)
    start = {**conditions.start(), **conditions.of_inkread()}
    set_ups = {name: SetUp(each) for name, each in CONFIGURATIONS.items()}
    readings = read_in_turn(set_ups, sets, options.rounds, say)
    race = json.loads(options.race.read_text(encoding="utf-8")) if options.race.is_file() else None
    peers, why_not = (None, "there is no race yet") if race is None else of_race(race, sets)
    return {
        **start,
        "limit": options.limit,
        "rounds": options.rounds,
        "sets": {labelled.name: [picture.name for picture in labelled.pictures] for labelled in sets},
        "configurations": {name: _figures(reading, sets) for name, reading in readings.items()},
        "peers": peers,
        "no_peers_because": why_not,
        "race_date": None if race is None else race["date"],
    }


def _figures(reading: Readings, sets: Sequence[LabelledSet]) -> dict[str, Any]:
    of_sets = {name: part.summary() for name, part in reading.of_sets(sets).items()}
    cer = {name: summary["cer"] for name, summary in of_sets.items()}
    return {
        "cer": cer,
        "cer_mean": fmean(cer.values()),
        "seconds_median": median(reading.seconds),
        "per_picture": {name: summary["per_picture"] for name, summary in of_sets.items()},
    }


def of_race(race: Mapping[str, Any], sets: Sequence[LabelledSet]) -> tuple[dict[str, Any] | None, str | None]:
    """Return the engines' figures on exactly these pictures; or None and why the race has none."""
    raced = {each["set"]: each for each in race["sets"]}
    cer: dict[str, dict[str, float]] = {name: {} for name in race["engines"]}
    seconds: dict[str, list[float]] = {name: [] for name in race["engines"]}
    for labelled in sets:
        names = [picture.name for picture in labelled.pictures]
        each = raced.get(labelled.name)
        if each is None or each["names"][: len(names)] != names or each["labels_sha256"] != labels_hash(labelled):
            return None, f"the race did not read the same pictures of {labelled.name}"
        for name, result in each["engines"].items():
            columns = result["per_picture"]
            edits = columns.get("edits", [0] * len(names))[: len(names)]
            cer[name][labelled.name] = 100 * sum(edits) / max(1, sum(columns["characters"][: len(names)]))
            seconds[name] += columns["seconds"][: len(names)]
    figures = {
        name: {"cer": cer[name], "cer_mean": fmean(cer[name].values()), "seconds_median": median(seconds[name])}
        for name in cer
    }
    return figures, None


def publish(results: Mapping[str, Any]) -> None:
    """Draw the curve beside the document, and put the table and the curve into it."""
    PICTURE.write_text(picture(results), encoding="utf-8")
    document.publish("curve", render(results))


def picture(results: Mapping[str, Any]) -> str:
    """Return the curve as SVG."""
    own = [_point(name, each) for name, each in results["configurations"].items()]
    peers = [_point(_in_race(name), each) for name, each in (results["peers"] or {}).items()]
    return draw(own, peers)


def _point(name: str, figures: Mapping[str, Any]) -> Point:
    return Point(name, figures["seconds_median"], figures["cer_mean"])


def _in_race(name: str) -> str:
    return "inkread in the race" if name == "inkread" else name


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown, with the picture of the curve."""
    sets = list(results["sets"])
    engines = {**results["configurations"], **{_in_race(name): each for name, each in (results["peers"] or {}).items()}}
    rows = [
        (name, f"{each['seconds_median']:.3f}", f"{each['cer_mean']:.2f}", *(f"{each['cer'][s]:.2f}" for s in sets))
        for name, each in engines.items()
    ]
    head = ("", "seconds, median", "CER, mean of the sets, %", *(f"{name}, CER %" for name in sets))
    pictures = ", ".join(f"{name} {len(names)}" for name, names in results["sets"].items())
    peers = f"Peers, and *inkread in the race*: from the race of {results['race_date']}, another run."
    if results["peers"] is None:
        peers = f"Without peers: {results['no_peers_because']}."
    about = f"{document.conditions_of(results)} {document.inkread_of(results)}"
    return (
        f"{about}\n\nPictures: {pictures}. {peers}\n\n"
        f"![Character error rate against seconds per picture]({PICTURE.name})\n\n{document.table(head, rows)}"
    )


if __name__ == "__main__":
    sys.exit(main())
