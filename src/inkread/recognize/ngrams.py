"""How likely letters follow each other in languages: what weighs the shapes that a network saw in handwriting."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from inkread.errors import ModelError

# Logarithms are kept as whole thousandths.
_SCALE: Final = 1000
_CODE_BITS: Final = 64
_LARGEST_BYTES: Final = 100_000_000
_REMEMBERED: Final = 100_000
# The chance that a text goes on in another language, for each character: names and quotations.
_OTHER_LANGUAGE: Final = 0.01
_REMEDY: Final = "get the model again, or take `ngrams` off its card"
# The arrays of a file, and of what: the steps from each n-gram's number to the next one's, and what is known of each.
_KINDS: Final[Mapping[str, np.dtype[Any]]] = {
    "steps": np.dtype(np.uint64),
    "logs": np.dtype(np.int16),
    "backoffs": np.dtype(np.int16),
}

Thousandths = npt.NDArray[np.int16]
Codes = npt.NDArray[np.uint64]


class Known(NamedTuple):
    """What is known of a text so far. context: its end, as far as n-grams reach.  shares: P of each language."""

    context: str
    shares: tuple[float, ...]


class _Coding(NamedTuple):
    """How an n-gram of a language is a number, so that a million of them take no more than that.

    Each character is its place in `characters`, from 1, the last one in the lowest bits; above the bits of `order`
    characters stands the place of the language.
    """

    languages: tuple[str, ...]
    characters: str
    order: int

    @property
    def bits(self) -> int:
        return len(self.characters).bit_length()

    @property
    def above(self) -> int:
        """Where the place of the language begins."""
        return self.bits * self.order

    @property
    def fits(self) -> bool:
        return 0 < self.order <= _CODE_BITS and self.above + (len(self.languages) - 1).bit_length() <= _CODE_BITS

    def of(self, ngram: str) -> int:
        code = 0
        for character in ngram:
            code = code << self.bits | (self.characters.index(character) + 1)
        return code


class NGrams:
    """N-grams of small letters, hyphens and spaces, in several languages; a space stands for all between words.

    A text is taken for a mixture of them: each character says how likely each language is, and these say how likely
    the next character is.  codes: the n-grams of all languages, rising, (N,).  logs: thousandths of the natural
    logarithm of the probability of an n-gram's last character after those before it, (N,); what is not there takes the
    shorter one's, times a factor.  backoffs: thousandths of the logarithm of that factor where the n-gram is what
    stands before, (N,).
    """

    def __init__(self, coding: _Coding, codes: Codes, logs: Thousandths, backoffs: Thousandths) -> None:
        self._coding, self._codes, self._logs, self._backoffs = coding, codes, logs, backoffs
        if not coding.fits:
            needed = f"{coding.order} characters, of {len(coding.characters)}, in {len(coding.languages)} languages"
            raise ModelError(f"n-grams of {needed} need more than {_CODE_BITS} bits", remedy="make shorter ones")
        self._firsts = np.arange(len(coding.languages), dtype=np.uint64)[:, None] << np.uint64(coding.above)
        single = self._firsts | np.arange(1, len(coding.characters) + 1, dtype=np.uint64)
        is_rising = codes.size > 0 and codes.shape == logs.shape == backoffs.shape and (codes[:-1] < codes[1:]).all()
        is_known = is_rising and int(codes[-1]) >> coding.above < len(coding.languages)
        if not (is_known and " " in coding.characters and self._rows(single)[1].all()):
            raise ModelError("the model's n-grams are not complete", remedy=_REMEDY)
        # Of all endings of an n-gram the longest first: what of its number belongs to them.
        self._masks = np.array([(1 << coding.bits * size) - 1 for size in range(coding.order, 0, -1)], np.uint64)
        self._bits = np.uint64(coding.bits)
        self._letters = frozenset(coding.characters)
        self._each = np.arange(len(coding.languages))
        self._reach = max(1, coding.order - 1)
        self._probabilities = lru_cache(_REMEMBERED)(self._look_up)

    @staticmethod
    def from_logarithms(models: Mapping[str, tuple[Mapping[str, float], Mapping[str, float]]]) -> NGrams:
        """Return the n-grams of languages, each with natural logarithms by n-gram: of probabilities, and of factors.

        Every language has each single character of all; a factor that is not given is 1. Raises ModelError where there
        are too many characters for n-grams as long as these.
        """
        every = {ngram for logs, _ in models.values() for ngram in logs}
        characters = "".join(sorted(ngram for ngram in every if len(ngram) == 1))
        coding = _Coding(tuple(models), characters, max(map(len, every)))
        rows = [
            (place << coding.above | coding.of(ngram), round(_SCALE * log), round(_SCALE * factors.get(ngram, 0.0)))
            for place, (logs, factors) in enumerate(models.values())
            for ngram, log in logs.items()
        ]
        codes, *values = zip(*sorted(rows), strict=True)
        return NGrams(coding, np.array(codes, np.uint64), *(np.array(each, np.int16) for each in values))

    @staticmethod
    def from_file(path: Path) -> NGrams:
        """Return the n-grams of a file that `write` made. Raises ModelError where it is none."""
        try:
            with zipfile.ZipFile(path) as packed:
                if sum(each.file_size for each in packed.infolist()) > _LARGEST_BYTES:
                    raise ModelError(f'"{path}" is too large for n-grams', remedy=_REMEDY)
            with np.load(path, allow_pickle=False) as arrays:
                languages, characters = (_text(arrays[name]) for name in ("languages", "characters"))
                coding = _Coding(tuple(languages.split("\n")), characters, int(arrays["order"]))
                steps, logs, backoffs = (_of_kind(arrays[name], kind) for name, kind in _KINDS.items())
                return NGrams(coding, np.cumsum(steps, dtype=np.uint64), logs, backoffs)
        except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            raise ModelError(f'"{path}" holds no n-grams: {error}', remedy=_REMEDY) from error

    def write(self, path: Path) -> None:
        """Write the n-grams as packed arrays of numpy; what was written is the same, byte for byte, each time."""
        texts = {"languages": "\n".join(self._coding.languages), "characters": self._coding.characters}
        arrays: dict[str, Any] = {name: np.frombuffer(text.encode(), np.uint8) for name, text in texts.items()}
        steps = np.diff(self._codes, prepend=np.uint64(0))
        with path.open("wb") as file:
            np.savez_compressed(
                file, **arrays, order=self._coding.order, steps=steps, logs=self._logs, backoffs=self._backoffs
            )

    def of(self, languages: Collection[str]) -> NGrams:
        """Return the n-grams of some languages; of all, where none of these is among them."""
        kept = [place for place, language in enumerate(self._coding.languages) if language in languages]
        if not kept or len(kept) == len(self._coding.languages):
            return self
        above = np.uint64(self._coding.above)
        places = self._codes >> above
        is_kept = np.isin(places, kept)
        codes = self._codes - (places - np.searchsorted(kept, places).astype(np.uint64) << above)
        coding = self._coding._replace(languages=tuple(self._coding.languages[place] for place in kept))
        return NGrams(coding, codes[is_kept], self._logs[is_kept], self._backoffs[is_kept])

    @property
    def start(self) -> Known:
        """What is known before a text begins."""
        count = len(self._coding.languages)
        return Known(" ", (1 / count,) * count)

    def after(self, known: Known, character: str) -> tuple[float | None, Known]:
        """Return ln P of one more character, and what is known of the text then.

        What words do not have, marks and digits, stands between them as a space does; of more than one of these nothing
        is said (None).
        """
        small = character.lower()
        if small not in self._letters:
            small = " "
        if small == " " == known.context[-1]:
            return None, known
        each = self._probabilities(known.context, small)
        parts = [share * probability for share, probability in zip(known.shares, each, strict=True)]
        total = sum(parts)
        factor, rest = (1 - _OTHER_LANGUAGE) / total, _OTHER_LANGUAGE / len(parts)
        return math.log(total), Known(self._end(known.context + small), tuple(part * factor + rest for part in parts))

    def _rows(self, codes: Codes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """Return where n-grams stand, and which of them are there at all."""
        rows = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        return rows, self._codes[rows] == codes

    def _end(self, text: str) -> str:
        return text[-self._reach :]

    def _look_up(self, context: str, character: str) -> tuple[float, ...]:
        """Return P(character | context) in each language, of a character that words have."""
        masks = self._masks[-1 - len(context) :]
        code = np.uint64(self._coding.of(context + character))
        rows, is_there = self._rows(self._firsts | np.concatenate((code & masks, code >> self._bits & masks[1:])))
        longest = is_there[:, : len(masks)].argmax(axis=1)
        logs = self._logs[rows[self._each, longest]].astype(float)
        # For each step back to a shorter context, its factor.
        is_left = is_there[:, len(masks) :] & (np.arange(len(masks) - 1) < longest[:, None])
        logs += np.where(is_left, self._backoffs[rows[:, len(masks) :]], 0).sum(axis=1)
        return tuple(np.exp(logs / _SCALE).tolist())


def _text(array: npt.NDArray[Any]) -> str:
    return array.tobytes().decode("utf-8")


def _of_kind(array: npt.NDArray[Any], kind: np.dtype[Any]) -> npt.NDArray[Any]:
    if array.dtype != kind:
        raise ValueError(f"its numbers are {array.dtype}, not {kind}")
    return array
