"""How likely letters follow each other in languages: what weighs the shapes that a network saw in handwriting."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from inkread.errors import ModelError

# Logarithms are kept as whole thousandths; this stands where a language does not have an n-gram.
_SCALE: Final = 1000
_ABSENT: Final = -32768
_LARGEST_BYTES: Final = 100_000_000
_REMEMBERED: Final = 100_000
# The chance that a text goes on in another language, for each character: names and quotations.
_OTHER_LANGUAGE: Final = 0.01

Thousandths = npt.NDArray[np.int16]


class Known(NamedTuple):
    """What is known of a text so far. context: its end, as far as n-grams reach.  shares: P of each language."""

    context: str
    shares: tuple[float, ...]


class NGrams:
    """N-grams of small letters, hyphens and spaces, in several languages; a space stands for all between words.

    A text is taken for a mixture of them: each character says how likely each language is, and these say how likely
    the next character is.  ngrams: each once.  logs: thousandths of the natural logarithm of the probability of its
    last character after those before it, (N, L); what has no row of its own takes the shorter one's, times a factor.
    backoffs: thousandths of the logarithm of that factor where the n-gram is what stands before, (N, L).
    """

    def __init__(
        self, languages: Sequence[str], ngrams: Sequence[str], logs: Thousandths, backoffs: Thousandths
    ) -> None:
        self._languages, self._ngrams = tuple(languages), tuple(ngrams)
        self._logs, self._backoffs = logs, backoffs
        self._rows = {ngram: row for row, ngram in enumerate(self._ngrams)}
        shape = (len(self._rows), len(self._languages))
        single = [row for ngram, row in self._rows.items() if len(ngram) == 1]
        has_all = " " in self._rows and logs.shape == backoffs.shape == shape and (logs[single] != _ABSENT).all()
        if 0 in shape or not has_all:
            raise ModelError(
                "the model's n-grams are not complete", remedy="make them again, or take them off the card"
            )
        self._reach = max(1, max(map(len, self._rows)) - 1)
        self._probabilities = lru_cache(_REMEMBERED)(self._look_up)

    @staticmethod
    def from_logarithms(models: Mapping[str, tuple[Mapping[str, float], Mapping[str, float]]]) -> NGrams:
        """Return the n-grams of languages, each with natural logarithms by n-gram: of probabilities, and of factors.

        Every language has each single character of all; a factor that is not given is 1.
        """
        ngrams = sorted({ngram for logs, _ in models.values() for ngram in logs})
        logs = [[round(_SCALE * logs[n]) if n in logs else _ABSENT for logs, _ in models.values()] for n in ngrams]
        backoffs = [[round(_SCALE * factors.get(n, 0.0)) for _, factors in models.values()] for n in ngrams]
        return NGrams(tuple(models), ngrams, np.array(logs, np.int16), np.array(backoffs, np.int16))

    @staticmethod
    def from_file(path: Path) -> NGrams:
        """Return the n-grams of a file that `write` made. Raises ModelError where it is none."""
        remedy = "get the model again, or take `ngrams` off its card"
        try:
            with zipfile.ZipFile(path) as packed:
                if sum(each.file_size for each in packed.infolist()) > _LARGEST_BYTES:
                    raise ModelError(f'"{path}" is too large for n-grams', remedy=remedy)
            with np.load(path, allow_pickle=False) as arrays:
                languages, ngrams = (_text(arrays[name]).split("\n") for name in ("languages", "ngrams"))
                return NGrams(languages, ngrams, _thousandths(arrays["logs"]), _thousandths(arrays["backoffs"]))
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            raise ModelError(f'"{path}" holds no n-grams: {error}', remedy=remedy) from error

    def write(self, path: Path) -> None:
        """Write the n-grams as packed arrays of numpy; what was written is the same, byte for byte, each time."""
        texts = {"languages": self._languages, "ngrams": self._ngrams}
        arrays: dict[str, Any] = {name: np.frombuffer("\n".join(t).encode(), np.uint8) for name, t in texts.items()}
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays, logs=self._logs, backoffs=self._backoffs)

    def of(self, languages: Collection[str]) -> NGrams:
        """Return the n-grams of some languages; of all, where none of these is among them."""
        columns = [k for k, language in enumerate(self._languages) if language in languages]
        if not columns or len(columns) == len(self._languages):
            return self
        names = [self._languages[k] for k in columns]
        return NGrams(names, self._ngrams, self._logs[:, columns], self._backoffs[:, columns])

    @property
    def start(self) -> Known:
        """What is known before a text begins."""
        count = len(self._languages)
        return Known(" ", (1 / count,) * count)

    def after(self, known: Known, character: str) -> tuple[float | None, Known]:
        """Return ln P of one more character, and what is known of the text then.

        What words do not have, marks and digits, stands between them as a space does; of more than one of these nothing
        is said (None).
        """
        small = character.lower()
        if small not in self._rows:
            small = " "
        if small == " " == known.context[-1]:
            return None, known
        each = self._probabilities(known.context, small)
        parts = [share * probability for share, probability in zip(known.shares, each, strict=True)]
        total = sum(parts)
        factor, rest = (1 - _OTHER_LANGUAGE) / total, _OTHER_LANGUAGE / len(parts)
        return math.log(total), Known(self._end(known.context + small), tuple(part * factor + rest for part in parts))

    def _end(self, text: str) -> str:
        return text[-self._reach :]

    def _look_up(self, context: str, character: str) -> tuple[float, ...]:
        """Return P(character | context) in each language, of a character that words have."""
        found = np.full(len(self._languages), np.nan)
        factors = np.zeros_like(found)
        while np.isnan(found).any():
            if (row := self._rows.get(context + character)) is not None:
                new = np.isnan(found) & (self._logs[row] != _ABSENT)
                found[new] = (factors + self._logs[row])[new]
            if (row := self._rows.get(context)) is not None:
                factors += self._backoffs[row]
            context = context[1:]
        return tuple(np.exp(found / _SCALE).tolist())


def _text(array: npt.NDArray[Any]) -> str:
    return array.tobytes().decode("utf-8")


def _thousandths(array: npt.NDArray[Any]) -> Thousandths:
    if array.dtype != np.int16:
        raise ValueError(f"its numbers are {array.dtype}, not int16")
    return array
