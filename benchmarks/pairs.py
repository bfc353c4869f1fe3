"""Labels of forms with their values: how many of the labelled ones are found, and how many that are found are right?

Writes pairs.json: scanned forms of funsd, whose labels link questions with answers. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import conditions
import document
from sets import add_arguments, load_sets

from inkread import Reader
from inkread.edits import distance
from inkread.metrics.dataset import LABELS

SET = "funsd"
# Letters and digits of a label and of a value that agree, at least: some are read wrong, and labels have faults.
ALIKE = 0.8


class Field(NamedTuple):
    """A label and its value, letters and digits only; has_colon: whether the label's text ends with one."""

    label: str
    value: str
    has_colon: bool = True


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench pairs", description=__doc__)
    add_arguments(parser, [SET], limit=None)
    options = parser.parse_args(arguments)
    return document.carry_out("pairs", options.output, lambda: measure(options, sys.stderr.write), render)


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as pairs.json holds it. Raises BenchmarkError."""
    (labelled,) = load_sets(options.data, [SET], options.limit)
    start = {**conditions.start(), **conditions.of_inkread()}
    rows = map(json.loads, (labelled.folder / LABELS).read_text(encoding="utf-8").splitlines())
    wanted = {row["image"]: fields_of(row["fields"]) for row in rows}
    pages: dict[str, dict[str, int]] = {}
    with Reader() as reader:
        for picture in labelled.pictures:
            page = reader.read(picture.path)[0]
            found = [Field(plain(pair.label), plain(pair.value)) for pair in page.pairs]
            pages[picture.name] = compared(found, wanted[picture.name])
            say(".")
    say("\n")
    return {**start, "limit": options.limit, "pages": pages}


def fields_of(labelled: Mapping[str, Sequence[str]]) -> list[Field]:
    """Return the labelled fields that have a value."""
    fields = [
        Field(plain(label), plain(value), label.rstrip().endswith(":"))
        for label, values in labelled.items()
        for value in values
    ]
    return [field for field in fields if field.label and field.value]


def plain(text: str) -> str:
    """Return the letters and digits of a text without case."""
    return "".join(char for char in text.casefold() if char.isalnum())


def compared(found: Sequence[Field], wanted: Sequence[Field]) -> dict[str, int]:
    """Return how many fields are wanted and found, and how many are right: each counts once, the likest first."""
    candidates = [
        (min(alike(a.label, b.label), alike(a.value, b.value)), i, j)
        for i, a in enumerate(found)
        for j, b in enumerate(wanted)
    ]
    used_found: set[int] = set()
    used_wanted: set[int] = set()
    for likeness, i, j in sorted(candidates, reverse=True):
        if likeness >= ALIKE and i not in used_found and j not in used_wanted:
            used_found.add(i)
            used_wanted.add(j)
    return {
        "wanted": len(wanted),
        "with_colon": sum(field.has_colon for field in wanted),
        "found": len(found),
        "right": len(used_wanted),
        "right_with_colon": sum(wanted[j].has_colon for j in used_wanted),
    }


def alike(a: str, b: str) -> float:
    """Return 1 less the edit distance over the longer length."""
    return 1 - distance(a, b) / max(len(a), len(b), 1)


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    names = ("wanted", "with_colon", "found", "right", "right_with_colon")
    total = {name: sum(page[name] for page in results["pages"].values()) for name in names}
    precision = 100 * total["right"] / max(total["found"], 1)
    rows = [
        _row("all", total["wanted"], total["right"]),
        _row("whose label ends with a colon", total["with_colon"], total["right_with_colon"]),
        _row("others", total["wanted"] - total["with_colon"], total["right"] - total["right_with_colon"]),
    ]
    about = f"{document.conditions_of(results)} {document.inkread_of(results)}"
    text = (
        f"{len(results['pages'])} forms of {SET}: {total['found']} pairs found, {total['right']} of them right: "
        f"precision {precision:.1f} %."
    )
    return f"{about}\n\n{text}\n\n{document.table(('labelled pairs', 'count', 'found right', 'recall, %'), rows)}"


def _row(title: str, count: int, right: int) -> tuple[str, str, str, str]:
    return title, str(count), str(right), f"{100 * right / max(count, 1):.1f}"


if __name__ == "__main__":
    sys.exit(main())
