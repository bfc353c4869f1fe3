"""Messages to addresses: signed, guarded, sent again."""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from jobbed import JobsServed, status_when, submit

from inkread.options import WebOptions
from inkread.service.jobs.webhook import secret_for, signature, wait_s
from inkread.service.settings import WebhookOptions

SECRET = "a secret of the service's own"


class Receiver(HTTPServer):
    """Notes messages; answers with the statuses it is told, then with 204."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.messages: list[tuple[dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/told"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.messages.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 204)
        self.end_headers()

    def log_message(self, *_) -> None:
        """Say nothing."""


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.shutdown()
    made.server_close()


def telling(folder, receiver: Receiver, **options) -> JobsServed:
    web = WebOptions(hosts=("127.0.0.1",), ports=(receiver.server_port, 80, 443))
    return JobsServed(folder, webhook=WebhookOptions(allow=True, first_wait_s=0.01, web=web, **options))


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("INKREAD_WEBHOOK_SECRET", SECRET)


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """What a receiver does, by the words of Standard Webhooks and nothing of ours."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers["webhook-signature"].removeprefix("v1,")
    return hmac.compare_digest(given, expected) and abs(time.time() - int(headers["webhook-timestamp"])) < 60


def test_an_address_is_told_when_a_job_ends(folder, receiver):
    async def talk(client):
        secret = (await client.get("/v1/webhook")).json()["secret"]
        address = await submit(client, data={"webhook": receiver.url})
        await status_when(client, address, lambda status: status["webhook"] == "delivered")
        [(headers, body)] = receiver.messages
        told = json.loads(body)
        assert (told["type"], told["data"]["id"], told["data"]["pages"]) == ("job.done", address.rpartition("/")[2], 2)
        assert "hello" not in body.decode()
        assert verified(secret, headers, body)
        assert not verified(secret, headers, body + b" ")
        assert not verified(secret_for("somebody else", SECRET), headers, body)

    telling(folder, receiver).talk(talk)


def test_a_message_that_is_not_taken_is_sent_again_under_the_same_id(folder, receiver):
    receiver.statuses = [500, 302]

    async def talk(client):
        address = await submit(client, 1, data={"webhook": receiver.url})
        await status_when(client, address, lambda status: status["webhook"] == "delivered")
        assert len({headers["webhook-id"] for headers, _ in receiver.messages}) == 1
        assert len(receiver.messages) == 3

    telling(folder, receiver).talk(talk)


def test_a_message_that_nobody_takes_is_given_up(folder, receiver):
    receiver.statuses = [500] * 9

    async def talk(client):
        address = await submit(client, 1, data={"webhook": receiver.url})
        await status_when(client, address, lambda status: status["webhook"] == "failed")
        assert len(receiver.messages) == 2

    telling(folder, receiver, tries=2).talk(talk)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/a", "http://169.254.169.254/latest", "http://10.0.0.1/", "http://[::1]/", "ftp://example.org/",
        "http://example.org:22/", "http://user:word@example.org/", "no address",
    ],
)  # fmt: skip
def test_an_address_in_the_own_network_is_refused_when_the_job_comes(folder, receiver, url):
    async def talk(client):
        answer = await client.post("/v1/jobs", files={"file": ("a.png", b"\x89PNG\r\n\x1a\n")}, data={"webhook": url})
        assert (answer.status_code, answer.json()["kind"]) == (403, "AddressError"), answer.text

    telling(folder, receiver).talk(talk)
    assert receiver.messages == []


def test_the_signature_is_that_of_the_specification():
    """The example of Standard Webhooks' own libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    made = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_waits_grow_up_to_the_longest():
    options = WebhookOptions(first_wait_s=5, longest_wait_s=100)
    assert [wait_s(tries, options, 1.0) for tries in (1, 2, 3, 9)] == [5, 10, 20, 100]
    assert wait_s(3, options, 0.0) == 10
