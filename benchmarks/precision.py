"""What a precision costs in errors: every set read in f32, bf16 and int8, the difference from f32 with its interval.

Writes precision.json. The first pictures of each set; int8 has its ranges from the last ones. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, median
from typing import Any

import conditions
import document
from race import SETS
from sets import SetUp, add_arguments, load_sets, read_in_turn

from inkread.metrics.intervals import paired_difference
from inkread.metrics.scores import FIGURES
from inkread.options import ReaderOptions, RuntimeOptions

EXACT = "f32"
PRECISIONS: Mapping[str, ReaderOptions] = {
    EXACT: ReaderOptions(runtime=RuntimeOptions(precision="f32")),
    "bf16": ReaderOptions(runtime=RuntimeOptions(precision="bf16")),
    "int8": ReaderOptions(runtime=RuntimeOptions(precision="int8")),
}
# A precision may be a model's default where its errors stay within these of f32, points: on average, on any set.
ALLOWED_MEAN, ALLOWED_SET = 0.1, 0.3


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench precision", description=__doc__)
    add_arguments(parser, list(SETS), limit=20)
    options = parser.parse_args(arguments)
    return document.carry_out("precision", options.output, lambda: measure(options, sys.stderr.write), render)


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as precision.json holds it. Raises BenchmarkError."""
    sets = load_sets(options.data, options.sets, options.limit)
    start = {**conditions.start(), **conditions.of_inkread()}
    set_ups = {name: SetUp(each) for name, each in PRECISIONS.items()}
    readings = read_in_turn(set_ups, sets, 1, say)
    of_sets = {name: reading.of_sets(sets) for name, reading in readings.items()}
    return {
        **start,
        "limit": options.limit,
        "seconds_median": {name: median(reading.seconds) for name, reading in readings.items()},
        "sets": {
            labelled.name: {
                "pictures": len(labelled.pictures),
                "cer": {name: parts[labelled.name].summary()["cer"] for name, parts in of_sets.items()},
                "against_f32": {
                    name: _difference(parts[labelled.name].counts, of_sets[EXACT][labelled.name].counts)
                    for name, parts in of_sets.items()
                    if name != EXACT
                },
            }
            for labelled in sets
        },
    }


def _difference(counts: Sequence[Any], exact: Sequence[Any]) -> dict[str, float] | None:
    difference = paired_difference(counts, exact, FIGURES["cer"])
    return None if difference is None else difference._asdict()


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    others = [name for name in PRECISIONS if name != EXACT]
    rows = [
        (
            name,
            str(each["pictures"]),
            f"{each['cer'][EXACT]:.2f}",
            *(document.interval(each["against_f32"][other], "+.2f") for other in others),
        )
        for name, each in results["sets"].items()
    ]
    head = ("set", "pictures", "CER in f32, %", *(f"{name} minus f32, points" for name in others))
    seconds = ", ".join(f"{name} {value:.3f}" for name, value in results["seconds_median"].items())
    verdicts = " ".join(_verdict(results["sets"], name) for name in others)
    about = f"{document.conditions_of(results)} {document.inkread_of(results)}"
    return f"{about}\n\n{verdicts} Seconds a picture, median: {seconds}.\n\n{document.table(head, rows)}"


def _verdict(sets: Mapping[str, Any], name: str) -> str:
    differences = {each: of["cer"][name] - of["cer"][EXACT] for each, of in sets.items()}
    worst = max(differences, key=lambda each: differences[each])
    mean = fmean(differences.values())
    verdict = "met" if mean <= ALLOWED_MEAN and differences[worst] <= ALLOWED_SET else "missed"
    return (
        f"**{name}**: {mean:+.2f} points on average (allowed {ALLOWED_MEAN:+.1f}), at worst {differences[worst]:+.2f} "
        f"on {worst} (allowed {ALLOWED_SET:+.1f}): {verdict}."
    )


if __name__ == "__main__":
    sys.exit(main())
