"""Right-to-left words in the order in which they are seen: what readers of PDFs expect, and turn back."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
_LEFT_TO_RIGHT: Final = frozenset({"L", "EN", "AN"})
# Between two digits these belong to the number: 12,5 and 3/4 (Unicode, UAX 9, rules W4 and W5).
_IN_NUMBERS: Final = frozenset({"ES", "CS", "ET"})
_MIRRORED: Final = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")


def visual(text: str) -> str:
    """Return a word as it is seen from left to right: turned round, but for numbers and Latin letters in it.

    A word without letters of a right-to-left script is returned as it is. Brackets become what they look like.
    """
    kinds = [unicodedata.bidirectional(char) for char in text]
    if _RIGHT_TO_LEFT.isdisjoint(kinds):
        return text
    marks = "".join("l" if kind in _LEFT_TO_RIGHT else "s" if kind in _IN_NUMBERS else "r" for kind in kinds)
    parts = [
        text[found.start() : found.end()] if found[0].startswith("l") else text[found.start()].translate(_MIRRORED)
        for found in re.finditer("l+(?:s+l+)*|.", marks)
    ]
    return "".join(reversed(parts))
