"""The goods and services of a receipt or invoice, a row or two each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from inkread.extract.evidence import amount_field, field_of
from inkread.extract.fields import Field
from inkread.extract.rows import Row
from inkread.extract.sums import Sum

_QUANTITY = re.compile(
    r"(?<![\w.,])(\d{1,4}(?:[.,]\d{1,3})?)\s*(?:[xX*@]|pcs?\b|stk\b|unit\b)|[xX@]\s*(\d{1,4})(?![\w.,])"
)
# In a column of its own, before the prices.
_TRAILING = re.compile(r"\s{2}(\d{1,5}(?:[.,]\d{1,3})?)\s*(?:pcs|stk|stück|st|h|kg|l|m)?\.?\s*$", re.IGNORECASE)
_LEADING = re.compile(r"^\s*(\d{1,3})\s+(?=[^\W\d_])")


def items_of(rows: Sequence[Row], sums: Sequence[Sum]) -> tuple[dict[str, Field], ...]:
    """Return the items: description, quantity, unit_price, amount, as far as each is printed.

    They are the rows with an amount at their end that stand above the first subtotal or total; where such a row has no
    words, the row above describes it.
    """
    ends = [each.index for each in sums if each.kind in ("subtotal", "total", "grand total", "gross", "due")]
    end = min(ends, default=len(rows))
    items: list[dict[str, Field]] = []
    taken: set[int] = set()
    for each in sums:
        if each.kind != "item" or not each.is_last or each.index >= end:
            continue
        item = _item(rows, each, [other for other in sums if other.index == each.index], taken)
        if item is not None:
            items.append(item)
            taken.add(each.index)
    return tuple(items)


def _item(rows: Sequence[Row], last: Sum, beside: Sequence[Sum], taken: set[int]) -> dict[str, Field] | None:
    row = last.row
    item: dict[str, Field] = {}
    text = row.text[: beside[0].found.start]
    quantity = _QUANTITY.search(text) or _LEADING.search(text) or _TRAILING.search(text)
    if quantity:
        group = next(group for group in range(1, len(quantity.groups()) + 1) if quantity[group])
        number, start = quantity[group], quantity.start(group)
        item["quantity"] = field_of(row, start, start + len(number), Decimal(number.replace(",", ".")))
    described = _described(row, text, quantity)
    if described is None and last.index and last.index - 1 not in taken:
        above = rows[last.index - 1]
        if any(char.isalpha() for char in above.text):
            described = field_of(above, 0, len(above.text), above.text)
            taken.add(last.index - 1)
    if described is None:
        return None
    item["description"] = described
    if len(beside) > 1:
        item["unit_price"] = amount_field(beside[-2])
    item["amount"] = amount_field(last)
    return item


def _described(row: Row, text: str, quantity: re.Match[str] | None) -> Field | None:
    start, end = 0, len(text)
    if quantity and quantity.start() <= 1:
        start = quantity.end()
    elif quantity:
        end = quantity.start()
    words = text[start:end].strip(" .:-")
    if sum(char.isalpha() for char in words) < 2:
        return None
    at = text.index(words, start)
    return field_of(row, at, at + len(words), words)
