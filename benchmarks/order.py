"""Is text read in order? The sequence of words of whole pages against their labels, beside Tesseract.

Writes order.json. Both engines read every page in turn, each in its own process. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import document
import race
from environments import cache_folder
from sets import add_arguments, load_sets

from inkread.metrics.intervals import paired_difference
from inkread.metrics.scores import FIGURES, Counts

# Reports in one and two columns, letters, lists; then transcripts with numbered lines, screens, magazines.
USUAL = ("isri_doe", "scribe_mixed")
# Sets whose labels follow the page in a way of their own: shown, promised nothing.
OTHERS = ("sroie", "wildreceipt", "omnidocbench_demo", "zugferd_invoices")
OWN, PEER = "inkread", "tesseract"
LEAST = {"isri_doe": 97.0}
_FIGURES = ("order", "word_f1")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench order", description=__doc__)
    add_arguments(parser, [*USUAL, *OTHERS], limit=None)
    parser.set_defaults(sets=list(USUAL))
    options = parser.parse_args(arguments)
    return document.carry_out("order", options.output, lambda: measure(options, sys.stderr.write), render)


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as order.json holds it. Raises BenchmarkError."""
    sets = load_sets(options.data, options.sets, options.limit)
    outputs = cache_folder() / "runs" / f"order-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    raced = race.run(race.Plan((OWN, PEER), sets, options.limit, outputs), say)
    return {
        **{key: raced[key] for key in ("date", "load_average", "commit", "has_local_changes", "machine", "limit")},
        "engines": {name: {key: of[key] for key in ("model", "versions")} for name, of in raced["engines"].items()},
        "sets": {each["set"]: _of_set(each) for each in raced["sets"]},
    }


def _of_set(raced: Mapping[str, Any]) -> dict[str, Any]:
    pictures = {name: _counts(of["per_picture"], raced["pictures"]) for name, of in raced["engines"].items()}
    difference = {
        name: interval and interval._asdict()
        for name, interval in (
            (name, paired_difference(pictures[OWN], pictures[PEER], FIGURES[name])) for name in _FIGURES
        )
    }
    return {
        "names": raced["names"],
        "engines": {
            name: {
                **{figure: raced["engines"][name][figure] for figure in _FIGURES},
                "per_picture": [FIGURES["order"](counts) for counts in each],
            }
            for name, each in pictures.items()
        },
        "difference": difference,
    }


def _counts(columns: Mapping[str, Sequence[float]], pictures: int) -> list[Counts]:
    """Return the counts of each picture of a race again."""
    names = [name for name in race.COUNT_NAMES if name in columns]
    return [Counts(pictures=1, **{name: int(columns[name][i]) for name in names}) for i in range(pictures)]


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    rows = [
        (
            name,
            str(len(of["names"])),
            *(f"{of['engines'][engine]['order']:.2f}" for engine in (OWN, PEER)),
            document.interval(of["difference"]["order"], "+.2f"),
            *(_order_alone(of["engines"][engine]) for engine in (OWN, PEER)),
            *(f"{sum((each or 0.0) < 90 for each in of['engines'][e]['per_picture'])}" for e in (OWN, PEER)),
        )
        for name, of in results["sets"].items()
    ]
    head = (
        "set",
        "pages",
        f"order, {OWN}, %",
        f"{PEER}, %",
        "difference, points",
        f"lost by order alone, {OWN}, points",
        f"{PEER}, points",
        f"pages under 90 %, {OWN}",
        PEER,
    )
    versions = "; ".join(
        f"{name}: {', '.join(f'{package} {version}' for package, version in of['versions'].items())} ({of['model']})"
        for name, of in results["engines"].items()
    )
    return (
        f"{document.conditions_of(results)} {versions}.\n\n{_verdicts(results['sets'])}\n\n{document.table(head, rows)}"
    )


def _order_alone(of: Mapping[str, float]) -> str:
    return f"{of['word_f1'] - of['order']:.2f}"


def _verdicts(sets: Mapping[str, Any]) -> str:
    parts = []
    for name, of in sets.items():
        own, peer = (of["engines"][engine]["order"] for engine in (OWN, PEER))
        if name in LEAST:
            parts.append(f"{name}: {own:.2f} % (at least {LEAST[name]:.0f} %): {_met(own >= LEAST[name])}.")
        if name in USUAL:
            parts.append(f"Ahead of Tesseract on {name} ({own - peer:+.2f} points): {_met(own > peer)}.")
    return " ".join(parts)


def _met(is_met: bool) -> str:
    return "met" if is_met else "missed"


if __name__ == "__main__":
    sys.exit(main())
