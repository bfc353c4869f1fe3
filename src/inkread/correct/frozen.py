"""Which words nobody may change: numbers, identifiers, codes, addresses.

A wrong letter in a sentence is read over; a wrong digit in an amount is paid. Dictionaries and language models break
these words first: of 351 correct numbers, a spelling dictionary broke 108 (docs/correction.md).
"""

from __future__ import annotations

import re
import unicodedata

# Digits that are read for letters, with these letters.
LOOK_ALIKE = {"0": "oO", "1": "lIi", "3": "B", "5": "sS", "6": "b", "8": "B", "9": "gq"}

# Characters that addresses, paths, codes, amounts and templates of prompts are made of.
_TECHNICAL = re.compile(r"[@/\\_#%<>|{}\[\]=~^+*&]|:\S|www\.|\S\.\S", re.IGNORECASE)
_HUMP = re.compile(r"[a-z][A-Z]")
_HYPHEN = re.compile(r"[-\u2010-\u2015\u00ad]")
_SHORT_CAPITALS = 5


def is_frozen(word: str) -> bool:
    """Return whether a word may only stay as it is.

    Frozen are words with digits (but for one look-alike digit in a word of letters: "Invo1ce"), currency signs,
    technical characters, capitals inside (iPhone), up to five capitals (GMBH), hyphens beside less than two letters,
    and words without any letter.
    """
    core = bare(word)
    if not any(char.isalpha() for char in core):
        return True
    if any(unicodedata.category(char) == "Sc" for char in word) or _TECHNICAL.search(word):
        return True
    if any(char.isdigit() for char in core):
        return slip_digit(word) is None
    if _HUMP.search(core):
        return True
    if core.isupper() and len(core) <= _SHORT_CAPITALS:
        return True
    parts = _HYPHEN.split(core)
    return len(parts) > 1 and any(len(part) < 2 for part in parts)


def slip_digit(word: str) -> int | None:
    """Return where the one digit stands that was read for a letter in a word of small letters, or None.

    It looks like a letter, and at least three small letters and nothing else stand around it, one of them before and
    one behind.
    """
    core = bare(word)
    digits = [index for index, char in enumerate(core) if char.isdigit()]
    if len(digits) != 1 or core[digits[0]] not in LOOK_ALIKE or not 0 < digits[0] < len(core) - 1:
        return None
    around = core[: digits[0]] + core[digits[0] + 1 :]
    if len(around) < 3 or not around.isalpha() or not around[1:].islower():
        return None
    return word.index(core) + digits[0]


def bare(word: str) -> str:
    """Return the word without the punctuation around it."""
    start, end = 0, len(word)
    while start < end and not word[start].isalnum():
        start += 1
    while end > start and not word[end - 1].isalnum():
        end -= 1
    return word[start:end]
