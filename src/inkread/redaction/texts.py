"""A page's text as patterns are searched in it, in which every character knows where it stands."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from inkread.document import Line

# Signs that are read, or written in PDFs, one for the other.
_ALIKE: Final = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63", "-"),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    }
)
_HYPHENS: Final = "-\u2010\u2011\u00ad\u0002"
# How the end of a line may be meant: as one, as a space, as nothing (an address that goes on), or the same without the
# hyphen before it.
_LINE_ENDS: Final = ("\n", " ", "", None)


class Spot(NamedTuple):
    """A character of some lines: the index of its line, of its word there, and its own in the word's text."""

    line: int
    word: int
    character: int


class View(NamedTuple):
    """A text of some lines. spots: for each of its characters where it stands; None for what is between words."""

    text: str
    spots: Sequence[Spot | None]


def views(lines: Sequence[Line]) -> list[View]:
    """Return the lines' text in each way in which a pattern may be meant, each text once.

    Line ends as line ends, as spaces and as nothing, hyphens before them left out; each as read, and with signs that
    look alike made the same (NFKC, dashes, quotes) and invisible ones left out.
    """
    found: dict[str, View] = {}
    for end in _LINE_ENDS:
        view = _joined(lines, end)
        for each in (view, _plain(view)):
            found.setdefault(each.text, each)
    return [view for text, view in found.items() if text]


def _joined(lines: Sequence[Line], end: str | None) -> View:
    """Return lines with `end` between them; None: a space, or nothing in the place of a hyphen."""
    characters: list[tuple[str, Spot | None]] = []
    for index, line in enumerate(lines):
        if index:
            is_hyphen = end is None and characters and characters[-1][0] in _HYPHENS
            if is_hyphen:
                characters.pop()
            elif separator := " " if end is None else end:
                characters.append((separator, None))
        characters += _characters(line, index)
    return View("".join(text for text, _ in characters), [spot for _, spot in characters])


def _characters(line: Line, index: int) -> Iterator[tuple[str, Spot | None]]:
    for number, word in enumerate(line.words):
        if number:
            yield " ", None
        for place, character in enumerate(word.text):
            yield character, Spot(index, number, place)


def _plain(view: View) -> View:
    """Return a view with signs made the same that look alike; what comes of a character stands where it stood."""
    characters: list[str] = []
    spots: list[Spot | None] = []
    for group, spot in _groups(view):
        plain = unicodedata.normalize("NFKC", group).translate(_ALIKE)
        shown = [character for character in plain if unicodedata.category(character) != "Cf"]
        characters += shown
        spots += [spot] * len(shown)
    return View("".join(characters), spots)


def _groups(view: View) -> Iterator[tuple[str, Spot | None]]:
    """Yield each character with the marks that combine with it."""
    group, at = "", None
    for character, spot in zip(view.text, view.spots, strict=True):
        if group and unicodedata.combining(character):
            group += character
            continue
        if group:
            yield group, at
        group, at = character, spot
    if group:
        yield group, at
