"""Languages: our lines with language packs beside Tesseract alone, and what a smaller set of characters is worth.

Writes languages.json. Tesseract reads the whole picture of a line with the same pack, once for each of its ways to take
a picture (--psm 6, 7, 13), and the best of them counts. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import conditions
import document
from conditions import BenchmarkError
from sets import add_arguments, load_sets, turns

from inkread import Reader, ReaderOptions
from inkread.document import Line, Word
from inkread.geometry import Box, Quad
from inkread.metrics.dataset import LabelledPicture, LabelledSet
from inkread.metrics.intervals import paired_difference
from inkread.metrics.scores import FIGURES, Counts, score_picture
from inkread.registry.packs import Pack, find_packs
from inkread.registry.store import default_folder

# Sets of lines, and the pack for each. ocrd_lines_de is Fraktur.
LINES = {"jstor_ar_lines": "ara", "sanskrit_shreelipi_lines": "san", "ocrd_lines_de": "frk"}
# One line for each of several languages, with the pack for its label.
MANY = "rapidocr_multilang"
PACKS_OF_MANY = {"fa": "fas", "sr": "srp", "hi": "hin", "el": "ell", "en": "eng", "ta": "tam", "te": "tel", "th": "tha"}
# English sets, read with all characters, with everyday ones first (no language named), and with Latin ones only.
ENGLISH = ("sroie", "funsd", "isri_doe", "scribe_mixed", "icdar2015", "iiit5k", "uw3_lines_en")
CHARSETS = {"all": ("en", "ja"), "usual": (), "english": ("en",)}
MODES = {"psm 6": 6, "psm 7": 7, "psm 13": 13}
# The promises: ours at least as good; English letters 1.6 times as fast as all, or the usual within 1.3 of them.
LEAST_RATIO, MOST_RATIO = 1.6, 1.3


@dataclass
class Read:
    """What one way to read made of some pictures."""

    counts: list[Counts] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def total(self) -> Counts:
        return sum(self.counts, Counts())

    def summary(self) -> dict[str, Any]:
        return {"cer": self.total.scores.cer, "seconds_median": median(self.seconds)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench languages", description=__doc__)
    add_arguments(parser, [*LINES, MANY, *ENGLISH], limit=None)
    parser.add_argument("--english", type=int, metavar="N", default=20, help="pictures of each English set (20)")
    options = parser.parse_args(arguments)
    return document.carry_out("languages", options.output, lambda: measure(options, sys.stderr.write), render)


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as languages.json holds it. Raises BenchmarkError."""
    start = {**conditions.start(), **conditions.of_inkread()}
    packs = find_packs(default_folder())
    lines = load_sets(options.data, [name for name in LINES if name in options.sets], options.limit)
    many = load_sets(options.data, [MANY] if MANY in options.sets else [], options.limit)
    english = load_sets(options.data, [name for name in ENGLISH if name in options.sets], options.english)
    found: dict[str, Any] = {"lines": {}, "many": {}, "english": {}}
    for labelled in lines:
        found["lines"][labelled.name] = _of_lines(labelled.pictures, _pack(packs, LINES[labelled.name]), say)
    for picture in (each for labelled in many for each in labelled.pictures):
        found["many"][picture.language] = _of_lines([picture], _pack(packs, PACKS_OF_MANY[picture.language]), say)
    if english:
        found["english"] = _of_charsets(english, say)
    return {**start, "tesseract": _tesseract_version(), **found}


def _pack(packs: Mapping[str, Pack], name: str) -> Pack:
    if name not in packs:
        raise BenchmarkError(f'the language pack "{name}" is not here: apt-get install tesseract-ocr-{name}')
    return packs[name]


def _tesseract_version() -> str:
    return str(_tesserocr().tesseract_version().split()[1])


def _tesserocr() -> Any:
    try:
        import tesserocr
    except ImportError as error:
        raise BenchmarkError("Tesseract is not installed: pip install inkread[tesseract]") from error
    return tesserocr


def _of_lines(pictures: Sequence[LabelledPicture], pack: Pack, say: Callable[[str], object]) -> dict[str, Any]:
    tesserocr = _tesserocr()
    ways: dict[str, Callable[[Path], list[Line]]] = {}
    with Reader(ReaderOptions(language=(str(pack.path),))) as reader:
        ways["inkread"] = lambda path: list(reader.read(path).lines)
        for name, mode in MODES.items():
            api = tesserocr.PyTessBaseAPI(path=str(pack.path.parent), lang=pack.name, psm=mode)
            ways[name] = _alone(api)
        reader.read(pictures[0].path)
        reads = {name: Read() for name in ways}
        for number, picture in enumerate(pictures):
            for name in turns(list(ways), number):
                begin = time.perf_counter()
                lines = ways[name](picture.path)
                reads[name].seconds.append(time.perf_counter() - begin)
                reads[name].counts.append(score_picture(picture, lines))
            say(".")
    say("\n")
    best = min(MODES, key=lambda name: reads[name].total.edits)
    return {
        "pack": pack.name,
        "pictures": len(pictures),
        "best": best,
        **{name: read.summary() for name, read in reads.items()},
        "difference": _difference(reads["inkread"], reads[best]),
    }


def _alone(api: Any) -> Callable[[Path], list[Line]]:
    quad = Quad.from_box(Box(0, 0, 1, 1))

    def read(path: Path) -> list[Line]:
        api.SetImageFile(str(path))
        texts = api.GetUTF8Text().splitlines()
        return [
            Line(tuple(Word(word, quad, 1.0) for word in text.split()), quad, 1.0) for text in texts if text.split()
        ]

    return read


def _of_charsets(sets: Sequence[LabelledSet], say: Callable[[str], object]) -> dict[str, Any]:
    readers = {name: Reader(ReaderOptions(language=languages)) for name, languages in CHARSETS.items()}
    for reader in readers.values():
        reader.read(sets[0].pictures[0].path)
    found = {}
    for labelled in sets:
        reads = {name: Read() for name in readers}
        for number, picture in enumerate(labelled.pictures):
            for name in turns(list(readers), number):
                lines = readers[name].read(picture.path).lines
                reads[name].seconds.append(readers[name].timings["recognize"])
                reads[name].counts.append(score_picture(picture, lines))
            say(".")
        say("\n")
        found[labelled.name] = {
            "pictures": len(labelled.pictures),
            **{name: read.summary() for name, read in reads.items()},
            "all_to_english": _ratio(reads["all"], reads["english"]),
            "usual_to_english": _ratio(reads["usual"], reads["english"]),
            "difference": _difference(reads["english"], reads["all"]),
        }
    for reader in readers.values():
        reader.close()
    return found


def _ratio(first: Read, second: Read) -> float:
    return median(a / b for a, b in zip(first.seconds, second.seconds, strict=True))


def _difference(first: Read, second: Read) -> dict[str, float] | None:
    found = paired_difference(first.counts, second.counts, FIGURES["cer"])
    return None if found is None else found._asdict()


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    about = f"{document.conditions_of(results)} {document.inkread_of(results)} Tesseract {results['tesseract']}."
    parts = [about]
    if results["lines"]:
        parts.append(document.section("Lines with language packs", _lines(results["lines"])))
    if results["many"]:
        parts.append(document.section("One line in each of several languages", _many(results["many"])))
    if results["english"]:
        parts.append(document.section("English letters only", _english(results["english"])))
    return "\n\n".join(parts)


def _lines(of_sets: Mapping[str, Any]) -> str:
    rows = [
        (
            name,
            of["pack"],
            str(of["pictures"]),
            f"{of['inkread']['cer']:.2f}",
            *(f"{of[mode]['cer']:.2f}" for mode in MODES),
            document.interval(of["difference"], "+.2f"),
            _met(of["difference"]["estimate"] <= 0),
        )
        for name, of in of_sets.items()
    ]
    head = ("set", "pack", "lines", "CER of inkread, %", *(f"Tesseract, {mode}" for mode in MODES))
    return document.table((*head, "inkread less the best, points", "at least as good"), rows)


def _many(of_languages: Mapping[str, Any]) -> str:
    rows = [
        (tag, of["pack"], f"{of['inkread']['cer']:.1f}", *(f"{of[mode]['cer']:.1f}" for mode in MODES))
        for tag, of in of_languages.items()
    ]
    return document.table(("language", "pack", "CER of inkread, %", *(f"Tesseract, {mode}" for mode in MODES)), rows)


def _english(of_sets: Mapping[str, Any]) -> str:
    rows = [
        (
            name,
            str(of["pictures"]),
            *(f"{of[charset]['cer']:.2f}" for charset in CHARSETS),
            document.interval(of["difference"], "+.2f"),
            f"{of['all_to_english']:.2f}",
            f"{of['usual_to_english']:.2f}",
        )
        for name, of in of_sets.items()
    ]
    head = ("set", "pictures", *(f"CER, {name}, %" for name in CHARSETS), "English less all, points")
    times = [median(of[name] for of in of_sets.values()) for name in ("all_to_english", "usual_to_english")]
    worse = [name for name, of in of_sets.items() if of["difference"]["low"] > 0]
    return (
        f"Recognition, median of the sets: all characters take {times[0]:.2f} times as long as English ones (at least "
        f"{LEAST_RATIO}, or at most {MOST_RATIO}), everyday ones first {times[1]:.2f} times: "
        f"{_met(times[0] >= LEAST_RATIO or times[0] <= MOST_RATIO)}. Sets read worse with English ones only, beyond "
        f"chance: {', '.join(worse) or 'none'}.\n\n"
        f"{document.table((*head, 'time of all / English', 'time of usual / English'), rows)}"
    )


def _met(is_met: bool) -> str:
    return "met" if is_met else "missed"


if __name__ == "__main__":
    sys.exit(main())
