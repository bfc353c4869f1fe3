"""What is to be redacted: regular expressions, and some that are ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from inkread.errors import OptionError, nearest
from inkread.extract.check import IBAN_LENGTHS

# One that is longer is a mistake, such as a file given for a pattern.
_MAX_CHARACTERS: Final = 10_000

# What a network reads in the place of a zero or a one counts as digit: better too much than too little.
_DIGIT: Final = "[0-9OoIl]"


def _iban() -> str:
    # Of countries whose IBANs have a known length an end is found among the words behind.
    countries: dict[int, list[str]] = {}
    for country, length in IBAN_LENGTHS.items():
        countries.setdefault(length, []).append(country)
    known = "|".join(
        rf"(?:{'|'.join(names)})(?: ?{_DIGIT}){{2}}(?: ?[A-Za-z0-9]){{{length - 4}}}"
        for length, names in countries.items()
    )
    other = rf"[A-Z]{{2}} ?{_DIGIT}{{2}}(?: ?[A-Z0-9]{{4}}){{2,7}}(?: ?[A-Z0-9]{{1,3}})?"
    return rf"(?<![A-Za-z0-9])(?:{known}|{other})(?![A-Za-z0-9])"


# By shape, and not by check digits: one digit that was misread would let a number through. Every repetition has a
# most, so that none of them takes long on any text.
PRESETS: Mapping[str, str] = MappingProxyType(
    {
        "email": r"(?<![\w.+%'-])[\w.+%'-]{1,64} ?@ ?[\w-]{1,63}(?: ?\.[\w-]{1,63}){1,8}",
        "iban": _iban(),
        "card": rf"(?<![0-9])(?:{_DIGIT}[ -]?){{12,18}}{_DIGIT}(?![0-9])",
        "phone": (
            r"(?<![\w.,-])(?![0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}\b)"
            r"(?:(?:\+|00|\(0|0|\(\+)(?:[ ./()-]{0,3}[0-9]){6,14}|\(?[2-9][0-9]{2}\)?[ .-][0-9]{3}[ .-][0-9]{4})(?!\w)"
        ),
    }
)


@dataclass(frozen=True)
class Pattern:
    """A regular expression, in the syntax of Python's `re`; "^" and "$" stand for the ends of lines too.

    name: what reports and messages call it. Never the expression: it may be the very secret.
    """

    expression: str
    name: str
    ignore_case: bool = False


def named_patterns(
    expressions: Sequence[str], presets: Sequence[str] = (), *, ignore_case: bool = False
) -> list[Pattern]:
    """Return the patterns of these expressions, called "pattern 1" and so on, and of the presets of these names.

    Raises OptionError for an unknown preset, an expression that is too long, and where there is none at all. Whether an
    expression is one is found out where it is used, as that may take time without end.
    """
    found = [
        Pattern(expression, f"pattern {number}", ignore_case) for number, expression in enumerate(expressions, start=1)
    ]
    for name in presets:
        if name not in PRESETS:
            raise OptionError(f'there is no preset "{name}"', remedy=nearest(name, PRESETS))
        found.append(Pattern(PRESETS[name], name))
    for pattern in found:
        if len(pattern.expression) > _MAX_CHARACTERS:
            raise OptionError(f"{pattern.name} has more than {_MAX_CHARACTERS:,} characters", remedy="give several")
    if not found:
        raise OptionError("there is nothing to redact", remedy="give a pattern or a preset")
    return found
