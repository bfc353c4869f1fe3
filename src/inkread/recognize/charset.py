"""Which character each output class of a recogniser stands for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from inkread.errors import ModelError

BLANK = 0

# Code points, first and last, of what European languages are written with.
_LATIN = (
    (0x0020, 0x024F),  # the Latin blocks with digits and punctuation
    (0x0250, 0x02FF),  # phonetic letters, modifiers
    (0x0300, 0x036F),  # combining marks
    (0x1E00, 0x1EFF),
    (0x2000, 0x206F),  # dashes, quotation marks
    (0x2070, 0x214F),  # superscripts, currencies, letterlike
    (0x2150, 0x22FF),  # fractions, arrows, mathematics
    (0x2460, 0x24FF),  # circled digits
    (0x2500, 0x27BF),  # boxes, shapes, ticks
    (0xFB00, 0xFB06),  # ligatures
)
# And what a recogniser of many scripts takes their punctuation for.
_WIDE = ((0x3001, 0x3002), (0x300A, 0x300B), (0x3010, 0x3011), (0xFF01, 0xFF20))


@dataclass(frozen=True)
class Charset:
    """The characters of a CTC recogniser; class 0 is the blank and stands for nothing.

    symbols: for each class its text; the blank's is empty.
    """

    symbols: tuple[str, ...]

    @staticmethod
    def from_characters(characters: Iterable[str], *, has_space: bool = True) -> Charset:
        """Return the charset of a list of characters in class order; a space class last, if it has one."""
        return Charset(("", *characters, *((" ",) if has_space else ())))

    @staticmethod
    def from_text(text: str, *, has_space: bool = True) -> Charset:
        """Return the charset of a text with one character a line, as models carry it in their metadata."""
        return Charset.from_characters(text.removesuffix("\n").split("\n"), has_space=has_space)

    def __len__(self) -> int:
        return len(self.symbols)

    def only(self, classes: Iterable[int]) -> Charset:
        """Return the charset of some of the classes, in the order given; the blank must come first."""
        return Charset(tuple(self.symbols[k] for k in classes))

    def latin(self) -> tuple[int, ...]:
        """Return the classes of Latin letters, digits, punctuation and signs, with the blank and the space."""
        return self._within(_LATIN)

    def everyday(self) -> tuple[int, ...]:
        """Return the classes that Latin text may come out as: those of `latin` and wide punctuation."""
        return self._within((*_LATIN, *_WIDE))

    def _within(self, ranges: Iterable[tuple[int, int]]) -> tuple[int, ...]:
        allowed = frozenset(chr(code) for first, last in ranges for code in range(first, last + 1))
        return tuple(k for k, symbol in enumerate(self.symbols) if allowed.issuperset(symbol))

    def check(self, classes: int) -> None:
        """Raise ModelError where a network with this number of classes does not fit."""
        if classes != len(self.symbols):
            raise ModelError(
                f"the recogniser has {classes} classes, its characters make {len(self.symbols)} with blank and space",
                remedy="the model and its character list do not belong together",
            )
