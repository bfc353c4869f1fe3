"""Which amount is the total, what comes out at it, and what it is made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate, combinations
from typing import NamedTuple

from inkread.extract.sums import Sum, SumKind

# What labels say of amounts as totals. A receipt's total is what was to be paid in the end; an invoice's is the sum
# with tax, whatever was paid before.
RECEIPT_WEIGHTS: Mapping[SumKind, float] = {
    "due": 8.0, "gross": 6.0, "grand total": 6.0, "total": 5.0, "amount": 2.0, "paid": 1.5, "subtotal": 1.0,
}  # fmt: skip
INVOICE_WEIGHTS: Mapping[SumKind, float] = {
    "gross": 9.0, "grand total": 7.0, "total": 6.0, "due": 5.0, "amount": 2.0, "subtotal": 1.0,
}  # fmt: skip
_TOTALS: frozenset[SumKind] = frozenset({"due", "gross", "grand total", "total"})
_CHARGES: frozenset[SumKind] = frozenset({"tax", "service", "rounding", "discount"})
_BASES: frozenset[SumKind] = frozenset({"subtotal", "total", "grand total"})
# A document has few of these; beyond, it is no receipt, and trying them all takes long.
_MOST_CHARGES, _MOST_BASES = 6, 20
# An amount without a label may be the total if sums of this weight come out at it.
_PROVED = 2.0
_FIVE_CENTS = Decimal("0.05")

# Which pairs of kinds are rather net and tax than chance.
_PAIRS: Mapping[tuple[SumKind, SumKind], int] = {
    ("subtotal", "tax"): 4, ("total", "tax"): 3, ("item", "tax"): 2, ("part", "part"): 2, ("tax", "tax"): 2,
}  # fmt: skip


class Evidence(NamedTuple):
    """How much speaks for an amount as the total, and the sums that come out at it."""

    weight: float
    reasons: tuple[str, ...]


class Proof(NamedTuple):
    """A sum that comes out at an amount: how much it says, and how it was reckoned."""

    weight: float
    text: str


class Ledger:
    """The amounts of a document, and what can be reckoned of them."""

    def __init__(self, sums: Sequence[Sum]) -> None:
        self.sums = sums
        last = [each for each in sums if each.is_last]
        self._paid = next((each for each in reversed(last) if each.kind == "paid"), None)
        self._change = next((each for each in reversed(last) if each.kind == "change"), None)
        self._bases = [each for each in sums if each.kind in _BASES][-_MOST_BASES:]
        charges = [each for each in last if each.kind in _CHARGES and each.value][:_MOST_CHARGES]
        self._charges = [chosen for count in range(1, len(charges) + 1) for chosen in combinations(charges, count)]
        self._places: dict[Decimal, set[int]] = defaultdict(set)
        for each in sums:
            if each.kind in _TOTALS:
                self._places[each.value].add(each.index)
        self._items = [each for each in last if each.kind == "item"]
        self._running = list(accumulate((each.value for each in self._items), initial=Decimal(0)))

    def total(self, weights: Mapping[SumKind, float]) -> tuple[Sum, Evidence] | None:
        """Return the amount that is the total, with what speaks for it; None where nothing does.

        The label weighs most; sums that come out at an amount (parts, paid less change, the same amount paid) decide
        between labels. Of equals the last counts: totals stand under what they sum up.
        """
        best: tuple[float, int, Sum, Evidence] | None = None
        for place, candidate in enumerate(self.sums):
            if not candidate.is_last or not candidate.value:
                continue
            reasons = tuple(self.proofs(candidate))
            proof = sum(each.weight for each in reasons)
            weight = self._label_weight(candidate, weights) or (_PROVED if proof >= _PROVED else 0.0)
            if weight and (best is None or (weight + proof, place) > best[:2]):
                texts = tuple(each.text for each in reasons)
                best = (weight + proof, place, candidate, Evidence(weight + proof, texts))
        return (best[2], best[3]) if best else None

    def proofs(self, candidate: Sum) -> Iterator[Proof]:
        """Yield the sums that come out at an amount."""
        value, paid, change = candidate.value, self._paid, self._change
        if paid is not None and paid is not candidate:
            if change is not None and paid.value - change.value == value:
                yield Proof(3.0, f"paid {paid.value} - change {change.value}")
            elif paid.value == value:
                yield Proof(2.0, f"paid {paid.value}")
        parts = self._parts(candidate)
        if parts is not None:
            yield Proof(2.0, parts)
        if self._places.get(value, set()) - {candidate.index}:
            yield Proof(0.5, "stands twice")
        items = sum(each.index < candidate.index for each in self._items)
        if items > 1 and self._running[items] == value:
            yield Proof(1.5, f"{items} items add up")

    def net_and_tax(self, total: Sum) -> tuple[Sum | None, Sum | None]:
        """Return the amounts without and of the tax: two that come out at the total, else the last labelled so."""
        nets: dict[Decimal, list[tuple[int, Sum]]] = defaultdict(list)
        for place, each in enumerate(self.sums):
            nets[each.value].append((place, each))
        pairs = (
            (_PAIRS.get((net.kind, tax.kind), 0), place, net, tax)
            for tax in self.sums
            if tax.kind in ("tax", "part", "subtotal") and tax.value
            for place, net in nets.get(total.value - tax.value, ())
            if net is not tax and abs(tax.value) < abs(net.value)
        )
        best = max(pairs, key=lambda pair: pair[:2], default=None)
        if best is not None:
            return best[2], best[3]
        return self.last("subtotal", total), self.last("tax", total)

    def _label_weight(self, candidate: Sum, weights: Mapping[SumKind, float]) -> float:
        if candidate.kind == "rounding" and candidate.value >= 1:
            # "Rounding 45.35" under "Total 45.34" is what the total was rounded to.
            near = any(abs(candidate.value - total) < _FIVE_CENTS for total in self._places)
            return weights.get("due", 0.0) if near else 0.0
        # The total of a credit note is negative.
        return weights.get(candidate.kind, 0.0) if candidate.value > 0 or candidate.kind in _TOTALS else 0.0

    def _parts(self, total: Sum) -> str | None:
        """Return what comes out at the total, as text, or None: a subtotal or total with charges and rounding."""
        for base in self._bases:
            if base.index >= total.index:
                continue
            missing = total.value - base.value
            for chosen in self._charges:
                if total not in chosen and sum(map(_signed, chosen), Decimal(0)) == missing:
                    return " + ".join(str(each) for each in (base.value, *map(_signed, chosen)))
        return None

    def last(self, kind: SumKind, total: Sum) -> Sum | None:
        """Return the last amount of a kind, those above the total first; None where there is none."""
        chosen = [each for each in self.sums if each.kind == kind and each.is_last and each is not total]
        above = [each for each in chosen if each.index <= total.index]
        return (above or chosen)[-1] if chosen else None


def _signed(charge: Sum) -> Decimal:
    return -abs(charge.value) if charge.kind == "discount" else charge.value
