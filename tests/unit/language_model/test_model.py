"""The language model of tests."""

from inkread.language_model.model import FakeLanguageModel, LanguageModel, Message


def test_it_answers_what_it_is_told_to():
    model: LanguageModel = FakeLanguageModel(score=len, answer=lambda messages, schema: messages[-1].content.upper())
    assert model.scores("a ", ["b", "cd"], " e") == [5, 6]
    assert model.complete([Message("user", "hello")], max_tokens=5) == "HELLO"
    assert model.count_tokens("one two") == 2
    model.close()
    assert model.is_closed
    assert model.asked == [(Message("user", "hello"),)]
