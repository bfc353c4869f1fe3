"""How much of a language's alphabet a model can write: the letters of Unicode CLDR's main exemplars, small and capital.

alphabets.tsv holds them; scripts/make_languages.py writes it.
"""

from __future__ import annotations

import importlib.resources
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from inkread.registry.languages import matches


class Coverage(NamedTuple):
    """How many letters an alphabet has, and which of them a model cannot write."""

    letters: int
    missing: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share that can be written, 0..1."""
        return 1 - len(self.missing) / self.letters


def coverage(tag: str, characters: Iterable[str]) -> Coverage | None:
    """Return how much of a language's alphabet is among the characters; None where its letters are not known.

    A letter with marks counts as there where the letter and each mark are.
    """
    letters = alphabet(tag)
    if not letters:
        return None
    there = frozenset(characters)
    missing = [
        letter
        for letter in sorted(letters)
        if letter not in there and not (set(unicodedata.normalize("NFKD", letter)) <= there)
    ]
    return Coverage(len(letters), tuple(missing))


def alphabet(tag: str) -> frozenset[str]:
    """Return the letters of a language, with those marks that are characters by themselves; empty if not known."""
    exact = _alphabets().get(tag)
    name = exact or next((letters for known, letters in _alphabets().items() if matches(tag, known)), "")
    return frozenset(_characters(name))


@lru_cache(maxsize=1)
def _alphabets() -> Mapping[str, str]:
    text = importlib.resources.files("inkread.registry").joinpath("alphabets.tsv").read_text(encoding="utf-8")
    rows = (line.partition("\t") for line in text.splitlines() if not line.startswith("#"))
    return {tag: ranges for tag, _, ranges in rows}


def _characters(ranges: str) -> Iterator[str]:
    for each in ranges.split():
        first, _, last = each.partition("-")
        yield from map(chr, range(int(first, 16), int(last or first, 16) + 1))
