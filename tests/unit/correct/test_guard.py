import pytest
from laid import line

from inkread.correct.guard import Guard
from inkread.correct.words import respelled
from inkread.document import Edit, Line
from inkread.options import CorrectOptions

LEXICON = {"the", "invoice", "total", "house", "hello", "within", "days", "customer", "of", "again", "cat"}


def guard(**options) -> Guard:
    return Guard(CorrectOptions(**options), lambda word: word.casefold() in LEXICON)


def edit(line: Line, first: int, text: str, words: int = 1) -> Edit:
    before = line.words[first : first + words]
    return Edit(first, before, respelled(before, text), "test", 0.9)


def refusal(text: str, first: int, new: str, words: int = 1, **options) -> str | None:
    read = line(text, 0, 0)
    return guard(**options).refusal(read, edit(read, first, new, words), ())


@pytest.mark.parametrize(
    ("text", "first", "new", "words"),
    [
        ("pay tbe total", 1, "the", 1),
        ("Invo1ce for you", 0, "Invoice", 1),
        ("total ofthe house", 1, "of the", 1),
        ("once a gain hello", 1, "again", 2),
        ("hel1o house", 0, "hello", 1),
        ("custorner of ours", 0, "customer", 1),
    ],
)
def test_slips_may_be_put_right(text, first, new, words):
    assert refusal(text, first, new, words) is None


@pytest.mark.parametrize(
    ("text", "first", "new", "reason"),
    [
        ("total 31.10 EUR", 1, "37.10", "frozen"),
        ("total 31.10 EUR", 2, "EUP", "frozen"),
        ("hello house", 0, "he11o", "number"),
        ("hello house", 0, "hello 5", "number"),
        ("Invo1ce for you", 0, "Invo7ce", "number"),
        ("Invo1ce for you", 0, "Invoyce", "number"),
        ("tbe total", 0, "thе", "script"),  # a Cyrillic е
        ("tbe total", 0, "the\u202e", "script"),
        ("tbe total", 0, "the@x", "script"),
        ("tbe total", 0, "<b>", "script"),
        ("helllo of the house", 0, "of", "size"),
        ("tbe total", 0, "tba", "unknown"),
    ],
)
def test_what_is_not_a_slip_is_refused_with_the_reason(text, first, new, reason):
    assert refusal(text, first, new) == reason


def test_known_words_that_were_read_with_confidence_stay():
    assert refusal("the house", 0, "tha", doubt=0.85) == "certain"
    assert refusal("the house", 0, "of", doubt=0.85) == "certain"


def test_a_line_has_a_budget():
    read = line("tbe tbe tbe tbe", 0, 0)
    made = [edit(read, index, "the") for index in range(3)]
    assert guard().refusal(read, made[0], made[1:2]) is None
    assert guard().refusal(read, edit(read, 3, "the"), made) == "size"


def test_an_edit_of_words_that_another_has_changed_is_refused():
    read = line("tbe tbe house of customers", 0, 0)
    assert guard().refusal(read, edit(read, 0, "the"), [edit(read, 0, "toe")]) == "overlap"


def test_writing_anew_may_bring_in_unknown_words_but_nothing_else():
    assert refusal("tbe total", 0, "tbx", corrector="rewrite") is None
    assert refusal("total 31.10 EUR", 1, "37.10", corrector="rewrite") == "frozen"
