"""The amounts of a receipt or invoice, and what each is by its label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from inkread.extract.labels import label
from inkread.extract.money import FoundAmount, amounts_in, decimal_mark
from inkread.extract.rows import Row

SumKind = Literal[
    "due",
    "gross",
    "grand total",
    "total",
    "subtotal",
    "part",
    "tax",
    "service",
    "rounding",
    "discount",
    "paid",
    "change",
    "count",
    "amount",
    "item",
]


# A label with a word for a total is what the first of these says that stands in it as well.
_WITH_TOTAL: tuple[SumKind, ...] = ("count", "discount", "part", "due", "subtotal", "gross", "grand total", "tax")

# Labels without a word for a total, in the order in which they are asked for.
_WITHOUT_TOTAL: tuple[SumKind, ...] = (
    "change",
    "count",
    "rounding",
    "discount",
    "service",
    "subtotal",
    "due",
    "tax",
    "paid",
    "amount",
)

# Under it stand the bases and amounts of taxes, with totals of their own.


@dataclass(frozen=True)
class Sum:
    """An amount of a row, and what its label says that it is; an amount without one is an item's.

    index: the row's on the page.  label: what was taken for it.  is_last: whether it is the last amount of its row.
    """

    kind: SumKind
    found: FoundAmount
    row: Row
    index: int
    label: str
    is_last: bool = True

    @property
    def value(self) -> Decimal:
        return self.found.amount.value


def sums_of(rows: Sequence[Row]) -> list[Sum]:
    """Return the amounts of the rows, in order, each with its kind."""
    mark = decimal_mark(row.text for row in rows)
    sums: list[Sum] = []
    is_tax_table = False
    for index, row in enumerate(rows):
        is_tax_table = is_tax_table or row.text in label("tax table")
        amounts = [found for found in amounts_in(row.text, mark) if found.has_cents or found.amount.currency]
        for place, found in enumerate(amounts):
            beside = _label_of(rows, index, amounts, place)
            kind = kind_of(beside)
            if is_tax_table and kind not in ("due", "paid", "change"):
                kind = "part"
            sums.append(Sum(kind, found, row, index, beside, place == len(amounts) - 1))
    return sums


def kind_of(label_text: str) -> SumKind:
    """Return what a label says that the amount beside it is."""
    if label_text in label("total"):
        return next((kind for kind in _WITH_TOTAL if label_text in label(f"total with {kind}")), "total")
    return next((kind for kind in _WITHOUT_TOTAL if label_text in label(f"sum {kind}")), "item")


def _label_of(rows: Sequence[Row], index: int, amounts: Sequence[FoundAmount], place: int) -> str:
    """Return what stands before an amount: behind the one before, at the start of the row, or in the row above."""
    row = rows[index]
    start = amounts[place - 1].end if place else 0
    between = row.text[start : amounts[place].start].strip()
    if place and kind_of(between) != "item":
        return between
    before = row.text[: amounts[0].start].strip()
    if any(char.isalpha() for char in before):
        nearest = before.rsplit("  ", 1)[-1]
        return nearest if kind_of(nearest) != "item" else before
    above = rows[index - 1] if index else None
    if above is None or len(above.starts) > 2 or any(found.has_cents for found in amounts_in(above.text)):
        return before
    return above.text if row.box.top - above.box.bottom < 1.2 * above.height else before
