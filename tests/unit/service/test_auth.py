"""Who may ask: twenty ways that it is nobody, one that it is a client, and what a body costs that is refused."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import os
import time
from typing import Any

import httpx2
import jwt
import pytest
from served import Served, as_text, png, running

from inkread.errors import ConfigError, OptionError, QuotaError
from inkread.service.auth import ANYBODY, Gate, Tokens, is_loopback
from inkread.service.clients import Client, ClientBook, Quota
from inkread.service.server import book_for
from inkread.service.settings import RateOptions, ServiceOptions

READ = {"file": as_text(png()), "format": "text"}


def form(**values: str) -> dict[str, Any]:
    return {"data": {"grant_type": "client_credentials", **values}}


def basic(name: str, secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


@pytest.mark.row("S1-3")
def test_a_client_gets_a_token_for_its_secret_and_is_heard_with_it(book):
    client, secret = book.add("shop")

    async def talk() -> tuple[httpx2.Response, httpx2.Response]:
        async with running(Served(book=book).app()) as http:
            granted = await http.post("/connect/token", **form(client_id=client.id, client_secret=secret))
            token = granted.json()["access_token"]
            return granted, await http.post("/v1/read", json=READ, headers={"authorization": f"Bearer {token}"})

    granted, answer = asyncio.run(talk())
    assert granted.json()["token_type"] == "Bearer"
    assert granted.json()["expires_in"] == 3600
    assert granted.headers["cache-control"] == "no-store"
    assert (answer.status_code, answer.text) == (200, "hello\n")


def test_a_secret_may_come_by_basic(book):
    client, secret = book.add()
    answer = Served(book=book).post("/connect/token", **form(), headers=basic(client.id, secret))
    assert answer.status_code == 200


def forged(book: ClientBook, client: Client) -> dict[str, str]:
    """Tokens that are wrong in one thing each."""
    key = book.keys()[0]
    now = int(time.time())
    good = {
        "iss": "inkread", "aud": "inkread", "sub": client.id, "ver": client.version, "iat": now, "nbf": now,
        "exp": now + 60, "jti": "1",
    }  # fmt: skip

    def signed(value: bytes = key.value, algorithm: str = "HS256", kid: Any = key.id, **changed: Any) -> str:
        claims = {name: value for name, value in {**good, **changed}.items() if value is not None}
        return jwt.encode(claims, value, algorithm=algorithm, headers={"kid": kid})

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    right = signed()
    return {
        "no signature": f"{part({'alg': 'none', 'kid': key.id})}.{part(good)}.",
        "an empty signature": right.rpartition(".")[0] + ".",
        "another algorithm of the same key": signed(algorithm="HS512", value=key.value * 2),
        "a key of its own": signed(value=b"x" * 32),
        "a key from a file": signed(kid="../../../../dev/null", value=b"x" * 32),
        "no key": jwt.encode(good, key.value, algorithm="HS256"),
        "a key that is no name": signed(kid="nobody"),
        "expired": signed(exp=now - 60),
        "not yet": signed(nbf=now + 600),
        "from the future": signed(iat=now + 600),
        "of another issuer": signed(iss="other"),
        "for another audience": signed(aud="other"),
        "without an end": signed(exp=None),
        "of another client": signed(sub="ink_0000000000000000"),
        "of a version before": signed(ver=client.version - 1),
        "changed": right[:-4] + ("AAAA" if right[-4:] != "AAAA" else "BBBB"),
        "no token": "x",
        "too long": "a" * 5000,
    }


def test_no_credentials_and_forged_ones_are_refused_before_the_body_is_read(book):
    """Eighteen forged tokens, no header and another scheme: twenty cases."""
    client, _ = book.add()
    headers = [{"authorization": f"Bearer {token}"} for token in forged(book, client).values()]
    cases: list[dict[str, str]] = [*headers, {}, basic(client.id, "x")]
    assert len(cases) == 20
    taken: list[int] = []

    async def body() -> Any:
        for _ in range(200):
            taken.append(1 << 20)
            yield bytes(1 << 20)

    async def talk() -> list[httpx2.Response]:
        async with running(Served(book=book).app()) as http:
            return [await http.post("/v1/read", content=body(), headers=case) for case in cases]

    for answer in asyncio.run(talk()):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="inkread"'
        assert answer.headers["connection"] == "close"
        assert answer.json()["kind"] == "CredentialsError"
    assert sum(taken) <= 20 * (1 << 20)  # what is thrown away so that the answer arrives


@pytest.mark.parametrize("path", ["/ocr", "/v1/read", "/v1/models", "/v1/languages", "/metrics", "/nothing"])
def test_everything_needs_credentials(book, path):
    book.add()
    assert Served(book=book).post(path).status_code == 401


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/docs", "/docs.css", "/openapi.json"])
def test_what_tells_of_nobody_needs_none(book, path):
    book.add()
    assert Served(book=book).ask("GET", path).status_code == 200


@pytest.mark.parametrize(
    ("values", "status", "code"),
    [
        (form(client_id="{id}", client_secret="wrong"), 401, "invalid_client"),
        (form(client_id="ink_nobody", client_secret="wrong"), 401, "invalid_client"),
        (form(), 401, "invalid_client"),
        ({"data": {"grant_type": "password", "client_id": "{id}"}}, 400, "unsupported_grant_type"),
        ({"data": {"client_id": "{id}"}}, 400, "invalid_request"),
        ({"json": {"grant_type": "client_credentials"}}, 400, "invalid_request"),
        (
            {"content": b"\xff", "headers": {"content-type": "application/x-www-form-urlencoded"}},
            400,
            "invalid_request",
        ),
        ({**form(), "headers": {"authorization": "Basic ????"}}, 401, "invalid_client"),
        ({**form(), "headers": {"authorization": "Digest eA=="}}, 401, "invalid_client"),
        ({**form(client_secret="a"), "headers": basic("a", "a")}, 400, "invalid_request"),
    ],
)
def test_a_wrong_request_for_a_token_is_answered_as_the_standard_has_it(book, values, status, code):
    client, _ = book.add()
    values = json.loads(json.dumps(values).replace("{id}", client.id)) if "content" not in values else values
    answer = Served(book=book).post("/connect/token", **values)
    assert (answer.status_code, answer.json()["error"], answer.json()["errorCode"]) == (status, code, status)
    assert (answer.headers.get("www-authenticate") is not None) == (status == 401)


def test_an_unknown_client_and_a_wrong_secret_are_told_in_the_same_words(book):
    client, _ = book.add()
    service = Served(book=book)
    answers = [
        service.post("/connect/token", **form(client_id=name, client_secret="x")).json()
        for name in (client.id, "ink_nobody")
    ]
    for answer in answers:
        answer.pop("logId")
    assert answers[0] == answers[1]


def test_a_request_for_a_token_may_not_be_large(book):
    answer = Served(book=book).post("/connect/token", content=b"a" * 20_000)
    assert answer.status_code == 413


def test_tokens_of_one_address_are_counted(book):
    options = ServiceOptions(token_requests=3)

    async def talk() -> list[int]:
        async with running(Served(options, book=book).app()) as http:
            return [(await http.post("/connect/token", **form())).status_code for _ in range(5)]

    assert asyncio.run(talk()) == [401, 401, 401, 429, 429]


def test_rotating_and_revoking_end_tokens_that_are_out(book):
    client, old_secret = book.add()
    tokens = Tokens(book, 3600)
    old = tokens.issue(client)
    assert tokens.client(old) == client
    client, secret = book.rotate(client.id)
    assert book.verify(client.id, old_secret) is None
    assert book.verify(client.id, secret) == client
    new = tokens.issue(client)
    with pytest.raises(Exception, match="not good"):
        tokens.client(old)
    assert tokens.client(new) == client
    book.revoke(client.id)
    with pytest.raises(Exception, match="not good"):
        tokens.client(new)
    assert book.verify(client.id, secret) is None
    assert len(book) == 0


def test_a_token_outlives_one_change_of_keys_and_not_two(book):
    client, _ = book.add()
    tokens = Tokens(book, 3600)
    token = tokens.issue(client)
    book.rotate_keys()
    assert tokens.client(token) == client
    book.rotate_keys()
    with pytest.raises(Exception, match="not good"):
        tokens.client(token)


def test_a_token_ends_when_it_says(book):
    now = [1_000_000.0]
    tokens = Tokens(book, 60, lambda: now[0])
    client, _ = book.add()
    token = tokens.issue(client)
    now[0] += 89
    assert tokens.client(token) == client
    now[0] += 2
    with pytest.raises(Exception, match="not good"):
        tokens.client(token)


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_the_file_of_clients_is_its_owners_alone_and_holds_no_secret(book):
    _, secret = book.add("shop")
    assert book.path.stat().st_mode & 0o777 == 0o600
    assert book.path.parent.stat().st_mode & 0o777 == 0o700
    assert secret not in book.path.read_text()
    book.path.chmod(0o644)
    with pytest.raises(ConfigError, match="others may read"):
        ClientBook(book.path).clients()


def test_a_damaged_file_of_clients_lets_nobody_in_and_tells_nobody_where_it_is(book):
    book.add()
    book.path.write_text("{")
    token = jwt.encode({}, b"x" * 32, headers={"kid": "a"})
    answer = Served(book=book).post("/v1/read", json=READ, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 500
    assert str(book.path.parent) not in answer.text


def test_a_running_service_takes_notice_of_another_process(book):
    other = ClientBook(book.path)
    client, secret = book.add()
    assert other.verify(client.id, secret) == client
    book.revoke(client.id)
    assert other.verify(client.id, secret) is None


def test_a_client_that_is_not_there_cannot_be_revoked(book):
    client, _ = book.add()
    with pytest.raises(OptionError, match="did you mean"):
        book.revoke(client.id[:-1])


def test_for_a_wrong_secret_and_an_unknown_client_the_same_is_done(book, monkeypatch):
    client, _ = book.add()
    done: list[tuple[int, int]] = []
    compare = hmac.compare_digest

    def noted(a: bytes, b: bytes) -> bool:
        done.append((len(a), len(b)))
        return compare(a, b)

    monkeypatch.setattr("inkread.service.clients.hmac.compare_digest", noted)
    for name in (client.id, "ink_0000000000000000"):
        assert book.verify(name, "x" * 43) is None
    assert done == [(32, 32), (32, 32)]


@pytest.mark.row("S1-2", "S1-7")
def test_a_quota_of_its_own_goes_before_the_services(book):
    client, _ = book.add("small", Quota(requests=2))
    tokens = Tokens(book, 60)
    headers = {"authorization": f"Bearer {tokens.issue(client)}"}

    async def talk() -> list[httpx2.Response]:
        async with running(Served(book=book).app()) as http:
            return [await http.post("/v1/read", json=READ, headers=headers) for _ in range(3)]

    answers = asyncio.run(talk())
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["kind"] == QuotaError.__name__
    assert int(answers[2].headers["retry-after"]) >= 1


def test_megapixels_are_counted_after_they_are_read():
    options = ServiceOptions(rate=RateOptions(megapixels=0.005))

    async def talk() -> list[int]:
        async with running(Served(options).app()) as http:
            return [(await http.post("/v1/read", json=READ)).status_code for _ in range(2)]

    assert asyncio.run(talk()) == [200, 429]


def test_a_web_page_of_elsewhere_may_not_ask_a_service_without_credentials(served):
    for headers in ({"host": "evil.example"}, {"origin": "https://evil.example"}, {"origin": "null"}):
        assert served.post("/v1/read", json=READ, headers=headers).status_code == 401
    for headers in ({"host": "127.0.0.1:8080"}, {"host": "[::1]:80"}, {"origin": "http://localhost:8080"}):
        assert served.post("/v1/read", json=READ, headers=headers).status_code == 200


def test_without_credentials_anybody_on_this_machine_is_heard():
    gate = Gate(None, ())
    assert gate.client({b"host": b"localhost:8080"}) == ANYBODY
    assert not gate.needs_credentials


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("", False), ("example.org", False)],
)
def test_only_loopback_is_served_without_credentials(book, host, loopback):
    assert is_loopback(host) == loopback
    if loopback:
        assert book_for(host, insecure=False, book=book) is None
    else:
        with pytest.raises(OptionError, match="no clients with credentials"):
            book_for(host, insecure=False, book=book)
    assert book_for(host, insecure=True, book=book) is None
    book.add()
    assert book_for(host, insecure=False, book=book) is book
