"""Endpoints: a service of our own on this machine that answers, is busy, slow, or talks nonsense."""

import http.server
import json
import subprocess
import sys
import threading
import time
from typing import ClassVar

import pytest
from ggufs import tiny_gguf

from inkread.errors import AddressError, ClosedError, LimitError, ModelError
from inkread.extras import is_installed
from inkread.language_model.endpoint import EndpointModel
from inkread.language_model.model import Message

SCHEMA = {"type": "object", "properties": {"a": {"enum": ["b", "ü"]}}, "required": ["a"]}
ASKED = [Message("system", "task"), Message("user", "Größe")]


class Service(http.server.BaseHTTPRequestHandler):
    """Answers with the next of `answers`: (status, body, headers), a number of seconds to be silent first, or None."""

    answers: ClassVar[list] = []
    heard: ClassVar[list] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((self.path, dict(self.headers), json.loads(body)))
        answer = self.answers.pop(0)
        if answer is None:
            self.connection.close()
            return
        if isinstance(answer, float):
            time.sleep(answer)
            return
        status, content, headers = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Tell nobody."""


@pytest.fixture
def service():
    Service.answers, Service.heard = [], []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def model_at(service, **values) -> tuple[EndpointModel, list[float]]:
    waited: list[float] = []
    address = f"http://127.0.0.1:{service.server_address[1]}/v1/"
    return EndpointModel(address, "some-model", wait=waited.append, **values), waited


def said(text) -> tuple:
    return 200, json.dumps({"choices": [{"message": {"content": text}}]}).encode(), {}


def test_the_schema_and_the_text_arrive_as_they_are(service):
    model, _ = model_at(service, api_key="secret")
    Service.answers.append(said('{"a": "b"}'))
    assert model.complete(ASKED, max_tokens=9, schema=SCHEMA) == '{"a": "b"}'
    path, headers, body = Service.heard[0]
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == "Bearer secret"
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
    }
    assert body["messages"][1] == {"role": "user", "content": "Größe"}
    assert (body["temperature"], body["max_tokens"], body["model"]) == (0, 9, "some-model")


def test_no_proxy_is_asked(service, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    model, _ = model_at(service)
    Service.answers.append(said("x"))
    assert model.complete(ASKED, max_tokens=9) == "x"


def test_a_busy_service_is_asked_again(service):
    model, waited = model_at(service)
    Service.answers += [(429, b"", {"Retry-After": "3"}), (503, b"", {}), said("x")]
    assert model.complete(ASKED, max_tokens=9) == "x"
    assert waited == [3.0, 1.0]


@pytest.mark.parametrize(("status", "count"), [(400, 1), (401, 1), (404, 1), (500, 3), (429, 3)])
def test_only_what_may_pass_is_asked_again(service, status, count):
    model, _ = model_at(service)
    Service.answers += [(status, b'{"error": "no"}', {})] * 3
    with pytest.raises(ModelError, match=f"answered {status}"):
        model.complete(ASKED, max_tokens=9)
    assert len(Service.heard) == count


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{"message": {"content": null}}]}',
        b"\xff" * 99,
    ],
)
def test_nonsense_is_told(service, body):
    model, _ = model_at(service)
    Service.answers.append((200, body, {}))
    with pytest.raises(ModelError, match=r"nonsense|without a text"):
        model.complete(ASKED, max_tokens=9)


def test_a_silent_service_is_told(service):
    model, _ = model_at(service, timeout_s=0.2)
    Service.answers.append(1.0)
    with pytest.raises(ModelError, match=r"within 0.2 s"):
        model.complete(ASKED, max_tokens=9)


def test_a_cut_connection_is_told(service):
    model, _ = model_at(service)
    Service.answers.append(None)
    with pytest.raises(ModelError, match="does not answer"):
        model.complete(ASKED, max_tokens=9)


def test_an_endless_answer_is_not_read_to_its_end(service):
    model, _ = model_at(service)
    Service.answers.append((200, b" " * (5 << 20), {}))
    with pytest.raises(ModelError, match="more than"):
        model.complete(ASKED, max_tokens=9)


def test_nobody_there_is_told():
    model = EndpointModel("http://127.0.0.1:9/v1", retries=0)
    with pytest.raises(ModelError, match="does not answer"):
        model.complete(ASKED, max_tokens=9)


@pytest.mark.parametrize("host", ["example.com", "10.0.0.1", "192.168.1.5", "localhost.example.com", "[2001:db8::1]"])
def test_another_machine_needs_a_word(host):
    with pytest.raises(AddressError, match="allow_remote"):
        EndpointModel(f"https://{host}/v1")
    assert EndpointModel(f"https://{host}/v1", "m", allow_remote=True).name == "m"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "LOCALHOST."])
def test_this_machine_needs_none(host):
    EndpointModel(f"http://{host}:11434/v1")


@pytest.mark.parametrize(
    "address", ["", "x", "ftp://localhost/v1", "http://", "http://a:b@localhost", "http://localhost:x"]
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(AddressError):
        EndpointModel(address)


def test_too_long_a_question_is_not_sent(service):
    model, _ = model_at(service, context_size=256)
    with pytest.raises(LimitError):
        model.complete([Message("user", "x" * 2000)], max_tokens=9)
    assert Service.heard == []


def test_it_scores_nothing_and_ends(service):
    model, _ = model_at(service)
    with pytest.raises(ModelError, match="score"):
        model.scores("a", ["b"], "")
    assert model.count_tokens("Größe") == 7
    model.close()
    with pytest.raises(ClosedError):
        model.complete(ASKED, max_tokens=9)


SERVER = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.n_ctx, params.n_parallel, params.warmup, params.verbosity = sys.argv[1], 512, 1, False, 1
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
params.api_keys = ["secret"]
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not is_installed("llm"), reason="needs xllamacpp")
def test_the_server_of_llama_answers(tmp_path):
    command = [sys.executable, "-c", SERVER, str(tiny_gguf(tmp_path / "tiny.gguf"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        model = EndpointModel(f"{address}/v1", "tiny", api_key="secret", context_size=512)
        answer = model.complete([Message("user", "x")], max_tokens=200, schema=SCHEMA)
        with pytest.raises(ModelError, match=r"answered 401.*api_key"):
            EndpointModel(f"{address}/v1", "tiny", context_size=512).complete(ASKED, max_tokens=9)
        process.stdin.close()
    assert answer.lstrip().startswith("{")
