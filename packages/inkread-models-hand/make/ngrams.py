"""Make the n-grams of letters that handwriting is read with: ngrams.py RUN DATA LITTRE FILE.

RUN: the run that the recogniser is taught in.  DATA: what prepare.py made.  LITTRE: XMLittre.dict.dz (littre.py).

From the words of pyspellchecker (MIT) in seven languages with their frequencies, where a word counts as its frequency
to the power 0.7: rare words say more of how words are made. For what follows words: in English the novels of Jane
Austen; in French the transcriptions that the recogniser is taught by, without what is held back, and Littré's
dictionary. Witten and Bell's smoothing (1991), n-grams of up to eight characters, those with the least weight left out.
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

import numpy as np
from littre import texts_of

from inkread.recognize.ngrams import NGrams
from inkread.train.lines import FileLines
from inkread.train.recognition import RecognitionTask
from inkread.train.run import prepare_again

LANGUAGES = ("de", "en", "es", "fr", "it", "nl", "pt")
ORDER = 8
# Of lists of words, in which nothing is said of what stands between them.
WORD_ORDER = 6
POWER = 0.7
# N-grams of no more weight are left out; less is well known where there is running text.
LEAST = 5.0
LEAST_WITH_TEXT = 2.0
# In running text what stands there less often says little.
FEWEST = 3
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
            for start in range(max(0, end - WORD_ORDER + 1), end + 1):
                counts[spaced[start : end + 1]] += weight
    return per_million(counts)


def text_of(text: str) -> Counter[str]:
    """Return how often each n-gram that is there three times stands in a million characters of running text."""
    text = as_read(text)
    characters, places = np.unique(np.frombuffer(text.encode("utf-32-le"), np.uint32), return_inverse=True)
    bits = len(characters).bit_length()
    counts: Counter[str] = Counter()
    codes = np.zeros(len(text), np.uint64)
    for size in range(1, ORDER + 1):
        codes = codes[: len(text) - size + 1] << np.uint64(bits) | (places[size - 1 :].astype(np.uint64) + np.uint64(1))
        found, times = np.unique(codes, return_counts=True)
        is_kept = times >= FEWEST
        digits = found[is_kept, None] >> np.arange(bits * (size - 1), -1, -bits, dtype=np.uint64)
        letters = characters[(digits & np.uint64((1 << bits) - 1)) - np.uint64(1)]
        ngrams = letters.astype("<u4").tobytes().decode("utf-32-le")
        rows = range(0, len(ngrams), size)
        counts.update(dict(zip((ngrams[k : k + size] for k in rows), times[is_kept].tolist(), strict=True)))
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


def texts(run: Path, data: Path, littre: Path) -> dict[str, list[tuple[str, float]]]:
    """Return running text by language, each with what it weighs beside the words.

    Of the labelled lines those that the network is taught by.
    """
    task = prepare_again(run).task
    assert isinstance(task, RecognitionTask)
    labelled = [source for source in task.sources if isinstance(source, FileLines)]
    taught = "\n".join(source.text(index, 0) for source in labelled for index in range(len(source)))
    english = (data / "english.txt").read_text("utf-8")
    return {"en": [(english, 1.0)], "fr": [(taught, 0.5), *((text, 2.0) for text in texts_of(littre))]}


def main(run: Path, data: Path, littre: Path, out: Path) -> None:
    """Write the file."""
    spec = find_spec("spellchecker")
    if spec is None or spec.origin is None:
        sys.exit("pip install pyspellchecker")
    folder = Path(spec.origin).parent / "resources"
    written = texts(run, data, littre)
    counts = {}
    for language in LANGUAGES:
        found = words_of(language, folder)
        for text, share in written.get(language, ()):
            found.update({ngram: share * weight for ngram, weight in text_of(text).items()})
        least = LEAST_WITH_TEXT if language in written else LEAST
        counts[language] = {ngram: weight for ngram, weight in found.items() if weight > least}
    alphabet = {ngram for each in counts.values() for ngram in each if len(ngram) == 1}
    NGrams.from_logarithms({language: smoothed(each, alphabet) for language, each in counts.items()}).write(out)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:5]))
