"""Handwriting: errors in printed and handwritten mode, with each part off, by the true boxes, and of peers.

Writes handwriting.json. The parts of handwritten mode were chosen by the pages at even places of each set; those at odd
places were kept back, and both are told. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import conditions
import cv2
import document
import numpy as np
from environments import cache_folder, python_of
from race import ENVIRONMENTS, SETS, OutputLine, OutputWord
from sets import add_output, labels_hash, load_sets
from workers import Worker

from inkread import Reader, ReaderOptions
from inkread.geometry import Point, Quad
from inkread.load import source as sources
from inkread.metrics.dataset import LabelledPicture, LabelledSet
from inkread.metrics.scores import Counts, score_picture
from inkread.options import DetectOptions, EnhanceOptions, RecognizeOptions
from inkread.stages import Stages

BY_HAND = ("copiste_fr_hw", "stanford_memorials", "hooker_en_hw", "cremma_mss_20")
PRINTED = ("sroie", "zugferd_invoices", "isri_doe", "scribe_mixed")
PRINTED_PAGES = 4
# The usual recogniser, whether one for handwriting is installed or not: that one is measured by taught.py.
USUAL = "PP-OCRv6_small_rec"
HAND = ReaderOptions(mode="handwritten", recognizer=USUAL)
# What is shipped, each part of it off, and what was tried beside it. Print is read by the first three only.
WAYS: Mapping[str, ReaderOptions] = {
    "printed": ReaderOptions(),
    "handwritten": HAND,
    "auto": ReaderOptions(mode="auto", recognizer=USUAL),
    "without parting lines that touch": HAND.with_(detect=DetectOptions(part_touching=False)),
    "without drawing out": HAND.with_(recognize=RecognizeOptions(draw_out=1.0)),
    "with full contrast": HAND.with_(enhance=EnhanceOptions(contrast="always")),
    "in black and white": HAND.with_(enhance=EnhanceOptions(binarize=True)),
}
FOR_PRINT = ("printed", "handwritten", "auto")
TRUE_BOXES = "handwritten, true boxes"
PEERS = ("rapidocr-openvino", "faster-paddle-small", "tesseract")
READERS = (*WAYS, TRUE_BOXES, *PEERS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench handwriting", description=__doc__)
    parser.add_argument("--data", type=Path, default=conditions.ROOT.parent / "shared/data")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N pages of each set (all)")
    parser.add_argument(
        "--readers",
        nargs="+",
        choices=READERS,
        default=READERS,
        metavar="READER",
        help="who reads; figures of the others stay where they are of the same pages",
    )
    add_output(parser)
    options = parser.parse_args(arguments)
    return document.carry_out("handwriting", options.output, lambda: measure(options, sys.stderr.write), render)


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as handwriting.json holds it. Raises BenchmarkError."""
    by_hand = load_sets(options.data, BY_HAND, options.limit)
    printed = load_sets(options.data, PRINTED, PRINTED_PAGES)
    start = {**conditions.start(), **conditions.of_inkread()}
    pages = {each.name: [len(each.pictures), labels_hash(each)] for each in (*by_hand, *printed)}
    kept = _kept(options.output / "handwriting.json", pages)
    for name in options.readers:
        say(f"{name} ")
        sets = (*by_hand, *printed) if name in FOR_PRINT else by_hand
        kept[name] = {"measured": start["date"], "sets": _figures(sets, _reading(name, sets), say)}
        say("\n")
    return {**start, "pages": pages, "readers": {name: kept[name] for name in READERS if name in kept}}


def _kept(file: Path, pages: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Return the figures of an earlier run over the same pages."""
    if not file.is_file():
        return {}
    earlier = json.loads(file.read_text(encoding="utf-8"))
    return dict(earlier["readers"]) if earlier["pages"] == pages else {}


def _reading(name: str, sets: Sequence[LabelledSet]) -> Iterator[Counts]:
    """Yield what a reader makes of each picture."""
    if name in PEERS:
        yield from _peer_reading(name, sets)
    elif name == TRUE_BOXES:
        line_reader = Stages(HAND).line_reader
        for picture in _pictures(sets):
            with sources.open(picture.path) as opened:
                image = next(iter(opened))
            yield score_picture(picture, line_reader.read_regions(image, true_boxes(picture)))
    else:
        with Reader(WAYS[name]) as reader:
            for picture in _pictures(sets):
                yield score_picture(picture, reader.read(picture.path).lines)


def _pictures(sets: Sequence[LabelledSet]) -> Iterator[LabelledPicture]:
    for labelled in sets:
        yield from labelled.pictures


def true_boxes(picture: LabelledPicture) -> list[Quad]:
    """Return the smallest rectangles around the labels, read as they lie nearest to level."""
    quads = []
    for label in picture.labels:
        if label.is_scored and label.region is not None:
            corners = cv2.boxPoints(cv2.minAreaRect(np.array(label.region.ring, dtype=np.float32)))
            left, right = np.split(corners[np.argsort(corners[:, 0], kind="stable")], 2)
            (a, d), (b, c) = (side[np.argsort(side[:, 1], kind="stable")] for side in (left, right))
            quads.append(Quad(*(Point(float(x), float(y)) for x, y in (a, b, c, d))))
    return quads


def _peer_reading(name: str, sets: Sequence[LabelledSet]) -> Iterator[Counts]:
    environment = ENVIRONMENTS[name]
    assert environment is not None
    with Worker(name, python_of(environment), cache_folder() / f"handwriting.{name}.log") as worker:
        for labelled in sets:
            for picture in labelled.pictures:
                answer = worker.read(picture.path, SETS[labelled.name])
                lines = [
                    OutputLine(
                        line["text"],
                        line["poly"],
                        tuple(OutputWord(word["text"], word["poly"]) for word in line.get("words", ())),
                    )
                    for line in answer["lines"]
                ]
                yield score_picture(picture, lines, is_error=answer["error"] is not None)


def _figures(sets: Sequence[LabelledSet], readings: Iterator[Counts], say: Callable[[str], object]) -> dict[str, Any]:
    """Return for each set the edits and characters of each page."""
    figures: dict[str, Any] = {}
    for labelled in sets:
        counts = []
        for _ in labelled.pictures:
            counts.append(next(readings))
            say(".")
        figures[labelled.name] = {
            "edits": [each.edits for each in counts],
            "characters": [each.characters for each in counts],
        }
    return figures


def cer(figures: Mapping[str, Any], part: slice = slice(None)) -> float:
    """Return errors per 100 characters of a set's pages, or of some of them."""
    return 100 * sum(figures["edits"][part]) / max(1, sum(figures["characters"][part]))


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    readers = results["readers"]
    about = f"{document.conditions_of(results)} {document.inkread_of(results)}"
    pages = ", ".join(f"{name} {results['pages'][name][0]}" for name in BY_HAND)
    text = f"{about}\n\nPages: {pages}. CER of whole pages, %; every reader finds its own lines but where said.\n\n"
    rows = [(name, *(f"{cer(of['sets'][each]):.1f}" for each in BY_HAND), _mean(of)) for name, of in readers.items()]
    text += document.table(("", *BY_HAND, "mean"), rows)
    chosen = [name for name in WAYS if name in readers]
    rows = [
        (
            name,
            *(
                f"{cer(readers[name]['sets'][each], slice(0, None, 2)):.1f} / "
                f"{cer(readers[name]['sets'][each], slice(1, None, 2)):.1f}"
                for each in BY_HAND
            ),
        )
        for name in chosen
    ]
    text += "\nThe pages that the parts were chosen by / those kept back:\n\n" + document.table(("", *BY_HAND), rows)
    rows = [
        (name, *(f"{cer(readers[name]['sets'][each]):.2f}" for each in PRINTED))
        for name in FOR_PRINT
        if name in readers
    ]
    text += f"\nPrint, the first {PRINTED_PAGES} pages of each set:\n\n" + document.table(("", *PRINTED), rows)
    return text + "\n" + _verdict(readers)


def _mean(reader: Mapping[str, Any]) -> str:
    return f"{fmean(cer(reader['sets'][each]) for each in BY_HAND):.1f}"


def _verdict(readers: Mapping[str, Any]) -> str:
    peers = [name for name in PEERS if name in readers]
    if "handwritten" not in readers or not peers:
        return ""
    told = []
    for each in BY_HAND:
        own, best = cer(readers["handwritten"]["sets"][each]), min(cer(readers[p]["sets"][each]) for p in peers)
        told.append(f"{each} {own:.1f} against {best:.1f}: {'met' if own < best else 'missed'}")
    return f"Handwritten mode against the best peer: {'; '.join(told)}.\n"


if __name__ == "__main__":
    sys.exit(main())
