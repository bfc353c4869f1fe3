import pytest

from inkread.correct.frozen import bare, is_frozen, slip_digit


@pytest.mark.parametrize(
    "word",
    [
        *("31.10", "2023-00123", "12/14", "1,250.00", "DE89370400440532013000", "A4", "x2", "3rd", "½", "٣٤", "4O.50"),
        *("$5", "€", "£l2", "USD", "GMBH", "VAT", "I.B.A.N.", "e.g.", "iPhone", "McDonald", "info@example.org"),
        *("www.example.org", "http://example", "C:\\temp", "/etc/passwd", "a_b", "#tag", "50%", "key=value", "<b>"),
        *("<|im_start|>", "---", "...", "", "e-mail", "x-ray", "12:30", "M:2"),
    ],
)
@pytest.mark.row("S3-33")
def test_numbers_codes_and_addresses_are_frozen(word):
    assert is_frozen(word)


@pytest.mark.parametrize(
    "word",
    ["Invoice", "tbe", "Invo1ce", "(hello)", "hello,", "don't", "well-known", "CUSTOMER", "a", "Straße"],
)
def test_words_are_not(word):
    assert not is_frozen(word)


@pytest.mark.parametrize(
    ("word", "at"),
    [("Invo1ce", 4), ("(Invo1ce,", 5), ("t0tal", 1), ("hou5e.", 3)],
)
@pytest.mark.row("S3-15")
def test_a_digit_in_a_word_of_small_letters_is_a_slip(word, at):
    assert slip_digit(word) == at


@pytest.mark.parametrize("word", ["1nvoice", "tota1", "Inv01ce", "INV1CE", "a1b", "A1b2", "ho2se", "ab1", "2024", "no"])
def test_other_digits_are_none(word):
    assert slip_digit(word) is None


def test_bare_words_have_no_punctuation_around_them():
    assert [bare(word) for word in ("(hello),", "don't.", "---", "", "“Straße”")] == [
        "hello",
        "don't",
        "",
        "",
        "Straße",
    ]
