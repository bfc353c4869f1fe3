"""How likely letters follow each other in words: what weighs the shapes that a network saw in handwriting."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from inkread.errors import ModelError

# Logarithms are kept as whole thousandths.
_SCALE: Final = 1000
_LARGEST_BYTES: Final = 50_000_000
_REMEMBERED: Final = 100_000


class NGrams:
    """N-grams of small letters, hyphens and spaces, a space before and after each word, with back-off.

    ngrams: each with the natural logarithm of the probability of its last character after those before it, and of the
    factor where one that follows it is not there; those of one character among them.
    """

    def __init__(self, ngrams: Iterable[tuple[str, tuple[float, float]]]) -> None:
        self._entries = dict(ngrams)
        if not self._entries:
            raise ModelError("the model's file of n-grams holds none", remedy="make it again, or take it off the card")
        self._order = max(map(len, self._entries))
        self._weighed = lru_cache(_REMEMBERED)(self._look_up)

    @staticmethod
    def from_file(path: Path) -> NGrams:
        """Return the n-grams of a file that `write` made. Raises ModelError where it is none."""
        remedy = "get the model again, or take `ngrams` off its card"
        try:
            with gzip.open(path) as file:
                text = file.read(_LARGEST_BYTES + 1)
            if len(text) > _LARGEST_BYTES:
                raise ModelError(f'"{path}" is too large for n-grams', remedy=remedy)
            rows = (line.split("\t") for line in text.decode("utf-8").splitlines())
            return NGrams((ngram, (int(log) / _SCALE, int(backoff) / _SCALE)) for ngram, log, backoff in rows)
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise ModelError(f'"{path}" holds no n-grams: {error}', remedy=remedy) from error

    def write(self, path: Path) -> None:
        """Write the n-grams as packed lines: the n-gram, its logarithm and that of its factor, in thousandths."""
        lines = (
            f"{ngram}\t{round(log * _SCALE)}\t{round(backoff * _SCALE)}\n"
            for ngram, (log, backoff) in sorted(self._entries.items())
        )
        with path.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
            packed.write("".join(lines).encode())

    def after(self, context: str, character: str) -> str:
        """Return what is known of the text after one more character: the current word, as far as n-grams reach."""
        small = character.lower()
        if small not in self._entries or small == " ":
            return " "  # after a mark or a digit a word may begin
        return (context + small)[1 - self._order :]

    def log_probability(self, context: str, character: str) -> float | None:
        """Return ln P(character | context) for a context as of `after`; None of a character that words do not have."""
        return self._weighed(context, character.lower())

    def _look_up(self, context: str, character: str) -> float | None:
        if character not in self._entries:
            return None
        total = 0.0
        while context + character not in self._entries:
            total += self._entries.get(context, (0.0, 0.0))[1]
            context = context[1:]
        return total + self._entries[context + character][0]
