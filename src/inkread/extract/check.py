"""What can be proved of a value by itself: check digits of account numbers, tax ids, cards."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

# Lengths of IBANs by country, from the IBAN registry of ISO 13616 (SWIFT, release 99).
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15,
    "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19,
    "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip

# Forms of VAT ids in the European Union, the United Kingdom, Norway and Switzerland, without spaces and dots.
_VAT_FORMS = {
    "AT": r"U\d{8}", "BE": r"[01]\d{9}", "BG": r"\d{9,10}", "CHE": r"\d{9}(MWST|TVA|IVA)?", "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}", "DE": r"\d{9}", "DK": r"\d{8}", "EE": r"\d{9}", "EL": r"\d{9}", "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"\d{8}", "FR": r"[A-Z0-9]{2}\d{9}", "GB": r"(\d{9}|\d{12}|GD\d{3}|HA\d{3})", "HR": r"\d{11}",
    "HU": r"\d{8}", "IE": r"(\d{7}[A-Z]{1,2}|\d[A-Z+*]\d{5}[A-Z])", "IT": r"\d{11}", "LT": r"(\d{9}|\d{12})",
    "LU": r"\d{8}", "LV": r"\d{11}", "MT": r"\d{8}", "NL": r"\d{9}B\d{2}", "NO": r"\d{9}(MVA)?", "PL": r"\d{10}",
    "PT": r"\d{9}", "RO": r"\d{2,10}", "SE": r"\d{12}", "SI": r"\d{8}", "SK": r"\d{10}", "XI": r"\d{9}",
}  # fmt: skip


def plain(code: str) -> str:
    """Return a code in capitals, without what is printed for the eye: spaces, dots, hyphens."""
    return re.sub(r"[\s.\u00a0\u2010-\u2015-]", "", code).upper()


def is_iban(code: str) -> bool:
    """Return whether a code is an IBAN: country, its length, and the remainder modulo 97 (ISO 13616, ISO 7064)."""
    code = plain(code)
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}", code) or IBAN_LENGTHS.get(code[:2]) != len(code):
        return False
    return int("".join(str(int(char, 36)) for char in code[4:] + code[:4])) % 97 == 1


def is_bic(code: str) -> bool:
    """Return whether a code has the form of a BIC (ISO 9362): bank, country, place, and a branch or none."""
    return re.fullmatch(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", plain(code)) is not None


def is_vat_id(code: str) -> bool:
    """Return whether a code has the form of a European VAT id, and its check digit where Germany's or Austria's is."""
    code = plain(code)
    for country, form in _VAT_FORMS.items():
        if code.startswith(country) and re.fullmatch(form, code[len(country) :]):
            digits = code[len(country) :]
            return country not in _VAT_CHECKS or _VAT_CHECKS[country](digits)
    return False


def passes_luhn(code: str) -> bool:
    """Return whether a number of payment cards and the like ends in the right digit (ISO/IEC 7812-1)."""
    code = plain(code)
    if not re.fullmatch(r"\d{8,19}", code):
        return False
    doubled = [int(digit) * (2 if index % 2 else 1) for index, digit in enumerate(reversed(code))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _is_german(digits: str) -> bool:
    """ISO 7064, MOD 11,10, as the Bundeszentralamt für Steuern uses it."""
    product = 10
    for digit in digits[:8]:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return (11 - product) % 10 == int(digits[8])


def _is_austrian(digits: str) -> bool:
    numbers = [int(digit) for digit in digits[1:]]
    total = sum(sum(divmod(2 * each, 10)) if index % 2 else each for index, each in enumerate(numbers[:7]))
    return (10 - (total + 4) % 10) % 10 == numbers[7]


_VAT_CHECKS: dict[str, Callable[[str], bool]] = {"DE": _is_german, "AT": _is_austrian}
# What a schema may ask for by name.
CHECKS: Mapping[str, Callable[[str], bool]] = {
    "iban": is_iban,
    "bic": is_bic,
    "vat_id": is_vat_id,
    "luhn": passes_luhn,
}
