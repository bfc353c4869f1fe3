"""A second look at what a page's lines leave out: read where that is sure, told where not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from inkread.detect.coverage import Coverage, find_missed
from inkread.document import Line, Notice
from inkread.image import Image
from inkread.recognize.line_reader import LineReader

# What is read joins the page from this confidence on. Of 31 such on 120 receipts none is wrong: 29 are quantities or
# other single characters.
_SURE = 0.97
# What reads worse is no text: pieces of photos and logos, dirt.
_PERHAPS = 0.5


class SecondLook(NamedTuple):
    """Lines that were missed at first, and then the page's coverage, 0..1, and what it still misses.

    coverage: None where it was not looked for, or cannot be told.
    """

    lines: tuple[Line, ...] = ()
    coverage: float | None = None
    notices: tuple[Notice, ...] = ()


def look_again(
    image: Image, lines: Sequence[Line], reader: LineReader, missed: Literal["read", "tell", "never"]
) -> SecondLook:
    """Look for text-like ink beside the lines of a picture; they and what is found are in page pixels."""
    if missed == "never":
        return SecondLook()
    found = find_missed(image, [image.quad_from_page(line.quad) for line in lines if line.words])
    if found is None:
        return SecondLook()
    more: tuple[Line, ...] = ()
    if missed == "read" and found.missed:
        read = reader.read_each(image, found.quads)
        more = tuple(line for line in read if _has_text(line, _SURE))
        found = _after_reading(found, read)
    places = [image.quad_on_page(quad).box for quad in found.quads] if found.is_worth_telling else []
    notices = tuple(Notice("missed-ink", "ink that looks like text is in no line", box) for box in places)
    return SecondLook(more, round(found.share, 4), notices)


def _after_reading(found: Coverage, read: Sequence[Line]) -> Coverage:
    """Return the coverage with what was read for sure as covered, and without what cannot be text."""
    judged = list(zip(found.missed, read, strict=True))
    covered = found.covered + sum(each.ink for each, line in judged if _has_text(line, _SURE))
    missed = (each for each, line in judged if _has_text(line, _PERHAPS) and not _has_text(line, _SURE))
    return found._replace(covered=covered, missed=tuple(missed))


def _has_text(line: Line, confidence: float) -> bool:
    return line.confidence >= confidence and any(character.isalnum() for character in line.text)
