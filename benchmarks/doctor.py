"""Faults that were put there on purpose: are they told, and what is told of pages without one? Writes doctor.json.

Forty faults (seeded_faults.py) and, for false alarms, pages of labelled sets as they are: of these every finding about
the picture or the reading counts as an alarm, although some of them are true.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import conditions
import document
from seeded_faults import Seed, good_pages, seeds
from sets import add_arguments, load_sets

from inkread.diagnosis.diagnose import diagnose
from inkread.diagnosis.machine import Machine
from inkread.image import Pixels

SETS = ("sroie", "funsd", "isri_doe", "zugferd_invoices", "ehri_typed", "wildreceipt", "omnidocbench_demo")
LEAST_TOLD = 0.80
# The first pages of the sets are those that the thresholds were chosen with.
SEEN = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench doctor", description=__doc__)
    add_arguments(parser, SETS, limit=13)
    parser.add_argument("--faults-only", action="store_true", help="no pages of labelled sets")
    options = parser.parse_args(arguments)
    return document.carry_out("doctor", options.output, lambda: measure(options, sys.stderr.write), render)


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return what was told of each fault and of pages without one. Raises BenchmarkError."""
    results = {**conditions.start(), **conditions.of_inkread()}
    faults = tell(seeds(), good_pages(), say)
    sets = () if options.faults_only else load_sets(options.data, options.sets, options.limit)
    alarms = {}
    for labelled in sets:
        say(f"{labelled.name} ")
        pages = labelled.pictures[SEEN:]
        told = [[each.kind for each in diagnose(str(page.path), machine=Machine()).findings] for page in pages]
        alarms[labelled.name] = {"pages": len(pages), "told": [kinds for kinds in told if kinds]}
    return {**results, "faults": faults, "alarms": alarms}


def tell(faults: Sequence[Seed], pages: Sequence[Pixels], say: Callable[[str], object]) -> list[dict[str, Any]]:
    """Return what is told of each fault."""
    found = []
    for seed in faults:
        with tempfile.TemporaryDirectory() as folder:
            case = seed.make(Path(folder), pages)
            told = [
                each.kind for each in diagnose(case.source, case.options, machine=case.machine or Machine()).findings
            ]
        is_told = any(kind in seed.expected for kind in told)
        say("." if is_told else f"[{seed.name}: {', '.join(told) or 'nothing'}]")
        found.append({"name": seed.name, "expected": list(seed.expected), "told": told, "is_told": is_told})
    say("\n")
    return found


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    faults, alarms = results["faults"], results["alarms"]
    told = sum(fault["is_told"] for fault in faults)
    is_met = told >= LEAST_TOLD * len(faults)
    first = sum(bool(fault["told"]) and fault["told"][0] in fault["expected"] for fault in faults)
    lines = [
        f"{document.conditions_of(results)} {document.inkread_of(results)}",
        f"Told: {told} of {len(faults)} faults, {100 * told / len(faults):.0f} % (at least {100 * LEAST_TOLD:.0f} %): "
        f"{'met' if is_met else 'missed'}; {first} of them first.",
    ]
    if missed := [fault for fault in faults if not fault["is_told"]]:
        rows = [
            (fault["name"], ", ".join(fault["expected"]), ", ".join(fault["told"]) or "nothing") for fault in missed
        ]
        lines.append(document.table(("fault that was not told", "expected", "told"), rows))
    if alarms:
        rows = [(name, str(of["pages"]), str(len(of["told"])), _counts(of["told"])) for name, of in alarms.items()]
        lines.append(document.table(("pages as they are", "pages", "with a finding", "which"), rows))
    return "\n\n".join(lines)


def _counts(told: Sequence[Sequence[str]]) -> str:
    kinds = [kind for kinds in told for kind in kinds]
    return ", ".join(f"{kind} {kinds.count(kind)}" for kind in dict.fromkeys(kinds))


if __name__ == "__main__":
    sys.exit(main())
