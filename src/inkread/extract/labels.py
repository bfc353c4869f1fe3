"""Words that say what stands beside them, in the languages of receipts and invoices."""

from __future__ import annotations

import importlib.resources
import re
import unicodedata
from functools import cache, lru_cache

import yaml

# What recognizers confuse becomes one: "T0TAL", "TOTAI" and "TOTAL" are the same label.
_LOOK_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l", "5": "s", "$": "s", "8": "b", "!": "l"})


class Label:
    """Phrases that mean the same; found in any case, with or without accents, and misread in the usual ways."""

    def __init__(self, *phrases: str) -> None:
        forms = sorted({folded(phrase) for phrase in phrases}, key=len, reverse=True)
        # Narrow print is read without its spaces: "TOTALTOPAY".
        either = "|".join(re.escape(form).replace(r"\ ", " ?") for form in forms if form)
        self._pattern = re.compile(rf"(?<!\w)(?:{either})(?!\w)")

    def __contains__(self, text: str) -> bool:
        return self._pattern.search(folded(text)) is not None

    def starts(self, text: str) -> bool:
        """Return whether a text begins with one of the phrases."""
        return self._pattern.match(folded(text).lstrip()) is not None

    def find(self, text: str) -> tuple[int, int] | None:
        """Return where the first of the phrases stands in a text, characters start to end, or None."""
        plain, places = _folded_with_places(text)
        match = self._pattern.search(plain)
        return (places[match.start()], places[match.end() - 1] + 1) if match else None


@cache
def label(name: str) -> Label:
    """Return a label of labels.yaml."""
    return Label(*_phrases()[name])


@cache
def _phrases() -> dict[str, list[str]]:
    text = importlib.resources.files("inkread.extract").joinpath("labels.yaml").read_text(encoding="utf-8")
    phrases: dict[str, list[str]] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return phrases


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """Return a text as labels are compared: small letters without accents, look-alikes as one, no punctuation."""
    return " ".join(_folded_with_places(text)[0].split())


def _folded_with_places(text: str) -> tuple[str, list[int]]:
    """Return the folded text, single spaces, and for each of its characters where it stands in the text."""
    chars: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for part in unicodedata.normalize("NFKD", char.casefold()):
            if unicodedata.combining(part):
                continue
            part = part.translate(_LOOK_ALIKE)
            part = part if part.isalnum() or part in "%#" else " "
            if part == " " and (not chars or chars[-1] == " "):
                continue
            chars.append(part)
            places.append(place)
    return "".join(chars), places
