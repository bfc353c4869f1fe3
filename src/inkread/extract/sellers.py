"""Who issued a receipt and where: the top of the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median

from inkread.extract.dates import dates_in, times_in
from inkread.extract.labels import folded, label
from inkread.extract.rows import Row

# Forms of companies by law, and what else stands at the end of their names.
LEGAL = re.compile(
    r"\b(sdn\.?\s?bhd|s/b|bhd|ltd|limited|llc|inc|corp|plc|gmbh|ag|kg|ohg|ug|sarl|sas|s\.l|s\.?r\.?l|s\.?p\.?a|"
    r"b\.?v|n\.?v|pty|pte|enterprise)\b\.?",
    re.IGNORECASE,
)
_TRADE = label("trade")
# A line that goes on with a name rather than starting one.
_GOES_ON = re.compile(r"^(&|and\b|\(m\)|\(malaysia\)|sdn|bhd|ltd|gmbh|inc|llc|co\.)", re.IGNORECASE)

_NOT_A_NAME = label("no company")
_CONTACT = label("contact")
_REGISTRATION = label("registration")
_ENDS = label("no address")
_STREET = label("street")
_STREET_ENDING = re.compile(r"(stra(ß|ss)e|str\.|platz|weg|gasse|allee)(\b|$)", re.IGNORECASE)
_POSTCODE = re.compile(
    r"(?<![\d-])\d{4,6}(?![\d-])|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|\b[A-Z]{2}\.? \d{5}(-\d{4})?\b"
)
# The number that a company is registered under, behind its name: "(519537-X)", "Co. Reg. No: 795225-A".
_TRAILING_NUMBER = re.compile(
    r"\s*[(\[{]?\s*(co\.?\s*(reg\.?)?\s*)?(no\.?\s*:?)?\s*[(\[{]?\s*[A-Z]{0,4}[\s.:]?\d{4,}[\d\s]*-?\s?[A-Z]?\s*[)\]}]*\.?\s*$"
    r"|\s*\(\s*\d+.*$",
    re.IGNORECASE,
)
# What stands at an end is looked for in so many characters: patterns like these are slow on long lines.
_END = 40
_ONLY_NUMBER = re.compile(r"\(?\s*[\w.: ]*\d{5,}\s*-?\s?\w?\s*\)?")

_MOST_ROWS = 16


def company_of(rows: Sequence[Row]) -> list[Row]:
    """Return the rows, or parts of them, that name the company; none where nothing does."""
    top = _top(rows)
    if not top:
        return []
    heights = median(row.height for row in rows)
    scored = [(_name_score(row, index, heights), -index) for index, row in enumerate(top)]
    best, place = max(scored)
    if best <= 0:
        return []
    index = -place
    chosen = [top[index]]
    if index + 1 < len(top) and (_GOES_ON.match(top[index + 1].text) or top[index].text.rstrip().endswith("&")):
        chosen.append(top[index + 1])
    elif (
        index
        and (_GOES_ON.match(top[index].text) or top[index - 1].text.rstrip().endswith("&"))
        and _may_be_name(top[index - 1])
    ):
        chosen.insert(0, top[index - 1])
    return [part for part in (_without_number(row) for row in chosen) if part.words]


def address_of(rows: Sequence[Row], company: Sequence[Row]) -> list[Row]:
    """Return the rows of the address: from the first that looks like one to the last; numbers of the company end it."""
    top = list(rows[: _MOST_ROWS + 6])
    start = _after(top, company)
    chosen: list[Row] = []
    last = 0
    for row in top[start:]:
        text = row.text
        if _ends_address(row):
            if chosen:
                break
            continue
        if _REGISTRATION.starts(text) or _CONTACT.starts(text) or _is_number(text):
            if chosen:
                break
            continue
        is_like = _is_street(text) or _POSTCODE.search(text) is not None
        if not chosen and not is_like:
            continue
        chosen.append(row)
        if is_like:
            last = len(chosen)
        elif len(chosen) - last > 1:
            break
    return [_without_contact(row) for row in chosen[: last + (1 if _is_place(chosen, last) else 0)]]


def _is_street(text: str) -> bool:
    return text in _STREET or _STREET_ENDING.search(text) is not None


def _is_number(text: str) -> bool:
    return len(text) <= _END and _ONLY_NUMBER.fullmatch(text) is not None


def _is_place(chosen: Sequence[Row], last: int) -> bool:
    """Return whether the line after the last sure one ends the address: short words of letters ("SELANGOR.")."""
    if last >= len(chosen):
        return False
    return chosen[last - 1].text.rstrip().endswith(",") and not any(char.isdigit() for char in chosen[last].text)


def _top(rows: Sequence[Row]) -> list[Row]:
    """Return the pieces of the rows above what was bought, each as a row."""
    return [piece for row in rows[:_MOST_ROWS] for piece in row.pieces()]


def _name_score(row: Row, index: int, usual: float) -> float:
    if not _may_be_name(row):
        return -1.0
    text = row.text
    score = 3.0 - 0.35 * index + 1.5 * min(row.height / max(usual, 1.0) - 1.0, 1.0)
    if LEGAL.search(text):
        score += 3.5
    elif text in _TRADE:
        score += 1.2
    if _is_street(text) and not LEGAL.search(text):
        score -= 2.0
    return score


def _may_be_name(row: Row) -> bool:
    text = row.text
    letters = sum(char.isalpha() for char in text)
    digits = sum(char.isdigit() for char in _without_number(row).text)
    if letters < 3 or digits > letters / 2 or dates_in(text) or times_in(text):
        return False
    return LEGAL.search(text) is not None or not (text in _NOT_A_NAME or (_POSTCODE.search(text) and _is_street(text)))


def _without_number(row: Row) -> Row:
    """Return the row without the number that the company is registered under."""
    start = max(0, len(row.text) - _END)
    match = _TRAILING_NUMBER.search(row.text[start:])
    return row.part(0, start + match.start()) if match and start + match.start() > 2 else row


def _without_contact(row: Row) -> Row:
    """Return the row up to where a telephone number starts."""
    for number in (_CONTACT, _REGISTRATION):
        found = number.find(row.text)
        if found and found[0] > 3 and any(char.isdigit() for char in row.text[found[1] :]):
            return row.part(0, found[0])
    return row


def _after(top: Sequence[Row], company: Sequence[Row]) -> int:
    if not company:
        return 0
    last = company[-1].words[-1]
    return next((index + 1 for index, row in enumerate(top) if last in row.words), 0)


def _ends_address(row: Row) -> bool:
    text = row.text
    return bool(dates_in(text)) or _ENDS.starts(text) or folded(text) == ""
