"""Text to render: windows of corpora, and what grammars make up: numbers, dates, amounts of money, addresses."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from inkread.errors import NothingToReadError, OptionError, SourceNotFoundError, nearest

Rng = np.random.Generator

# A text whose words have this many characters on average is written without spaces.
_LONGEST_WORDS: Final = 25

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November"),
    *("December", "Jan.", "Feb.", "Sept.", "Oct.", "Dec.", "janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
_STREETS: Final = ("Street", "St.", "Road", "Avenue", "Lane", "Square", "rue", "avenue", "boulevard", "place", "chemin")
_NAMES: Final = (
    *("Palo Alto", "Paris", "Lyon", "London", "Oxford", "Bristol", "Nantes", "Québec", "Dijon", "Boston", "Leeds"),
    *("Baker", "Church", "Mill", "High", "Victor Hugo", "de la Paix", "Saint-Jean", "Park", "Station", "Gambetta"),
)
_CURRENCIES: Final = ("€", "$", "£", "EUR", "USD", "fr.", "F")


class _Corpus(NamedTuple):
    """A text in pieces that lines are made of, and what stands between two of them."""

    pieces: Sequence[str]
    between: str

    @staticmethod
    def of(text: str) -> _Corpus:
        """Return a text's words; where there are hardly any spaces, as in Chinese, its characters."""
        words = unicodedata.normalize("NFC", text).split()
        has_words = len(text) < _LONGEST_WORDS * max(len(words), 1)
        return _Corpus(words, " ") if has_words else _Corpus("".join(words), "")


class Texts:
    """Gives lines of text: the same for the same random numbers.

    corpora: texts as long as one likes, of which windows are taken.  grammars: names of GRAMMARS; grammar_share: how
    many lines come from them, 0..1.  length: characters of a line, least and most.  capitals: share in capitals.
    """

    def __init__(
        self,
        corpora: Sequence[str],
        grammars: Sequence[str] = (),
        *,
        grammar_share: float = 0.1,
        length: tuple[int, int] = (6, 60),
        capitals: float = 0.03,
    ) -> None:
        unknown = [name for name in grammars if name not in GRAMMARS]
        if unknown:
            raise OptionError(f'there is no grammar "{unknown[0]}"', remedy=nearest(unknown[0], GRAMMARS))
        self._corpora = [each for each in map(_Corpus.of, corpora) if each.pieces]
        if not self._corpora and not grammars:
            raise NothingToReadError("there is no text to render", remedy="give texts or grammars")
        self._grammars = [GRAMMARS[name] for name in grammars]
        self._grammar_share = grammar_share if self._corpora else 1.0
        self._length = length
        self._capitals = capitals

    def line(self, rng: Rng) -> str:
        """Return one line of text, without spaces at its ends or two in a row."""
        is_made_up = bool(self._grammars) and rng.random() < self._grammar_share
        text = self._grammars[int(rng.integers(len(self._grammars)))](rng) if is_made_up else self._window(rng)
        return text.upper() if rng.random() < self._capitals else text

    def _window(self, rng: Rng) -> str:
        corpus = self._corpora[int(rng.integers(len(self._corpora)))]
        pieces = corpus.pieces
        start, wanted = int(rng.integers(len(pieces))), int(rng.integers(*self._length, endpoint=True))
        taken: list[str] = []
        size = 0
        for k in range(start, start + wanted):
            piece = pieces[k % len(pieces)]
            if taken and size + len(piece) > wanted:
                break
            taken.append(piece[: self._length[1]])
            size += len(piece) + len(corpus.between)
        return corpus.between.join(taken)


def read_corpus(path: Path) -> str:
    """Return a text file. Raises SourceNotFoundError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise SourceNotFoundError(f'cannot read the text "{path}": {error.strerror or error}') from error


def number(rng: Rng) -> str:
    """Return a number as people write them: 1,234.50, 1 234,50, 12 %, 00-345, 3/4."""
    value = int(10 ** rng.uniform(0, 6))
    way = int(rng.integers(6))
    if way == 0:
        return f"{value:,}"
    if way == 1:
        return f"{value:,}".replace(",", " ")
    if way == 2:
        return f"{value / 100:,.2f}".replace(",", " ").replace(".", ",")
    if way == 3:
        return f"{rng.integers(1000)} %"
    if way == 4:
        return "-".join(str(rng.integers(10 ** int(rng.integers(1, 5)))) for _ in range(int(rng.integers(2, 4))))
    return f"{rng.integers(1, 20)}/{rng.integers(2, 100)}"


def date(rng: Rng) -> str:
    """Return a date in one of the usual ways."""
    day, month, year = int(rng.integers(1, 29)), int(rng.integers(1, 13)), int(rng.integers(1780, 2031))
    name = _MONTHS[int(rng.integers(len(_MONTHS)))]
    ways = (
        f"{day:02d}/{month:02d}/{year}", f"{year}-{month:02d}-{day:02d}", f"{day}.{month}.{year % 100:02d}",
        f"{day} {name} {year}", f"{name} {day}, {year}", f"le {day} {name} {year}", f"{name} {day}th, {year}",
        f"{day}-{month}-{year % 100:02d}", f"{int(rng.integers(24))}:{int(rng.integers(60)):02d}",
    )  # fmt: skip
    return ways[int(rng.integers(len(ways)))]


def money(rng: Rng) -> str:
    """Return an amount with its currency."""
    value = 10 ** rng.uniform(-0.5, 5)
    currency = _CURRENCIES[int(rng.integers(len(_CURRENCIES)))]
    amount = f"{value:,.2f}" if rng.random() < 0.5 else f"{value:,.2f}".replace(",", " ").replace(".", ",")
    return f"{currency}{amount}" if currency in "$£" else f"{amount} {currency}"


def address(rng: Rng) -> str:
    """Return a street with its number, a town with its code, or both."""
    name, town = (_NAMES[int(k)] for k in rng.integers(len(_NAMES), size=2))
    kind = _STREETS[int(rng.integers(len(_STREETS)))]
    house = f"{rng.integers(1, 300)}{'' if rng.random() < 0.8 else ' bis'}"
    street = f"{house}, {kind} {name}" if kind[0].islower() else f"{house} {name} {kind}"
    code = f"{rng.integers(1000, 99999):05d} {town}"
    return (street, code, f"{street}, {code}")[int(rng.integers(3))]


GRAMMARS: Final[Mapping[str, Callable[[Rng], str]]] = {
    "numbers": number,
    "dates": date,
    "money": money,
    "addresses": address,
}
