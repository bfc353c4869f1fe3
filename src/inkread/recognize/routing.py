"""Several recognisers on one page: each line is read by the one whose script it is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from inkread.image import Pixels
from inkread.recognize.ctc import Reading
from inkread.runtime.allowance import Allowance

# The first recogniser is believed where it is this sure: of 166 lines of print in its own scripts 9 are not, of 80
# Arabic and Sanskrit ones all are not.
_SURE = 0.9
# What packs read right they are less sure of than a network is of nonsense: Sanskrit 0.70 (median) in its own pack,
# 0.62 in the default model. With this, 1 of 80 lines goes to the wrong one of two; without, 4.
_HANDICAP = 0.1


class Reads(Protocol):
    """What reads pictures of lines."""

    def read(self, crops: Sequence[Pixels]) -> list[Reading]:
        """Return a reading for each crop, (H, W, 3) RGB of one upright line; columns are fractions of its width."""
        ...

    def within(self, allowance: Allowance) -> Reads:
        """Return this reader for a page that may take no more than this."""
        ...


class Route(NamedTuple):
    """A recogniser, and the language that it is there for; None for several."""

    reader: Reads
    language: str | None


class Router:
    """Reads lines with the first recogniser, and those that it is not sure of with the others too.

    Whichever is surest of a line has read it. Numbers stay with the first: they are the same in most scripts, and
    who else looks for letters finds some.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes

    def within(self, allowance: Allowance) -> Router:
        """Return this router for a page that may take no more than this."""
        return Router([route._replace(reader=route.reader.within(allowance)) for route in self._routes])

    def read(self, crops: Sequence[Pixels]) -> list[Reading]:
        """Return a reading for each crop, with its language where one recogniser is there for one language."""
        first, *others = self._routes
        readings = _marked(first.reader.read(crops), first.language)
        scores = [_score(reading, crop) for reading, crop in zip(readings, crops, strict=True)]
        unsure = [place for place, score in enumerate(scores) if score < _SURE and readings[place].is_read]
        for route in others:
            again = _marked(route.reader.read([crops[place] for place in unsure]), route.language)
            for place, reading in zip(unsure, again, strict=True):
                score = _score(reading, crops[place]) + _HANDICAP
                if score > scores[place] and _holds_words(reading.text):
                    readings[place], scores[place] = reading, score
        return readings


def _score(reading: Reading, crop: Pixels) -> float:
    """Return how sure a reading is, less where it has fewer characters than the line has room for.

    A recogniser that does not know a script leaves most of it out, and is sure of the numbers.
    """
    room = float(crop.shape[1] / crop.shape[0])
    characters = len("".join(reading.text.split()))
    return reading.confidence * min(1.0, characters / room)


def _holds_words(text: str) -> bool:
    """Whether there are letters in a text, no fewer than digits."""
    return sum(char.isalpha() for char in text) >= max(1, sum(char.isdigit() for char in text))


def _marked(readings: Sequence[Reading], language: str | None) -> list[Reading]:
    return [replace(reading, language=language) if reading.text else reading for reading in readings]
