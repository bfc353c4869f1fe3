"""Lines written in capitals by hand, some of which a network takes for small letters."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from inkread.recognize.charset import Charset
from inkread.runtime.session import Floats

# A line is written in capitals where at least so many of its words, and this share of them, have one that is not their
# first letter, and some of these have small letters too, two at least and half as many as there are other words: who
# writes so by hand draws some letters as small ones are drawn, only larger.
_FEWEST_WORDS: Final = 3
_SHARE: Final = 0.5
_FEWEST_MIXED: Final = 2
_WORD: Final = re.compile(r"[^\W\d_]{2,}")


def is_in_capitals(text: str) -> bool:
    """Return whether what was read of a line by hand looks written in capitals, some taken for small letters."""
    words = _WORD.findall(text)
    with_capitals = [word for word in words if any(map(str.isupper, word[1:]))]
    mixed = sum(any(map(str.islower, word)) for word in with_capitals)
    others = len(words) - len(with_capitals)
    has_enough = len(with_capitals) >= max(_FEWEST_WORDS, _SHARE * len(words))
    return has_enough and mixed >= max(_FEWEST_MIXED, others / 2)


def as_capitals(probabilities: Floats, charset: Charset) -> tuple[Floats, Charset]:
    """Return a line's probabilities, (T, C), and charset, with those of small letters added to their capitals'.

    Columns that say a digit stay: two halves of an O do not outvote a 0.
    """
    is_digit = np.array([symbol.isdigit() for symbol in charset.symbols])
    letters = ~is_digit[probabilities.argmax(axis=1)]
    probabilities, symbols = probabilities.copy(), list(charset.symbols)
    classes = {symbol: k for k, symbol in enumerate(symbols)}
    for k, symbol in enumerate(charset.symbols):
        capital = symbol.upper()
        if capital == symbol or len(capital) != 1:
            continue
        if capital in classes:
            probabilities[letters, classes[capital]] += probabilities[letters, k]
            probabilities[letters, k] = 0
        else:
            symbols[k] = capital
            classes[capital] = k
    return probabilities, Charset(tuple(symbols))
