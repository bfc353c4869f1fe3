"""Lines of several pages in one batch: does a processor read them faster than one after the other?

The lines of two pages, as many as the service reads at once, go through the recogniser's network as it is used - each
by itself, the widest first, with as many under way as the network has streams - and in batches of lines of one width;
then the lines of many pages, so that every batch is full. Rounds in turn. Writes benchmarks/proofs/shared_batches.json:
lines a second, and whether the outputs are equal, number for number. That batches of two pages gain less than 5 % of
this stage, which is half of a page's time, is why the service has none; the exit code says whether it still holds.
In short: --rounds 2.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import numpy as np

from inkread import Reader
from inkread.load import source as sources
from inkread.recognize.line_reader import line_crop
from inkread.recognize.recognizer import Recognizer, padded
from inkread.runtime.session import Session

ROOT = Path(__file__).resolve().parents[2]
SIZES = (2, 4, 8)
MOST_GAIN = 1.05
MANY = 8


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "proofs" / "shared_batches.json")
    arguments = parser.parse_args()
    with Reader() as reader:
        recognizer = reader._stages.line_reader._recognizer
        assert isinstance(recognizer, Recognizer)
        pages = lines(reader, recognizer)
        pairs = [a + b for a, b in combinations_with_replacement(pages, 2)]
        rounds = arguments.rounds
        measured = {
            "two pages": measure(recognizer._session, pairs, rounds),
            "many pages": measure(
                recognizer._session, [[line for page in pages for line in page] * MANY], arguments.rounds
            ),
        }
        generator = reader.generator
    result = {
        **measured,
        "most_gain": MOST_GAIN,
        "rounds": arguments.rounds,
        "generator": generator,
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}",
    }
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({name: each["gain"] for name, each in measured.items()}))
    return 0 if measured["two pages"]["gain"] < MOST_GAIN else 1


def measure(session: Session, groups: list[list[np.ndarray]], rounds: int) -> dict[str, Any]:
    """Return lines a second, each group's alone and in batches, and what the best batches gain."""
    groups = [sorted(group, key=lambda each: -each.shape[1]) for group in groups]
    sizes = (1, *SIZES)
    expected = [read(session, group, 1) for group in groups]
    is_equal = {
        size: all(
            np.array_equal(a, b)
            for group, alone in zip(groups, expected, strict=True)
            for a, b in zip(alone, read(session, group, size), strict=True)
        )
        for size in SIZES
    }
    seconds: dict[int, list[float]] = {size: [] for size in sizes}
    for number in range(rounds):
        for size in sizes:
            start = time.perf_counter()
            for group in groups:
                read(session, group, size)
            seconds[size].append(time.perf_counter() - start)
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    per_s = {size: sum(map(len, groups)) / statistics.median(times) for size, times in seconds.items()}
    return {
        "lines": [len(group) for group in groups],
        "lines_per_s": {f"batches of {size}": round(value, 1) for size, value in per_s.items()},
        "equal_outputs": is_equal,
        "gain": round(max(per_s[size] for size in SIZES) / per_s[1], 3),
    }


def read(session: Session, pictures: list[np.ndarray], size: int) -> list[np.ndarray]:
    """Return the network's output for each picture, so many of one width at a time."""
    batches = [np.stack(batch) for batch in batched(pictures, size)]
    return [line.copy() for output in session.run_many(batches) for line in output]


def lines(reader: Reader, recognizer: Recognizer) -> list[list[np.ndarray]]:
    """Return the network's pictures of the lines of each example."""
    pages = []
    for path in sorted((ROOT / "examples").glob("*.jpg")):
        with sources.open(path, reader.options.limits, reader.options.load) as opened:
            for image in opened:
                crops = [line_crop(image, region.quad) for region in reader.detect(image)]
                pages.append([padded(piece) for crop in crops for piece in recognizer._pieces(crop)])
    return pages


def batched(pictures: list[np.ndarray], size: int) -> list[list[np.ndarray]]:
    """Return the pictures in batches of one width; they are sorted by it."""
    batches: list[list[np.ndarray]] = []
    for each in pictures:
        if batches and len(batches[-1]) < size and batches[-1][0].shape == each.shape:
            batches[-1].append(each)
        else:
            batches.append([each])
    return batches


if __name__ == "__main__":
    sys.exit(main())
