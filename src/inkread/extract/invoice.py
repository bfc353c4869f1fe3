"""The fields of an invoice."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from inkread.document import Document
from inkread.extract.check import is_bic, is_iban, is_vat_id, passes_luhn, plain
from inkread.extract.dates import DayOrder, dates_in, day_order
from inkread.extract.evidence import amount_field, checked_code, field_of, text_field, total_field
from inkread.extract.fields import Check, Field, Fields
from inkread.extract.items import items_of
from inkread.extract.labelled import Finder, Place, labelled, matches
from inkread.extract.labels import label
from inkread.extract.money import currency_in
from inkread.extract.parties import buyer_of, seller_of
from inkread.extract.rows import Row, rows_of
from inkread.extract.sums import Sum, sums_of
from inkread.extract.taxes import taxes_of
from inkread.extract.totals import INVOICE_WEIGHTS, Ledger

INVOICE_FIELDS = (
    "number", "date", "due_date", "order", "seller", "buyer", "vat_id", "tax_number", "registration", "iban", "bic",
    "net", "tax", "total", "due", "currency",
)  # fmt: skip

# From the surest to the least sure.
_NUMBERS = (label("invoice number"), label("invoice"), label("number"))
_DATE = label("invoice date")
_OTHER_DATE = label("invoice other date")
_DUE_DATE = label("due date")
_ORDER = label("order")
_TAX_NUMBER = label("tax number")
_REGISTRATION = label("register")
_FRENCH = label("french register")
_BIC = label("bic")
_DUE = label("due amount")

# Behind the first day of a period.
_PERIOD = re.compile(r"\s*(bis|to|until|till|au|al|-|–)\b", re.IGNORECASE)
_CODE = re.compile(r"(?<![\w/(-])((?=[\w./-]*\d)[A-Z0-9ÄÖÜ][\w]*(?:[./-]\w+)*)(?![\w/-])", re.IGNORECASE)
_IBAN = re.compile(r"(?<!\w)([A-Z]{2}\s?\d{2}(?:\s?[A-Z0-9]){11,30})(?!\w)")
_VAT = re.compile(
    r"(?<!\w)((?:AT|BE|BG|CHE|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|NO|PL|PT|RO|SE|SI|SK|XI)[\s-]?(?=[A-Z0-9]{0,2}\d)[A-Z0-9](?:[\s.-]?[A-Z0-9]){6,13})(?!\w)"
)
_TAX_CODE = re.compile(r"(?<![\w/])(\d[\d/ .-]{5,17}\d|[A-Z]{1,2}\d{7,9}[A-Z]?)(?![\w/])")
# "HRB 12345", "H A 123", "05903640": letters of the register's part, and digits.
_REGISTERED = re.compile(r"(?<!\w)((?:[A-Z]{1,4}\s){0,2}[A-Z]{0,3}\d[\d -]{1,14}[A-Z]?)(?!\w)")
_BIC_CODE = re.compile(r"(?<!\w)([A-Z]{4}\s?[A-Z]{2}\s?[A-Z0-9]{2}(?:\s?[A-Z0-9]{3})?)(?!\w)")


def invoice(document: Document, *, order: DayOrder | None = None) -> Fields:
    """Return the fields of an invoice; each is None where the document does not say.

    They are number, date, due_date, order, seller, buyer, vat_id, tax_number, registration, iban, bic, net, tax, total
    (with tax), due (what is left to pay), currency, the items, and the taxes by rate.  order: of day and month in
    dates like 01/02/2019; None: as the document shows, else the day first.
    """
    rows = [row for page in document.pages for row in rows_of(page)]
    dates = _dates(order or day_order(row.text for row in rows) or "dmy")
    sums = sums_of(rows)
    values: dict[str, Field | None] = dict.fromkeys(INVOICE_FIELDS)
    codes = (labelled(rows, label, matches(_CODE, _is_number)) for label in _NUMBERS)
    number = next(itertools.chain.from_iterable(codes), None)
    values["number"] = _field(number)
    values["date"] = _date(rows, dates, number)
    values["due_date"] = _in_order(_dated(next(labelled(rows, _DUE_DATE, dates), None)), values["date"])
    values["order"] = _field(next(labelled(rows, _ORDER, matches(_CODE, _is_number)), None))
    values["seller"] = text_field(seller_of(rows))
    values["buyer"] = text_field(buyer_of(rows))
    values["vat_id"] = _checked(rows, _VAT, "vat_id", is_vat_id)
    values["tax_number"] = _field(next(labelled(rows, _TAX_NUMBER, matches(_TAX_CODE)), None))
    values["registration"] = _registered(rows)
    values["iban"] = _checked(rows, _IBAN, "iban", is_iban)
    values["bic"] = _field(next(labelled(rows, _BIC, matches(_BIC_CODE, is_bic)), None))
    _add_amounts(values, sums)
    values["currency"] = _currency(rows)
    return Fields("invoice", values, items_of(rows, sums), taxes_of(rows, sums))


def _is_number(text: str) -> bool:
    """Return whether a code may number a document: it has digits, and is neither a date nor an amount."""
    is_date = any((found.start, found.end) == (0, len(text)) for found in dates_in(text))
    return len(text) > 1 and not is_date and not re.fullmatch(r"\d{1,3}(\.\d{3})*,\d\d|\d+\.\d\d", text)


def _dates(order: DayOrder) -> Finder:
    def find(text: str) -> Iterator[tuple[int, int]]:
        for found in dates_in(text, order):
            yield found.start, found.end

    return find


def _date(rows: Sequence[Row], dates: Finder, number: Place | None) -> Field | None:
    """Return the date behind its label, or beside the number; never one that is labelled as another."""
    best: tuple[float, Place] | None = None
    for index, row in enumerate(rows):
        for start, end in dates(row.text):
            before = row.text[:start]
            above = _above(rows, index, row.part(start, end))
            score = 3.0 if before in _DATE else 2.0 if above in _DATE else 0.0
            score -= 4.0 if before in _OTHER_DATE or above in _OTHER_DATE else 0.0
            score += 2.0 if number is not None and row is number.row else 0.0
            score += 0.5 if index < len(rows) / 3 else 0.0
            score -= 3.0 if _PERIOD.match(row.text[end:]) else 0.0
            if score > -2 and (best is None or score > best[0]):
                best = (score, Place(row, start, end))
    return _dated(best[1]) if best else None


def _above(rows: Sequence[Row], index: int, part: Row) -> str:
    """Return the piece of the row above that stands over a part of a row."""
    if not index:
        return ""
    pieces = [piece for piece in rows[index - 1].pieces() if not dates_in(piece.text)]  # a label is no date itself
    return next(
        (piece.text for piece in pieces if piece.box.left < part.box.right and part.box.left < piece.box.right), ""
    )


def _field(place: Place | None) -> Field | None:
    return None if place is None else field_of(place.row, place.start, place.end, place.text.strip())


def _dated(place: Place | None) -> Field | None:
    if place is None:
        return None
    return field_of(place.row, place.start, place.end, dates_in(place.text)[0].date)


def _checked(rows: Sequence[Row], pattern: re.Pattern[str], name: str, is_right: Callable[[str], bool]) -> Field | None:
    """Return the first code of a form that passes its check, else the first, flagged."""
    matches = [(row, match) for row in rows for match in pattern.finditer(row.text)]
    chosen = next((each for each in matches if is_right(each[1][1])), matches[0] if matches else None)
    if chosen is None:
        return None
    row, match = chosen
    return checked_code(field_of(row, *match.span(1), plain(match[1])), name, is_right, pattern)


def _registered(rows: Sequence[Row]) -> Field | None:
    """Return the number in a register; the French ones have a check digit (Luhn), and are nine or fourteen digits."""
    found = _field(next(labelled(rows, _REGISTRATION, matches(_REGISTERED)), None))
    if found is None or len(plain(found.text)) not in (9, 14) or not any(row.text in _FRENCH for row in rows):
        return found
    return checked_code(found, "luhn", passes_luhn)


def _in_order(due: Field | None, issued: Field | None) -> Field | None:
    """Return the date due; doubtful where it is before the invoice's own."""
    if due is None or issued is None:
        return due
    assert isinstance(due.value, date)
    assert isinstance(issued.value, date)
    holds = issued.value <= due.value
    message = f"{'not ' if holds else ''}before the invoice's date, {issued.value.isoformat()}"
    return replace(due, checks=(*due.checks, Check("dates", holds, message)))


def _add_amounts(values: dict[str, Field | None], sums: Sequence[Sum]) -> None:
    ledger = Ledger(sums)
    found = ledger.total(INVOICE_WEIGHTS)
    if found is None:
        return
    total, evidence = found
    values["total"] = total_field(total, evidence, sums)
    net, tax = ledger.net_and_tax(total)
    values["net"], values["tax"] = amount_field(net), amount_field(tax)
    due = [each for each in sums if each.is_last and each.label in _DUE]
    values["due"] = amount_field(due[-1]) if due else values["total"]


def _currency(rows: Sequence[Row]) -> Field | None:
    for row in rows:
        code = currency_in(row.text)
        if code:
            return field_of(row, 0, len(row.text), code)
    return None
