"""Languages by tag (BCP 47, RFC 5646), English name or pack; and whether a model that reads one reads another.

languages.tsv holds those that some model or pack reads, from Unicode CLDR; scripts/make_languages.py writes it.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from inkread.errors import LanguageError, nearest

AUTO: Final = "auto"

# Codes that mean the same to a reader of letters: Norwegian's two forms, Filipino, and codes that ISO 639 withdrew.
_SAME = {"nb": "no", "nn": "no", "fil": "tl", "in": "id", "iw": "he", "mo": "ro", "bih": "bh"}

# What people also call them.
_ALSO: Final = {
    "mandarin": "zh",
    "chinese": "zh",
    "chinese simplified": "zh-Hans",
    "chinese traditional": "zh-Hant",
    "brazilian portuguese": "pt",
    "farsi": "fa",
    "fraktur": "de-Latf",
    "norwegian bokmål": "no",
    "norwegian nynorsk": "no",
    "filipino": "tl",
    "tagalog": "tl",
    "serbian cyrillic": "sr",
    "serbian latin": "sr-Latn",
    "ancient greek": "grc",
    "burmese": "my",
    "panjabi": "pa",
    "flemish": "nl",
    "moldovan": "ro",
    "valencian": "ca",
    "castilian": "es",
    "uighur": "ug",
    "oriya": "or",
    "slovene": "sl",
}

_REGIONAL_SCRIPT = {
    **dict.fromkeys([("zh", "cn"), ("zh", "sg"), ("zh", "my")], "hans"),
    **dict.fromkeys([("zh", "tw"), ("zh", "hk"), ("zh", "mo")], "hant"),
    ("sr", "me"): "latn",
    ("ku", "iq"): "arab",
}


class Language(NamedTuple):
    """A language in one script: its shortest tag, English name, script (ISO 15924), and the packs that read it."""

    tag: str
    name: str
    script: str
    packs: tuple[str, ...]


@lru_cache(maxsize=1)
def languages() -> tuple[Language, ...]:
    """Return the languages that some model or language pack reads, here or not, in the order of their tags."""
    text = importlib.resources.files("inkread.registry").joinpath("languages.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return tuple(
        Language(tag, name, script, tuple(filter(None, packs.split(",")))) for tag, name, script, packs in rows
    )


def tag_of(asked: str) -> str:
    """Return the tag of a language that was asked for by tag, English name ("French") or pack ("fra", "chi_sim").

    A tag is returned as it was given. Raises LanguageError, with the nearest name, for what is no language here.
    """
    known = _by_name()
    words = " ".join(asked.casefold().replace("(", " ").replace(")", " ").replace(",", " ").split())
    if words in known:
        return known[words]
    language, _ = _language_and_script(asked)
    if language in _scripts():
        return asked.strip()
    names = [*(each.name for each in languages()), *(each.tag for each in languages())]
    by_folded = {name.casefold(): name for name in names}
    close = nearest(asked, by_folded)
    for folded, name in by_folded.items():
        close = close.replace(f'"{folded}"', f'"{name}"')
    remedy = close if close.startswith("did you mean") else "inkread languages lists those that can be read"
    raise LanguageError(f'no model reads the language "{asked}"', remedy=remedy)


def matches(asked: str, spoken: str) -> bool:
    """Whether a model that reads `spoken` reads `asked`: the same language in the same script, whatever the region.

    A tag without a script means the language's usual one; zh means either of its two.
    """
    language, script = _language_and_script(asked)
    known_language, known_script = _language_and_script(spoken)
    return language == known_language and (script == known_script or script is None or known_script is None)


def is_latin(tag: str) -> bool:
    """Whether a BCP-47 language is written in Latin letters."""
    return _language_and_script(tag)[1] == "latn"


def packs_for(tag: str) -> tuple[str, ...]:
    """Return the names of the published packs that read a language, the usual one first."""
    return tuple(pack for each in languages() if matches(tag, each.tag) for pack in each.packs)


def language_of_pack(pack: str) -> Language | None:
    """Return the language that a published pack reads, by the pack's name; None for a name that is not known."""
    return next((each for each in languages() if pack in each.packs), None)


def _language_and_script(tag: str) -> tuple[str, str | None]:
    first, *others = tag.strip().replace("_", "-").lower().split("-")
    language = _SAME.get(first, first)
    named = next((part for part in others if len(part) == 4 and part.isalpha()), None)
    if named is not None:
        return language, named
    regional = next((_REGIONAL_SCRIPT[language, part] for part in others if (language, part) in _REGIONAL_SCRIPT), None)
    return language, regional or (None if language == "zh" else _scripts().get(language, "latn"))


@lru_cache(maxsize=1)
def _scripts() -> Mapping[str, str]:
    """Return the usual script of each language; that of Chinese, which has two, is one of them."""
    # A tag without a script has the language's usual one, and so comes last.
    in_order = sorted(languages(), key=lambda each: "-" not in each.tag)
    return {each.tag.partition("-")[0]: each.script.lower() for each in in_order}


@lru_cache(maxsize=1)
def _by_name() -> Mapping[str, str]:
    """Return the tags of languages by their names and packs, in small letters."""
    names = dict(_ALSO)
    for each in languages():
        names |= dict.fromkeys((pack.casefold() for pack in each.packs), each.tag)
    for each in languages():
        names[" ".join(each.name.casefold().replace("(", " ").replace(")", " ").split())] = each.tag
    return names
