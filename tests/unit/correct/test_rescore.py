import pytest
from laid import line, page

from inkread.correct.choose import Chooser
from inkread.correct.corrector import correct
from inkread.correct.edit import Editor
from inkread.correct.embedded import LexiconCorrector
from inkread.correct.guard import Guard
from inkread.correct.lexicon import Lexicon, Words
from inkread.correct.rescore import Rescorer
from inkread.correct.rewrite import Rewriter, aligned_lines
from inkread.errors import LimitError, ModelError
from inkread.language_model.model import FakeLanguageModel
from inkread.options import CorrectOptions

COMMON = ("the", "then", "than", "answer", "anger", "number", "house", "is", "more", "of")
LEXICON = Lexicon(Words(dict.fromkeys(COMMON, 0.001)))
EMBEDDED = LexiconCorrector(LEXICON, shortest=3)


def done(corrector, *texts, mode="rescore"):
    lines = [line(text, 0, 100 * number) for number, text in enumerate(texts)]
    return correct(page(lines), [corrector], Guard(CorrectOptions(corrector=mode), LEXICON.knows))


def likes(*phrases):
    return FakeLanguageModel(lambda text: -30.0 + 30 * sum(phrase in text for phrase in phrases))


def test_the_model_chooses_by_what_stands_around():
    assert done(Rescorer(likes("more than the"), EMBEDDED), "more thcn the house").text == "more than the house"
    assert done(Rescorer(likes("and then the"), EMBEDDED), "and thcn the house").text == "and then the house"


def test_what_was_corrected_stands_before_the_next():
    asked = []
    model = FakeLanguageModel(
        lambda text: asked.append(text) or (0.0 if "answer" in text and "number" in text else -30.0)
    )
    done(Rescorer(likes("answer", "number"), EMBEDDED), "the anser", "is the nunber")
    done(Rescorer(model, EMBEDDED), "the answer is", "the nunber")
    assert "\nthe answer is\nthe number" in asked


def test_a_model_that_prefers_what_was_read_changes_nothing():
    model = FakeLanguageModel(lambda text: 0.0 if "nunber" in text else -60.0)
    assert done(Rescorer(model, EMBEDDED), "the nunber is").text == "the nunber is"


def test_sure_and_frozen_words_are_not_asked_about():
    asked = []
    model = FakeLanguageModel(lambda text: asked.append(text) or 0.0)
    done(Rescorer(model, EMBEDDED), "31.10 2O19 GMBH a@b.c")
    assert asked == []


def test_a_model_that_cannot_score_chooses_by_a_schema():
    model = FakeLanguageModel(answer=lambda messages, schema: '{"w1": "number", "w2": "answer"}', can_score=False)
    assert (
        done(Chooser(model, EMBEDDED), "the nunber is", "the xyzzy of 31.10").text
        == "the number is\nthe xyzzy of 31.10"
    )
    (question,) = model.asked
    assert '"w1": ["nunber", "number"]' in question[1].content


@pytest.mark.parametrize("answer", ["", "nonsense", "[1]", '{"w1": ', "{" * 5000])
def test_nonsense_twice_is_an_error(answer):
    model = FakeLanguageModel(answer=lambda messages, schema: answer)
    for corrector in (Chooser(model, EMBEDDED), Editor(model, EMBEDDED)):
        model.asked.clear()
        with pytest.raises(ModelError, match="JSON"):
            corrector.propose(page([line("the nunber", 0, 0)]))
        assert len(model.asked) == 2


def test_an_editor_names_words_by_id():
    told = '{"edits": [{"word": "w1", "replacement": "number"}, {"word": "w7", "replacement": "x"}, 3, {"word": "w2"}]}'
    model = FakeLanguageModel(answer=lambda messages, schema: told)
    assert done(Editor(model, EMBEDDED), "nunber 5", mode="edit").text == "number 5"


def test_a_schema_allows_only_ids_of_doubtful_words():
    schemas = []
    model = FakeLanguageModel(answer=lambda messages, schema: schemas.append(schema) or '{"edits": []}')
    done(Editor(model, EMBEDDED), "the nunber 31.10 anser", mode="edit")
    ids = schemas[0]["properties"]["edits"]["items"]["properties"]["word"]["enum"]
    assert len(ids) == 3  # "the" was read in doubt too, numbers are nobody's to change


def test_a_page_goes_in_parts_that_fit_and_nothing_is_cut():
    model = FakeLanguageModel(answer=lambda messages, schema: '{"edits": []}', context_size=420)
    texts = [f"the nunber{letter} is {letter}" for letter in "abcdefghijkl"]
    done(Editor(model, EMBEDDED), *texts, mode="edit")
    assert len(model.asked) > 1
    told = " ".join(messages[1].content for messages in model.asked)
    assert all(f'"{text}"' in told for text in texts)


def test_a_context_too_small_for_a_line_is_an_error():
    model = FakeLanguageModel(context_size=100)
    with pytest.raises(LimitError, match="too small"):
        Editor(model, EMBEDDED).propose(page([line("the nunber", 0, 0)]))


def test_what_was_rewritten_is_laid_beside_what_was_read():
    answer = "Sure, here it is:\nthe answer is 31.10\nmore than the house\nAnything else?"
    model = FakeLanguageModel(answer=lambda messages, schema: answer)
    read = ("the anser is 31.10", "more thcn tne house")
    assert done(Rewriter(model), *read, mode="rewrite").text == "the answer is 31.10\nmore than the house"


def test_two_words_for_one_and_one_for_two():
    model = FakeLanguageModel(answer=lambda messages, schema: "the house of\nnumber is")
    assert done(Rewriter(model), "the houseof", "num ber is", mode="rewrite").text == "the house of\nnumber is"


def test_lines_are_found_again_among_others():
    read = ["alpha beta", "gamma delta", "epsilon"]
    assert aligned_lines(read, ["Here:", "alpha betta", "gamma delta", "more"]) == ["alpha betta", "gamma delta", ""]
    assert aligned_lines(read, []) == ["", "", ""]
