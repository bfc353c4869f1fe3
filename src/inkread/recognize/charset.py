"""Which character each output class of a recogniser stands for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from inkread.errors import ModelError

BLANK = 0


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

    def check(self, classes: int) -> None:
        """Raise ModelError where a network with this number of classes does not fit."""
        if classes != len(self.symbols):
            raise ModelError(
                f"the recogniser has {classes} classes, its characters make {len(self.symbols)} with blank and space",
                remedy="the model and its character list do not belong together",
            )
