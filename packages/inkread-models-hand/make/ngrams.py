"""Make the n-grams of letters that handwriting is read with: ngrams.py RUN DATA FILE.

RUN: the run that the recogniser is taught in.  DATA: what prepare.py made.

From the words of pyspellchecker (MIT) in seven languages with their frequencies, where a word counts as its frequency
to the power 0.7: rare words say more of how words are made. For what follows words: the novels of Jane Austen, and
the transcriptions that the recogniser is taught by; what is held back is not among them.
Witten and Bell's smoothing (1991), n-grams of up to six characters, those with the least weight left out.
"""

from __future__ import annotations

import gzip
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from inkread.recognize.ngrams import NGrams
from inkread.train.lines import FileLines
from inkread.train.recognition import RecognitionTask
from inkread.train.run import prepare_again

LANGUAGES = ("de", "en", "es", "fr", "it", "nl", "pt")
ORDER = 6
POWER = 0.7
LEAST = 5.0  # of a million characters of a language
# What running text weighs beside words, where there is some.
TEXT = 0.5
# How many times a context is thought to have been seen before another character for each that it has: 5 and 20 read
# lines that were held back less well.
PRIOR = 10.0


def words_of(language: str, folder: Path) -> Counter[str]:
    """Return how often each n-gram stands in a million characters of a language's words, a space around each."""
    frequencies = json.loads(gzip.decompress((folder / f"{language}.json.gz").read_bytes()))
    total = sum(frequencies.values())
    counts: Counter[str] = Counter()
    for word, frequency in frequencies.items():
        if not re.fullmatch(r"[^\W\d_]([^\W\d_]|['-])*", word):
            continue
        weight = (1e6 * max(frequency, 1) / total) ** POWER
        spaced = as_read(word)
        for end in range(1, len(spaced)):
            for start in range(max(0, end - ORDER + 1), end + 1):
                counts[spaced[start : end + 1]] += weight
    return per_million(counts)


def text_of(text: str) -> Counter[str]:
    """Return how often each n-gram stands in a million characters of running text."""
    text = as_read(text)
    counts = Counter(text[k : k + size] for size in range(1, ORDER + 1) for k in range(len(text) - size + 1))
    return per_million(counts)


def as_read(text: str) -> str:
    """Return a text's small letters and hyphens, one space for all that stands between words, before and after them."""
    return " " + " ".join(re.sub(r"[^\w-]|[\d_]", " ", text.lower()).split()) + " "


def per_million(counts: Mapping[str, float]) -> Counter[str]:
    """Return counts as they were if there were a million characters."""
    characters = sum(weight for ngram, weight in counts.items() if len(ngram) == 1)
    return Counter({ngram: 1e6 * weight / characters for ngram, weight in counts.items()})


def smoothed(counts: Mapping[str, float], alphabet: set[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return ln P of n-grams, each mixed with that of the n-gram that is one shorter, and of the factors of contexts.

    alphabet: the characters of all languages, each of which may stand in any.
    """
    totals: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for ngram, count in counts.items():
        totals[ngram[:-1]] += count
        kinds[ngram[:-1]] += 1
    # Of a context: the share of what was not seen after it.
    shares = {each: PRIOR * kinds[each] / (totals[each] + PRIOR * kinds[each]) for each in totals if each}
    probabilities = {char: (counts.get(char, 0.0) + 1) / (totals[""] + len(alphabet)) for char in alphabet}
    for ngram in sorted((each for each in counts if len(each) > 1), key=len):
        context = ngram[:-1]
        seen = counts[ngram] / totals[context]
        shorter = probabilities[ngram[1:]]  # what is counted is counted without its first character too
        probabilities[ngram] = (1 - shares[context]) * seen + shares[context] * shorter
    return (*({each: math.log(p) for each, p in values.items()} for values in (probabilities, shares)),)


def texts(run: Path, data: Path) -> dict[str, str]:
    """Return what is written in languages, of the labelled lines those that the network is taught by."""
    task = prepare_again(run).task
    assert isinstance(task, RecognitionTask)
    labelled = [source for source in task.sources if isinstance(source, FileLines)]
    french = (source.text(index, 0) for source in labelled for index in range(len(source)))
    return {"en": (data / "english.txt").read_text("utf-8"), "fr": "\n".join(french)}


def main(run: Path, data: Path, out: Path) -> None:
    """Write the file."""
    spec = find_spec("spellchecker")
    if spec is None or spec.origin is None:
        sys.exit("pip install pyspellchecker")
    folder = Path(spec.origin).parent / "resources"
    written = texts(run, data)
    counts = {}
    for language in LANGUAGES:
        found = words_of(language, folder)
        if language in written:
            found.update({ngram: TEXT * weight for ngram, weight in text_of(written[language]).items()})
        counts[language] = {ngram: weight for ngram, weight in found.items() if weight > LEAST}
    alphabet = {ngram for each in counts.values() for ngram in each if len(ngram) == 1}
    NGrams.from_logarithms({language: smoothed(each, alphabet) for language, each in counts.items()}).write(out)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
