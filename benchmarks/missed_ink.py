"""What a second look at ink that no line covers gains: word F1, errors and time, with it and without.

Writes missed_ink.json. Every picture is read in both ways in turn. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

import conditions
import document
from race import SETS
from sets import SetUp, add_arguments, load_sets, read_in_turn

from inkread.metrics.intervals import paired_difference
from inkread.metrics.scores import FIGURES
from inkread.options import DetectOptions, ReaderOptions

WITH, WITHOUT = "read", "never"
SET_UPS: Mapping[str, SetUp] = {
    name: SetUp(ReaderOptions(detect=DetectOptions(missed=name)))  # type: ignore[arg-type]
    for name in (WITH, WITHOUT)
}
# Quantities and tables, forms, and pages where nothing should be found.
USUAL = ("sroie", "wildreceipt", "zugferd_invoices", "funsd", "omnidocbench_demo", "ehri_typed", "icdar2015")
MOST_COST = 0.05


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench missed_ink", description=__doc__)
    add_arguments(parser, list(SETS), limit=20)
    parser.set_defaults(sets=list(USUAL))
    options = parser.parse_args(arguments)
    return document.carry_out("missed_ink", options.output, lambda: measure(options, sys.stderr.write), render)


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as missed_ink.json holds it. Raises BenchmarkError."""
    sets = load_sets(options.data, options.sets, options.limit)
    start = {**conditions.start(), **conditions.of_inkread()}
    readings = read_in_turn(SET_UPS, sets, 1, say)
    of_sets = {name: reading.of_sets(sets) for name, reading in readings.items()}
    ratios = [a / b for a, b in zip(readings[WITH].seconds, readings[WITHOUT].seconds, strict=True)]
    return {
        **start,
        "limit": options.limit,
        "seconds_ratio": median(ratios),
        "sets": {
            labelled.name: {
                "pictures": len(labelled.pictures),
                **{name: parts[labelled.name].summary() for name, parts in of_sets.items()},
                "difference": {
                    figure: _difference([of_sets[name][labelled.name].counts for name in SET_UPS], figure)
                    for figure in ("word_f1", "cer")
                },
            }
            for labelled in sets
        },
    }


def _difference(counts: Sequence[Any], figure: str) -> dict[str, float] | None:
    difference = paired_difference(counts[0], counts[1], FIGURES[figure])
    return None if difference is None else difference._asdict()


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    rows = [
        (
            name,
            str(of["pictures"]),
            f"{of[WITHOUT]['word_f1']:.2f}",
            document.interval(of["difference"]["word_f1"], "+.2f"),
            f"{of[WITHOUT]['cer']:.2f}",
            document.interval(of["difference"]["cer"], "+.2f"),
        )
        for name, of in results["sets"].items()
    ]
    head = ("set", "pictures", "word F1 without, %", "with, points more", "CER without, %", "with, points more")
    cost = results["seconds_ratio"] - 1
    verdict = "met" if cost <= MOST_COST else "missed"
    about = f"{document.conditions_of(results)} {document.inkread_of(results)}"
    return (
        f"{about}\n\nTime of a picture: {100 * cost:+.1f} % (allowed {100 * MOST_COST:+.0f} %, median over "
        f"pictures of the time with the second look over that without, read in turn): {verdict}.\n\n"
        f"{document.table(head, rows)}"
    )


if __name__ == "__main__":
    sys.exit(main())
