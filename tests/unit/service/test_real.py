"""The service with its real reader: the same document as the library's, decoded in a child, hostile files included."""

from __future__ import annotations

import asyncio
import base64
import gc
import io
from pathlib import Path
from typing import Any

import hostile
import httpx2
import pytest
from PIL import Image as Pillow
from served import as_text, running

from inkread.options import ReaderOptions, RuntimeOptions
from inkread.pipeline import Reader
from inkread.service.app import make_app
from inkread.service.server import warm_reader
from inkread.service.settings import ServiceLimits, ServiceOptions

# Each test starts a service of its own, and none is about opening networks.
pytestmark = pytest.mark.usefixtures("kept_networks")
RECEIPT = Path(__file__).resolve().parents[3] / "examples" / "receipt.jpg"


def ask(*requests: tuple[str, dict[str, object]], options: ServiceOptions | None = None) -> list[httpx2.Response]:
    """Return the answers to requests that come at once."""

    async def talk() -> list[httpx2.Response]:
        async with running(make_app(options, make_reader=Reader)) as http:
            return await asyncio.gather(*(http.post(path, json=body, timeout=60) for path, body in requests))

    return asyncio.run(talk())


def test_what_is_read_at_once_is_what_the_library_reads_alone():
    content = RECEIPT.read_bytes()
    with Reader(ServiceOptions().reading()) as reader:
        expected = reader.read(content, name="receipt.jpg")
    body: dict[str, object] = {"file": as_text(content), "name": "receipt.jpg"}
    text, old, new, whole = ask(
        ("/v1/read", {**body, "format": "text"}),
        ("/ocr", {"image": body["file"]}),
        ("/ocr", {"file": body["file"], "visualize": False}),
        ("/v1/read", body),
    )
    lines = [line.text for line in expected.pages[0].lines]
    assert text.text == f"{expected.text}\n"
    assert [each["text"] for each in old.json()["result"]["texts"]] == lines
    assert new.json()["result"]["ocrResults"][0]["prunedResult"]["rec_texts"] == lines
    assert [page["width"] for page in whole.json()["pages"]] == [page.width for page in expected.pages]
    drawn = Pillow.open(io.BytesIO(base64.b64decode(old.json()["result"]["image"])))
    assert drawn.format == "JPEG"


@pytest.mark.parametrize("batch", [1, 8])
def test_pages_of_several_requests_at_once_are_each_what_they_are_alone(batch):
    contents = [(RECEIPT.parent / name).read_bytes() for name in ("receipt.jpg", "note.jpg")] * 2
    requests = [("/v1/read", {"file": as_text(content), "name": "page"}) for content in contents]
    alone = [ask(request)[0].json() for request in requests[:2]]
    options = ServiceOptions(reader=ReaderOptions(runtime=RuntimeOptions(batch=batch)), workers=3)
    together = [answer.json() for answer in ask(*requests, options=options)]
    assert [texts(page) for page in together] == [texts(page) for page in alone] * 2
    if batch == 1:  # in larger batches an engine may round otherwise
        assert together == alone * 2


def texts(document: dict[str, Any]) -> list[str]:
    return [line["text"] for block in document["pages"][0]["blocks"] for line in block["lines"]]


@pytest.mark.row("S4-66")
def test_the_detector_sees_a_picture_no_larger_than_asked(monkeypatch):
    from inkread.detect.detector import Detector

    seen: list[int] = []
    look = Detector._detect_at

    def noted(self: Detector, image: object, factor: float) -> object:
        seen.append(round(max(image.width, image.height) * factor))  # type: ignore[attr-defined]
        return look(self, image, factor)  # type: ignore[arg-type]

    monkeypatch.setattr(Detector, "_detect_at", noted)
    (answer,) = ask(("/ocr", {"image": as_text(RECEIPT.read_bytes()), "inferenceParams": {"maxLongSide": 480}}))
    assert answer.status_code == 200
    assert seen
    assert max(seen) <= 480


@pytest.mark.parametrize("name", ["gigapixels.png", "many_scans.jpg", "laughs.pdf", "operators.pdf", "entity.svg"])
def test_a_hostile_file_costs_its_sender_an_error_and_the_service_nothing(name):
    limits = ServiceLimits(decode_cpu_s=2, decode_wall_s=4, decode_memory_mb=1024)
    content = base64.b64encode(hostile.case(name).make()).decode()
    bad, good = ask(
        ("/v1/read", {"file": content, "format": "text"}),
        ("/v1/read", {"file": as_text(RECEIPT.read_bytes()), "format": "text"}),
        options=ServiceOptions(limits=limits),
    )
    assert bad.status_code in (200, 413, 415, 422), bad.text
    assert good.status_code == 200


def test_a_service_has_read_before_anybody_asks():
    reader = warm_reader(ReaderOptions())
    try:
        assert "openvino" in reader.generator or "onnx" in reader.generator
        assert gc.get_freeze_count() > 10_000  # no request waits while all that was imported is looked at
    finally:
        gc.unfreeze()
        reader.close()
