"""Faults that were put there on purpose are told, with what to do; of a good page nothing is told."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from inkread.diagnosis.diagnose import diagnose
from inkread.diagnosis.machine import Machine, this_machine
from inkread.diagnosis.report import to_json
from inkread.options import ReaderOptions

# Each diagnosis reads with a Reader of its own, and none is about opening networks.
pytestmark = pytest.mark.usefixtures("kept_networks")
RECEIPT = Path(__file__).resolve().parents[3] / "examples" / "receipt.jpg"
SECRET = "Confidential memorandum"
HERE = Machine(processors=4, threads=4)


def letter(height_px: int = 28, lines: int = 8) -> np.ndarray:
    font = ImageFont.load_default(size=height_px)
    page = Image.new("RGB", (28 * height_px, 2 * (lines + 2) * height_px), "white")
    for i in range(lines):
        text = f"{SECRET} number {31 * i}, of page {i}"
        ImageDraw.Draw(page).text((2 * height_px, (2 * i + 2) * height_px), text, fill="black", font=font)
    return np.asarray(page)


def kinds(source: object, machine: Machine = HERE, **options: object) -> list[str]:
    return [each.kind for each in diagnose(source, ReaderOptions(**options), machine=machine).findings]


@pytest.fixture(scope="module")
def page():
    return letter()


def test_of_a_good_page_nothing_is_told(page):
    assert kinds(page) == []
    assert kinds(str(RECEIPT)) == []


@pytest.mark.row("S4-82")
def test_wrong_characters_and_missed_boxes_are_told_apart(page):
    squeezed = cv2.resize(page, None, fx=0.22, fy=1.0, interpolation=cv2.INTER_AREA)
    wrong = diagnose(squeezed, machine=HERE).findings
    assert "wrong-characters" in [each.kind for each in wrong]
    assert "missed-text" not in [each.kind for each in wrong]
    (told,) = [each for each in wrong if each.kind == "wrong-characters"]
    assert "recogniser" in told.remedy

    strict = ReaderOptions(detect={"box_threshold": 0.93, "missed": "tell"})
    missed = diagnose(str(RECEIPT), strict, machine=HERE).findings
    assert [each.kind for each in missed] == ["missed-text"]
    assert "box_threshold" in missed[0].remedy


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        ("small-print", lambda page: cv2.resize(page, None, fx=0.22, fy=0.22, interpolation=cv2.INTER_AREA)),
        ("turned", lambda page: np.rot90(page, 2)),
        ("blurred", lambda page: cv2.GaussianBlur(page, (0, 0), 3.5)),
        ("pale", lambda page: 170 + page // 6),
        ("uneven-light", lambda page: (page * np.linspace(1, 0.1, page.shape[1])[:, None]).astype(np.uint8)),
        ("noisy", lambda page: np.where(np.random.default_rng(1).random((*page.shape[:2], 1)) < 0.1, 0, page)),
        ("cut-at-the-edge", lambda page: page[:, 90:]),
        ("blank", lambda page: np.full_like(page, 250)),
    ],
)
def test_what_is_wrong_with_a_picture_is_told(page, fault, change):
    found = diagnose(np.ascontiguousarray(change(page)).astype(np.uint8), machine=HERE).findings
    assert fault in [each.kind for each in found]
    assert all(each.message and each.remedy for each in found)


def test_a_page_on_its_head_is_told_also_where_turning_is_off(page):
    found = diagnose(np.rot90(page, 2).copy(), ReaderOptions(enhance={"turn": "never"}), machine=HERE).findings
    (turned,) = [each for each in found if each.kind == "turned"]
    assert "upside down" in turned.message
    assert "enhance.turn: auto" in turned.remedy


def test_letters_that_the_language_has_not_are_named():
    found = diagnose(str(RECEIPT), ReaderOptions(language="en"), machine=HERE).findings
    (other,) = [each for each in found if each.kind == "other-letters"]
    assert "é" in other.message
    assert kinds(str(RECEIPT), language=("nl", "fr", "de")) == []


def test_a_coarse_jpeg_is_told(tmp_path, page):
    Image.fromarray(page).save(tmp_path / "page.jpg", quality=9)
    assert "compressed" in kinds(tmp_path / "page.jpg")


def test_lines_left_out_by_a_minimum_are_counted():
    assert kinds(str(RECEIPT), min_confidence=0.9999) == ["left-out"]


@pytest.mark.parametrize(("content", "name"), [(b"", "empty"), (b"PK\3\4....", "docx"), (None, "missing")])
def test_what_cannot_be_read_is_a_finding(tmp_path, content, name):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert kinds(tmp_path / name) == ["not-readable"]


def test_a_model_or_device_that_is_not_there_is_a_finding():
    assert kinds(str(RECEIPT), recognizer="PP-OCRv4_server_rec") == ["no-model"]
    assert kinds(str(RECEIPT), runtime={"device": "gpu:0"}) == ["no-device"]


def test_a_container_is_seen_by_its_control_group(tmp_path):
    for name, content in (
        ("cpu.max", "100000 100000"),
        ("cpu.stat", "nr_periods 100\nnr_throttled 40\n"),
        ("memory.max", str(300 << 20)),
    ):
        (tmp_path / name).write_text(content)
    (tmp_path / "nvidia").mkdir()
    seen = this_machine(tmp_path, drivers=tmp_path)
    assert (seen.threads, seen.throttled, seen.memory_mb, seen.has_gpu) == (1, 0.4, 300, True)
    assert this_machine(tmp_path / "none").memory_mb is None


@pytest.mark.parametrize(
    ("fault", "machine", "runtime"),
    [
        ("few-threads", Machine(processors=8, threads=2), {}),
        ("few-threads", Machine(processors=4, threads=4), {"threads": 1}),
        ("throttled", Machine(processors=4, threads=4), {"threads": 32}),
        ("throttled", Machine(throttled=0.5), {}),
        ("little-memory", Machine(memory_mb=400), {}),
        ("unused-gpu", Machine(has_gpu=True), {}),
        ("slow-engine", Machine(engines=("openvino", "onnx")), {"engine": "onnx"}),
        ("slow-precision", Machine(), {"precision": "f32"}),
    ],
)
def test_what_a_machine_holds_back_is_told(fault, machine, runtime):
    from inkread.diagnosis.machine import look_at
    from inkread.options import RuntimeOptions

    (found,) = look_at(machine, RuntimeOptions(**runtime))
    assert found.kind == fault


def test_a_report_holds_nothing_of_the_document(tmp_path, page):
    path = tmp_path / "letter to Ms Meier.png"
    Image.fromarray(page[: page.shape[0] // 2, 80:]).save(path)
    diagnosis = diagnose(path, ReaderOptions(language="cy"), machine=HERE)
    assert any(SECRET.split()[1] in each.text for each in diagnosis.pages[0].lines)
    report = to_json(diagnosis)
    for word in ("Meier", "Ms", "memorandum", "onfidential", "of page", str(tmp_path)):
        assert word not in report
    told = json.loads(report)
    assert told["pages"][0]["lines"] >= 3
    assert [each["kind"] for each in told["findings"]] == [each.kind for each in diagnosis.findings]
