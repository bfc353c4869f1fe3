"""Messages to addresses that clients named: signed, sent again until they are taken, never into the own network.

Signed as the specification Standard Webhooks 1.0 says, for which there are libraries: `webhook-signature` is "v1," and
the Base64 of HMAC-SHA256 over "id.timestamp.body"; a receiver refuses an old timestamp and an id that it has seen. A
client's secret is made of the service's and its id: who knows his own cannot sign for others.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from inkread.errors import BusyError, InkreadError
from inkread.load import web
from inkread.logs import logger
from inkread.options import WebOptions
from inkread.service.jobs.job import Hook, Job
from inkread.service.jobs.store import JobStore
from inkread.service.settings import WebhookOptions
from inkread.service.telemetry import Telemetry, shape_of

SECRET_VARIABLE: Final = "INKREAD_WEBHOOK_SECRET"
_log = logger(__name__)
_PREFIX: Final = "whsec_"
_LOOK_S: Final = 1.0
_AT_ONCE: Final = 8


class Post(Protocol):
    """Sends a body to an address and returns the status of the answer."""

    def __call__(self, text: str, body: bytes, headers: Mapping[str, str], options: WebOptions) -> int: ...


def secret_for(client: str, secret: str) -> str:
    """Return the secret that messages to a client's addresses are signed with."""
    made = hmac.digest(secret.encode(), f"inkread webhook {client}".encode(), hashlib.sha256)
    return _PREFIX + base64.b64encode(made).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return what `webhook-signature` says. secret: of the client, as `secret_for` gives it."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(signed).decode()}"


def wait_s(tries: int, options: WebhookOptions, share: float) -> float:
    """Return how long to wait after so many tries, s. share: 0..1, at random, of the longest wait there could be."""
    longest = min(options.longest_wait_s, options.first_wait_s * 2.0 ** (tries - 1))
    return longest * (0.5 + 0.5 * share)


class Messenger:
    """Sends the messages that are due, one after the other, in a thread."""

    def __init__(
        self,
        store: JobStore,
        options: WebhookOptions,
        secret: str,
        about: Callable[[Job], tuple[str, Mapping[str, Any]]],
        telemetry: Telemetry,
        post: Post = web.post,
    ) -> None:
        """about: gives the address of a job's messages, and what to say of the job."""
        self._store = store
        self._options = options
        self._secret = secret
        self._about = about
        self._telemetry = telemetry
        self._post = post
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inkread-webhooks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, wait_s: float) -> None:
        """Let the message in hand end; the others are sent after a restart."""
        self._stopping.set()
        self._work.set()
        self._thread.join(wait_s)

    def wake(self) -> None:
        self._work.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._work.wait(_LOOK_S)
            self._work.clear()
            try:
                while self.send_due() and not self._stopping.is_set():
                    pass
            except BusyError:
                continue
            except Exception as error:
                _log.error("messages could not be sent: %s", shape_of(error))

    def send_due(self) -> int:
        """Send some that are due; return how many."""
        due = self._store.due_hooks(_AT_ONCE, _AT_ONCE * self._options.web.timeout_s + 5.0)
        for hook in due:
            if self._stopping.is_set():
                self._store.hook_told(hook.job.id, "waiting")
            else:
                self._send(hook)
        return len(due)

    def _send(self, hook: Hook) -> None:
        job = hook.job
        try:
            is_taken = self._is_taken(job)
        except InkreadError as error:
            _log.info("a message was not taken", extra={"reason": type(error).__name__, "client": job.client})
            is_taken = False
        if is_taken:
            state, later_s = "delivered", 0.0
        elif hook.tries >= self._options.tries:
            state, later_s = "failed", 0.0
        else:
            state, later_s = "waiting", wait_s(hook.tries, self._options, random.random())
        self._telemetry.hook("refused" if state == "waiting" else state)
        self._store.hook_told(job.id, state, later_s)

    def _is_taken(self, job: Job) -> bool:
        address, told = self._about(job)
        body = json.dumps({"type": f"job.{job.state}", "data": told}).encode()
        # The same for each try: who takes a message twice knows it by that.
        message_id, now = f"msg_{job.id}", int(time.time())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(now),
            "webhook-signature": signature(secret_for(job.client, self._secret), message_id, now, body),
        }
        return 200 <= self._post(address, body, headers, self._options.web) < 300
