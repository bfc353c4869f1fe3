import pytest

from inkread.extract.check import is_bic, is_iban, is_vat_id, passes_luhn, plain


@pytest.mark.parametrize(
    "code", ["DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "GB82 WEST 1234 5698 7654 32", "NO9386011117947"]
)
def test_ibans_have_the_right_remainder(code):
    assert is_iban(code)


@pytest.mark.parametrize(
    "code", ["DE89370400440532013001", "DE8937040044053201300", "XX89370400440532013000", "", "hello"]
)
def test_other_codes_are_no_ibans(code):
    assert not is_iban(code)


def test_one_wrong_digit_is_always_found():
    good = "DE89370400440532013000"
    for at in range(2, len(good)):
        for digit in "0123456789":
            if digit != good[at]:
                assert not is_iban(good[:at] + digit + good[at + 1 :])


@pytest.mark.parametrize(
    "code", ["DE136695976", "DE 136 695 976", "ATU13585627", "FR40303265045", "NL123456789B01", "CHE-123.456.789 MWST"]
)
def test_vat_ids(code):
    assert is_vat_id(code)


@pytest.mark.parametrize("code", ["DE136695975", "DE1366959", "ATU13585626", "ZZ123456789", "201/113/40209", ""])
def test_other_codes_are_no_vat_ids(code):
    assert not is_vat_id(code)


def test_cards_end_in_the_right_digit():
    assert passes_luhn("4111 1111 1111 1111")
    assert not passes_luhn("4111 1111 1111 1112")
    assert not passes_luhn("1234")


def test_bics_have_a_form():
    assert is_bic("DEUTDEFF")
    assert is_bic("DEUTDEFF500")
    assert not is_bic("DEUTDEF")


def test_plain_codes_have_no_spaces():
    assert plain("de89 3704-0044.05") == "DE893704004405"
