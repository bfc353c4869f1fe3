"""Which way is up: are upright pages left alone, are turned ones brought back, and what does asking cost?

Writes orientation.json. Every page of the sets is read as it is; the first ones of each set also turned by 90, 180 and
270 degrees, and read in both ways, with turning and without. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

import conditions
import document
from sets import add_arguments, load_sets, turns

from inkread import Reader, ReaderOptions
from inkread.document import Line, Page
from inkread.image import Image
from inkread.load import source as sources
from inkread.metrics.dataset import LabelledPicture, LabelledSet
from inkread.metrics.scores import Counts, score_picture
from inkread.options import EnhanceOptions

# Receipts, forms, letters and invoices: on these the cost is promised. The rest is written by hand.
PRINTED = (
    "sroie",
    "wildreceipt",
    "funsd",
    "isri_doe",
    "zugferd_invoices",
    "ehri_typed",
    "omnidocbench_demo",
    "scribe_mixed",
)
BY_HAND = ("copiste_fr_hw", "cremma_mss_20", "hooker_en_hw", "stanford_memorials")
# Street scenes are no pages: they must stay as they are, but words on signs say little of which way a camera was held.
SCENES = ("icdar2015",)
# With fewer labelled lines a picture is no page.
FEWEST_LINES = 5
TURNS = (90, 180, 270)
WAYS: Mapping[str, ReaderOptions] = {
    "auto": ReaderOptions(),
    "never": ReaderOptions(enhance=EnhanceOptions(turn="never")),
}
# The promises: share of turned pages brought back, points of CER that they may lose, share of a page's time.
LEAST_RIGHT, MOST_POINTS, MOST_COST = 0.98, 1.0, 0.10


@dataclass
class Read:
    """Pages of one set, turned by one angle, read in one way."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    seconds: list[float] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench orientation", description=__doc__)
    add_arguments(parser, [*PRINTED, *BY_HAND, *SCENES], limit=None)
    parser.add_argument("--turned", type=int, default=4, metavar="N", help="pages of each set that are turned too (4)")
    options = parser.parse_args(arguments)
    return document.carry_out("orientation", options.output, lambda: measure(options, sys.stderr.write), render)


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as orientation.json holds it. Raises BenchmarkError."""
    sets = [_pages(labelled) for labelled in load_sets(options.data, options.sets, options.limit)]
    start = {**conditions.start(), **conditions.of_inkread()}
    readers = {name: Reader(each) for name, each in WAYS.items()}
    results = {}
    for labelled in sets:
        say(f"{labelled.name}: {len(labelled.pictures)} pages ")
        turned = 0 if labelled.name in SCENES else options.turned
        results[labelled.name] = _of_set(labelled, readers, turned, say)
    return {**start, "turned": options.turned, "sets": results}


def _pages(labelled: LabelledSet) -> LabelledSet:
    pages = (each for each in labelled.pictures if sum(label.is_scored for label in each.labels) >= FEWEST_LINES)
    return replace(labelled, pictures=tuple(pages))


def _of_set(
    labelled: LabelledSet, readers: Mapping[str, Reader], turned: int, say: Callable[[str], object]
) -> dict[str, Any]:
    reads = {(name, turn): Read() for name in readers for turn in (0, *TURNS)}
    compared = labelled.pictures[:turned]
    others = Read()
    for number, picture in enumerate(labelled.pictures):
        image = _image(picture)
        if picture in compared:
            for turn in (0, *TURNS):
                for name in turns(list(readers), number):
                    _read(readers[name], picture, image, turn, reads[name, turn])
        else:
            _read(readers["auto"], picture, image, 0, others)
        say(".")
    say("\n")
    upright = reads["auto", 0]
    return {
        "pages": len(labelled.pictures),
        "upright_turned": [*upright.wrong, *others.wrong],
        "compared": [picture.name for picture in compared],
        "cer": {name: {turn: _cer(reads[name, turn]) for turn in (0, *TURNS)} for name in readers},
        "right": {turn: reads["auto", turn].right for turn in TURNS},
        "wrong": {turn: reads["auto", turn].wrong for turn in TURNS},
        "seconds": {name: {turn: reads[name, turn].seconds for turn in (0, *TURNS)} for name in readers},
    }


def _image(picture: LabelledPicture) -> Image:
    with sources.open(picture.path) as opened:
        return next(iter(opened))


def _read(reader: Reader, picture: LabelledPicture, image: Image, turn: int, result: Read) -> None:
    """Read a page turned clockwise, and add what came of it."""
    turned = image.turned(turn // 90)
    start = time.perf_counter()
    page = reader.read_page(Image(turned.pixels))
    result.seconds.append(round(time.perf_counter() - start, 4))
    if (page.turned_deg + turn) % 360:
        result.wrong.append(picture.name)
    else:
        result.right += 1
    result.counts += score_picture(picture, _lines_as_given(page, turned))


def _lines_as_given(page: Page, turned: Image) -> list[Line]:
    """Return the lines of a page that was turned where they are on the page that was not."""
    return [
        replace(
            line,
            quad=turned.quad_on_page(line.quad),
            words=tuple(replace(word, quad=turned.quad_on_page(word.quad)) for word in line.words),
        )
        for line in page.lines
    ]


def _cer(read: Read) -> float | None:
    return read.counts.scores.cer if read.counts.pictures else None


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    sets = results["sets"]
    rows = [
        (
            name,
            str(of["pages"]),
            str(len(of["upright_turned"])),
            " / ".join(f"{right} of {len(of['compared'])}" for right in of["right"].values()) if of["compared"] else "",
            _figures(of["cer"]["auto"]),
            _figures(of["cer"]["never"]),
        )
        for name, of in sets.items()
    ]
    head = ("set", "pages", "upright ones turned", "brought back from 90 / 180 / 270", "CER at 0 / 90 / 180 / 270, %")
    about = f"{document.conditions_of(results)} {document.inkread_of(results)}"
    return f"{about}\n\n{_verdicts(sets)}\n\n{document.table((*head, 'the same with turn: never'), rows)}"


def _figures(cers: Mapping[str, float | None]) -> str:
    return " / ".join(f"{cer:.1f}" for cer in cers.values() if cer is not None)


def _verdicts(sets: Mapping[str, Any]) -> str:
    pages = sum(of["pages"] for of in sets.values())
    upright = sum(len(of["upright_turned"]) for of in sets.values())
    right = sum(sum(of["right"].values()) for of in sets.values())
    turned = sum(len(TURNS) * len(of["compared"]) for of in sets.values())
    share = right / max(turned, 1)
    points = [
        (cer - next(iter(of["cer"]["auto"].values())), name)
        for name, of in sets.items()
        for cer in list(of["cer"]["auto"].values())[1:]
        if cer is not None
    ]
    worst, where = max(points, default=(0.0, "none"))
    mean = sum(each for each, _ in points) / max(len(points), 1)
    cost = median(cost_of(sets)) - 1 if any(name in sets for name in PRINTED) else 0.0
    return (
        f"Upright pages turned: {upright} of {pages} (allowed 0): {_met(upright == 0)}. "
        f"Turned pages brought back: {right} of {turned}, {100 * share:.1f} % (at least {100 * LEAST_RIGHT:.0f} %): "
        f"{_met(share >= LEAST_RIGHT)}. CER of turned pages less that of upright ones: {mean:+.2f} points on average "
        f"(allowed {MOST_POINTS:+.1f}): {_met(mean <= MOST_POINTS)}; at worst {worst:+.2f} on {where}. "
        f"Time of an upright page of print: {100 * cost:+.1f} % (allowed {100 * MOST_COST:+.0f} %, median over "
        f"pages of the time with turning over that without, read in turn): {_met(cost <= MOST_COST)}."
    )


def cost_of(sets: Mapping[str, Any]) -> list[float]:
    """Return how many times as long each upright page of print takes with turning as without."""
    ratios = [1.0]
    for name in (each for each in PRINTED if each in sets):
        seconds = sets[name]["seconds"]
        with_turning, without = (next(iter(seconds[way].values())) for way in WAYS)
        ratios += [a / b for a, b in zip(with_turning, without, strict=True)]
    return ratios[1:] or ratios


def _met(is_met: bool) -> str:
    return "met" if is_met else "missed"


if __name__ == "__main__":
    sys.exit(main())
