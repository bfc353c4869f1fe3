"""Make the n-grams of letters that handwriting is read with: ngrams.py FILE.

From the words of pyspellchecker (MIT) in seven languages with their frequencies, each language as much as another. A
word counts as its frequency to the power 0.7, so that rare words say more of how words are made. Witten and Bell's
smoothing (1991), n-grams of up to six characters, those with the least weight left out.
"""

from __future__ import annotations

import gzip
import json
import math
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

from inkread.recognize.ngrams import NGrams

LANGUAGES = ("de", "en", "es", "fr", "it", "nl", "pt")
ORDER = 6
POWER = 0.7
LEAST = 5.0  # of a million characters of each language
# How many times a context is thought to have been seen before another character for each that it has: 5 and 20 read
# lines that were held back less well.
PRIOR = 10.0
# Characters that none of the languages has.
OTHERS = 60


def counts_of(language: str, folder: Path) -> Counter[str]:
    """Return how often each n-gram stands in a million characters of a language."""
    frequencies = json.loads(gzip.decompress((folder / f"{language}.json.gz").read_bytes()))
    total = sum(frequencies.values())
    counts: Counter[str] = Counter()
    for word, frequency in frequencies.items():
        if not word or not all(char.isalpha() or char == "-" for char in word):
            continue
        weight = (1e6 * max(frequency, 1) / total) ** POWER
        spaced = f" {word.lower()} "
        for end in range(1, len(spaced)):
            for start in range(max(0, end - ORDER + 1), end + 1):
                counts[spaced[start : end + 1]] += weight
    characters = sum(weight for ngram, weight in counts.items() if len(ngram) == 1)
    return Counter({ngram: 1e6 * weight / characters for ngram, weight in counts.items()})


def smoothed(counts: dict[str, float]) -> NGrams:
    """Return n-grams with probabilities, each mixed with that of the n-gram that is one shorter."""
    totals: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for ngram, count in counts.items():
        totals[ngram[:-1]] += count
        kinds[ngram[:-1]] += 1
    # Of a context: the share of what was not seen after it.
    shares = {each: PRIOR * kinds[each] / (totals[each] + PRIOR * kinds[each]) for each in totals if each}
    probabilities: dict[str, float] = {}
    for ngram in sorted(counts, key=len):
        context = ngram[:-1]
        if not context:
            probabilities[ngram] = (counts[ngram] + 1) / (totals[""] + OTHERS)
            continue
        seen = counts[ngram] / totals[context]
        shorter = probabilities[ngram[1:]]  # what is counted is counted without its first character too
        probabilities[ngram] = (1 - shares[context]) * seen + shares[context] * shorter
    return NGrams((each, (math.log(p), math.log(shares.get(each, 1.0)))) for each, p in probabilities.items())


def main() -> None:
    """Write the file."""
    spec = find_spec("spellchecker")
    if spec is None or spec.origin is None:
        sys.exit("pip install pyspellchecker")
    folder = Path(spec.origin).parent / "resources"
    counts: Counter[str] = Counter()
    for language in LANGUAGES:
        counts.update(counts_of(language, folder))
    smoothed({ngram: count for ngram, count in counts.items() if count > LEAST}).write(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
