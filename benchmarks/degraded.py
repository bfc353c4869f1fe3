"""Degraded pages: how many errors each kind of degradation adds, with each cleaning, beside peers.

Pages of labelled sets are degraded by degrade.py. A target: errors may rise by 2 points at level 1 and by 6 at level 2,
for each kind, and stay below those of the peers. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median
from typing import Any

import conditions
import cv2
import document
import numpy as np
from conditions import BenchmarkError
from degrade import ABOUT, KINDS, LEVELS, MM_PER_INCH, Page, degrade, moved_labels
from environments import cache_folder, python_of
from race import ENVIRONMENTS, SETS, OutputLine, OutputWord
from sets import add_output, load_sets
from workers import Worker

from inkread import Reader, ReaderOptions
from inkread.metrics.dataset import LabelledPicture
from inkread.metrics.scores import Counts, score_picture
from inkread.options import EnhanceOptions

READ = ("sroie", "zugferd_invoices", "isri_doe", "omnidocbench_demo")
# A line of print of 9 or 10 points with its ascenders and descenders: what a picture's labels stand for on its paper.
# (The paper's width says less: receipts of 80 mm are scanned on A4, and newspapers are no A4.)
LINE_MM = 3.2
SCAN_DPI = 300.0  # of isri_doe, whose labels have no places
PEERS = ("tesseract", "rapidocr-openvino")
# How many points the error rate may rise by, at each level.
ALLOWED = {1: 2.0, 2: 6.0}
GOOD = "good"
DEFAULT = "inkread"


@dataclass(frozen=True)
class SetUp:
    """A way to read, and the kinds of degradation that it is tried on beside good pages; () for all."""

    options: ReaderOptions
    kinds: tuple[str, ...] = ()


def _only(*kinds: str, **cleaning: Any) -> SetUp:
    """Return a set-up with this cleaning and no other."""
    return SetUp(ReaderOptions(enhance=EnhanceOptions(**{"contrast": "never", **cleaning})), kinds)


CONFIGURATIONS: Mapping[str, SetUp] = {
    DEFAULT: SetUp(ReaderOptions()),
    "no cleaning": _only("contrast"),
    "contrast": _only("contrast", "shadow", contrast="always"),
    "denoise": _only("noise", "jpeg", denoise=True),
    "even light": _only("shadow", even_light=True),
    "straighten": _only("rotation", straighten=True),
    "flatten": _only("perspective", flatten=True),
    "binarize": _only("shadow", "contrast", binarize=True),
    "print of 32 px": _only("resolution", "defocus", print_height_px=32),
    "width of 1,500 px": _only("jpeg", max_width_px=1500),
}


@dataclass(frozen=True)
class Sheet:
    """A picture as it is read: its set, and good or degraded as `variant` says ("rotation 2")."""

    set_name: str
    variant: str
    picture: LabelledPicture

    @property
    def kind(self) -> str:
        return self.variant.partition(" ")[0]


def variants(kinds: Sequence[str]) -> list[str]:
    """Return the names of all ways in which a page is read."""
    return [GOOD, *(f"{kind} {level}" for kind in kinds for level in LEVELS)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench degraded", description=__doc__)
    parser.add_argument("--data", type=Path, default=conditions.ROOT.parent / "shared/data")
    parser.add_argument("--sets", nargs="+", choices=READ, default=READ, metavar="SET")
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS), metavar="KIND")
    parser.add_argument("--pages", type=int, default=3, metavar="N", help="pages of each set (3)")
    parser.add_argument("--seed", type=int, default=0)
    readers = [*CONFIGURATIONS, *PEERS]
    parser.add_argument(
        "--readers",
        nargs="+",
        choices=readers,
        default=readers,
        metavar="READER",
        help="who reads; figures of the others stay where they are of the same pages",
    )
    add_output(parser)
    options = parser.parse_args(arguments)
    return document.carry_out("degraded", options.output, lambda: measure(options, sys.stderr.write), render)


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as degraded.json holds it. Raises BenchmarkError."""
    sheets = list(_sheets(options, cache_folder() / "degraded"))
    start = {**conditions.start(), **conditions.of_inkread()}
    digest = _digest(sheets)
    kept = _kept(options.output / "degraded.json", digest)
    for name in options.readers:
        say(f"{name} ")
        if name in CONFIGURATIONS:
            kinds = CONFIGURATIONS[name].kinds
            chosen = [sheet for sheet in sheets if not kinds or sheet.kind in (GOOD, *kinds)]
            read = _reading(CONFIGURATIONS[name].options, chosen)
        else:
            chosen, read = sheets, _peer_reading(name, sheets)
        kept[name] = {"measured": start["date"], **_figures(chosen, read, say)}
        say("\n")
    names = [*CONFIGURATIONS, *PEERS]
    return {
        **start,
        "seed": options.seed,
        "kinds": list(options.kinds),
        "pages": {name: [s.picture.name for s in sheets if s.set_name == name and s.variant == GOOD] for name in READ},
        "pages_sha256": digest,
        "readers": {name: kept[name] for name in names if name in kept},
    }


def _sheets(options: argparse.Namespace, folder: Path) -> Iterator[Sheet]:
    """Yield all pages in all variants; the degraded ones are made once and kept in the folder."""
    generator = hashlib.sha256(Path(degrade.__code__.co_filename).read_bytes()).hexdigest()[:12]
    (folder / generator).mkdir(parents=True, exist_ok=True)
    for labelled in load_sets(options.data, options.sets, None):
        step = max(1, len(labelled.pictures) // options.pages)
        for picture in labelled.pictures[::step][: options.pages]:
            yield Sheet(labelled.name, GOOD, picture)
            for variant in variants(options.kinds)[1:]:
                stem = folder / generator / f"{labelled.name} {picture.path.stem} {variant} {options.seed}"
                yield Sheet(labelled.name, variant, _degraded(picture, variant, options.seed, stem))


def _degraded(picture: LabelledPicture, variant: str, seed: int, stem: Path) -> LabelledPicture:
    """Return the degraded picture with its labels; its file and the way of its labels are at `stem`, or made there."""
    way = Path(f"{stem}.json")
    if not way.is_file():
        kind, _, level = variant.partition(" ")
        pixels = cv2.cvtColor(cv2.imread(str(picture.path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        page = degrade(pixels, resolution(picture), kind, int(level), picture.name, seed)
        way.write_text(json.dumps({"file": _write(page, stem).name, "from_good": page.from_good.tolist()}))
    made = json.loads(way.read_text())
    return replace(picture, path=way.parent / made["file"], labels=moved_labels(picture, np.array(made["from_good"])))


def resolution(picture: LabelledPicture) -> float:
    """Return how many pixels an inch of the paper takes, told by the height of the print."""
    boxes = [label.region.box for label in picture.labels if label.region is not None]
    if not boxes:
        return SCAN_DPI
    return median(min(box.width, box.height) for box in boxes) / LINE_MM * MM_PER_INCH


def _write(page: Page, stem: Path) -> Path:
    """Write a page as PNG, or as the JPEG that it is, and return its file."""
    quality = [] if page.quality is None else [cv2.IMWRITE_JPEG_QUALITY, page.quality]
    file = Path(f"{stem}.png" if page.quality is None else f"{stem}.jpg")
    if not cv2.imwrite(str(file), cv2.cvtColor(page.pixels, cv2.COLOR_RGB2BGR), quality):
        raise BenchmarkError(f'cannot write "{file}"')
    return file


def _digest(sheets: Sequence[Sheet]) -> str:
    """Return a hash of all pictures and of their labels' texts."""
    digest = hashlib.sha256()
    for sheet in sheets:
        digest.update(sheet.variant.encode() + sheet.picture.path.read_bytes())
        digest.update("\n".join(label.text for label in sheet.picture.labels).encode())
    return digest.hexdigest()


def _kept(file: Path, digest: str) -> dict[str, Any]:
    """Return the figures of an earlier run over the same pages."""
    if not file.is_file():
        return {}
    earlier = json.loads(file.read_text(encoding="utf-8"))
    return dict(earlier["readers"]) if earlier["pages_sha256"] == digest else {}


def _reading(options: ReaderOptions, sheets: Sequence[Sheet]) -> Iterator[tuple[Counts, float]]:
    """Yield what inkread makes of each sheet, and the seconds that the stages took."""
    with Reader(options) as reader:
        reader.read(sheets[0].picture.path)
        for sheet in sheets:
            page = reader.read(sheet.picture.path)
            yield score_picture(sheet.picture, page.lines), sum(reader.timings.values())


def _peer_reading(name: str, sheets: Sequence[Sheet]) -> Iterator[tuple[Counts, float]]:
    environment = ENVIRONMENTS[name]
    assert environment is not None
    with Worker(name, python_of(environment), cache_folder() / f"degraded.{name}.log") as worker:
        for sheet in sheets:
            answer = worker.read(sheet.picture.path, SETS[sheet.set_name])
            lines = [
                OutputLine(
                    line["text"],
                    line["poly"],
                    tuple(OutputWord(word["text"], word["poly"]) for word in line.get("words", ())),
                )
                for line in answer["lines"]
            ]
            counts = score_picture(sheet.picture, lines, is_error=answer["error"] is not None)
            yield counts, answer["seconds"]


def _figures(
    sheets: Sequence[Sheet], readings: Iterator[tuple[Counts, float]], say: Callable[[str], object]
) -> dict[str, Any]:
    """Return for each variant the error rate (the mean of the sets'), the seconds, and the edits of each page."""
    read: dict[str, dict[str, list[Counts]]] = {}
    seconds: dict[str, list[float]] = {}
    for sheet, (counts, taken) in zip(sheets, readings, strict=True):
        read.setdefault(sheet.variant, {}).setdefault(sheet.set_name, []).append(counts)
        seconds.setdefault(sheet.variant, []).append(taken)
        say(".")
    return {
        variant: {
            "cer": fmean(100 * _edits(counts) / max(1, _characters(counts)) for counts in of_sets.values()),
            "seconds_median": median(seconds[variant]),
            "sets": {
                name: {"edits": [each.edits for each in counts], "characters": [each.characters for each in counts]}
                for name, counts in of_sets.items()
            },
        }
        for variant, of_sets in read.items()
    }


def _edits(counts: Sequence[Counts]) -> int:
    return sum(each.edits for each in counts)


def _characters(counts: Sequence[Counts]) -> int:
    return sum(each.characters for each in counts)


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    readers = results["readers"]
    pages = ", ".join(f"{name} {len(names)}" for name, names in results["pages"].items())
    about = f"{document.conditions_of(results)} {document.inkread_of(results)}"
    text = f"{about}\n\nPages: {pages}; seed {results['seed']}. CER: the mean of the sets', %.\n\n"
    if DEFAULT in readers:
        text += _against_targets(results, readers) + "\n"
    others = [name for name in CONFIGURATIONS if name != DEFAULT and name in readers]
    if others and DEFAULT in readers:
        text += "Each cleaning alone, on the pages that it is meant for and on the good ones:\n\n"
        text += _by_cleaning(results, readers, others)
    return text


def _against_targets(results: Mapping[str, Any], readers: Mapping[str, Any]) -> str:
    own = readers[DEFAULT]
    peers = [name for name in PEERS if name in readers]
    rows = []
    for variant in variants(results["kinds"]):
        cer = own[variant]["cer"]
        rise, allowed = cer - own[GOOD]["cer"], None
        if variant != GOOD:
            kind, _, level = variant.partition(" ")
            allowed = ALLOWED[int(level)]
        is_met = allowed is None or (rise <= allowed and all(cer < readers[peer][variant]["cer"] for peer in peers))
        rows.append(
            (
                variant if allowed is None else f"{kind}, {ABOUT[kind][int(level) - 1]}",
                f"{cer:.2f}",
                "" if allowed is None else f"{rise:+.2f}",
                "" if allowed is None else f"{allowed:+.0f}",
                *(f"{readers[peer][variant]['cer']:.2f}" for peer in peers),
                "met" if is_met else "missed",
            )
        )
    return document.table(
        ("", "inkread, CER", "rise, points", "allowed", *(f"{peer}, CER" for peer in peers), ""), rows
    )


def _by_cleaning(results: Mapping[str, Any], readers: Mapping[str, Any], others: Sequence[str]) -> str:
    """Return the error rates with each cleaning, where it was tried."""
    rows = [
        (variant, f"{readers[DEFAULT][variant]['cer']:.2f}", *(_cer(readers[name].get(variant)) for name in others))
        for variant in variants(results["kinds"])
        if any(variant in readers[name] for name in others)
    ]
    return document.table(("CER, %", "by default", *others), rows)


def _cer(figures: Mapping[str, Any] | None) -> str:
    return "" if figures is None else f"{figures['cer']:.2f}"


if __name__ == "__main__":
    sys.exit(main())
