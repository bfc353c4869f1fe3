"""What a service tells of itself, and that it tells nothing of documents."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import Served, as_text, png, running

from inkread.service.app import service_of
from inkread.service.scratch import scratch, sweep
from inkread.service.settings import ServiceOptions
from inkread.service.telemetry import JsonLines, shape_of


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Everything that is logged, as a service logs it, down to the last detail."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    handler.addFilter(lambda record: not record.name.startswith("httpx2"))  # who asks, not who is asked
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("inkread", "uvicorn.error", "")}
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


CANARY = "canary4711"


def test_no_text_name_address_header_or_id_gets_into_a_log(lines, book):
    served = Served(ServiceOptions())
    served.texts = (CANARY,)
    headers = {"user-agent": CANARY, "x-request-id": CANARY, "referer": f"http://{CANARY}/", "cookie": CANARY}
    content = as_text(png())
    served.post("/v1/read", json={"file": content, "name": f"{CANARY}.png", "format": "text"}, headers=headers)
    served.post("/v1/read", json={"url": f"https://{CANARY}.example/{CANARY}?{CANARY}"}, headers=headers)
    served.post("/v1/read", json={"file": content, "language": [CANARY], "password": CANARY}, headers=headers)
    served.post("/v1/read", files={"file": (CANARY, b"no picture")}, headers=headers)
    served.post("/ocr", json={"image": CANARY}, headers=headers)
    served.ask("GET", f"/{CANARY}?{CANARY}", headers=headers)

    def break_down() -> None:
        raise ValueError(CANARY)

    served.before = break_down
    assert served.post("/v1/read", json={"file": content}).status_code == 500
    form = {"grant_type": "client_credentials", "client_id": CANARY, "client_secret": CANARY}
    Served(book=book).post("/connect/token", data=form, headers={"authorization": f"Bearer {CANARY}"})
    told = lines.getvalue()
    assert told.count("\n") > 10
    assert CANARY not in told
    for each in told.splitlines():
        json.loads(each)


def test_every_request_is_told_once_with_its_id(lines, served):
    answer = served.post("/v1/read", json={"file": as_text(png())})
    told = [json.loads(each) for each in lines.getvalue().splitlines()]
    (request,) = [each for each in told if each["logger"] == "inkread.service.edge"]
    assert (request["route"], request["status"], request["request_id"]) == (
        "/v1/read", 200, answer.headers["x-request-id"],
    )  # fmt: skip
    opened = [each for each in told if each["message"].startswith("source ")]
    assert {each["request_id"] for each in opened} == {answer.headers["x-request-id"]}


def test_an_error_is_logged_by_its_class_and_place():
    try:
        raise ValueError("canary")
    except ValueError as error:
        told = shape_of(error)
    assert told.startswith("ValueError at test_an_error_is_logged_by_its_class_and_place:")
    assert "canary" not in told


def test_a_line_of_a_log_is_one_line():
    record = logging.LogRecord("a", logging.INFO, "", 0, "one\ntwo\x1b[0m\u2028", None, None)
    told = JsonLines().format(record)
    assert told.isascii()
    assert "\n" not in told
    assert "\x1b" not in told


def test_figures_of_requests_pages_and_stages(served):
    async def talk() -> str:
        async with running(served.app()) as http:
            await http.post("/v1/read", json={"file": as_text(png())})
            await http.post("/ocr", json={})
            await http.get("/no/such/path")
            return (await http.get("/metrics")).text

    told = asyncio.run(talk())
    assert 'inkread_requests_total{method="POST",route="/v1/read",status="200"} 1.0' in told
    assert 'inkread_requests_total{method="GET",route="other",status="404"} 1.0' in told
    assert 'inkread_refused_total{kind="RequestError"} 2.0' in told
    assert "inkread_pages_total 1.0" in told
    assert 'inkread_stage_seconds_count{stage="detect"} 1.0' in told
    assert "inkread_queue 0.0" in told
    assert 'generator="fake"' in told


def test_a_service_is_ready_when_it_reads_and_not_when_it_stops(served):
    async def talk() -> list[tuple[int, str]]:
        app = served.app()
        service = service_of(app)
        async with running(app) as http:
            answers = []
            for status in ("starting", "ready", "stopping"):
                service.status = status
                answer = await http.get("/health/ready")
                answers.append((answer.status_code, answer.json()["status"]))
            return answers

    assert asyncio.run(talk()) == [(503, "starting"), (200, "ready"), (503, "stopping")]


def test_what_there_is_can_be_listed(served):
    models = served.ask("GET", "/v1/models").json()
    assert models["generator"] == "fake"
    assert any(model["is_here"] and model["task"] == "detection" for model in models["models"])
    languages = served.ask("GET", "/v1/languages").json()["languages"]
    assert {"en", "fr"} <= {language["tag"] for language in languages}


def test_the_page_of_the_service_needs_nothing_from_elsewhere(served):
    page = served.ask("GET", "/docs")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert "//" not in page.text.replace("https://json-schema.org", "").replace("http://", "").split("<main>")[0]
    assert "/v1/read" in page.text
    described = served.ask("GET", "/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert set(described["paths"]) >= {"/ocr", "/v1/read", "/v1/models", "/v1/languages", "/health/ready"}


def test_files_of_a_process_that_died_are_swept(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = tmp_path / "inkread-service-999999999-abc_def1"
    left.mkdir()
    (left / "document.pdf").write_bytes(b"secret")
    other = tmp_path / "somebody-elses"
    other.mkdir()
    with scratch() as folder:
        if os.name == "posix":
            assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()
    assert sweep() == 1
    assert not left.exists()
    assert other.exists()


def test_a_process_that_is_offline_reaches_nobody_and_still_listens(run_python):
    script = """
import socket
from inkread.service.offline import forbid_connections
listener = socket.create_server(("127.0.0.1", 0))
forbid_connections()
for reach in (
    lambda: socket.create_connection(listener.getsockname()),
    lambda: socket.getaddrinfo("example.org", 80),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("127.0.0.1", 9)),
):
    try:
        reach()
    except OSError as error:
        print(type(error).__name__)
a, b = socket.socketpair()
a.sendall(b"x")
print(b.recv(1).decode())
for each in (a, b, listener):
    each.close()
import os
print(os.environ["INKREAD_OFFLINE"])
"""
    script = script.replace('sendto(b"", ("127.0.0.1", 9)),', 'sendto(b"", ("127.0.0.1", 9)),')
    assert run_python(f"import warnings; warnings.simplefilter('ignore')\n{script}").split() == [
        "ReachedOutError", "ReachedOutError", "ReachedOutError", "x", "1",
    ]  # fmt: skip
