import re

import pytest

from inkread.errors import OptionError
from inkread.redaction.patterns import PRESETS, named_patterns


@pytest.mark.parametrize(
    ("preset", "text", "found"),
    [
        ("email", "write to max.muster+x@mail.example.org today", "max.muster+x@mail.example.org"),
        ("email", "anna @ example.org. Then", "anna @ example.org"),
        ("email", "no address @ all", None),
        ("iban", "IBAN DE89 3704 0044 0532 0130 00 BIC COBADEFF", "DE89 3704 0044 0532 0130 00"),
        ("iban", "GB29NWBK60161331926819", "GB29NWBK60161331926819"),
        ("iban", "DE89 37O4 0044 O532 0130 00", "DE89 37O4 0044 O532 0130 00"),
        ("iban", "BR15 0000 0000 0000 1093 2840 814P 2", "BR15 0000 0000 0000 1093 2840 814P 2"),
        ("iban", "DEAR SIR OR MADAM", None),
        ("card", "card 4111 1111-1111 1111 valid", "4111 1111-1111 1111"),
        ("card", "41l1 1111 1111 1111", "41l1 1111 1111 1111"),
        ("card", "order 123456", None),
        ("phone", "call +49 (0)30 1234-567 now", "+49 (0)30 1234-567"),
        ("phone", "030/1234567", "030/1234567"),
        ("phone", "(555) 234-9876", "(555) 234-9876"),
        ("phone", "on 05.12.2024 we met", None),
        ("phone", "total 1,234,567.00", None),
    ],
)
def test_a_preset_finds_what_it_is_for(preset, text, found):
    match = re.search(PRESETS[preset], text)
    assert (match[0] if match else None) == found


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("text", ["a" * 50_000, "1" * 50_000, "DE" + "1 " * 25_000, "0 (" * 20_000, "a@" * 25_000])
def test_no_text_keeps_a_preset_long(preset, text):
    # The limit that keeps a hang from users keeps this test from one: it would end the process of the matcher.
    from inkread.redaction.matching import Matcher

    with Matcher(named_patterns([], [preset])) as matcher:
        matcher.search([text], "page 1")


def test_patterns_have_names_that_do_not_tell_them():
    assert [each.name for each in named_patterns(["Max", "Anna"], ["iban"])] == ["pattern 1", "pattern 2", "iban"]


def test_an_unknown_preset_is_answered_with_the_nearest():
    with pytest.raises(OptionError, match=r'no preset "ibam": did you mean "iban"\?'):
        named_patterns([], ["ibam"])


def test_nothing_to_redact_is_an_error():
    with pytest.raises(OptionError, match="nothing to redact"):
        named_patterns([])


def test_a_whole_file_is_no_pattern():
    with pytest.raises(OptionError, match=r"pattern 1 has more than 10,000 characters"):
        named_patterns(["x" * 10_001])
