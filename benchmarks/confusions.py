"""Learn the recognizer's usual mistakes from rendered and degraded lines: writes src/inkread/correct/confusions.json.

The lines are Debian's fortunes that no benchmark counts (prose.FILES, "dev"), set and degraded by prose.rendered.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from prose import prose, rendered

from inkread import Reader
from inkread.edits import Match, matches
from inkread.image import Image

TABLE = Path(__file__).resolve().parents[1] / "src/inkread/correct/confusions.json"
# Lines that were hardly read at all say nothing of single characters.
LEAST_CONFIDENCE = 0.8
LEAST_COUNT = 2
LEAST_PRINTED = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Read, count and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="benchmarks/confusions.py", description=__doc__)
    parser.add_argument("--lines", type=int, default=1500)
    parser.add_argument("--output", type=Path, default=TABLE)
    options = parser.parse_args(arguments)
    pairs = []
    with Reader() as reader:
        for sample in rendered(prose("en", "dev", options.lines), seed=11):
            (line,) = reader.read_lines(Image(sample.pixels))
            if line.confidence >= LEAST_CONFIDENCE:
                pairs.append((sample.text, line.text))
    options.output.write_text(json.dumps(count(pairs), ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    print(f"{len(pairs)} lines, {options.output}")
    return 0


def count(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the table of (printed, read) lines, as correct.channel.Confusions describes it."""
    printed_chars: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    replaced: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for printed, read in pairs:
        printed_chars.update(printed)
        i = j = 0
        for match in (*matches(printed, read), Match(len(printed), len(read), 0)):
            lost, new = printed[i : match.source], read[j : match.target]
            if len(lost) == len(new) == 1:
                replaced[lost + new] += 1
                wrong[new] += 1
            elif not new and len(lost) == 1:
                dropped[lost] += 1
            i, j = match.source + match.length, match.target + match.length
    often = {pair: number for pair, number in replaced.items() if number >= LEAST_COUNT}
    return {
        "dropped": {char: _share(dropped[char], of) for char, of in printed_chars.items() if of >= LEAST_PRINTED},
        "other": _share(sum(dropped.values()), sum(printed_chars.values())),
        "wrong": {pair: _share(number, wrong[pair[1]]) for pair, number in often.items()},
    }


def _share(number: int, of: int) -> float:
    return round((number + 0.5) / (of + 1), 6)


if __name__ == "__main__":
    sys.exit(main())
