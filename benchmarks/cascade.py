"""Would a cascade pay: a smaller recogniser first, the usual one for the lines that it is unsure of?

The pages' lines are found once; both recognisers read the crops of each page in turn, so that times compare. What a
cascade would take and read follows from both: the time of the small one, and of the usual one for the lines that the
small one is less sure of than a threshold. There is no cascade in inkread: this is why.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import conditions
import document
from sets import add_arguments, load_sets

from inkread import Reader, ReaderOptions
from inkread.document import Line
from inkread.load import source as sources
from inkread.metrics.dataset import LabelledPicture
from inkread.metrics.scores import Counts, score_picture

# Labels with places: lines are scored where they stand, before they are put in order.
SETS = ("sroie", "wildreceipt", "funsd", "scribe_mixed", "ehri_typed", "zugferd_invoices")
SMALL, USUAL = "PP-OCRv4_mobile_rec", "PP-OCRv6_small_rec"
THRESHOLDS = (0.8, 0.9, 0.95, 0.98, 0.99)


class Read(NamedTuple):
    """A page's lines as both read them, and how long each took; usual_of: its time for the lines under a threshold."""

    picture: LabelledPicture
    small: list[Line]
    usual: list[Line]
    small_s: float
    usual_s: float
    usual_of_s: dict[float, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench cascade", description=__doc__)
    add_arguments(parser, SETS, limit=4)
    options = parser.parse_args(arguments)
    return document.carry_out("cascade", options.output, lambda: measure(options, sys.stderr.write), render)


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as cascade.json holds it. Raises BenchmarkError."""
    sets = load_sets(options.data, options.sets, options.limit)
    start = {**conditions.start(), **conditions.of_inkread()}
    found: dict[str, Any] = {}
    with Reader(ReaderOptions(recognizer=SMALL)) as small, Reader(ReaderOptions(recognizer=USUAL)) as usual:
        for labelled in sets:
            reads = []
            for picture in labelled.pictures:
                reads.append(_read(picture, small, usual))
                say(".")
            say(f" {labelled.name}\n")
            found[labelled.name] = _figures(reads)
    return {**start, "small": SMALL, "usual": USUAL, "limit": options.limit, "sets": found}


def _read(picture: LabelledPicture, small: Reader, usual: Reader) -> Read:
    with sources.open(picture.path) as opened:
        image = next(iter(opened))
    quads = [region.quad for region in usual.detect(image)]

    def timed(reader: Reader, chosen: Sequence[int]) -> tuple[list[Line], float]:
        of_chosen = [quads[k] for k in chosen]
        begin = time.perf_counter()
        lines = reader._stages.line_reader.read_each(image, of_chosen)
        return lines, time.perf_counter() - begin

    everything = range(len(quads))
    for reader in (small, usual):  # a first time: shapes are compiled once
        timed(reader, everything)
    by_small, small_s = timed(small, everything)
    by_usual, usual_s = timed(usual, everything)
    usual_of_s = {
        threshold: timed(usual, [k for k in everything if by_small[k].confidence < threshold])[1]
        for threshold in THRESHOLDS
    }
    return Read(picture, by_small, by_usual, small_s, usual_s, usual_of_s)


def _figures(reads: Sequence[Read]) -> dict[str, Any]:
    cascades = {}
    for threshold in THRESHOLDS:
        lines = [
            [a if a.confidence >= threshold else b for a, b in zip(read.small, read.usual, strict=True)]
            for read in reads
        ]
        unsure = sum(line.confidence < threshold for read in reads for line in read.small)
        cascades[str(threshold)] = {
            "cer": _cer(reads, lines),
            "seconds": round(sum(read.small_s + read.usual_of_s[threshold] for read in reads), 4),
            "read_again": round(100 * unsure / max(sum(len(read.small) for read in reads), 1), 2),
        }
    return {
        "pages": len(reads),
        "lines": sum(len(read.small) for read in reads),
        "small": {"cer": _cer(reads, [read.small for read in reads]), "seconds": sum(r.small_s for r in reads)},
        "usual": {"cer": _cer(reads, [read.usual for read in reads]), "seconds": sum(r.usual_s for r in reads)},
        "cascades": cascades,
    }


def _cer(reads: Sequence[Read], lines: Sequence[Sequence[Line]]) -> float:
    counts = (
        score_picture(read.picture, [line for line in of_page if line.words])
        for read, of_page in zip(reads, lines, strict=True)
    )
    return round(sum(counts, Counts()).scores.cer or 0.0, 3)


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    head = ("set", "lines", "CER small, %", "CER usual, %", "time small / usual",
            *(f"cascade at {threshold}: CER, time, read again" for threshold in THRESHOLDS))  # fmt: skip
    rows = [
        (
            name,
            str(of["lines"]),
            f"{of['small']['cer']:.2f}",
            f"{of['usual']['cer']:.2f}",
            f"{of['small']['seconds'] / of['usual']['seconds']:.2f}",
            *(
                f"{each['cer']:.2f}, {each['seconds'] / of['usual']['seconds']:.2f}, {each['read_again']:.0f} %"
                for each in of["cascades"].values()
            ),
        )
        for name, of in results["sets"].items()
    ]
    about = f"{document.conditions_of(results)} {document.inkread_of(results)}"
    return (
        f"{about}\n\n{results['small']} first, {results['usual']} for the lines that it is less sure of; times are "
        f"those of recognition, over those of {results['usual']} alone.\n\n{document.table(head, rows)}"
    )


if __name__ == "__main__":
    sys.exit(main())
