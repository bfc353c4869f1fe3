import pytest

from inkread.registry.alphabets import alphabet, coverage
from inkread.registry.languages import languages

LATIN = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("tag", "letters"),
    [
        ("fr", "éèçœÉÇ"),
        ("de", "äöüßÄÖÜ"),
        ("tr", "ıİşğ"),
        ("ru", "яЯёж"),
        ("ar", "ابتثج"),
        ("hi", "अकख्ि"),
        ("el", "αΩςά"),
        ("ko", "가힣"),
        ("de-Latf", "ſß"),
        ("zh-Hant", "國"),
        ("zh-Hans", "国"),
        ("ja", "あア日"),
    ],
)
def test_an_alphabet_has_its_letters(tag, letters):
    assert set(letters) <= alphabet(tag)


def test_an_alphabet_is_found_by_any_tag_of_its_language():
    assert alphabet("fr-CA") == alphabet("fr")
    assert alphabet("nb") == alphabet("no")


def test_missing_letters_are_told():
    found = coverage("fr", LATIN + LATIN.upper())
    assert found is not None
    assert "é" in found.missing
    assert "e" not in found.missing
    assert 0.3 < found.share < 0.8


def test_a_letter_is_there_where_it_and_its_marks_are():
    assert coverage("es", LATIN + LATIN.upper() + "\u0301\u0303\u0308").missing == ()


def test_a_language_without_a_known_alphabet_is_not_judged():
    assert coverage("tab", LATIN) is None


def test_most_languages_have_an_alphabet():
    assert sum(not alphabet(each.tag) for each in languages()) < 0.2 * len(languages())
