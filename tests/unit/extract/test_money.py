from decimal import Decimal

import pytest

from inkread.extract.money import amounts_in, currency_in, decimal_mark


def values(text: str, decimal=None) -> list[str]:
    return [str(found.amount.value) for found in amounts_in(text, decimal)]


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("31.00", "31.00", None),
        ("$8.20", "8.20", "USD"),
        ("RM 8.20", "8.20", "MYR"),
        ("RM8.20", "8.20", "MYR"),
        ("8,20 €", "8.20", "EUR"),
        ("1.250,00 EUR", "1250.00", "EUR"),
        ("$1,250.00", "1250.00", "USD"),
        ("1 250,00", "1250.00", None),
        ("1'250.50", "1250.50", None),
        ("1,234,567.89", "1234567.89", None),
        ("-5.00", "-5.00", None),
        ("5.00-", "-5.00", None),
        ("(5.00)", "-5.00", None),
        ("$-5.00", "-5.00", "USD"),
        ("31. 00", "31.00", None),
        ("31 .00", "31.00", None),
        ("$21  .40", "21.40", "USD"),
        ("TAX .26", "0.26", None),
        ("12,-", "12", None),
        ("1,250", "1250", None),
        ("12", "12", None),
        ("12.5", "12.5", None),
        ("¥1,200", "1200", "JPY"),
        ("TOTAL:31.00", "31.00", None),
        ("Total2.67", "2.67", None),
        ("zł 10,00", "10.00", "PLN"),
    ],
)
@pytest.mark.row("S3-42", "S3-43")
def test_amounts_are_read_by_any_country_s_marks(text, value, currency):
    (found,) = amounts_in(text)
    assert (found.amount.value, found.amount.currency) == (Decimal(value), currency)


@pytest.mark.parametrize(
    "text",
    ["6%", "6.00%", "12/05/2018", "10:04", "A12", "INV00123", "12A", "01-143008", "192.168.0.1", "", "abc", "1.2.3"],
)
def test_percentages_dates_times_and_codes_are_no_amounts(text):
    assert values(text) == []


def test_a_row_may_hold_several():
    assert values("2 x 4.50  9.00") == ["2", "4.50", "9.00"]
    assert values("8.20 RM 9.10") == ["8.20", "9.10"]


def test_the_mark_before_cents_may_be_known():
    assert values("1,234", ".") == ["1234"]
    assert values("1,234", ",") == []  # no currency has three decimal places here
    assert values("1.234", ",") == ["1234"]


def test_cents_are_told():
    assert [found.has_cents for found in amounts_in("12  12.50  12,-")] == [False, True, True]


def test_amounts_stand_where_they_are_told():
    text = "Total RM 31.00 paid"
    (found,) = amounts_in(text)
    assert text[found.start : found.end] == "RM 31.00"


def test_texts_show_their_decimal_mark():
    assert decimal_mark(["1.250,00", "3,50", "v1.23"]) == ","
    assert decimal_mark(["3.50", "4.50", "12,30"]) == "."
    assert decimal_mark(["hello", "12"]) is None


def test_a_currency_stands_by_itself_or_beside_a_number():
    assert [currency_in(text) for text in ("Total (RM)", "EUR", "in €:", "5.00USD", "FROM", "Rechnung", "")] == [
        *("MYR", "EUR", "EUR", "USD", None, None, None)
    ]
