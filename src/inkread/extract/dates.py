"""Dates as they are printed, in many languages and orders."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, time
from typing import Literal, NamedTuple

DayOrder = Literal["dmy", "mdy"]

# The first letters of each month's names, without accents, as far as they tell the months apart; English, German,
# French, Spanish, Italian, Portuguese, Dutch, Polish, Swedish, Danish, Norwegian, Indonesian and Malay.
_MONTHS = (
    ("jan", "janv", "jaen", "ene", "gen", "sty"),
    ("feb", "fev", "fevr", "febbr", "lut"),
    ("mar", "marz", "maerz", "mars", "maart", "mrt", "mac", "mrz"),
    ("apr", "avr", "abr", "kwi"),
    ("may", "mai", "mei", "mag", "maj", "mayo", "maio"),
    ("jun", "juin", "giu", "cze"),
    ("jul", "juil", "lug", "lip"),
    ("aug", "aou", "aout", "ago", "sie", "agu", "ogos"),
    ("sep", "sept", "set", "wrz"),
    ("oct", "okt", "ott", "out", "paz"),
    ("nov", "lis"),
    ("dec", "dez", "dic", "des", "dis", "gru"),
)
_BY_PREFIX = {prefix: number for number, prefixes in enumerate(_MONTHS, 1) for prefix in prefixes}
_NAME = r"[^\W\d_]{3,12}"
_MARK = r"\s?[-./,]\s?"
# A time may touch the year ("09/02/201811:40", "24 Mar 1809:12").
_YEAR = r"((?:19|20)\d\d(?=\d{1,2}:\d\d)|(?:(?:19|20)\d\d|\d\d)(?!\d)|\d\d(?=[0-2]\d:[0-5]\d))"

_NUMERIC = re.compile(rf"(?<![\d.,/-])(\d{{1,2}})(?P<mark>{_MARK})(\d{{1,2}}){_MARK}{_YEAR}(?![.,/-]\d)")
_YEAR_FIRST = re.compile(
    rf"(?<![\d.,/-])((?:19|20)\d\d)(?:{_MARK}|\s?年\s?)(\d{{1,2}})(?:{_MARK}|\s?月\s?)(\d{{1,2}})(?!\d)\s?日?"
)
_DAY_NAME = re.compile(
    rf"(?<![\d.,/-])(\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?[\s./,-]{{0,3}}(?:de\s)?({_NAME})\.?[\s./,'’-]{{0,3}}(?:de\s)?{_YEAR}",
    re.IGNORECASE,
)
_NAME_DAY = re.compile(rf"(?<!\w)({_NAME})\.?\s?(\d{{1,2}})(?:st|nd|rd|th)?[\s.,'’-]{{1,3}}{_YEAR}", re.IGNORECASE)
_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\d)")
_TIME = re.compile(
    r"(?<![\d.:])([01]?\d|2[0-3])\s?[:.]\s?([0-5]\d)(?:\s?[:.]\s?([0-5]\d))?\s?([ap])?\.?\s?(?:m\b)?", re.IGNORECASE
)


class FoundDate(NamedTuple):
    """A date in a text: characters start to end (half-open). is_ambiguous: day and month could change places."""

    start: int
    end: int
    date: date
    is_ambiguous: bool = False


class FoundTime(NamedTuple):
    """A time of day in a text: characters start to end (half-open)."""

    start: int
    end: int
    time: time


def dates_in(text: str, order: DayOrder = "dmy") -> list[FoundDate]:
    """Return the dates of a text, in order, none inside another.

    order: which comes first in 01/02/2019; a number over 12 tells by itself. Years of two digits are 1970 to 2069.
    Days that no calendar has are no dates.
    """
    found: list[FoundDate] = []
    for each in _candidates(text, order):
        if not any(each.start < other.end and other.start < each.end for other in found):
            found.append(each)
    return sorted(found)


def day_order(texts: Iterable[str]) -> DayOrder | None:
    """Return the order of day and month that the dates of these texts show, where a day over 12 tells; or None."""
    first = second = 0
    for text in texts:
        for match in _NUMERIC.finditer(text):
            first += int(match[1]) > 12 >= int(match[3])
            second += int(match[3]) > 12 >= int(match[1])
    if first == second:
        return None
    return "dmy" if first > second else "mdy"


def times_in(text: str) -> list[FoundTime]:
    """Return the times of day of a text: 8:01:11 PM, 20.15, 08:01."""
    found = []
    for match in _TIME.finditer(text):
        hour = int(match[1])
        half = (match[4] or "").lower()
        if half and not 1 <= hour <= 12:
            continue
        hour = hour % 12 + (12 if half == "p" else 0) if half else hour
        end = match.start() + len(match[0].rstrip())
        found.append(FoundTime(match.start(), end, time(hour, int(match[2]), int(match[3] or 0))))
    return found


def _candidates(text: str, order: DayOrder) -> Iterator[FoundDate]:
    """Yield dates, the surest forms first."""
    for match in _YEAR_FIRST.finditer(text):
        yield from _found(match, match[1], match[2], match[3])
    for match in _overlapping(_DAY_NAME, text):
        yield from _found(match, match[3], _month(match[2]), match[1])
    for match in _NAME_DAY.finditer(text):
        yield from _found(match, match[3], _month(match[1]), match[2])
    for match in _NUMERIC.finditer(text):
        day, month = (match[1], match[3]) if order == "dmy" else (match[3], match[1])
        if int(month) > 12:
            day, month = month, day
        is_ambiguous = int(match[1]) <= 12 and int(match[3]) <= 12 and match[1] != match[3]
        yield from _found(match, match[4], month, day, is_ambiguous)
    for match in _COMPACT.finditer(text):
        yield from _found(match, match[1], match[2], match[3])


def _overlapping(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield every match: in "CL0SED 23 Nov 17" what looks like a day and a name hides the date behind it."""
    match = pattern.search(text)
    while match is not None:
        yield match
        match = pattern.search(text, match.start() + 1)


def _found(
    match: re.Match[str], year: str, month: str | int | None, day: str, is_ambiguous: bool = False
) -> Iterator[FoundDate]:
    if month is None:
        return
    number = int(year)
    if number < 100:
        number += 2000 if number < 70 else 1900
    try:
        made = date(number, int(month), int(day))
    except ValueError:
        return
    yield FoundDate(match.start(), match.start() + len(match[0].rstrip()), made, is_ambiguous)


def _month(name: str) -> int | None:
    """Return the month of a name or its short form, 1 to 12, or None."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name.lower()) if char.isalpha() and char.isascii())
    for length in (5, 4, 3):
        number = _BY_PREFIX.get(plain[:length])
        if number is not None:
            return number
    return None
