import pytest

from inkread.correct.lexicon import LANGUAGES, Lexicon, Table, Words, guess_language, has_lexicon
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


def test_a_table_says_what_a_dict_would():
    numbers = {f"word{i}": (i + 1) / 7 for i in range(2000)}
    table = Table(numbers)
    assert len(table) == 2000
    assert all(table.get(word) == number for word, number in numbers.items())
    assert not any(table.get(f"other{i}") for i in range(2000))
    assert Table({}).get("word") == 0.0


def test_a_short_rare_word_is_not_known_for_having_no_accents():
    words = Words({"ab": 1e-9, "عن": 1e-9, "été": 1e-3})
    lexicon = Lexicon(words)
    assert not lexicon.knows("ab")
    assert not lexicon.knows("عن")
    assert lexicon.knows("ete")


def test_what_is_remembered_of_strangers_words_is_bounded():
    asked = []
    words = Words({}, is_form=lambda word: bool(asked.append(word)))
    lexicon = Lexicon(words)
    for _ in range(3):
        lexicon.knows("Abc")
    assert asked == ["Abc", "abc"]
    assert words.is_form.cache_info().maxsize is not None


def test_a_word_of_two_languages_is_as_common_as_in_the_one_where_it_is_commoner():
    both = Lexicon(Words({"die": 0.02}), Words({"die": 0.0001}))
    assert both.log_frequency("die") == Lexicon(Words({"die": 0.02})).log_frequency("die")
    assert not both.has_pairs


def test_languages_in_any_order_are_loaded_once():
    one, other = Lexicon.of(["en", "fa"]), Lexicon.of(["fa", "en"])
    assert set(map(id, one._languages)) == set(map(id, other._languages))
