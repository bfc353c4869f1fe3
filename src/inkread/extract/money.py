"""Amounts of money as they are printed, by the marks of many countries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, NamedTuple

DecimalMark = Literal[".", ","]

# Signs and short forms beside amounts, and the ISO 4217 code of each. "$" is the dollar of whoever prints it.
_CURRENCIES = {
    "€": "EUR", "£": "GBP", "¥": "JPY", "￥": "JPY", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₫": "VND",
    "฿": "THB", "₱": "PHP", "₦": "NGN", "₴": "UAH", "₪": "ILS", "zł": "PLN", "Kč": "CZK", "Ft": "HUF", "R$": "BRL",
    "US$": "USD", "S$": "SGD", "HK$": "HKD", "A$": "AUD", "C$": "CAD", "NT$": "TWD", "$": "USD", "RM": "MYR",
    "Rs": "INR", "Rp": "IDR", "Fr": "CHF", "SFr": "CHF", "kr": "SEK",
}  # fmt: skip
_CODES = frozenset(
    [
        "AED",
        "ARS",
        "AUD",
        "BGN",
        "BRL",
        "CAD",
        "CHF",
        "CLP",
        "CNY",
        "COP",
        "CZK",
        "DKK",
        "EGP",
        "EUR",
        "GBP",
        "HKD",
        "HUF",
        "IDR",
        "ILS",
        "INR",
        "ISK",
        "JPY",
        "KES",
        "KRW",
        "MAD",
        "MXN",
        "MYR",
        "NGN",
        "NOK",
        "NZD",
        "PEN",
        "PHP",
        "PLN",
        "RON",
        "RSD",
        "RUB",
        "SAR",
        "SEK",
        "SGD",
        "THB",
        "TND",
        "TRY",
        "TWD",
        "UAH",
        "USD",
        "VND",
        "ZAR",
    ]
)
_SIGN = "|".join(sorted((re.escape(sign) for sign in _CURRENCIES), key=len, reverse=True))
_UNIT = rf"(?:{_SIGN}|{'|'.join(sorted(_CODES))})"

# Groups of three digits parted by one mark, or digits without marks; then cents. A space parts groups only where
# exactly three digits follow, and cents may stand a space or two away, as recognizers leave them ("31. 00"), or alone.
_WHOLE = r"(?:\d{1,3}(?:(?P<mark>[.,'’\u00a0\u202f ])\d{3})(?:(?P=mark)\d{3})*|\d+)"
_NUMBER = rf"(?:{_WHOLE}(?:(?:[.,]\s{{0,2}}|\s{{1,2}}[.,])(?:\d{{1,2}}|-)(?!\d))?|[.,]\d\d(?!\d))"
_CENTS = re.compile(r"[.,]\s{0,2}(\d{1,2}|-)$")
_AMOUNT = re.compile(
    rf"(?:(?<![\w.,/-])|(?<=[^\W\d_]{{3}}))(?<!\d:)(?P<open>\()?(?P<minus>[-−–]\s?)?(?P<before>{_UNIT})?\s{{0,2}}(?P<inner>[-−–])?"
    rf"(?P<number>{_NUMBER})(?P<after>\s?{_UNIT}(?![^\W\d_]))?(?P<end>-(?!\d))?(?P<close>\))?(?![\d/:%]|[.,]\d|-\d|[^\W\d_])"
)


class Amount(NamedTuple):
    """An amount and its currency, an ISO 4217 code, or None where none stands beside it."""

    value: Decimal
    currency: str | None = None


class FoundAmount(NamedTuple):
    """An amount in a text: characters start to end (half-open), and whether it is written with cents."""

    start: int
    end: int
    amount: Amount
    has_cents: bool


def amounts_in(text: str, decimal: DecimalMark | None = None) -> list[FoundAmount]:
    """Return the amounts of a text, in order.

    decimal: the mark before cents, where it is known; else the last mark before one or two digits, and where both
    marks stand in a number the last. Percentages, dates, times and parts of codes are no amounts.
    """
    found = []
    for match in _AMOUNT.finditer(text):
        value = _value(match["number"], decimal)
        is_stuck = match.start() > 0 and text[match.start() - 1].isalpha()
        if value is None or (is_stuck and not _CENTS.search(match["number"])):
            continue  # "Total12.50" lost its space, "INV00123" did not
        is_negative = bool(match["minus"] or match["inner"] or match["end"] or (match["open"] and match["close"]))
        unit = (match["before"] or match["after"] or "").strip()
        amount = Amount(-value if is_negative else value, _CURRENCIES.get(unit, unit or None))
        start = match.start() + bool(match["open"] and not match["close"])
        found.append(FoundAmount(start, match.end(), amount, bool(_CENTS.search(match["number"]))))
    return found


def decimal_mark(texts: Iterable[str]) -> DecimalMark | None:
    """Return the mark that stands before two last digits more often in these texts; None where neither does."""
    counts = {".": 0, ",": 0}
    for text in texts:
        for mark in re.findall(r"\d([.,])\d\d(?![\d.,])", text):
            counts[mark] += 1
    if counts["."] == counts[","]:
        return None
    return "." if counts["."] > counts[","] else ","


def currency_in(text: str) -> str | None:
    """Return the ISO 4217 code of the currency that stands in a text by itself or beside a number, or None."""
    match = re.search(rf"(?<![^\W\d_])(?:{_UNIT})(?![^\W\d_])", text)
    return _CURRENCIES.get(match[0], match[0]) if match else None


def _value(number: str, decimal: DecimalMark | None) -> Decimal | None:
    number = re.sub(r"\s*([.,])\s*(?=(\d{1,2}|-)$)", r"\1", number).removesuffix("-")
    plain = re.sub(r"[\s'’\u00a0\u202f]", "", number)
    marks = re.findall(r"[.,]", plain)
    if marks:
        mark = _decimal_of(plain, marks, decimal)
        whole, _, cents = plain.rpartition(mark) if mark else (plain, "", "")
        plain = re.sub(r"[.,]", "", whole) + (f".{cents}" if cents else "")
    return Decimal(plain) if re.fullmatch(r"(\d{1,12})?(\.\d{1,2})?", plain) and plain else None


def _decimal_of(number: str, marks: list[str], decimal: DecimalMark | None) -> str | None:
    """Return which of a number's marks stands before its cents; None: all part groups of three."""
    tail = re.split(r"[.,]", number)[-1]
    if len(tail) == 3 and (len(set(marks)) == 1) and marks[-1] != decimal:
        return None
    return marks[-1]
