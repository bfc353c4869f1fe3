"""A file, the options it is read with and this machine, looked at as a doctor does."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from PIL import Image as Pillow

from inkread.diagnosis import machine as machines
from inkread.diagnosis.finding import Finding
from inkread.diagnosis.machine import Machine, this_machine
from inkread.diagnosis.page import Seen, look_at
from inkread.document import Page
from inkread.errors import (
    DeviceError,
    InkreadError,
    InputError,
    LanguageError,
    MissingPackageError,
    ModelError,
)
from inkread.load import source as sources
from inkread.options import DetectOptions, ReaderOptions
from inkread.pipeline import Reader
from inkread.registry.alphabets import alphabet
from inkread.registry.languages import tag_of

# As many pages tell what is wrong with a document.
MOST_PAGES: Final = 3
# JPEG: the mean of the table of brightness at quality 20 is 145, at 30 97, at 50 58, at 75 29.
_COARSE_TABLE = 90.0
# A letter that stands so often, this sure, is there.
_FEWEST_LETTERS, _SURE = 2, 0.8


@dataclass(frozen=True)
class Diagnosis:
    """What was found, the gravest first, and the pages that were looked at: their pictures' sizes and what was read."""

    findings: tuple[Finding, ...]
    pages: tuple[Page, ...]
    machine: Machine
    options: ReaderOptions


def diagnose(
    source: object, options: ReaderOptions | None = None, *, pages: int = MOST_PAGES, machine: Machine | None = None
) -> Diagnosis:
    """Return what is wrong with the first pages of an input, with the options, and with this machine.

    What cannot be read is a finding, not an error. machine: None for this one. Raises OptionError for options that
    make no sense.
    """
    options = options or ReaderOptions()
    here = machine or this_machine()
    found = list(machines.look_at(here, options.runtime))
    read: list[Page] = []
    try:
        found[:0] = _of_file(source)
        for seen in _seen(source, options, pages):
            read.append(seen.page)
            found += look_at(seen)
            found += _other_letters(seen, options)
    except (InputError, DeviceError, ModelError, MissingPackageError, LanguageError) as error:
        found[:0] = _of_error(error, found)
    return Diagnosis(tuple(found), tuple(read), here, options)


def _seen(source: object, options: ReaderOptions, most: int) -> Iterator[Seen]:
    usual = _usual(options)
    load = options.load.with_(text_layer="auto") if options.load.text_layer == "always" else options.load
    with Reader(options.with_(min_confidence=0.0)) as reader, sources.open(source, options.limits, load) as opened:
        other = reader.with_options(usual) if usual is not None else None
        try:
            for image in islice(opened, most):
                page = reader.read_page(image)
                second = other.read_page(image) if other is not None else None
                yield Seen(image, page, second, options.min_confidence)
        finally:
            if other is not None:
                other.close()


def _usual(options: ReaderOptions) -> ReaderOptions | None:
    """Return the options without what may be why a page is read badly; None where there is nothing of it."""
    usual = options.with_(
        language=(),
        min_confidence=0.0,
        enhance=options.enhance.with_(turn="auto"),
        detect=DetectOptions(),
        load=options.load.with_(text_layer="auto"),
    )
    return usual if usual != options.with_(min_confidence=0.0) else None


def _of_file(source: object) -> Iterator[Finding]:
    """Yield what the file says of itself: how coarsely a JPEG was compressed."""
    if not isinstance(source, str | Path) or not Path(source).is_file():
        return
    try:
        with Pillow.open(source) as picture:
            tables = getattr(picture, "quantization", None)
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError):
        return  # reading says what is wrong with it
    coarse = sum(tables[0]) / len(tables[0]) if tables and 0 in tables else 0.0
    if coarse > _COARSE_TABLE:
        yield Finding(
            "compressed",
            "the picture was compressed so strongly that the edges of letters are gone",
            "save it as PNG, or as JPEG with a quality of 75 or more; of a copy from a messenger, get the original",
            figures={"table": round(coarse)},
        )


def _other_letters(seen: Seen, options: ReaderOptions) -> Iterator[Finding]:
    """Yield which letters stand on the page that the languages asked for do not have."""
    tags = _tags(options.language)
    if seen.usual is None or not tags:
        return
    known = frozenset().union(*(alphabet(tag) for tag in tags))
    chars = [char for line in seen.usual.lines for char in line.chars if char.confidence >= _SURE]
    counts = Counter(char.text for char in chars if char.text.isalpha() and char.text not in known)
    # A letter with marks that the alphabet has by themselves is not told apart here: it was read as it should be.
    letters = [letter for letter, count in counts.most_common() if count >= _FEWEST_LETTERS or len(counts) > 5]
    if not known or not letters:
        return
    scripts = {unicodedata.name(letter, "?").partition(" ")[0].capitalize() for letter in letters}
    yield Finding(
        "other-letters",
        f"the page has letters that {', '.join(tags)} has not: {' '.join(letters[:20])}",
        "name all languages of the page (--language de,fr), or leave it out: --language auto finds them",
        seen.page.number,
        {"letters": len(letters), "scripts": ", ".join(sorted(scripts))},
    )


def _tags(languages: Sequence[str]) -> list[str]:
    found = []
    for name in languages:
        try:
            found.append(tag_of(name))
        except LanguageError:
            continue  # a pack by its path, or auto
    return found


def _of_error(error: InkreadError, found: Sequence[Finding]) -> Iterator[Finding]:
    """Yield what an error says, unless the look at the machine has said it."""
    figures: dict[str, float | str] = {"error": type(error).__name__}
    remedy = error.remedy or "check the file, or send the report of --report"
    if isinstance(error, DeviceError):
        if not any(each.kind == "no-device" for each in found):
            yield Finding("no-device", error.message, remedy, figures=figures)
    elif isinstance(error, ModelError | LanguageError):
        yield Finding("no-model", error.message, remedy, figures=figures)
    elif isinstance(error, MissingPackageError):
        yield Finding("no-package", error.message, remedy, figures=figures)
    else:
        yield Finding("not-readable", error.message, remedy, figures=figures)
