"""What holds for every reading with the real models: the same answer in any company, thread and process."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from inkread import Reader
from inkread.document import Document, Line
from inkread.errors import ClosedError, InkreadError, SourceNotFoundError
from inkread.geometry import Box
from inkread.image import Image
from inkread.options import ReaderOptions, RecognizeOptions, RuntimeOptions

RECEIPT = Path(__file__).resolve().parents[2] / "examples" / "receipt.jpg"
TEXTS = (
    "Total 33.90",
    "14 Harbour Street, Westbridge",
    "A",
    "Invoice No. 2026-0417",
    "7",
    "Thank you!",
    "50%",
    "Ref: QZ/88",
)


def drawn(*texts: str, size: int = 28, width: int = 520, pitch: int = 56) -> np.ndarray:
    """A page with these lines in black on white, (H, W, 3)."""
    picture = Pillow.new("RGB", (width, 40 + pitch * len(texts)), "white")
    for i, text in enumerate(texts):
        ImageDraw.Draw(picture).text((30, 20 + pitch * i), text, font=ImageFont.load_default(size), fill="black")
    return np.asarray(picture)


def crops() -> list[np.ndarray]:
    """Pictures of single lines of several widths and sizes."""
    made = []
    for i, text in enumerate(TEXTS):
        font = ImageFont.load_default(20 + 3 * i)
        _, top, right, bottom = font.getbbox(text)
        picture = Pillow.new("RGB", (int(right) + 14, int(bottom - top) + 14), (255, 255 - 3 * i, 240))
        ImageDraw.Draw(picture).text((7, 7 - top), text, font=font, fill=(8 * i, 10, 60))
        made.append(np.asarray(picture))
    return made


def seen(lines: list[Line] | tuple[Line, ...]) -> list[str]:
    return [line.text for line in lines]


def assert_same(readings: list[Line], expected: list[Line]) -> None:
    """The same text, and confidences within 1e-3."""
    assert seen(readings) == seen(expected)
    for line, other in zip(readings, expected, strict=True):
        assert line.confidence == pytest.approx(other.confidence, abs=1e-3)
        for word, twin in zip(line.words, other.words, strict=True):
            assert word.scores == pytest.approx(twin.scores, abs=1e-3)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as opened:
        yield opened


@pytest.fixture(scope="module")
def alone(reader: Reader) -> list[Line]:
    """Each crop read by itself."""
    return [line for crop in crops() for line in reader.read_lines(crop)]


# What is read


@pytest.mark.row("S2-4", "S0-29")
def test_the_example_receipt_is_read_without_an_error(reader):
    """S0-29, S0-32: CER 0, white space being one space, and the line breaks are where they should be."""
    document = reader.read(RECEIPT)
    expected = RECEIPT.with_suffix(".txt").read_text(encoding="utf-8")
    rows = [" ".join(row.split()) for row in document.text.splitlines() if row.strip()]
    assert rows == [" ".join(row.split()) for row in expected.splitlines() if row.strip()]


@pytest.mark.row("S0-30")
def test_a_result_has_texts_quads_and_confidences(reader):
    """S0-29, S0-30, S4-31, S4-33, S4-34: for each line, its text, four corners and a confidence of 0..1."""
    document = reader.read(RECEIPT)
    assert document.text
    assert len(document.lines) >= 16
    for line in document.lines:
        assert line.text.strip()
        assert len(line.quad) == 4
        twice_area = sum(a.x * b.y - b.x * a.y for a, b in zip(line.quad, (*line.quad[1:], line.quad[0]), strict=True))
        assert twice_area > 0, "corners run clockwise"
        assert 0 <= line.confidence <= 1
        assert line.words
        for word in line.words:
            assert len(word.chars) == len(word.text)
            assert all(0 <= char.confidence <= 1 for char in word.chars)


@pytest.mark.row("S4-37")
def test_spaces_are_kept(reader):
    """S4-37: "GATESCLOSE1OMINUTESBEFOREDEPARTURETIME" in the sample is no example."""
    text = "GATES CLOSE 10 MINUTES BEFORE DEPARTURE TIME"
    assert reader.read(drawn(text, "SERIAL NO. 0043", width=900)).text.split() == [
        *text.split(),
        "SERIAL",
        "NO.",
        "0043",
    ]


@pytest.mark.row("S4-36")
def test_nothing_is_left_out_for_a_low_confidence(reader):
    """S4-36: no threshold unless one is asked for."""
    assert ReaderOptions().min_confidence == 0
    assert reader.read(RECEIPT) == reader.with_options(ReaderOptions(min_confidence=0.0)).read(RECEIPT)


@pytest.mark.parametrize("minimum", [0.9, 0.99, 1.0])
def test_lines_under_the_minimum_confidence_are_left_out(reader, minimum):
    """S0-30, S0-31, S4-36: a threshold for those who want one."""
    everything = reader.read(RECEIPT).lines
    sure = reader.with_options(reader.options.with_(min_confidence=minimum)).read(RECEIPT).lines
    assert seen(sure) == seen([line for line in everything if line.confidence >= minimum])


def test_a_blank_page_is_a_page_without_blocks(reader):
    (page,) = reader.read(np.full((600, 400, 3), 255, np.uint8))
    assert page.blocks == ()
    assert (page.width, page.height, page.text, page.confidence) == (400, 600, "", None)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 3)])
@pytest.mark.parametrize("value", [0, 255])
def test_the_smallest_pictures_are_pages(reader, size, value):
    pixels = np.full((*size, 3), value, np.uint8)
    (page,) = reader.read(pixels)
    assert (page.width, page.height) == size[::-1]
    (line,) = reader.read_lines(pixels)
    assert line.box == Box(0, 0, *size[::-1])


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_page_that_lies_on_its_side_is_read(reader, quarters):
    pixels = drawn("Invoice total 1,234.56 EUR", "Harbour Street 14", "Thank you, come again")
    expected = reader.read(pixels).text.split()
    assert reader.read(np.ascontiguousarray(np.rot90(pixels, -quarters))).text.split() == expected


@pytest.mark.row("S0-22")
def test_a_region_of_a_page_is_read_for_itself(reader):
    """S0-22, S0-33, S0-34: crop first, then read; boxes stay page pixels."""
    pixels = drawn("First receipt", "Total 33.90", "Second receipt", "Total 12.00")
    whole = reader.read(pixels)
    page = reader.read_page(Image(pixels).crop(Box(0, 120, 520, pixels.shape[0])))
    assert page.text.split() == ["Second", "receipt", "Total", "12.00"]
    assert (page.width, page.height) == (520, pixels.shape[0])
    for word, twin in zip(page.words, whole.words[-4:], strict=True):
        assert tuple(word.box) == pytest.approx(tuple(twin.box), abs=2)


def test_single_lines_are_read_without_detection(reader, alone):
    assert [line.text for line in alone] == list(TEXTS)


# Where it comes from


def test_the_pictures_of_a_folder_are_pages(reader, tmp_path):
    """S4-49"""
    for i, text in enumerate(("first", "second", "third")):
        Pillow.fromarray(drawn(f"This is the {text} page")).save(tmp_path / f"scan{i + 1}.png")
    document = reader.read(tmp_path)
    assert [page.text for page in document] == [f"This is the {text} page" for text in ("first", "second", "third")]


def test_the_frames_of_a_tiff_are_pages(reader, tmp_path):
    frames = [Pillow.fromarray(drawn(f"Sheet number {i}")) for i in (1, 2, 3)]
    frames[0].save(tmp_path / "fax.tiff", save_all=True, append_images=frames[1:], dpi=(200, 200))
    document = reader.read(tmp_path / "fax.tiff")
    assert [(page.number, page.text) for page in document] == [(i, f"Sheet number {i}") for i in (1, 2, 3)]
    assert document[0].dpi == pytest.approx(200)


@pytest.mark.row("S4-52")
def test_pages_are_read_when_they_are_asked_for(reader, tmp_path):
    """S4-52"""
    frames = [Pillow.fromarray(drawn(f"Sheet number {i}")) for i in (1, 2, 3)]
    frames[0].save(tmp_path / "fax.tiff", save_all=True, append_images=frames[1:])
    pages = reader.pages(tmp_path / "fax.tiff")
    assert next(pages).text == "Sheet number 1"
    assert next(pages).text == "Sheet number 2"
    pages.close()


@pytest.mark.row("S1-33")
def test_a_bad_input_among_many_is_reported_and_the_rest_is_read(reader, tmp_path):
    Pillow.fromarray(drawn("Good one")).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    Pillow.fromarray(drawn("Good two")).save(tmp_path / "c.png")
    missing = tmp_path / "missing.png"
    names = [str(tmp_path / name) for name in ("a.png", "b.png", "c.png")]
    results = list(reader.read_many([*names, str(missing)]))
    texts = [result.text if isinstance(result, Document) else type(result) for _, result in results]
    assert texts[0] == "Good one"
    assert issubclass(texts[1], InkreadError)
    assert texts[2:] == ["Good two", SourceNotFoundError]
    assert [Path(name).name for name, _ in results] == ["a.png", "b.png", "c.png", "missing.png"]


# The same in any company


@pytest.mark.parametrize("count", range(1, 9))
def test_a_crop_reads_the_same_in_batches_of_any_size(reader, alone, count):
    assert_same(reader.read_lines(crops()[:count]), alone[:count])


def test_a_crop_reads_the_same_in_any_order(reader, alone):
    assert_same(reader.read_lines(crops()[::-1]), alone[::-1])


def test_a_page_reads_the_same_each_time(reader):
    first, second = reader.read(RECEIPT), reader.read(RECEIPT)
    assert_same(list(first.lines), list(second.lines))
    assert [word.box for word in first.words] == [word.box for word in second.words]


def test_lines_read_the_same_among_other_lines(reader):
    """One region's reading does not depend on what else is on the page: here, on lines below it."""
    few, many = drawn(*TEXTS[1:4:2]), drawn(*TEXTS[1:4:2], "Something else", "and more of it")
    assert seen(reader.read(many).lines)[:2] == seen(reader.read(few).lines)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_changes_nothing(alone, reader, threads):
    options = ReaderOptions(runtime=RuntimeOptions(threads=threads))
    with Reader(options) as other:
        assert_same(other.read_lines(crops()), alone)
        assert other.read(RECEIPT).text == reader.read(RECEIPT).text


@pytest.mark.row("S0-40")
def test_threads_may_share_a_reader(reader, alone):
    expected = reader.read(RECEIPT).text
    with ThreadPoolExecutor(4) as pool:
        lines = [pool.submit(reader.read_lines, crops()) for _ in range(4)]
        pages = [pool.submit(reader.read, RECEIPT) for _ in range(4)]
        for future in lines:
            assert_same(future.result(timeout=60), alone)
        for page in pages:
            assert page.result(timeout=60).text == expected


def test_threads_may_open_a_reader_together():
    """Networks are loaded by the first that needs them, once."""
    with Reader() as fresh, ThreadPoolExecutor(4) as pool:
        texts = {future.result(timeout=60).text for future in [pool.submit(fresh.read, RECEIPT) for _ in range(4)]}
    assert len(texts) == 1


def test_another_process_reads_the_same(reader, alone, tmp_path):
    for i, crop in enumerate(crops()):
        Pillow.fromarray(crop).save(tmp_path / f"{i}.png")
    script = "import sys, inkread; print(*[line.text for line in inkread.Reader().read_lines(sys.argv[1])], sep='\\n')"
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, str(tmp_path)],
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONIOENCODING": "utf-8"},
    )
    assert result.returncode == 0, result.stderr.decode()
    assert result.stdout.decode().splitlines() == seen(alone)


FORKING = """
import os, signal, sys, warnings
import numpy as np
from inkread import InkreadError, Reader
from inkread.options import ReaderOptions, RuntimeOptions
warnings.simplefilter("ignore", DeprecationWarning)
def opened(**options):
    reader = Reader(ReaderOptions(runtime=RuntimeOptions(engine="{engine}", **options)))
    reader.read(np.full((64, 64, 3), 255, np.uint8))
    return reader
{before}
child = os.fork()
if child == 0:
    signal.alarm(30)
    try:
        print("child", opened().read("{picture}").text.split()[0], flush=True)
    except InkreadError as error:
        print("child", type(error).__name__, flush=True)
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "the child hangs"
print("parent", opened().read("{picture}").text.split()[0])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("engine", ["openvino", "onnx"])
@pytest.mark.parametrize(
    "before", ["reader = opened()", "opened().close()", "first, second = opened(), opened(threads=1)"]
)
def test_a_forked_child_reads_too(run_python, engine, before):
    """Networks do not survive a fork: the child opens its own."""
    pytest.importorskip({"openvino": "openvino", "onnx": "onnxruntime"}[engine])
    printed = run_python(FORKING.format(engine=engine, before=before, picture=RECEIPT))
    assert printed.split() == ["child", "CAFÉ", "parent", "CAFÉ"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_that_could_not_start_threads_says_so_and_does_not_hang(run_python):
    """OpenVINO's threads end one by one with their sessions, and a fork in between would wait for them for ever."""
    pytest.importorskip("openvino")
    before = "first, second = opened(), opened(threads=1); second.close()"
    printed = run_python(FORKING.format(engine="openvino", before=before, picture=RECEIPT))
    assert printed.split() == ["child", "DeviceError", "parent", "CAFÉ"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_that_leaves_the_reader_alone_ends(run_python):
    """Freeing what the parent opened would wait for threads that a fork does not copy."""
    pytest.importorskip("openvino")
    script = """
import os, signal, sys, warnings
import numpy as np
from inkread import Reader
from inkread.options import ReaderOptions, RuntimeOptions
warnings.simplefilter("ignore", DeprecationWarning)
reader = Reader(ReaderOptions(runtime=RuntimeOptions(engine="openvino")))
reader.read(np.full((64, 64, 3), 255, np.uint8))
child = os.fork()
if child == 0:
    signal.alarm(20)
    sys.exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run_python(script).split() == ["7"]


def test_engines_agree(reader):
    """S4-1: OpenVINO and ONNX Runtime in float32 read the same."""
    pytest.importorskip("openvino")
    pytest.importorskip("onnxruntime")
    documents = []
    for engine in ("openvino", "onnx"):
        with Reader(ReaderOptions(runtime=RuntimeOptions(engine=engine, precision="f32"))) as other:
            documents.append(other.read(RECEIPT))
    assert_same(list(documents[0].lines), list(documents[1].lines))
    assert documents[0].text == documents[1].text == reader.read(RECEIPT).text


# The life of a Reader


@pytest.mark.row("S2-16")
def test_after_close_everything_is_a_closed_error():
    other = Reader()
    other.read_lines(crops()[0])
    other.close()
    other.close()
    image = Image(crops()[0])
    uses = [
        lambda: other.read(RECEIPT),
        lambda: list(other.pages(RECEIPT)),
        lambda: list(other.read_many([RECEIPT])),
        lambda: other.read_lines(RECEIPT),
        lambda: other.detect(image),
        lambda: other.read_page(image),
    ]
    for use in uses:
        with pytest.raises(ClosedError, match="the Reader is closed: make a new one"):
            use()


def test_a_reader_that_was_never_used_can_be_closed():
    Reader().close()


def test_a_reader_with_other_options_shares_the_networks(reader):
    """Without loading them again: reading starts at once."""
    reader.read(RECEIPT)
    start = time.process_time()
    other = reader.with_options(reader.options.with_(recognize=RecognizeOptions(alternatives=0)))
    spent = time.process_time() - start
    document = other.read(RECEIPT)
    assert document.text == reader.read(RECEIPT).text
    assert all(word.alternatives == () for word in document.words)
    assert any(word.alternatives for word in reader.read(RECEIPT).words)
    assert reader.options.recognize.alternatives == RecognizeOptions().alternatives
    assert spent < 5


def test_closing_one_of_two_readers_that_share_networks_leaves_the_other_open():
    """with reader.with_options(...) as other: ... is how one uses it."""
    with Reader() as reader:
        expected = reader.read_lines(crops()[0])
        with reader.with_options(ReaderOptions(recognize=RecognizeOptions(alternatives=0))) as other:
            assert seen(other.read_lines(crops()[0])) == seen(expected)
        assert reader.read_lines(crops()[0]) == expected


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.1, 0.25])
def test_closing_while_another_thread_reads_ends_in_a_result_or_a_closed_error(delay):
    other = Reader()
    other.read_lines(crops()[0])

    def read_on() -> None:
        for _ in range(1000):
            assert other.read(RECEIPT).text

    with ThreadPoolExecutor(2) as pool:
        readings = [pool.submit(read_on) for _ in range(2)]
        time.sleep(delay)
        other.close()
        for reading in readings:
            assert isinstance(reading.exception(timeout=30), ClosedError)


def test_a_document_says_what_read_it(reader):
    generator = reader.read(RECEIPT).generator
    assert re.match(r"inkread \d+\.\d+.* \(.+, .+; (openvino|onnxruntime) ", generator)


def test_a_processor_without_wide_instructions_reads_the_same(run_python):
    """OpenVINO held to AVX2, as on most desktops: nothing crashes, in any precision."""
    pytest.importorskip("openvino")
    script = f"""
import os
os.environ["ONEDNN_MAX_CPU_ISA"] = "AVX2"
from inkread import Reader
from inkread.options import ReaderOptions, RuntimeOptions
for precision in ("auto", "int8"):
    options = ReaderOptions(runtime=RuntimeOptions(engine="openvino", precision=precision, cache=False))
    with Reader(options) as reader:
        print(reader.read("{RECEIPT}").text.split()[0])
"""
    assert run_python(script).split() == ["CAFÉ", "CAFÉ"]
