"""The program of S3 as it stands: a script of its own, with a language model that is really loaded.

The model is one of random numbers: what it writes means nothing. That it is loaded, asked and let go of is shown here.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ggufs import tiny_gguf
from laid import page
from spelled import word

from inkread.correct.correction import corrected
from inkread.dialects import aspose_ai
from inkread.dialects.aspose_ai import AsposeAI, AsposeAIModelConfig
from inkread.document import Line
from inkread.edits import distance
from inkread.errors import LimitError
from inkread.geometry import Box, Quad
from inkread.language_model.model import FakeLanguageModel
from inkread.options import CorrectOptions

PROGRAM = Path(__file__).parent / "programs" / "invoice_ocr.py"
REPOSITORY = "acme/Tiny-Instruct-GGUF"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub's cache with one model in two quantisations; nothing leads to the hub itself."""
    folder = tmp_path / "hub" / "models--acme--Tiny-Instruct-GGUF" / "snapshots" / "abc"
    folder.mkdir(parents=True)
    tiny_gguf(folder / "tiny-instruct-q4_k_m.gguf")
    (folder / "tiny-instruct-q8_0.gguf").write_bytes(b"not this one")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("INKREAD_HOME", str(tmp_path / "home"))


@pytest.mark.row("S3-2", "S3-3", "S3-5", "S3-7", "S3-31", "S3-35", "S3-37")
def test_the_script_runs_with_a_quantised_model_on_a_machine_without_a_gpu(hub, invoice):
    command = [sys.executable, str(PROGRAM), str(invoice), REPOSITORY]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ})

    assert done.returncode == 0, done.stderr
    raw, _, others = done.stdout.partition("\nEnhanced:\n")
    enhanced, _, totals = others.partition("\nTotals:\n")
    assert raw.startswith("Raw OCR output:\n")
    assert "INVOICE NO: 2023-00123" in raw
    assert enhanced.strip() not in ("''", "")  # the model has written something
    assert totals.strip() == "$1,250.00"


@pytest.mark.row("S3-23")
def test_an_invoice_that_does_not_fit_is_refused_and_not_cut(hub):
    config = AsposeAIModelConfig(hugging_face_repo_id=REPOSITORY, hugging_face_quantization="q4_k_m", context_size=512)
    with AsposeAI(config) as ai:
        assert isinstance(ai.run_prompt("Total Due: $1,250.00"), str)
        with pytest.raises(LimitError, match="512"):
            ai.run_prompt("Correct spelling and punctuation:\n" + "Total Due: $1,250.00\n" * 100)


@pytest.mark.row("S3-44", "S3-45")
def test_a_model_is_loaded_once_for_many_invoices(monkeypatch):
    made = []

    def opened(options):
        made.append(FakeLanguageModel(answer=lambda messages, schema: messages[-1].content))
        return made[-1]

    monkeypatch.setattr(aspose_ai, "open_language_model", opened)
    with AsposeAI() as ai:
        ai.initialize(AsposeAIModelConfig())
        ai.set_post_processor(ai.run_prompt)
        assert [ai.run_postprocessor(f"invoice {number}") for number in range(3)] == [
            f"invoice {number}" for number in range(3)
        ]
    assert len(made) == 1


TRUE = (
    "Please send the payment within fourteen days",
    "The quantity of the order was checked yesterday",
    "Thank you for your business with our company",
    "Invoice 2023-00123 of June for 1,250.00 dollars",
)
READ = (
    "Please send the paymcnt within fourteen days",
    "The quantlty of the order was chccked yesterday",
    "Thank you for your busincss with our compony",
    "Invoice 2023-00123 of Junc for 1,250.00 dollors",
)


@pytest.mark.row("S3-48")
def test_correction_lowers_the_share_of_wrong_characters_and_leaves_numbers_alone():
    lines = [
        Line(tuple(word(text) for text in read.split()), Quad.from_box(Box(0, 60 * i, 900, 60 * i + 40)), 0.85)
        for i, read in enumerate(READ)
    ]
    after = [line.text for line in corrected(page(lines), CorrectOptions(corrector="lexicon"), ["en"]).lines]

    def wrong(texts) -> float:
        return sum(distance(a, b) for a, b in zip(TRUE, texts, strict=True)) / sum(map(len, TRUE))

    assert wrong(after) < wrong(READ) / 2
    assert "2023-00123" in after[3]
    assert "1,250.00" in after[3]
