"""The fields of a receipt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from inkread.document import Document
from inkread.extract.dates import DayOrder, dates_in, day_order, times_in
from inkread.extract.evidence import amount_field, field_of, text_field, total_field
from inkread.extract.fields import Field, Fields
from inkread.extract.items import items_of
from inkread.extract.labels import label
from inkread.extract.money import currency_in
from inkread.extract.rows import Row, rows_of
from inkread.extract.sellers import address_of, company_of
from inkread.extract.sums import Sum, sums_of
from inkread.extract.taxes import taxes_of
from inkread.extract.totals import RECEIPT_WEIGHTS, Ledger

RECEIPT_FIELDS = (
    "company", "address", "date", "time", "subtotal", "tax", "tip", "total", "currency", "payment",
)  # fmt: skip

_DATE = label("receipt date")
_OTHER_DATE = label("receipt other date")


# The time stands beside the date, or in one of so many rows around it.
_TIME_WITHIN = 5


def receipt(document: Document, *, order: DayOrder | None = None) -> Fields:
    """Return the fields of a receipt; each is None where it does not say.

    They are company, address, date, time, subtotal, tax, tip, total, currency, payment, and the items.  order: of day
    and month in dates like 01/02/2019; None: as the document shows, else the day first.
    """
    rows = [row for page in document.pages for row in rows_of(page)]
    texts = [row.text for row in rows]
    sums = sums_of(rows)
    company = company_of(rows)
    values: dict[str, Field | None] = dict.fromkeys(RECEIPT_FIELDS)
    values["company"] = text_field(company, " ")
    values["address"] = text_field(address_of(rows, company), " ")
    values["date"], values["time"] = _date_and_time(rows, order or day_order(texts) or "dmy")
    ledger = Ledger(sums)
    found = ledger.total(RECEIPT_WEIGHTS)
    if found is not None:
        total, evidence = found
        values["total"] = total_field(total, evidence, sums)
        net, tax = ledger.net_and_tax(total)
        values["subtotal"], values["tax"] = amount_field(net), amount_field(tax)
        values["tip"] = amount_field(ledger.last("service", total))
        values["payment"] = _payment(sums, total)
    values["currency"] = _currency(rows, sums)
    return Fields("receipt", values, items_of(rows, sums), taxes_of(rows, sums))


def _date_and_time(rows: Sequence[Row], order: DayOrder) -> tuple[Field | None, Field | None]:
    """Return the date that is labelled as such, else the first that is not labelled otherwise; and the time nearest."""
    best: tuple[float, int, Field] | None = None
    for index, row in enumerate(rows):
        for found in dates_in(row.text, order):
            if not date(1980, 1, 1) <= found.date <= date(2069, 12, 31):
                continue
            before = row.text[: found.start]
            score = (2.0 if before in _DATE else 0.0) - (3.0 if before in _OTHER_DATE else 0.0)
            score += 1.0 if times_in(row.text[: found.start] + " " + row.text[found.end :]) else 0.0
            if best is None or score > best[0]:
                best = (score, index, field_of(row, found.start, found.end, found.date))
    if best is None:
        return None, _time_near(rows, 0, len(rows), order)
    _, index, day = best
    return day, _time_near(rows, index, _TIME_WITHIN, order)


def _time_near(rows: Sequence[Row], index: int, within: int, order: DayOrder) -> Field | None:
    """Return the first time of day in the rows around one, the nearest first."""
    for near in sorted(range(len(rows)), key=lambda other: abs(other - index))[:within]:
        text = rows[near].text
        for each in dates_in(text, order):
            text = text[: each.start] + " " * (each.end - each.start) + text[each.end :]
        for clock in times_in(text):
            if ":" in text[clock.start : clock.end]:
                return field_of(rows[near], clock.start, clock.end, clock.time)
    return None


def _payment(sums: Sequence[Sum], total: Sum) -> Field | None:
    """Return what it was paid with: the label of the amount paid."""
    for each in sums:
        if each.kind == "paid" and each is not total and each.label and each.label in each.row.text:
            start = each.row.text.index(each.label)
            return field_of(each.row, start, start + len(each.label), each.label.strip(" :.-"))
    return None


def _currency(rows: Sequence[Row], sums: Sequence[Sum]) -> Field | None:
    """Return the currency that stands beside an amount, or else by itself."""
    for each in sums:
        if each.found.amount.currency:
            return field_of(each.row, each.found.start, each.found.end, each.found.amount.currency)
    for row in rows:
        code = currency_in(row.text)
        if code:
            return field_of(row, 0, len(row.text), code)
    return None
