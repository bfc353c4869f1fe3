import pytest

from inkread.export.pdf.bidi import visual


@pytest.mark.parametrize("text", ["", "word", "中文", "(12,5)", "٤٥٦", "👍"])
def test_what_holds_no_right_to_left_letter_stays(text):
    assert visual(text) == text


@pytest.mark.parametrize(
    ("logical", "seen"),
    [
        ("שלום", "םולש"),
        ("مرحبا", "ابحرم"),
        ("ח12,5", "12,5ח"),
        ("ABCש", "שABC"),
        ("(שלום)", "(םולש)"),
        ("«כן»,", ",«ןכ»"),
        ("ב-2024/25", "2024/25-ב"),
    ],
)
def test_right_to_left_letters_are_turned_round_and_numbers_and_latin_letters_are_not(logical, seen):
    assert visual(logical) == seen
