"""Other readings of a value, of what the recognizer saw as well: a check may point at one of them, never take it.

A wrong digit that breaks a sum is often the recognizer's second choice. Telling it beside the value leaves the choice
to whoever reads; taking it would hide that the document itself may be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from math import prod

from inkread.document import Word
from inkread.extract.money import amounts_in
from inkread.extract.sums import Sum, SumKind
from inkread.extract.totals import Ledger

# Of one value at most this many characters are read otherwise, and this many readings are tried.
_CHANGED = 2
_TRIED = 40
# The amounts whose other readings may prove a total.
_PARTS: frozenset[SumKind] = frozenset(
    {"subtotal", "tax", "service", "rounding", "paid", "change", "total", "grand total"}
)
_MOST_PARTS = 12
_STRONG = 2.0


def other_texts(words: Sequence[Word]) -> list[str]:
    """Return other readings of words as one text each, the likeliest first; none where nothing else was seen."""
    places = [
        (place, each.index, each.text, each.confidence / max(word.scores[each.index], 1e-6))
        for place, word in enumerate(words)
        for each in word.alternatives
        if each.index < len(word.scores)
    ]
    readings: dict[str, float] = {}
    for count in range(1, _CHANGED + 1):
        for chosen in combinations(places, count):
            if len({(place, index) for place, index, _, _ in chosen}) == count:
                texts = [list(word.text) for word in words]
                for place, index, text, _ in chosen:
                    texts[place][index] = text
                text = " ".join("".join(chars) for chars in texts)
                readings[text] = max(readings.get(text, 0.0), prod(odds for *_, odds in chosen))
    return sorted(readings, key=lambda text: -readings[text])[:_TRIED]


def proved_total(sums: Sequence[Sum], total: Sum) -> tuple[str, str] | None:
    """Return another reading of an amount that makes sums come out at the total, and which sum; or None.

    The amount is the total itself or one that a total is made of.
    """
    parts = [other for other in sums if other is not total and other.is_last and other.kind in _PARTS]
    for each in (total, *parts[-_MOST_PARTS:]):
        for text, changed in _other_sums(each):
            others = [changed if other is each else other for other in sums]
            reasons = Ledger(others).proofs(changed if each is total else total)
            strong = [reason.text for reason in reasons if reason.weight >= _STRONG]
            if strong:
                return text, strong[0]
    return None


def _other_sums(each: Sum) -> Iterator[tuple[str, Sum]]:
    """Yield the amount as it could have been read otherwise, as text and as a Sum."""
    words = each.row.part(each.found.start, each.found.end).words
    for text in other_texts(words):
        found = amounts_in(text)
        if len(found) == 1 and found[0].has_cents and found[0].amount.value != each.value:
            yield text, replace(each, found=each.found._replace(amount=found[0].amount))
