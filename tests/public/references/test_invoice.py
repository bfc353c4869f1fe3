"""The program of S3, as far as it needs no language model: an invoice read through the engine's properties."""

import re
import subprocess
import sys

import pytest
from PIL import Image

import inkread.dialects.aspose_ocr as ocr
from inkread.errors import ClosedError, InputError

INVOICE = ["INVOICE NO: 2023-00123", "Date: 06/15/2023", "Bill To:", "Acme Corp", "123 Main St", "Total Due: $1,250.00"]


@pytest.mark.row("S3-9", "S3-10", "S3-12", "S3-13", "S3-14", "S3-35", "S3-36", "S3-42", "S3-50")
def test_the_program_reads_an_invoice(invoice, capsys):
    image_path = str(invoice)
    engine = ocr.OcrEngine()
    engine.image = ocr.Image.load(image_path)

    engine.recognize()
    raw_text = engine.recognized_text
    print("Raw OCR output:")
    print(raw_text)
    engine.dispose()
    engine.dispose()

    assert [line for line in capsys.readouterr().out.splitlines() if line] == ["Raw OCR output:", *INVOICE]
    assert re.findall(r"\$\d+(?:,\d{3})*(?:\.\d{2})?", raw_text) == ["$1,250.00"]
    with pytest.raises(ClosedError, match="make a new one"):
        engine.recognize()


@pytest.mark.row("S3-38")
def test_the_pages_of_a_pdf_are_read_one_by_one(invoice, receipt, tmp_path):
    pages = [Image.open(path).convert("RGB") for path in (invoice, receipt)]
    pages[0].save(tmp_path / "invoice.pdf", save_all=True, append_images=pages[1:], resolution=150)
    engine = ocr.OcrEngine()

    texts = []
    for page_index in range(ocr.Image.page_count(tmp_path / "invoice.pdf")):
        engine.image = ocr.Image.load(tmp_path / "invoice.pdf", page_index=page_index)
        texts.append(engine.recognize().text)
    engine.dispose()

    assert "Acme Corp" in texts[0]
    assert "QuickMart" in texts[1]
    with pytest.raises(InputError):
        ocr.Image.load(tmp_path / "invoice.pdf", page_index=2)


@pytest.mark.row("S3-6")
def test_neither_reading_nor_asking_a_language_model_needs_torch(invoice):
    program = f"""
import sys
sys.modules["torch"] = None  # importing it fails, as where it is not installed
import inkread, inkread.language_model.endpoint, inkread.language_model.llama
from inkread.dialects.aspose_ai import AsposeAI, AsposeAIModelConfig
print(inkread.read({str(invoice)!r}).text)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "Acme Corp" in done.stdout


@pytest.mark.row("S3-4")
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tiff"])
def test_invoices_come_in_three_formats(invoice, tmp_path, suffix):
    Image.open(invoice).save(tmp_path / f"copy{suffix}")
    with ocr.OcrEngine() as engine:
        engine.image = ocr.Image.load(tmp_path / f"copy{suffix}")
        assert "$1,250.00" in engine.recognize().text


@pytest.mark.row("S3-8")
def test_paths_of_any_letters_are_read(invoice, tmp_path):
    folder = tmp_path / "Rechnungen 发票" / r"back\slash"
    folder.mkdir(parents=True)
    path = invoice.rename(folder / "é.png")
    with ocr.OcrEngine() as engine:
        assert "Acme Corp" in engine.recognize(ocr.Image.load(str(path))).text


@pytest.mark.row("S3-44", "S2-32")
def test_one_engine_reads_many(invoice, receipt):
    with ocr.OcrEngine() as engine:
        texts = []
        for path in [invoice, receipt, invoice]:
            engine.image = ocr.Image.load(path)
            engine.recognize()
            texts.append(engine.recognized_text)
    assert texts[0] == texts[2] != texts[1]


def test_an_engine_without_a_picture_says_what_to_do():
    with ocr.OcrEngine() as engine, pytest.raises(InputError, match=r"set engine\.image"):
        engine.recognize()


def test_a_property_that_is_not_there_is_told_with_those_that_are():
    engine = ocr.OcrEngine()
    with pytest.raises(AttributeError, match="it has dispose, image, language, recognize, recognized_text"):
        engine.Imagee = 1
    with pytest.raises(AttributeError, match="it has confidence, lines, page, text"):
        _ = ocr.OcrResult.__new__(ocr.OcrResult).Txt
    with pytest.raises(TypeError, match="it takes path, page_index"):
        ocr.Image.load("x.pdf", page=1)
