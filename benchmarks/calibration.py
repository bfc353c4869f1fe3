"""Is confidence worth its name: how often words of each confidence are right, and how many accepted ones are wrong.

Reads labelled sets of print. What is right is defined in word_truth.py. The calibration error (C. Guo et al., "On
calibration of modern neural networks", 2017) is the mean over words of the distance between what was said and what was
found, in 15 equal ranges of what was said. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import conditions
import document
import numpy as np
from reliability_picture import Curve, Spot, draw
from sets import add_arguments, load_sets
from word_truth import judge

from inkread import Reader
from inkread.acceptance import accept
from inkread.document import Line
from inkread.metrics.dataset import LabelledPicture

SETS = (
    *("sroie", "wildreceipt", "funsd", "isri_doe", "zugferd_invoices", "ehri_typed", "scribe_mixed", "uw3_lines_en"),
)
RANGES = 15
SHARES = (0.01, 0.05)
PICTURE = conditions.ROOT / "docs/reliability.svg"
# The promises, in per cent.
MOST_CALIBRATION_ERROR, MOST_WRONG = 5.0, 2.0


class Judged(NamedTuple):
    """A word that labels could judge: what it says of itself, what the table says, and the truth."""

    confidence: float
    probability: float
    is_right: bool


class Accepted(NamedTuple):
    """Judged words in accepted lines, and how many of them are wrong."""

    words: int
    wrong: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench calibration", description=__doc__)
    add_arguments(parser, SETS, limit=25)
    options = parser.parse_args(arguments)
    return document.carry_out("calibration", options.output, lambda: measure(options, sys.stderr.write), render)


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as calibration.json holds it, and draw the diagram. Raises BenchmarkError."""
    sets = load_sets(options.data, options.sets, options.limit)
    start = {**conditions.start(), **conditions.of_inkread()}
    words: dict[str, list[Judged]] = {}
    accepted: dict[str, dict[str, Accepted]] = {}
    unjudged: dict[str, int] = {}
    with Reader() as reader:
        for labelled in sets:
            pages = []
            for picture in labelled.pictures:
                pages.append((picture, reader.read(picture.path).lines))
                say(".")
            say(f" {labelled.name}\n")
            words[labelled.name], unjudged[labelled.name] = _words(pages)
            accepted[labelled.name] = _accepted(pages)
    everything = [word for of_set in words.values() for word in of_set]
    results = {
        **start,
        "limit": options.limit,
        "pooled": _figures(everything, _sum(accepted.values())),
        "sets": {
            name: _figures(of_set, accepted[name]) | {"unjudged": unjudged[name]} for name, of_set in words.items()
        },
    }
    if options.output == conditions.RESULTS:
        _draw(results["pooled"], PICTURE)
    return results


Pages = Sequence[tuple[LabelledPicture, Sequence[Line]]]


def _words(pages: Pages) -> tuple[list[Judged], int]:
    verdicts = [judge(picture, lines) for picture, lines in pages]
    found = [
        Judged(each.word.confidence, each.word.probability, each.is_right)
        for verdict in verdicts
        for each in verdict.words
        if each.word.probability is not None
    ]
    return found, sum(verdict.unjudged for verdict in verdicts)


def _accepted(pages: Pages) -> dict[str, Accepted]:
    """Return what is accepted on each page: line by line, as Page.accept does, and as many lines as may be together."""
    found: dict[str, Accepted] = {}
    for share in SHARES:
        by_line = [accept(lines, share).accepted for _, lines in pages]
        together = [_together(lines, share) for _, lines in pages]
        found[f"{share}"] = _judged(pages, by_line)
        found[f"{share} together"] = _judged(pages, together)
    return found


def _together(lines: Sequence[Line], share: float) -> list[Line]:
    """Return the surest lines, as many as are expected to have at most this share of wrong words among all of them."""
    known = [line for line in lines if line.expected_error is not None]
    kept: list[Line] = []
    words = wrong = 0.0
    for line in sorted(known, key=lambda line: line.expected_error or 0.0):
        words += len(line.words)
        wrong += len(line.words) * (line.expected_error or 0.0)
        if wrong > share * words:
            break
        kept.append(line)
    return kept


def _judged(pages: Pages, accepted: Iterable[Sequence[Line]]) -> Accepted:
    words = wrong = 0
    for (picture, lines), kept in zip(pages, accepted, strict=True):
        chosen = {id(line) for line in kept}
        for each in judge(picture, lines).words:
            if id(lines[each.line]) in chosen:
                words += 1
                wrong += not each.is_right
    return Accepted(words, wrong)


def _sum(accepted: Iterable[Mapping[str, Accepted]]) -> dict[str, Accepted]:
    total: dict[str, Accepted] = {}
    for each in accepted:
        for name, of_set in each.items():
            before = total.get(name, Accepted(0, 0))
            total[name] = Accepted(before.words + of_set.words, before.wrong + of_set.wrong)
    return total


def _figures(words: Sequence[Judged], accepted: Mapping[str, Accepted]) -> dict[str, Any]:
    right = np.array([word.is_right for word in words], dtype=np.float64)
    said = {
        "confidence": np.array([word.confidence for word in words]),
        "probability": np.array([word.probability for word in words]),
    }
    return {
        "words": len(words),
        "wrong": _percent(1 - right.mean()),
        "calibration_error": {name: calibration_error(values, right) for name, values in said.items()},
        "accepted": {
            name: {"share": _percent(of.words / max(len(words), 1)), "wrong": _percent(of.wrong / max(of.words, 1))}
            for name, of in accepted.items()
        },
        "reliability": {name: reliability(values, right) for name, values in said.items()},
    }


def calibration_error(said: np.ndarray, right: np.ndarray) -> float:
    """Return the expected calibration error, per cent. said: (N,) 0..1.  right: (N,) 0 or 1."""
    places = np.minimum((said * RANGES).astype(int), RANGES - 1)
    distances = [abs(said[places == k].sum() - right[places == k].sum()) for k in range(RANGES) if (places == k).any()]
    return _percent(sum(distances) / len(said))


def reliability(said: np.ndarray, right: np.ndarray) -> list[tuple[float, float, int]]:
    """Return what was said and found, per cent, and of how many words, in ranges that are narrow near certainty."""
    edges = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.01)
    found = []
    for low, high in itertools.pairwise(edges):
        inside = (said >= low) & (said < high)
        if inside.any():
            found.append((_percent(said[inside].mean()), _percent(right[inside].mean()), int(inside.sum())))
    return found


def _percent(share: float) -> float:
    return round(100 * float(share), 3)


def _draw(pooled: Mapping[str, Any], path: Path) -> None:
    names = {"confidence": "confidence, as the network says", "probability": "probability, as measured"}
    curves = [Curve(names[key], [Spot(*spot) for spot in spots]) for key, spots in pooled["reliability"].items()]
    path.write_text(draw(curves), encoding="utf-8")


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    rows = [_row(name, of) for name, of in results["sets"].items()] + [_row("**pooled**", results["pooled"])]
    head = ("set", "words", "wrong, %", "calibration error of confidence", "of probability",
            "accept(0.01): words, %", "wrong, %", "accept(0.05): words, %", "wrong, %")  # fmt: skip
    pooled = results["pooled"]
    error, wrong = pooled["calibration_error"]["probability"], pooled["accepted"]["0.01"]["wrong"]
    together = pooled["accepted"]["0.01 together"]
    about = f"{document.conditions_of(results)} {document.inkread_of(results)}"
    verdict = (
        f"At most {results['limit']} pictures of each set. Calibration error by word, pooled: {error:.1f} % (at most "
        f"{MOST_CALIBRATION_ERROR:.0f} %): {_met(error <= MOST_CALIBRATION_ERROR)}. Wrong words in lines that "
        f"accept(0.01) gives: {wrong:.1f} % (at most {MOST_WRONG:.0f} %): {_met(wrong <= MOST_WRONG)}. Were lines "
        f"accepted until 1 % of all accepted words of a page are expected wrong, it would be {together['share']:.0f} % "
        f"of the words with {together['wrong']:.1f} % wrong."
    )
    return f"{about}\n\n{verdict}\n\n{document.table(head, rows)}"


def _row(name: str, of: Mapping[str, Any]) -> tuple[str, ...]:
    errors, accepted = of["calibration_error"], of["accepted"]
    return (
        name,
        f"{of['words']:,}",
        f"{of['wrong']:.1f}",
        f"{errors['confidence']:.1f}",
        f"{errors['probability']:.1f}",
        *(f"{accepted[f'{share}'][figure]:.1f}" for share in SHARES for figure in ("share", "wrong")),
    )


def _met(is_met: bool) -> str:
    return "met" if is_met else "missed"


if __name__ == "__main__":
    sys.exit(main())
