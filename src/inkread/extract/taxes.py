"""Taxes by their rates, as invoices and receipts list them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import permutations

from inkread.extract.evidence import amount_field, field_of
from inkread.extract.fields import Check, Field
from inkread.extract.rows import Row
from inkread.extract.sums import Sum

_RATE = re.compile(r"(?<![\w.,])(\d{1,2}(?:[.,]\d{1,2})?)\s?%")
# Bases are rounded before their taxes are, or after.
_ROUNDED = Decimal("0.02")
_MOST_AMOUNTS = 6


def taxes_of(rows: Sequence[Row], sums: Sequence[Sum]) -> tuple[dict[str, Field], ...]:
    """Return for each rate that a row tells: rate (percent), tax, and net where the row has it; each rate once.

    A row counts where one of its amounts is the rate's share of another, or where its label says that it is a tax.
    """
    found: dict[Decimal, dict[str, Field]] = {}
    for index, row in enumerate(rows):
        beside = [each for each in sums if each.index == index][:_MOST_AMOUNTS] if _RATE.search(row.text) else []
        for match in _RATE.finditer(row.text) if beside else ():
            rate = Decimal(match[1].replace(",", "."))
            tax = next(_taxes(beside, rate), None)
            if tax is not None and ("net" in tax or rate not in found):
                found[rate] = {"rate": field_of(row, match.start(1), match.end(1), rate), **tax}
    return tuple(found[rate] for rate in sorted(found))


def _taxes(beside: Sequence[Sum], rate: Decimal) -> Iterator[dict[str, Field]]:
    """Yield the net and the tax of a row at a rate, or the tax alone."""
    for net, tax in permutations(beside, 2):
        reckoned = (net.value * rate / 100).quantize(Decimal("0.01"))
        if rate and tax.value and abs(reckoned - tax.value) <= _ROUNDED and abs(net.value) > abs(tax.value):
            check = Check("rate", True, f"{rate} % of {net.value} is {reckoned}")
            yield {"net": amount_field(net), "tax": amount_field(tax, (check,))}
    last = beside[-1]
    if last.kind == "tax":
        yield {"tax": amount_field(last)}
