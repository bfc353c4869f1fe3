"""One field to look for: what its value looks like in a text, and the field that stands there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from inkread.extract.check import CHECKS
from inkread.extract.dates import DayOrder, dates_in
from inkread.extract.evidence import checked_code, field_of
from inkread.extract.fields import Field, Value
from inkread.extract.labelled import Finder, Place
from inkread.extract.labels import Label
from inkread.extract.money import amounts_in

_INTEGER = re.compile(r"(?<![\w.,])\d{1,15}(?![\w]|[.,]\d)")
_GAP = re.compile(r"\s{2,}")

Kind = Literal["text", "number", "integer", "date"]


@dataclass(frozen=True)
class Wanted:
    """One field to look for: its name, what it holds, and the labels that may stand beside it.

    meaning: what it is, in words, for a language model.  check: a name of check.CHECKS, or none.
    """

    name: str
    kind: Kind
    label: Label
    pattern: re.Pattern[str] | None = None
    choices: tuple[str, ...] = ()
    meaning: str = ""
    check: str | None = None


def finder(wanted: Wanted, order: DayOrder) -> Finder:
    """Return what finds values of a field in a text. order: of day and month in dates."""
    finders: dict[Kind, Callable[[str], Iterator[tuple[int, int]]]] = {
        "number": lambda text: ((found.start, found.end) for found in amounts_in(text)),
        "integer": lambda text: (match.span() for match in _INTEGER.finditer(text)),
        "date": lambda text: ((found.start, found.end) for found in dates_in(text, order)),
        "text": lambda text: _texts(text, wanted),
    }
    return finders[wanted.kind]


def _texts(text: str, wanted: Wanted) -> Iterator[tuple[int, int]]:
    """Yield what a text field may be: one of its choices, what its pattern matches, or the text up to a gap."""
    if wanted.choices:
        for choice in wanted.choices:
            at = text.casefold().find(choice.casefold())
            if at >= 0:
                yield at, at + len(choice)
        return
    start = len(text) - len(text.lstrip(" :#.-"))
    end = start + len(_GAP.split(text[start:])[0].rstrip()) if text[start:].strip() else start
    if wanted.pattern is not None:
        match = wanted.pattern.search(text)
        if match and match[0]:
            yield match.span()
    elif end > start:
        yield start, end


def field_at(wanted: Wanted, place: Place, order: DayOrder) -> Field:
    """Return the field that stands at a place that its finder found."""
    text = place.text.strip()
    value: Value = text
    if wanted.kind == "number":
        value = amounts_in(text)[0].amount.value
    elif wanted.kind == "integer":
        value = Decimal(text)
    elif wanted.kind == "date":
        value = dates_in(text, order)[0].date
    made = field_of(place.row, place.start, place.end, value)
    return made if wanted.check is None else checked_code(made, wanted.check, CHECKS[wanted.check])
