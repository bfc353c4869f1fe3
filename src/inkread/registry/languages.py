"""Whether a language asked for is one that a model reads (BCP-47, RFC 5646)."""

from __future__ import annotations

# Codes that mean the same to a reader of letters: Norwegian's two forms, Filipino, and codes that ISO 639 withdrew.
_SAME = {"nb": "no", "nn": "no", "fil": "tl", "in": "id", "iw": "he", "mo": "ro", "bih": "bh"}

# The script of a tag that names none (likely subtags of Unicode CLDR); Latin for languages that are not here.
_SCRIPTS = {
    "cyrl": "ru be uk sr bg mn ab ady kbd av dar inh ce lbe lez tab kk ky tg mk tt cv ba mhr udm kv os bua xal tyv sah",
    "arab": "ar fa ug ur ps sd bal ckb",
    "deva": "hi mr ne bh mai anp bho mag sck new gom kok sa bgc",
    "jpan": "ja",
    "kore": "ko",
    "thai": "th",
    "grek": "el",
    "hebr": "he yi",
    "taml": "ta",
    "telu": "te",
    "knda": "kn",
}
_SCRIPT = {language: script for script, languages in _SCRIPTS.items() for language in languages.split()}
_REGIONAL_SCRIPT = {
    **dict.fromkeys([("zh", "cn"), ("zh", "sg"), ("zh", "my")], "hans"),
    **dict.fromkeys([("zh", "tw"), ("zh", "hk"), ("zh", "mo")], "hant"),
    ("sr", "me"): "latn",
    ("ku", "iq"): "arab",
}


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


def _language_and_script(tag: str) -> tuple[str, str | None]:
    first, *others = tag.strip().replace("_", "-").lower().split("-")
    language = _SAME.get(first, first)
    named = next((part for part in others if len(part) == 4 and part.isalpha()), None)
    if named is not None:
        return language, named
    regional = next((_REGIONAL_SCRIPT[language, part] for part in others if (language, part) in _REGIONAL_SCRIPT), None)
    return language, regional or (None if language == "zh" else _SCRIPT.get(language, "latn"))
