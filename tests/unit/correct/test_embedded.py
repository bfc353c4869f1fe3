import pytest
from laid import line, page

from inkread.correct.channel import Confusions, log_channel, usual_confusions
from inkread.correct.corrector import correct
from inkread.correct.embedded import LexiconCorrector, kept_words
from inkread.correct.guard import Guard
from inkread.correct.lexicon import Lexicon, Words
from inkread.document import Alternative, Line, Word
from inkread.geometry import Box, Quad
from inkread.options import CorrectOptions

COMMON = ("the", "of", "with", "will", "answer", "number", "thank", "house")
LEXICON = Lexicon(Words(dict.fromkeys(COMMON, 0.001), {("of", "the"): 0.02}))
NONE = Confusions({}, {}, 0.001)


def word(text: str, confidence: float = 0.9, scores=None, alternatives=()) -> Word:
    return Word(
        text, Quad.from_box(Box(0, 0, 100, 20)), confidence, (), scores or (confidence,) * len(text), alternatives
    )


def fixed(text: str, confidence: float = 0.85) -> str:
    read = line(text, 0, 0)
    read = Line(tuple(word(each.text, confidence) for each in read.words), read.quad, confidence)
    corrector = LexiconCorrector(LEXICON)
    return correct(page([read]), [corrector], Guard(CorrectOptions(), LEXICON.knows)).lines[0].text


@pytest.mark.parametrize(
    ("read", "right"),
    [
        ("anser", "answer"),
        ("Nunber", "Number"),
        ("numbr", "number"),
        ("HOUSE nunber", "HOUSE number"),
        ("anwser,", "anwser,"),  # two edits away from what was seen
        ("ofthe", "of the"),
        ("hous3e", "hous3e"),
        ("A.nser", "A.nser"),
        ("Tel", "Tel"),
    ],
)
@pytest.mark.row("S3-15")
def test_known_words_take_the_place_of_doubtful_ones(read, right):
    assert fixed(read) == right


def test_lines_that_were_hardly_read_are_left_alone():
    assert fixed("anser", confidence=0.5) == "anser"


def test_words_that_stand_twice_are_names():
    assert fixed("anser anser") == "anser anser"


def test_halves_of_a_word_cut_at_a_line_s_end_are_kept():
    cut = page([line("it is shown con-", 0, 0), line("tained in that", 0, 60)])
    assert {"con", "tained"} <= kept_words(cut)
    assert "shown" not in kept_words(cut)


def test_what_the_author_wrote_wrong_and_was_read_surely_stays():
    assert fixed("anser", confidence=0.99) == "answer"
    assert fixed("anser", confidence=0.9995) == "anser"


def test_what_the_recognizer_saw_counts_most():
    unseen = word("hause", 0.9)
    seen = word("hause", 0.9, alternatives=(Alternative(1, "o", 0.3),))
    assert log_channel(seen, "house", NONE) > log_channel(unseen, "house", NONE)
    assert log_channel(seen, "hause", NONE) == 0


def test_a_sure_character_is_hardly_another():
    doubtful, sure = word("hause", scores=(0.99, 0.5, 0.99, 0.99, 0.99)), word("hause", scores=(0.99,) * 5)
    assert log_channel(doubtful, "house", NONE) > log_channel(sure, "house", NONE) + 3


@pytest.mark.row("S3-15")
def test_usual_mistakes_are_likelier_than_others():
    usual = usual_confusions()
    read = word("nurnber")
    assert log_channel(read, "number", usual) > log_channel(read, "numzer", usual)
    assert 0 < usual.other < 0.1


def test_candidates_come_the_likeliest_first():
    read = Line((word("wil"),), Quad.from_box(Box(0, 0, 100, 20)), 0.9)
    assert LexiconCorrector(LEXICON).candidates(read, 0) == []  # too short
    read = Line((word("wiil"),), Quad.from_box(Box(0, 0, 100, 20)), 0.9)
    found = LexiconCorrector(LEXICON).candidates(read, 0)
    assert found[0].text == "will"
    assert [each.log_odds for each in found] == sorted((each.log_odds for each in found), reverse=True)
