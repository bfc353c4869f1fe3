"""Fit the numbers that tell print from handwriting (src/inkread/recognize/style.py), and tell how often they are right.

Reads pages of labelled sets, measures each line and fits a logistic model to the pages at even places of some sets. The
pages at odd places, and whole sets, are kept back. Prints the numbers, and for each set how many of its lines are told
right. Takes some minutes:

    python scripts/fit_style.py [--data ../shared/data] [--pages 8]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inkread import Reader
from inkread.document import Line
from inkread.load import source as sources
from inkread.metrics.dataset import LABELS, LabelledPicture, load_set
from inkread.recognize.style import MOST_ODDS, OF_PAGE, Strokes, measure

ROOT = Path(__file__).resolve().parent.parent
BY_HAND = ("copiste_fr_hw", "hooker_en_hw", "cremma_mss_20")
# Its labels say of each line how it was written.
MIXED = "stanford_memorials"
PRINTED = (
    "sroie",
    "ehri_typed",
    "zugferd_invoices",
    "scribe_mixed",
    "wildreceipt",
    "isri_doe",
    "omnidocbench_demo",
    "zh_game_screens",
    "icdar2015",
)
FITTED = ("copiste_fr_hw", "hooker_en_hw", MIXED, "sroie", "ehri_typed", "zugferd_invoices", "scribe_mixed")
# Numbers stay small where they do not help.
PENALTY = 1.0
STEPS = 50

Floats = npt.NDArray[np.float64]


class Measured(NamedTuple):
    """A line: its set and page, whether the model is fitted to it, how it was written, its measures."""

    set_name: str
    page: str
    is_fitted: bool
    is_by_hand: bool
    strokes: Strokes


def main() -> None:
    """Read, fit and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data", help="the folder of labelled sets")
    parser.add_argument("--pages", type=int, default=8, help="pages of each set at most")
    options = parser.parse_args()
    lines = list(measured(options.data, options.pages))
    weights, constant = fit([line for line in lines if line.is_fitted])
    print("_CONSTANT =", round(constant, 3))
    print("_WEIGHTS =", Strokes(*(round(float(weight), 3) for weight in weights)))
    odds = np.array([line.strokes for line in lines]) @ weights + constant
    report(lines, odds > 0)
    print("\nEach line with its share of its page's odds:\n")
    report(lines, odds + OF_PAGE * _of_pages(lines, odds) > 0)


def _of_pages(lines: Sequence[Measured], odds: Floats) -> Floats:
    """Return for each line the mean odds of its page."""
    pages = np.array([f"{line.set_name} {line.page}" for line in lines])
    return np.array([np.clip(odds[pages == page], -MOST_ODDS, MOST_ODDS).mean() for page in pages])


def measured(data: Path, pages: int) -> Iterator[Measured]:
    """Yield the lines of the sets that can be measured and whose way of writing is known."""
    with Reader() as reader:
        for name in (*BY_HAND, MIXED, *PRINTED):
            styles = _styles(data / name) if name == MIXED else {}
            for number, picture in enumerate(load_set(data / name, limit=pages).pictures):
                with sources.open(picture.path) as opened:
                    image = next(iter(opened))
                for line in reader.read_page(image).lines:
                    is_by_hand = _is_by_hand(name, picture, line, styles.get(picture.name, ()))
                    strokes = measure(image, line)
                    if is_by_hand is not None and strokes is not None:
                        yield Measured(name, picture.name, name in FITTED and number % 2 == 0, is_by_hand, strokes)


def _styles(folder: Path) -> dict[str, list[str]]:
    """Return what the labels of each picture say of their lines."""
    rows = [json.loads(row) for row in (folder / LABELS).read_text(encoding="utf-8").splitlines() if row.strip()]
    return {row["image"]: [line.get("type") or "" for line in row["lines"]] for row in rows}


def _is_by_hand(name: str, picture: LabelledPicture, line: Line, styles: Sequence[str]) -> bool | None:
    """Return how the label in which a line lies was written; None where that is not known."""
    if name in PRINTED:
        return False
    center = line.quad.center
    regions = [label.region for label in picture.labels]
    place = next((k for k, region in enumerate(regions) if region and region.contains(center, margin=2)), None)
    if place is None:
        return None
    if name == MIXED:
        if styles[place].endswith(("Handwritten", "Signature")):
            return True
        return False if styles[place].endswith(("Print", "Typewritten")) else None
    # Letterheads are all in capitals; the pages' names are printed.
    text = picture.labels[place].text
    if text.startswith(("imp_", "wikitexte")):
        return None
    return not (name == "hooker_en_hw" and text.isupper())


def fit(lines: Sequence[Measured]) -> tuple[Floats, float]:
    """Return the weights and the constant of the log odds of handwriting, by Newton's method.

    Sets weigh by the roots of their numbers of lines, and print as much as handwriting.
    """
    values, is_by_hand = np.array([line.strokes for line in lines]), np.array([line.is_by_hand for line in lines])
    names = np.array([line.set_name for line in lines])
    weight = np.zeros(len(lines))
    for name in set(names):
        for style in (False, True):
            group = (names == name) & (is_by_hand == style)
            weight[group] = 1 / np.sqrt(max(group.sum(), 1))
    for style in (False, True):
        weight[is_by_hand == style] *= 1000 / weight[is_by_hand == style].sum()
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    rows = np.column_stack([(values - mean) / deviation, np.ones(len(lines))])
    found = np.zeros(rows.shape[1])
    penalty = np.append(np.full(rows.shape[1] - 1, PENALTY), 1e-9)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-rows @ found))
        slope = rows.T @ (weight * (chance - is_by_hand)) + penalty * found
        curvature = (rows * (weight * chance * (1 - chance))[:, None]).T @ rows + np.diag(penalty)
        found -= np.linalg.solve(curvature, slope)
    weights = found[:-1] / deviation
    return weights, float(found[-1] - weights @ mean)


def report(lines: Sequence[Measured], told: npt.NDArray[np.bool_]) -> None:
    """Print for each set, fitted and kept back, how many lines of each kind are told to be handwriting."""
    names = list(dict.fromkeys(line.set_name for line in lines))
    total = {(style, right): 0 for style in (True, False) for right in (True, False)}
    print("| set | pages | by hand, told so | print, told so |\n| --- | --- | --- | --- |")
    for name in names:
        for is_fitted in (True, False):
            group = [
                (line.is_by_hand, bool(is_told) == line.is_by_hand)
                for line, is_told in zip(lines, told, strict=True)
                if line.set_name == name and line.is_fitted == is_fitted
            ]
            if not group:
                continue
            if not is_fitted:
                for key in group:
                    total[key] += 1
            cells = [_share(sum(key == (style, True) for key in group), sum(key[0] == style for key in group))
                     for style in (True, False)]  # fmt: skip
            print(f"| {name} | {'fitted' if is_fitted else 'kept back'} | {cells[0]} | {cells[1]} |")
    cells = [_share(total[style, True], total[style, True] + total[style, False]) for style in (True, False)]
    print(f"| all | kept back | {cells[0]} | {cells[1]} |")


def _share(right: int, of: int) -> str:
    return f"{right} of {of}, {100 * right / of:.1f} %" if of else ""


if __name__ == "__main__":
    main()
