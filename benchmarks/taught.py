"""A recogniser that was taught handwriting, beside the one it was made from, on handwriting and print.

Writes taught.json. Whole pages in handwritten mode, with the boxes that the pipeline finds; none of them was taught.
See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import conditions
import document
from sets import add_output, labels_hash, load_sets, turns

from inkread import Reader, ReaderOptions
from inkread.metrics.dataset import LabelledPicture
from inkread.metrics.scores import score_picture
from inkread.registry.store import Store

BY_HAND = ("copiste_fr_hw", "cremma_mss_20", "stanford_memorials", "hooker_en_hw")
# Receipts, forms, reports, invoices, typed letters, books, single lines and Chinese.
PRINTED = (
    "sroie", "wildreceipt", "funsd", "isri_doe", "zugferd_invoices", "scribe_mixed", "ehri_typed", "uw3_lines_en",
    "ocrd_lines_de", "zh_game_screens",
)  # fmt: skip
BEFORE = "PP-OCRv6_small_rec"
PRINTED_PAGES = 4
# The most that is wrong, per cent, after learning; None: less than before.
AIMS: Mapping[str, float | None] = {
    "copiste_fr_hw": 7, "cremma_mss_20": 22, "stanford_memorials": 5, "hooker_en_hw": None,
}  # fmt: skip
# The pages of each set that the aims were set by, the first so many.
AIMED_AT: Mapping[str, int] = {"copiste_fr_hw": 12, "cremma_mss_20": 13, "stanford_memorials": 8, "hooker_en_hw": 8}
MAY_LOSE = 1.0  # points, on print
# How transcribers mark a word that was struck out and cannot be told: no reading can be right there.
STRUCK_OUT = "<>"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench taught", description=__doc__)
    parser.add_argument("--data", type=Path, default=conditions.ROOT.parent / "shared/data")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N pages of each set by hand (all)")
    parser.add_argument(
        "--printed-pages", type=int, metavar="N", default=PRINTED_PAGES, help=f"of each printed set ({PRINTED_PAGES})"
    )
    parser.add_argument(
        "--model",
        type=Path,
        metavar="FOLDER",
        help="a published model, alone (the installed package, as handwritten mode takes it)",
    )
    parser.add_argument("--before", default=BEFORE, metavar="NAME", help=f"what it was made from ({BEFORE})")
    parser.add_argument(
        "--keep-before", action="store_true", help="take the figures of the one before from an earlier run, if it fits"
    )
    add_output(parser)
    options = parser.parse_args(arguments)
    return document.carry_out("taught", options.output, lambda: measure(options, sys.stderr.write), render)


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as taught.json holds it. Raises BenchmarkError where there is no model."""
    model = str(options.model) if options.model else None
    if model is None:
        _check_installed()
    sets = (
        *load_sets(options.data, BY_HAND, options.limit),
        *load_sets(options.data, PRINTED, options.printed_pages),
    )
    start = {**conditions.start(), **conditions.of_inkread()}
    pages = {each.name: [len(each.pictures), labels_hash(each)] for each in sets}
    figures: dict[str, dict[str, Any]] = {each.name: {"before": [], "after": []} for each in sets}
    kept = _kept(options.output / "taught.json", pages, options.before) if options.keep_before else None
    names = {"after": model} if kept else {"before": options.before, "after": model}
    readers = {name: Reader(ReaderOptions(mode="handwritten", recognizer=of)) for name, of in names.items()}
    try:
        for labelled in sets:
            for number, picture in enumerate(labelled.pictures):
                for name in turns(tuple(readers), number):
                    lines = readers[name].read(picture.path).lines
                    counts = (score_picture(picture, lines), score_picture(_legible(picture), lines))
                    figures[labelled.name][name].append([n for each in counts for n in (each.edits, each.characters)])
                say(".")
            if kept:
                figures[labelled.name]["before"] = kept[labelled.name]["before"]
            say(f" {labelled.name} {cer(figures[labelled.name]['before']):.1f} -> ")
            say(f"{cer(figures[labelled.name]['after']):.1f}\n")
        generator = readers["after"].generator
    finally:
        for reader in readers.values():
            reader.close()
    return {**start, "before": options.before, "after": generator, "pages": pages, "sets": figures}


def _check_installed() -> None:
    if Store().for_handwriting is None:
        raise conditions.BenchmarkError(
            "inkread-models-hand is not installed: pip install packages/inkread-models-hand, or give --model FOLDER"
        )


def _legible(picture: LabelledPicture) -> LabelledPicture:
    """Return a picture of which lines with words that were struck out are not scored."""
    labels = (replace(label, is_scored=label.is_scored and STRUCK_OUT not in label.text) for label in picture.labels)
    return replace(picture, labels=tuple(labels))


def _kept(file: Path, pages: Mapping[str, list[Any]], before: str) -> dict[str, Any] | None:
    """Return the figures of an earlier run over the same pages with the same model before."""
    if not file.is_file():
        return None
    earlier = json.loads(file.read_text(encoding="utf-8"))
    return dict(earlier["sets"]) if earlier["pages"] == pages and earlier["before"] == before else None


def cer(counts: Sequence[Sequence[int]]) -> float:
    """Return errors per 100 characters of a set's pages."""
    return 100 * sum(page[0] for page in counts) / max(1, sum(page[1] for page in counts))


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    rows = []
    for name in (*BY_HAND, *PRINTED):
        figures = results["sets"][name]
        before, after = cer(figures["before"]), cer(figures["after"])
        better = sum(b[0] > a[0] for b, a in zip(figures["before"], figures["after"], strict=True))
        worse = sum(b[0] < a[0] for b, a in zip(figures["before"], figures["after"], strict=True))
        told = f"{len(figures['after'])}: {better} better, {worse} worse"
        rows.append((name, told, f"{before:.1f}", f"{after:.1f}", *_verdict(name, before, after)))
    about = f"{document.conditions_of(results)} {document.inkread_of(results)}"
    models = f"Before: {results['before']}; after: {results['after']}."
    told = document.table(("", "pages", "before", "after", "aim", "is it met"), rows)
    return (
        f"{about}\n\nCER of whole pages in handwritten mode, %. {models}\n\n{told}\n\n"
        "The same otherwise: the first pages of each set, by which the aims were set, and all without the lines in "
        "which something was struck out, which the labels mark and nobody can read.\n\n"
        + document.table(
            ("", "first pages", "before", "after", "of all, lines with nothing struck out: before", "after"),
            [_otherwise(name, results["sets"][name]) for name in BY_HAND],
        )
    )


def _otherwise(name: str, figures: Mapping[str, Any]) -> tuple[str, ...]:
    first = AIMED_AT[name]
    legible = {when: [page[2:] for page in pages] for when, pages in figures.items()}
    told = (figures["before"][:first], figures["after"][:first], legible["before"], legible["after"])
    return (name, str(first), *(f"{cer(pages):.1f}" for pages in told))


def _verdict(name: str, before: float, after: float) -> tuple[str, str]:
    if name in AIMS:
        aim = AIMS[name]
        is_met = after < before if aim is None else after <= aim
        return ("less than before" if aim is None else f"{aim:g} at most", "yes" if is_met else "no")
    return (f"{before + MAY_LOSE:.1f} at most", "yes" if after <= before + MAY_LOSE else "no")


if __name__ == "__main__":
    sys.exit(main())
