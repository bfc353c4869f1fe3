"""The client: what it sends, when it tries again, and what it makes of answers."""

import asyncio
import json
import threading
from pathlib import Path

import numpy as np
import pytest
from laid import line, page

httpx2 = pytest.importorskip("httpx2", reason="needs httpx2: pip install inkread[client]")

from inkread.client import AsyncClient, Client  # noqa: E402  # after what it needs
from inkread.document import Document  # noqa: E402
from inkread.errors import (  # noqa: E402
    BusyError,
    ClosedError,
    CredentialsError,
    DamagedInputError,
    DeadlineError,
    InputError,
    ServiceError,
    SourceNotFoundError,
)

DOCUMENT = Document((page([line("hello there", 10, 10)]),), "scan.png", "test")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Waits are noted, not waited for."""
    waits: list[float] = []
    monkeypatch.setattr("inkread.client.time.sleep", waits.append)

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("inkread.client.asyncio.sleep", sleep)
    return waits


class Service:
    """Answers as it is told: each answer once, the last for ever."""

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.requests = []
        self.tokens = 0
        self.valid = ""

    def __call__(self, request):
        self.requests.append(request)
        if request.url.path == "/connect/token":
            if request.headers["authorization"] != "Basic YWxpY2U6c2VjcmV0":  # alice:secret
                return failure(401, "CredentialsError", "invalid_client")
            self.tokens += 1
            self.valid = f"token{self.tokens}"
            return httpx2.Response(200, json={"access_token": self.valid, "token_type": "Bearer", "expires_in": 900})
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    def client(self, **options) -> Client:
        return Client(transport=httpx2.MockTransport(self), **options)


def good():
    return httpx2.Response(200, content=DOCUMENT.to_json().encode())


def failure(status: int, kind: str, message: str = "told", **headers):
    body = {"logId": "1", "errorCode": status, "errorMsg": message, "kind": kind}
    return httpx2.Response(status, json=body, headers=headers)


def test_a_file_comes_back_as_a_document(tmp_path):
    (tmp_path / "scan.png").write_bytes(b"a picture")
    service = Service(good())
    with service.client(language="fr", mode="auto") as client:
        assert client.read(tmp_path / "scan.png", pages="1-2") == DOCUMENT
    (request,) = service.requests
    sent = request.read()
    assert request.url.path == "/v1/read"
    assert b'filename="scan.png"' in sent
    assert b"a picture" in sent
    for name, value in {"language": "fr", "mode": "auto", "pages": "1-2", "format": "json"}.items():
        assert f'name="{name}"\r\n\r\n{value}\r\n'.encode() in sent


def test_the_methods_of_a_reader_are_there(tmp_path):
    (tmp_path / "a.png").write_bytes(b"a")
    service = Service(good())
    with service.client() as client:
        assert list(client.pages(b"a")) == list(DOCUMENT.pages)
        ((name, result),) = client.read_many(tmp_path)
        assert (Path(name).name, result) == ("a.png", DOCUMENT)


@pytest.mark.parametrize("source", [b"\x89PNG", bytearray(b"\x89PNG"), np.zeros((4, 5, 3), np.uint8)])
def test_bytes_and_pictures_are_sent_as_files(source):
    service = Service(good())
    service.client().read(source)
    assert b"\x89PNG" in service.requests[0].read()


def test_addresses_are_sent_as_they_are():
    service = Service(good())
    service.client(language=["en", "de"]).read("https://example.org/a.png", name="a")
    assert json.loads(service.requests[0].read()) == {
        "url": "https://example.org/a.png", "format": "json", "language": ["en", "de"], "name": "a",
    }  # fmt: skip


def test_other_formats_and_fields():
    service = Service(httpx2.Response(200, content=b"%PDF"), httpx2.Response(200, json={"fields": {"kind": "receipt"}}))
    with service.client() as client:
        assert client.convert(b"a", "pdf") == b"%PDF"
        assert client.extract_fields(b"a", {"properties": {"a": {"type": "string"}}}) == {"kind": "receipt"}
    assert b'{"properties": {"a": {"type": "string"}}}' in service.requests[1].read()


def test_what_may_pass_is_tried_again_with_growing_random_waits(no_waiting):
    service = Service(failure(503, "BusyError"), httpx2.ConnectError("refused"), failure(502, ""), good())
    assert service.client().read(b"a") == DOCUMENT
    assert len(no_waiting) == 3
    assert all(0 <= wait <= 0.5 * 2**tries for tries, wait in enumerate(no_waiting, 1))


def test_the_service_may_say_when_to_come_again(no_waiting):
    Service(failure(429, "QuotaError", **{"retry-after": "7"}), good()).client().read(b"a")
    assert no_waiting == [7.0]


def test_trying_ends():
    service = Service(failure(503, "BusyError", "full"))
    with pytest.raises(BusyError, match="full"):
        service.client(retries=2).read(b"a")
    assert len(service.requests) == 3
    with pytest.raises(DeadlineError, match="did not answer in 5 s"):
        Service(failure(503, "BusyError", **{"retry-after": "60"})).client(timeout_s=5).read(b"a")
    with pytest.raises(ServiceError, match="does not answer"):
        Service(httpx2.ConnectError("refused")).client(retries=0).read(b"a")


def test_what_will_not_pass_is_told_at_once_as_a_reader_tells_it():
    service = Service(failure(422, "DamagedInputError", "cut short"))
    with pytest.raises(DamagedInputError, match="cut short"):
        service.client().read(b"a")
    assert len(service.requests) == 1


@pytest.mark.parametrize("kind", ["", "NoSuchError", "annotations", "Exception", "nearest"])
def test_an_unknown_failure_is_a_service_error(kind):
    with pytest.raises(ServiceError, match="told"):
        Service(failure(418, kind)).client().read(b"a")


def test_nonsense_is_a_service_error():
    for content in (b"<html>", b"[1"):
        with pytest.raises(ServiceError, match="no JSON"):
            Service(httpx2.Response(200, content=content)).client().read(b"a")
    with pytest.raises(ServiceError, match="answered 500"):
        Service(httpx2.Response(500, content=b"oops")).client(retries=0).read(b"a")


def test_a_token_is_got_once_and_used():
    service = Service(lambda request: good() if request.headers["authorization"] == "Bearer token1" else None)
    with service.client(client_id="alice", client_secret="secret") as client:
        client.read(b"a")
        client.read(b"b")
    assert service.tokens == 1


def test_threads_renew_a_token_once():
    def answer(request):
        is_valid = request.headers["authorization"] == f"Bearer {service.valid}"
        return good() if is_valid else failure(401, "CredentialsError")

    service = Service(answer)
    with service.client(client_id="alice", client_secret="secret") as client:
        client.read(b"a")
        service.valid = "none"  # the service started anew
        threads = [threading.Thread(target=client.read, args=(b"a",)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert service.tokens <= 3


def test_wrong_credentials_are_told():
    with pytest.raises(CredentialsError, match="invalid_client"):
        Service(good()).client(client_id="alice", client_secret="wrong").read(b"a")
    with pytest.raises(CredentialsError, match="without a client_secret"):
        Service(good()).client(client_id="alice").read(b"a")
    assert "secret" not in repr(Client(client_id="alice", client_secret="secret").options)


def test_what_is_no_source_is_told_before_anything_is_sent(tmp_path):
    service = Service(good())
    with service.client() as client:
        with pytest.raises(SourceNotFoundError):
            client.read(tmp_path / "none.png")
        with pytest.raises(InputError, match="a int is nothing"):
            client.read(7)
        results = dict(client.read_many([tmp_path / "none.png", b"a"]))
    assert isinstance(results[str(tmp_path / "none.png")], SourceNotFoundError)
    assert results["source 2"] == DOCUMENT


def test_a_closed_client_says_so():
    client = Service(good()).client()
    client.close()
    client.close()
    with pytest.raises(ClosedError):
        client.read(b"a")


def test_the_same_with_await(no_waiting):
    service = Service(failure(503, "BusyError"), good())

    async def use() -> None:
        transport = httpx2.MockTransport(service)
        async with AsyncClient(transport=transport, client_id="alice", client_secret="secret") as client:
            assert await client.read(b"a") == DOCUMENT
            assert [page async for page in client.pages(b"a")] == list(DOCUMENT.pages)
            assert [result async for _, result in client.read_many([b"a", b"b"])] == [DOCUMENT, DOCUMENT]

    asyncio.run(use())
    assert service.tokens == 1
    assert len(no_waiting) == 1
