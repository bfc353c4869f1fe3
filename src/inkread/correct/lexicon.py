"""Words of languages with how often they are used, from installed packages; nothing is downloaded.

pyspellchecker (MIT) has counts for twelve languages, simplemma (MIT) their rarer words, symspellpy (MIT) pairs of
English words. Counts alone know 69 % of correct Spanish words and 85 % of Italian ones; with simplemma 99 and 90 %.
"""

from __future__ import annotations

import gzip
import importlib.resources
import json
import math
import re
import threading
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import TypeVar

import numpy as np

from inkread.errors import LanguageError
from inkread.extras import check_installed

Key = TypeVar("Key", bound=Hashable)

LANGUAGES = ("ar", "de", "en", "es", "eu", "fa", "fr", "it", "lv", "nl", "pt", "ru")
_PAIRS = {"en": "frequency_bigramdictionary_en_243_342.txt"}

_WITHOUT_FORMS = ("eu",)  # simplemma has no list of Basque
# Of these, words that were looked up are remembered; strangers send words without end.
_FORMS_KEPT = 20_000

# Words of up to three letters that are rarer than this are mostly debris of lists: "lon", "tbe".
_LEAST_SHORT = 1e-6
# A word that no list has: how much rarer than the rarest that one has.
_UNSEEN = 1e-10

# Letters beyond a to z, of languages that are written in Latin letters.
_LETTERS = {
    "de": "äöüß",
    "en": "éèêëïôöæœç",
    "es": "áéíñóúü",
    "eu": "ñç",
    "fr": "àâæçèéêëîïôœùûüÿ",
    "it": "àèéìíîòóùú",
    "lv": "āčēģīķļņšūž",
    "nl": "àáèéêëïíóöü",
    "pt": "áâãàçéêíóôõúü",
}
# So many words may have letters of another language: names, and letters misread.
_FOREIGN = 0.05

_PARTS = re.compile(r"[-\u2010\u2011'’]")
_loading = {code: threading.Lock() for code in LANGUAGES}


class Table:
    """Numbers by word, of which only the words' hashes are kept: 20 to 24 bytes for each instead of 140 in a dict.

    Two of a million words share all 64 bits once in 10 million processes. numbers: none is 0, which stands for what is
    not there.
    """

    def __init__(self, numbers: Mapping[Key, float]) -> None:
        hashes = np.fromiter(map(hash, numbers), np.int64, len(numbers))
        order = np.argsort(hashes)
        self._hashes = array("q", hashes[order].tobytes())
        self._numbers = array("d", np.fromiter(numbers.values(), np.float64, len(numbers))[order].tobytes())
        # Nearly all that is asked for is not there: a letter changed at every place of a word makes hundreds. 4 to 8
        # places for each word turn away 78 to 88 % of it, in a fifth of the time that looking for it takes.
        self._mask = (8 << len(numbers).bit_length()) // 2 - 1
        places = np.zeros(self._mask + 1, np.uint8)
        places[hashes & self._mask] = 1
        self._places = places.tobytes()

    def get(self, key: Hashable) -> float:
        """Return the number of a word, 0 where there is none."""
        wanted = hash(key)
        if not self._places[wanted & self._mask]:
            return 0.0
        index = bisect_left(self._hashes, wanted)
        is_there = index < len(self._hashes) and self._hashes[index] == wanted
        return self._numbers[index] if is_there else 0.0

    def __len__(self) -> int:
        return len(self._hashes)


class Words:
    """Words of one language.

    frequencies: share of all words, of each.  pairs: share of all pairs, of pairs of words; may be empty.  is_form:
    says whether a word that has no frequency is one nevertheless.
    """

    def __init__(
        self,
        frequencies: Mapping[str, float],
        pairs: Mapping[tuple[str, str], float] | None = None,
        is_form: Callable[[str], bool] = lambda word: False,
    ) -> None:
        self.shares = Table(frequencies)
        self.pairs = Table(pairs or {})
        self.is_form = lru_cache(_FORMS_KEPT)(is_form)
        accented = ((word, _without_accents(word)) for word in frequencies if not word.isascii())
        self.plain = Table({plain: 1.0 for word, plain in accented if plain != word})
        self.letters = frozenset(char for word in frequencies for char in word if char.isalpha())


class Lexicon:
    """Words of one or several languages. Words are compared in small letters."""

    def __init__(self, *languages: Words) -> None:
        self._languages = languages
        self._shares = tuple(each.shares for each in languages)
        # Between two languages they would tell which one a word is of, and nothing is known of that.
        self._pairs = languages[0].pairs if len(languages) == 1 else Table({})
        self.alphabet = "".join(sorted(frozenset().union(*(each.letters for each in languages))))

    @staticmethod
    def of(languages: Sequence[str]) -> Lexicon:
        """Return the lexicon of languages (BCP-47; their first part counts).

        Raises LanguageError where a language has none here, MissingPackageError where the package is not installed.
        """
        codes = tuple(dict.fromkeys(language.split("-")[0].casefold() for language in languages))
        unknown = [code for code in codes if code not in LANGUAGES]
        if unknown or not codes:
            raise LanguageError(
                f"there is no lexicon for {', '.join(unknown) or 'no language'}",
                remedy=f"correct text in {', '.join(LANGUAGES)}, or leave it as it was read",
            )
        return Lexicon(*map(_words, codes))

    def knows(self, word: str) -> bool:
        """Return whether a word is one: as it is, without its accents, or in parts at hyphens and apostrophes."""
        lower = word.casefold()
        if self.has(lower) or self._is_plain(lower) or self._is_form(word) or self._is_form(lower):
            return True
        parts = [part for part in _PARTS.split(lower) if part]
        return len(parts) > 1 and all(self.has(part) or part == "s" or self._is_form(part) for part in parts)

    def has(self, word: str) -> bool:
        """Return whether the lexicon has a frequency for a word as it is: what may be put in another's place."""
        return self._share(word.casefold()) > (_LEAST_SHORT if len(word) <= 3 else 0.0)

    def log_frequency(self, word: str) -> float:
        """Return the natural logarithm of a word's share of all words; of one that is not there a low one."""
        return math.log(self._share(word.casefold()) + _UNSEEN)

    def log_pair(self, first: str, second: str) -> float | None:
        """Return ln(P(pair) / (P(first) P(second))): how much likelier two words stand together than by chance."""
        first, second = first.casefold(), second.casefold()
        together = self._pairs.get((first, second))
        if not together:
            return None
        return math.log(together) - self.log_frequency(first) - self.log_frequency(second)

    @property
    def has_pairs(self) -> bool:
        return len(self._pairs) > 0

    def _share(self, word: str) -> float:
        """Return a word's share of all words, in the language where it is largest."""
        if len(self._shares) == 1:  # nearly always, and asked for hundreds of times for each word
            return self._shares[0].get(word)
        return max(each.get(word) for each in self._shares)

    def _is_plain(self, word: str) -> bool:
        return any(each.plain.get(word) for each in self._languages)

    def _is_form(self, word: str) -> bool:
        return bool(word) and any(each.is_form(word) for each in self._languages)


def _without_accents(word: str) -> str:
    """Return a word as it is typed where accents are not at hand: cafe, grosse."""
    parts = unicodedata.normalize("NFKD", word.replace("ß", "ss"))
    return "".join(char for char in parts if not unicodedata.combining(char))


def has_lexicon(language: str) -> bool:
    """Return whether there is a lexicon for a language (BCP-47)."""
    return language.split("-")[0].casefold() in LANGUAGES


def guess_language(words: Iterable[str]) -> str | None:
    """Return the language whose commonest words are found most among these, or None where none stands out.

    Nor is it one where words have letters that it has not: Czech has words in common with Portuguese.
    """
    seen = [word.casefold() for word in words]
    shares = {code: sum(word in common for word in seen) for code, common in _common_words().items()}
    first, second = sorted(shares, key=lambda code: -shares[code])[:2]
    if shares[first] < 3 or shares[first] < 1.3 * shares[second]:
        return None
    foreign = sum(_has_others(word, _LETTERS[first]) for word in seen) if first in _LETTERS else 0
    return first if foreign <= max(2, _FOREIGN * len(seen)) else None


def _has_others(word: str, letters: str) -> bool:
    return any(char > "z" and char.isalpha() and char not in letters for char in word)


@cache
def _common_words() -> dict[str, frozenset[str]]:
    text = importlib.resources.files("inkread.correct").joinpath("common_words.json").read_text(encoding="utf-8")
    return {code: frozenset(words.split()) for code, words in json.loads(text).items()}


def _words(code: str) -> Words:
    """Return the words of a language: loaded once, by whoever asks first while others wait."""
    with _loading[code]:
        return _loaded(code)


@cache
def _loaded(code: str) -> Words:
    return Words(_frequencies(code), _pairs(code), _forms(code))


def _frequencies(code: str) -> dict[str, float]:
    check_installed("correct")
    data = importlib.resources.files("spellchecker").joinpath(f"resources/{code}.json.gz").read_bytes()
    counts: dict[str, int] = json.loads(gzip.decompress(data))
    total = sum(counts.values())
    return {word: count / total for word, count in counts.items()}


def _forms(code: str) -> Callable[[str], bool]:
    """Return what knows rarer words; without the package, rare forms are taken for misread words."""
    try:
        from simplemma import is_known
    except ImportError:
        return _nothing
    # As it lies in the package 60 MiB hold all languages, unpacked 490; a look takes 5 to 20 us, not 2.
    return (lambda word: bool(is_known(word, lang=code, low_memory=True))) if code not in _WITHOUT_FORMS else _nothing


def _nothing(word: str) -> bool:
    return False


def _pairs(code: str) -> dict[tuple[str, str], float]:
    """Return pairs of words; none where the package is not installed, which costs some corrections only."""
    if code not in _PAIRS:
        return {}
    try:
        text = importlib.resources.files("symspellpy").joinpath(_PAIRS[code]).read_text(encoding="utf-8-sig")
    except ModuleNotFoundError:
        return {}
    lines = (line.split() for line in text.splitlines())
    # The list has the commonest pairs of a corpus of 1.02e12 words (Norvig's, of Google's Web 1T).
    return {(first, second): float(count) / 1.02e12 for first, second, count in lines}
