"""The amounts of a receipt or invoice, what each is by its label, and which is the total."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import Literal, NamedTuple

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


class Evidence(NamedTuple):
    """How much speaks for an amount as the total, and the sums that come out at it."""

    weight: float
    reasons: tuple[str, ...]


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


def total_of(sums: Sequence[Sum], weights: Mapping[SumKind, float]) -> tuple[Sum, Evidence] | None:
    """Return the amount that is the total, with what speaks for it; None where nothing does.

    The label weighs most; sums that come out at an amount (parts, paid less change, the same amount paid) decide
    between labels. Of equals the last counts: totals stand under what they sum up.
    """
    best: tuple[float, int, Sum, Evidence] | None = None
    for place, candidate in enumerate(sums):
        if not candidate.is_last or not candidate.value:
            continue
        reasons = tuple(proofs(candidate, sums))
        proof = sum(each.weight for each in reasons)
        weight = _label_weight(candidate, sums, weights) or (_PROVED if proof >= _PROVED else 0.0)
        if not weight:
            continue
        evidence = Evidence(weight + proof, tuple(each.text for each in reasons))
        if best is None or (evidence.weight, place) > best[:2]:
            best = (evidence.weight, place, candidate, evidence)
    return (best[2], best[3]) if best else None


# What labels say of amounts as totals. A receipt's total is what was to be paid in the end; an invoice's is the sum
# with tax, whatever was paid before.
RECEIPT_WEIGHTS: Mapping[SumKind, float] = {
    "due": 8.0, "gross": 6.0, "grand total": 6.0, "total": 5.0, "amount": 2.0, "paid": 1.5, "subtotal": 1.0,
}  # fmt: skip
INVOICE_WEIGHTS: Mapping[SumKind, float] = {
    "gross": 9.0, "grand total": 7.0, "total": 6.0, "due": 5.0, "amount": 2.0, "subtotal": 1.0,
}  # fmt: skip
# Those of credit notes are.
_MAY_BE_NEGATIVE: frozenset[SumKind] = frozenset({"due", "gross", "grand total", "total"})
# An amount without a label may be the total if sums of this weight come out at it.
_PROVED = 2.0


def _label_weight(candidate: Sum, sums: Sequence[Sum], weights: Mapping[SumKind, float]) -> float:
    if candidate.kind == "rounding" and candidate.value >= 1:
        # "Rounding 45.35" under "Total 45.34" is what the total was rounded to.
        totals = [each.value for each in sums if each.kind in ("total", "grand total", "gross", "due")]
        return 8.0 if any(abs(candidate.value - each) < Decimal("0.05") for each in totals) else 0.0
    return weights.get(candidate.kind, 0.0) if candidate.value > 0 or candidate.kind in _MAY_BE_NEGATIVE else 0.0


class Proof(NamedTuple):
    """A sum that comes out at an amount: how much it says, and how it was reckoned."""

    weight: float
    text: str


def proofs(candidate: Sum, sums: Sequence[Sum]) -> Iterator[Proof]:
    """Yield the sums that come out at an amount."""
    value = candidate.value
    paid, change = _last(sums, "paid"), _last(sums, "change")
    if paid is not None and change is not None and paid is not candidate and paid.value - change.value == value:
        yield Proof(3.0, f"paid {paid.value} - change {change.value}")
    elif paid is not None and paid is not candidate and paid.value == value:
        yield Proof(2.0, f"paid {paid.value}")
    parts = _parts(sums, candidate)
    if parts is not None:
        yield Proof(2.0, parts)
    same = {
        each.index for each in sums if each.kind in ("total", "grand total", "gross", "due") and each.value == value
    }
    if same - {candidate.index}:
        yield Proof(0.5, "stands twice")
    items = [each.value for each in sums if each.kind == "item" and each.is_last and each.index < candidate.index]
    if len(items) > 1 and sum(items, Decimal(0)) == value:
        yield Proof(1.5, f"{len(items)} items add up")


def _parts(sums: Sequence[Sum], total: Sum) -> str | None:
    """Return what comes out at the total, as text, or None: a subtotal or total with charges and rounding."""
    charges = [each for each in sums if each.kind in ("tax", "service", "rounding", "discount") and each is not total]
    charges = [each for each in charges if each.is_last and each.value][:6]
    bases = [each for each in sums if each.kind in ("subtotal", "total", "grand total") and each.index < total.index]
    for base in bases:
        for count in range(1, len(charges) + 1):
            for chosen in combinations(charges, count):
                if base.value + sum(map(_signed, chosen), Decimal(0)) == total.value:
                    return " + ".join(str(each) for each in (base.value, *map(_signed, chosen)))
    return None


def net_and_tax(sums: Sequence[Sum], total: Sum) -> tuple[Sum | None, Sum | None]:
    """Return the amounts without and of the tax: two that come out at the total, else the last that are labelled so."""
    pairs = (
        (_PAIRS.get((net.kind, tax.kind), 0), place, net, tax)
        for place, net in enumerate(sums)
        for tax in sums
        if tax.kind in ("tax", "part", "subtotal") and net is not tax and tax.value
        if net.value + tax.value == total.value and abs(tax.value) < abs(net.value)
    )
    best = max(pairs, key=lambda pair: pair[:2], default=None)
    if best is not None:
        return best[2], best[3]
    return _last_but(sums, "subtotal", total), _last_but(sums, "tax", total)


# Which pairs of kinds are rather net and tax than chance.
_PAIRS: dict[tuple[SumKind, SumKind], int] = {
    ("subtotal", "tax"): 4, ("total", "tax"): 3, ("item", "tax"): 2, ("part", "part"): 2, ("tax", "tax"): 2,
}  # fmt: skip


def _last_but(sums: Sequence[Sum], kind: SumKind, total: Sum) -> Sum | None:
    chosen = [each for each in sums if each.kind == kind and each.is_last and each is not total]
    above = [each for each in chosen if each.index <= total.index]
    return (above or chosen)[-1] if chosen else None


def _signed(charge: Sum) -> Decimal:
    return -abs(charge.value) if charge.kind == "discount" else charge.value


def _last(sums: Iterable[Sum], kind: SumKind) -> Sum | None:
    return next((each for each in reversed(list(sums)) if each.kind == kind and each.is_last), None)


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
