"""Lines of several pages in one batch: does a processor read them faster than one after the other?

The lines of pages, two pages at once as the service reads them, go through the recogniser's network: each line by
itself, the widest first, as it is by default; and in batches of one width that both pages share (`runtime.batch`).
The same for one page at a time. Rounds in turn. Writes benchmarks/proofs/shared_batches.json: lines a second, and
whether the outputs are equal, number for number. The exit code says whether they are. In short: --rounds 2.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from inkread import Reader
from inkread.load import source as sources
from inkread.recognize.line_reader import line_crop
from inkread.recognize.recognizer import Recognizer, padded
from inkread.runtime.batches import Batches
from inkread.runtime.session import Session

ROOT = Path(__file__).resolve().parents[2]
SIZES = (2, 4, 8)
# Each example so many times over in a round.
TIMES = 4


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
        session, rounds = recognizer._session, arguments.rounds
        measured = {
            "two pages at once": measure(session, pages * TIMES, rounds, threads=2),
            "one page at a time": measure(session, pages * TIMES, rounds, threads=1),
        }
        generator = reader.generator
    result = {
        **measured,
        "rounds": arguments.rounds,
        "generator": generator,
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}",
    }
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({name: each["against_1"] for name, each in measured.items()}))
    return 0 if all(all(each["equal_outputs"].values()) for each in measured.values()) else 1


def measure(session: Session, pages: list[list[np.ndarray]], rounds: int, *, threads: int) -> dict[str, Any]:
    """Return lines a second with batches of each size, and the median of the rounds' ratios to those without."""
    pages = [sorted(page, key=lambda each: -each.shape[1]) for page in pages]
    ways = {size: Batches(session, size) if size > 1 else session for size in (1, *SIZES)}
    with ThreadPoolExecutor(threads) as pool:

        def read(size: int) -> list[list[np.ndarray]]:
            return list(pool.map(lambda page: read_page(ways[size], page), pages))

        expected = read(1)
        equal = {size: all(map(are_equal, expected, read(size))) for size in SIZES}
        seconds: dict[int, list[float]] = {size: [] for size in ways}
        for number in range(rounds):
            for size in ways:
                start = time.perf_counter()
                read(size)
                seconds[size].append(time.perf_counter() - start)
            print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    count = sum(map(len, pages))
    ratios = {size: [alone / each for alone, each in zip(seconds[1], seconds[size], strict=True)] for size in SIZES}
    return {
        "lines": count,
        "lines_per_s": {size: round(count / statistics.median(times), 1) for size, times in seconds.items()},
        "against_1": {size: round(statistics.median(each), 3) for size, each in ratios.items()},
        "equal_outputs": equal,
    }


def read_page(session: Session, pictures: list[np.ndarray]) -> list[np.ndarray]:
    """Return the network's output for each line of a page."""
    return [output[0].copy() for output in session.run_many([each[None] for each in pictures])]


def are_equal(some: list[np.ndarray], others: list[np.ndarray]) -> bool:
    return all(map(np.array_equal, some, others))


def lines(reader: Reader, recognizer: Recognizer) -> list[list[np.ndarray]]:
    """Return the network's pictures of the lines of each example."""
    pages = []
    for path in sorted((ROOT / "examples").glob("*.jpg")):
        with sources.open(path, reader.options.limits, reader.options.load) as opened:
            for image in opened:
                crops = [line_crop(image, region.quad) for region in reader.detect(image)]
                pages.append([padded(piece) for crop in crops for piece in recognizer._pieces(crop)])
    return pages


if __name__ == "__main__":
    sys.exit(main())
