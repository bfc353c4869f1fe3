import pytest

from inkread.correct.lexicon import LANGUAGES, Lexicon, guess_language, has_lexicon
from inkread.errors import LanguageError

pytest.importorskip("spellchecker", reason="needs pyspellchecker")


def test_words_of_a_language_are_known_in_any_case():
    english = Lexicon.of(["en-GB"])
    assert all(english.knows(word) for word in ("house", "House", "HOUSE", "well-known", "John's", "walked"))
    assert not any(english.knows(word) for word in ("tbe", "anser", "", "xqz", "lon"))


def test_words_without_their_accents_are_known():
    assert Lexicon.of(["de"]).knows("grosse")
    assert Lexicon.of(["fr"]).knows("ecole")


def test_common_words_are_likelier_than_rare_ones():
    english = Lexicon.of(["en"])
    assert english.log_frequency("the") > english.log_frequency("house") > english.log_frequency("xqz")


def test_pairs_that_stand_together_say_so():
    english = Lexicon.of(["en"])
    assert english.has_pairs
    assert english.log_pair("of", "the") > 0
    assert english.log_pair("xqz", "the") is None


def test_several_languages_are_one_lexicon():
    both = Lexicon.of(["en", "de"])
    assert both.knows("house")
    assert both.knows("Haus")


def test_a_language_without_a_lexicon_is_told():
    with pytest.raises(LanguageError, match="no lexicon for ja"):
        Lexicon.of(["ja"])
    assert not has_lexicon("ja")
    assert has_lexicon("pt-BR")


def test_a_language_has_no_letters_of_others():
    czech = "toho dne se do města a na pole ruská legie v počtu několika tisíc že při té příležitosti o čele do se a o"
    assert guess_language(czech.split()) is None
    assert guess_language([*["the", "house", "of", "the", "man", "and", "the", "dog", "that", "is"], "Škoda"]) == "en"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("das ist nicht die Sache die ich meine", "de"),
        ("la vida es un sueño y los sueños sueños son", "es"),
        ("this is the thing that we want", "en"),
        ("le chat est dans la maison avec vous", "fr"),
        ("TOTAL 31.00 CASH", None),
        ("", None),
    ],
)
def test_the_language_of_a_page_is_guessed_or_not(text, language):
    assert guess_language(text.split()) == language
    assert language is None or language in LANGUAGES
