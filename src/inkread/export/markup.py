"""Text as markup and tables may hold it: one rule for what is replaced, one function that escapes, one small writer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

# What XML 1.0 has no form for, not even escaped (https://www.w3.org/TR/xml/#charsets): controls but tab and line ends,
# lone surrogates, and the last two code points of the first plane.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]")
_BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")

# As character references: parsers turn a carriage return into a line feed, and in attributes both and tabs into spaces.
_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}
_SPECIAL = re.compile('[&<>"\t\n\r]')

Value = str | int | float | None


def legal(text: str) -> str:
    """Return the text with U+FFFD, the replacement character, for each character that XML 1.0 cannot hold."""
    return _ILLEGAL.sub("\ufffd", text)


def one_line(text: str) -> str:
    """Return `legal(text)` with a space for each tab and line end, for formats where these part fields or lines."""
    return _BREAKS.sub(" ", legal(text))


def escape(text: str) -> str:
    """Return the text as it may stand in an element or a quoted attribute; a parser gives `legal(text)` back."""
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], legal(text))


def has_bidi_controls(text: str) -> bool:
    """Return whether the text holds marks that change the direction of what stands around them."""
    return _BIDI_CONTROLS.search(text) is not None


def language_tag(language: str | None) -> str | None:
    """Return the language where it has the form of a BCP-47 tag, which the schemas ask for, else None."""
    return language if language and _LANGUAGE.fullmatch(language) else None


class Markup:
    """Writes elements, each on its own line and indented; attributes that are None are left out."""

    def __init__(self, *prolog: str) -> None:
        self._lines = list(prolog)
        self._indent = ""

    @contextmanager
    def element(self, name: str, attributes: Mapping[str, Value] | None = None) -> Iterator[None]:
        """Write an element around what is written inside the block."""
        self._lines.append(f"{self._indent}<{name}{_attributes(attributes)}>")
        self._indent += " "
        yield
        self._indent = self._indent[1:]
        self._lines.append(f"{self._indent}</{name}>")

    def leaf(self, name: str, attributes: Mapping[str, Value] | None = None, text: str | None = None) -> None:
        """Write an element with text in it, or an empty one."""
        end = "/>" if text is None else f">{escape(text)}</{name}>"
        self._lines.append(f"{self._indent}<{name}{_attributes(attributes)}{end}")

    def leaves(self, name: str, attributes: Mapping[str, Value], inner: str, parts: list[tuple[str, str]]) -> None:
        """Write an element of (attributes' "title", text) parts on one line: white space between them would be text."""
        content = "".join(
            f'<{inner} title="{escape(title)}">{escape(text)}</{inner.split()[0]}>' for title, text in parts
        )
        self._lines.append(f"{self._indent}<{name}{_attributes(attributes)}>{content}</{name}>")

    def __str__(self) -> str:
        return "\n".join((*self._lines, ""))


def _attributes(attributes: Mapping[str, Value] | None) -> str:
    if not attributes:
        return ""
    return "".join(
        f' {name}="{escape(value) if isinstance(value, str) else value}"'
        for name, value in attributes.items()
        if value is not None
    )
