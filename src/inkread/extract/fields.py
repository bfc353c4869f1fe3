"""What extraction gives: values with the words they stand in, and what was checked of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

from inkread.document import Word
from inkread.geometry import Box

Value = str | Decimal | date | time


@dataclass(frozen=True)
class Check:
    """One thing that was checked of a value: what, whether it holds, and how it was reckoned, for people."""

    name: str
    holds: bool
    message: str


@dataclass(frozen=True)
class Field:
    """One value.

    value: text, an amount, a date or a time.  text: as it was read.  words: those that it stands in, on one page.
    page: that page's number, from 1.  confidence: the mean of the words', 0..1.  currency: of an amount, an ISO 4217
    code.  suggestion: what a check would have in its place, of what the recognizer saw as well; never taken silently.
    """

    value: Value
    text: str
    words: tuple[Word, ...]
    page: int
    confidence: float
    currency: str | None = None
    checks: tuple[Check, ...] = ()
    suggestion: str | None = None

    @property
    def box(self) -> Box:
        return Box.around(word.box for word in self.words)

    @property
    def is_doubtful(self) -> bool:
        """Whether a check failed."""
        return any(not check.holds for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """Return the field as dicts, lists, strings and numbers; amounts and dates as strings."""
        return {
            "value": plain(self.value),
            "text": self.text,
            "currency": self.currency,
            "page": self.page,
            "box": [round(edge, 2) for edge in self.box],
            "confidence": round(self.confidence, 4),
            "checks": [{"name": c.name, "holds": c.holds, "message": c.message} for c in self.checks],
            "suggestion": self.suggestion,
        }


@dataclass(frozen=True)
class Fields:
    """The fields of one document.

    kind: "receipt", "invoice" or the name of a schema.  values: by name; None where the document does not say.
    items: the lines of goods and services, each with values of its own.  taxes: by rate.  notices: what went wrong on
    the way, for people.
    """

    kind: str
    values: dict[str, Field | None]
    items: tuple[dict[str, Field], ...] = ()
    taxes: tuple[dict[str, Field], ...] = ()
    notices: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Field | None:
        return self.values[name]

    @property
    def doubtful(self) -> tuple[str, ...]:
        """The names of the fields that failed a check."""
        return tuple(name for name, found in self.values.items() if found is not None and found.is_doubtful)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as dicts, lists, strings and numbers."""
        return {
            "kind": self.kind,
            "fields": {name: None if found is None else found.to_dict() for name, found in self.values.items()},
            "items": [{name: found.to_dict() for name, found in item.items()} for item in self.items],
            "taxes": [{name: found.to_dict() for name, found in tax.items()} for tax in self.taxes],
            "notices": list(self.notices),
        }

    def to_json(self, *, indent: int | None = 2) -> str:
        """Return everything as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)

    def flat(self) -> dict[str, str]:
        """Return names and values as text, as a row of a table wants them; "" where there is none."""
        return {name: "" if found is None else plain(found.value) for name, found in self.values.items()}


def plain(value: Value) -> str:
    """Return a value as text: amounts with a point before the cents, dates and times as ISO 8601 has them."""
    return value.isoformat() if isinstance(value, date | time) else str(value)
