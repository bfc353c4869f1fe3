import pytest

pytest.importorskip("spellchecker", reason="needs pyspellchecker")

from laid import line, page

from inkread.document import Document
from inkread.errors import OptionError
from inkread.language_model.model import FakeLanguageModel
from inkread.post_processing import dates, money, post_process, prompted, spelling, totals

INVOICE = """Invo1ce No: 2023\u201100123
Date: 06/15/2023

Bill to:  Acme Corp
The goods wili be delivcred within 14 days of the order
Total Due: $1,250.00"""


def test_steps_follow_each_other_and_each_is_kept():
    done = post_process("a", [str.upper, lambda text: text + "!"])
    assert (done.raw, [step.text for step in done.steps], done.text, str(done)) == ("a", ["A", "A!"], "A!", "A!")
    assert done.steps[0].name == "upper"


def test_one_callable_none_and_an_object():
    class Twice:
        def __call__(self, text: str) -> str:
            return text * 2

    assert post_process("a", Twice()).steps[0].name == "Twice"
    assert post_process("a", []).text == "a"


def test_settings_go_to_whoever_takes_them():
    done = post_process("a", [lambda text, settings: text + settings["x"], str.upper], {"x": "b"})
    assert done.text == "AB"


def test_documents_and_lists_of_pages():
    document = Document((page([line("one two", 0, 0)]), page([line("three", 0, 0)], number=2)))
    assert post_process(document, str.upper).text == "ONE TWO\n\nTHREE"
    assert post_process(["a", "b"], str.upper).text == "A\n\nB"


@pytest.mark.parametrize("wrong", [[3], ["upper"], [lambda text: None], [lambda text: 3]])
def test_what_is_no_post_processor_is_an_error(wrong):
    with pytest.raises(OptionError):
        post_process("a", wrong)


def test_what_one_raises_says_which():
    def broken(text: str) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        post_process("a", broken)
    assert caught.value.__notes__ == ["in the post-processor broken"]


def test_spelling_keeps_lines_numbers_and_spaces():
    done = spelling(INVOICE).split("\n")
    assert done[0] == "Invoice No: 2023\u201100123"
    assert done[1:4] == ["Date: 06/15/2023", "", "Bill to:  Acme Corp"]
    assert done[4] == "The goods will be delivered within 14 days of the order"
    assert done[5] == "Total Due: $1,250.00"
    assert spelling("") == ""
    assert spelling("xq zzk") == "xq zzk"


def test_dates_that_are_sure():
    assert dates("on 15.06.2023 and 06/07/2023") == "on 2023-06-15 and 2023-07-06"
    assert dates("06/07/2023") == "06/07/2023"
    assert dates("06/07/2023", {"order": "mdy"}) == "2023-06-07"


def test_amounts_and_totals():
    assert money("Total Due: $1,250.00, 14 days") == "Total Due: 1250.00 USD, 14 days"
    assert totals("Total 1.250,00 EUR\nTax $12.00 or €3\n14 days") == "1.250,00 EUR\n$12.00\n€3"


def test_a_prompt_of_ones_own():
    model = FakeLanguageModel(answer=lambda messages, schema: messages[0].content.upper())
    done = post_process("abc", prompted(model, "Correct spelling and punctuation:\n{text}"))
    assert done.text == "CORRECT SPELLING AND PUNCTUATION:\nABC"
    with pytest.raises(OptionError, match="text"):
        prompted(model, "nothing")
