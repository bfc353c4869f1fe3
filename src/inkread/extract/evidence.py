"""From places in rows to fields: a value without words that say it cannot be made."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import overload

from inkread.extract.check import plain
from inkread.extract.fields import Check, Field, Value
from inkread.extract.readings import other_texts, proved_total
from inkread.extract.rows import Row
from inkread.extract.sums import Sum
from inkread.extract.totals import Evidence


def field_of(row: Row, start: int, end: int, value: Value, checks: tuple[Check, ...] = ()) -> Field:
    """Return the field that stands in characters start to end (half-open) of a row's text."""
    part = row.part(start, end)
    confidence = sum(word.confidence for word in part.words) / len(part.words)
    return Field(value, row.text[start:end], part.words, row.number, confidence, checks=checks)


def checked_code(made: Field, name: str, is_right: Callable[[str], bool], form: re.Pattern[str] | None = None) -> Field:
    """Return a field with the check of its digits; where it fails, with what the recognizer saw as well that passes.

    form: what the code looks like among the letters of its words, in its first group; all of them if None.
    """
    if is_right(made.text):
        return replace(made, checks=(*made.checks, Check(name, True, "check digits are right")))
    failed = replace(made, checks=(*made.checks, Check(name, False, "check digits are wrong")))
    for text in other_texts(made.words):
        match = form.search(text) if form is not None else None
        code = match[1] if match else text
        if (form is None or match) and is_right(code):
            return replace(failed, suggestion=plain(code))
    return failed


@overload
def amount_field(each: Sum, checks: tuple[Check, ...] = ()) -> Field: ...
@overload
def amount_field(each: None, checks: tuple[Check, ...] = ()) -> None: ...
@overload
def amount_field(each: Sum | None, checks: tuple[Check, ...] = ()) -> Field | None: ...
def amount_field(each: Sum | None, checks: tuple[Check, ...] = ()) -> Field | None:
    """Return an amount as a field; None for None."""
    if each is None:
        return None
    made = field_of(each.row, each.found.start, each.found.end, each.value, checks)
    return replace(made, text=made.text.strip(), currency=each.found.amount.currency)


def text_field(rows: Sequence[Row], between: str = " ") -> Field | None:
    """Return the text of whole rows as a field; None where there are none."""
    words = tuple(word for row in rows for word in row.words)
    if not words:
        return None
    text = between.join(" ".join(row.text.split()) for row in rows)
    return Field(text, text, words, rows[0].number, sum(word.confidence for word in words) / len(words))


def total_field(total: Sum, evidence: Evidence, sums: Sequence[Sum]) -> Field:
    """Return the total as a field, checked by what comes out at it.

    Where nothing does, the check fails, and what the recognizer saw as well is told if that would set it right.
    """
    if evidence.reasons:
        return amount_field(total, (Check("total", True, "; ".join(evidence.reasons)),))
    other = proved_total(sums, total)
    if other is None:
        return amount_field(total, (Check("total", False, "nothing else on the page confirms it"),))
    text, reason = other
    made = amount_field(total, (Check("total", False, f"nothing confirms it; with {text} it would be {reason}"),))
    return replace(made, suggestion=text)
