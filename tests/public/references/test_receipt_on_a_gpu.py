"""The programs of S0, in Python: a receipt read on a GPU, and on the processor where there is none."""

import os
import re
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

import inkread.dialects.aspose_ocr as ocr
from inkread.errors import ClosedError, DeviceError

ROOT = Path(__file__).resolve().parents[3]
RECEIPT = ["Store: QuickMart", "Date: 2025-12-01", "Total: $23.45", "Thank you for shopping!"]


@pytest.fixture(scope="module")
def engine():
    with ocr.OcrEngine() as engine:
        yield engine


@pytest.mark.row("S0-3", "S0-7", "S0-8", "S0-9", "S0-10", "S0-13", "S0-16", "S0-37", "S0-38", "S0-39")
def test_the_program_falls_back_to_the_processor_where_the_gpu_is_missing(receipt, monkeypatch, capsys):
    monkeypatch.setattr(ocr, "devices", lambda: ("cpu", "gpu:0"))
    receipt_image = ocr.OcrImage.from_file(receipt)
    told = None
    try:
        gpu_engine = ocr.GpuOcrEngine()
        gpu_engine.device_id = 1
        gpu_engine.max_memory_mb = 1024
        print(gpu_engine.recognize(receipt_image, ocr.OcrLanguage.English).text)
    except ocr.GpuDeviceNotFoundException as error:
        told = error
        cpu_engine = ocr.OcrEngine()
        print(cpu_engine.recognize(receipt_image, ocr.OcrLanguage.English).text)

    assert capsys.readouterr().out.replace("\n\n", "\n").splitlines() == RECEIPT
    assert isinstance(told, DeviceError)
    assert (told.device_id, told.available) == (1, (0,))
    assert "there is no GPU 1 here: available: cpu, gpu:0" in str(told)


@pytest.mark.row("S0-12", "S0-17", "S0-25", "S0-29", "S0-32")
def test_the_names_of_c_sharp_answer_too(receipt, engine):
    picture = ocr.OcrImage.FromFile(receipt)
    result = engine.Recognize(picture, ocr.OcrLanguage.English)
    picture.Dispose()

    assert result.Text == result.text
    assert [line.text for line in result.Lines] == RECEIPT
    assert [line for line in result.Text.splitlines() if line] == RECEIPT


@pytest.mark.row("S0-37")
def test_an_engine_may_be_told_to_fall_back_by_itself(receipt, monkeypatch):
    monkeypatch.setattr(ocr, "devices", lambda: ("cpu",))
    engine = ocr.GpuOcrEngine(fallback="cpu")
    with pytest.warns(UserWarning, match="there is no GPU 0 here; reading on the processor"):
        result = engine.recognize(ocr.OcrImage.from_file(receipt))
    assert "QuickMart" in result.text
    assert "QuickMart" in engine.recognize(ocr.OcrImage.from_file(receipt)).text  # told once


@pytest.mark.row("S0-10", "S0-11", "S0-13", "S0-14")
def test_a_card_is_chosen_and_its_ceiling_is_kept_by_torch(monkeypatch):
    monkeypatch.setattr(ocr, "devices", lambda: ("cpu", "gpu:0", "gpu:1"))
    monkeypatch.setattr(ocr, "engines_with", lambda device: ("openvino", "torch"))
    engine = ocr.GpuOcrEngine()
    engine.DeviceId, engine.MaxMemoryMb = 1, 1024
    runtime = engine._runtime()
    assert (runtime.device, runtime.engine, runtime.device_memory_mb) == ("gpu:1", "torch", 1024)


@pytest.mark.row("S0-13")
def test_a_ceiling_that_nothing_keeps_is_told(monkeypatch):
    monkeypatch.setattr(ocr, "devices", lambda: ("cpu", "gpu:0"))
    monkeypatch.setattr(ocr, "engines_with", lambda device: ("openvino",))
    engine = ocr.GpuOcrEngine()
    engine.MaxMemoryMb = 1024
    with pytest.warns(UserWarning, match=r"max_memory_mb = 1024 is not enforced.*inkread\[train\]"):
        assert engine._runtime().device == "gpu:0"


@pytest.mark.row("S0-12")
@pytest.mark.parametrize(("name", "value"), [("device_id", -1), ("max_memory_mb", 0), ("max_memory_mb", 63)])
def test_settings_that_make_no_sense_are_refused(receipt, name, value):
    engine = ocr.GpuOcrEngine()
    setattr(engine, name, value)
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        engine.recognize(ocr.OcrImage.from_file(receipt))


@pytest.mark.row("S0-44")
def test_nothing_is_written_into_the_folder_for_temporary_files(receipt, tmp_path):
    Image.open(receipt).save(tmp_path / "scan.pdf", resolution=150)
    (tmp_path / "temporary").mkdir()
    before = (tmp_path / "temporary").stat().st_mtime_ns  # of the last name that came or went

    command = [sys.executable, "-m", "inkread", str(receipt), str(tmp_path / "scan.pdf")]
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("QuickMart") == 2
    assert (tmp_path / "temporary").stat().st_mtime_ns == before


@pytest.mark.row("S0-1")
def test_the_oldest_python_is_documented_as_it_is_declared():
    (declared,) = re.findall(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    assert f"Python {declared} or newer" in (ROOT / "README.md").read_text()


@pytest.mark.row("S0-18", "S0-19")
def test_a_picture_of_a_database_is_read_after_its_stream_is_closed(receipt, engine):
    with sqlite3.connect(":memory:") as table:
        table.execute("create table scans (picture blob)")
        table.execute("insert into scans values (?)", (receipt.read_bytes(),))
        (blob,) = table.execute("select picture from scans").fetchone()
    table.close()
    with BytesIO(blob) as stream:
        picture = ocr.OcrImage.from_stream(stream)

    assert [line.text for line in engine.recognize(picture).lines] == RECEIPT


@pytest.mark.row("S0-21", "S0-22", "S0-33")
def test_each_of_two_receipts_is_cropped_and_read(receipt, engine, tmp_path):
    one = Image.open(receipt)
    both = Image.new("RGB", (2 * one.width, one.height), "white")
    both.paste(one, (0, 0))
    both.paste(one, (one.width, 0))
    both.save(tmp_path / "both.png")

    picture = ocr.OcrImage.from_file(tmp_path / "both.png")
    halves = [picture.crop((0, 0, one.width, one.height)), picture.crop((one.width, 0, 2 * one.width, one.height))]
    left, right = (engine.recognize(half) for half in halves)

    assert [line.text for line in left.lines] == [line.text for line in right.lines] == RECEIPT
    assert min(line.box.left for line in right.lines) > one.width  # in the page's own pixels


@pytest.mark.row("S0-23", "S0-35")
def test_a_coarse_scan_is_enlarged_before_reading(engine, receipt, tmp_path):
    given = Image.open(receipt)
    given.resize((given.width // 3, given.height // 3), Image.Resampling.LANCZOS).save(tmp_path / "coarse.png")

    picture = ocr.OcrImage.from_file(tmp_path / "coarse.png")
    width = picture.width
    picture.resize(2.0)

    assert picture.width == 2 * width
    assert [line.text for line in engine.recognize(picture).lines] == RECEIPT


@pytest.mark.row("S0-24", "S0-42")
def test_a_picture_that_was_let_go_of_cannot_be_read(receipt, engine):
    with ocr.OcrImage.from_file(receipt) as picture:
        assert picture.width
    picture.dispose()
    with pytest.raises(ClosedError, match="load it again"):
        engine.recognize(picture)


@pytest.mark.row("S0-26", "S0-27", "S0-36")
def test_languages_have_their_english_names(engine):
    assert (ocr.OcrLanguage.English, ocr.OcrLanguage.Spanish, ocr.OcrLanguage.FRENCH) == ("en", "es", "fr")
    with pytest.raises(AttributeError, match='did you mean "French"'):
        _ = ocr.OcrLanguage.Frensh
    picture = ocr.OcrImage.from_file(ROOT / "examples" / "receipt.jpg")
    assert "1 x Crème brûlée" in engine.recognize(picture, ocr.OcrLanguage.French).text


@pytest.mark.row("S0-30", "S0-31", "S0-43")
def test_each_line_has_a_confidence_to_review_by(engine):
    result = engine.recognize(ocr.OcrImage.from_file(ROOT / "examples" / "receipt.jpg"))

    assert 0.9 < result.Confidence <= 1
    assert all(0 < line.confidence <= 1 for line in result.lines)
    review = [line.text for line in result.lines if line.confidence < 0.99]
    assert 0 < len(review) < len(result.lines)


@pytest.mark.row("S0-40")
def test_threads_share_an_engine(receipt, engine):
    pictures = [ocr.OcrImage.from_file(receipt) for _ in range(6)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        texts = list(pool.map(lambda each: engine.recognize(each, "en").text, pictures))
    assert len(set(texts)) == 1
    assert "QuickMart" in texts[0]


@pytest.mark.row("S0-47")
def test_the_result_goes_on_as_records(engine):
    result = engine.recognize(ocr.OcrImage.from_file(ROOT / "examples" / "receipt.jpg"))
    import inkread
    from inkread.document import Document

    fields = inkread.extract_fields(Document((result.page,)), "receipt")
    assert fields["total"].value is not None


LIBRARIES = """
import sys
from pathlib import Path
def loaded():
    maps = Path("/proc/self/maps")  # Linux tells what is loaded; elsewhere nothing is
    lines = maps.read_text().splitlines() if maps.exists() else []
    return {line.split()[-1] for line in lines if ".so" in line}
import bz2, ctypes, decimal, lzma, sqlite3, ssl, uuid, zlib  # what Python itself is linked with
known = {Path(name).name.partition(".so")[0] for name in loaded()}
import inkread
assert "Thank you" in inkread.read(RECEIPT).text
own = ("libstdc++", "libgcc_s", "libm", "libdl", "librt", "libpthread", "ld-linux")  # the C and C++ of any system
print(sorted(
    name for name in loaded()
    if "site-packages" not in name and Path(name).name.partition(".so")[0] not in known
    and not Path(name).name.startswith(own) and sys.base_prefix not in name
))
"""


@pytest.mark.row("S0-5")
def test_no_native_library_is_needed_that_does_not_come_with_a_package(receipt, run_python):
    script = f"RECEIPT = {str(receipt)!r}\n{LIBRARIES}"
    assert run_python(script) == "[]\n"
