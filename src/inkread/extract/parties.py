"""Who sells and who buys, on an invoice."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from inkread.extract.labels import Label, label
from inkread.extract.rows import Row
from inkread.extract.sellers import LEGAL, company_of

_SELLER = label("seller")
_BUYER = label("buyer")
_LABELS = label("party detail")
_NAME = label("name")
_POST_CODE = re.compile(r"(?<!\d)\d{4,5}(?!\d)")
# Rows of a page's top, where parties stand.
_TOP = 25


def seller_of(rows: Sequence[Row]) -> list[Row]:
    """Return the row that names the seller: behind or under its label, else the company at the top of the page."""
    return _party(rows, _SELLER) or company_of(rows)


def buyer_of(rows: Sequence[Row]) -> list[Row]:
    """Return the row that names the buyer: by its label, under the sender's line of a letter, or a second company."""
    seller = " ".join(row.text for row in seller_of(rows))
    found = _party(rows, _BUYER) or _under_sender(rows, seller)
    if found:
        return found
    for row in rows[:_TOP]:
        for piece in row.pieces():
            is_other = piece.text not in seller and seller not in piece.text
            if is_other and LEGAL.search(piece.text) and _may_be_name(piece.text):
                return [piece]
    return []


def _under_sender(rows: Sequence[Row], seller: str) -> list[Row]:
    """Return what stands in a letter's window under the line that names the sender with its address in small print."""
    for row, below in itertools.pairwise(rows[:_TOP]):
        for sender in row.pieces():
            if seller and sender.text.startswith(seller) and _POST_CODE.search(sender.text[len(seller) :]):
                for piece in below.pieces():
                    if _are_one_column(piece, sender) and _may_be_name(piece.text):
                        return [piece]
    return []


def _party(rows: Sequence[Row], party: Label) -> list[Row]:
    """Return what names a party: its label starts a piece of a row, the name stands behind or in the next rows."""
    for index, row in enumerate(rows):
        for piece in row.pieces():
            if not party.starts(piece.text) or len(piece.words) > 4:
                continue
            found = party.find(piece.text)
            behind = piece.text[found[1] :].strip(" :/.-") if found else ""
            if behind and LEGAL.search(behind):
                start = piece.text.index(behind)
                return [piece.part(start, start + len(behind))]
            named = _named(rows[index + 1 : index + 9], piece)
            if named is not None:
                return [named]
    return []


def _named(rows: Sequence[Row], heading: Row) -> Row | None:
    """Return the name under a party's label: behind "Name:", or else the next row of its column if it may be one."""
    for row in rows:
        if _SELLER.starts(row.text) or _BUYER.starts(row.text):
            break
        found = _NAME.find(row.text)
        if found and found[0] == 0 and row.text[found[1] :].strip(" :"):
            behind = row.text[found[1] :].strip(" :")
            start = row.text.index(behind, found[1])
            return row.part(start, start + len(behind))
    for row in rows[:3]:
        for piece in row.pieces():
            if _are_one_column(piece, heading) and _may_be_name(piece.text):
                return piece
    return None


def _are_one_column(one: Row, other: Row) -> bool:
    return one.box.left < other.box.right and other.box.left < one.box.right


def _may_be_name(text: str) -> bool:
    """Return whether a text has words and is no label ("Number:") itself."""
    return re.search(r"[^\W\d_]{2}", text) is not None and ":" not in text and text not in _LABELS
