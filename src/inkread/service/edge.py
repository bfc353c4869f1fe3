"""The outermost layer: who asks, how much may come, how long it may take; decided before anything is read of a body."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from starlette.responses import Response

from inkread.errors import InkreadError, LimitError, NeedsJobError, RequestError
from inkread.logs import logger
from inkread.service import page
from inkread.service.auth import ANYBODY, Gate
from inkread.service.clients import Client
from inkread.service.failures import failure, with_status
from inkread.service.limits import Buckets, Memory
from inkread.service.settings import ServiceOptions
from inkread.service.telemetry import Telemetry, request_id, shape_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = logger(__name__)

# What anybody may ask for: it tells of no document and of no client.
_OPEN: Final = page.PATHS | {
    *("/health/live", "/health/ready", "/connect/token", "/docs", "/docs.css", "/openapi.json"),
}
_FORM_BYTES: Final = 16 << 10
_MOST_HEADERS: Final = 100
_MOST_HEADER_BYTES: Final = 32 << 10
_METHODS: Final = frozenset({"GET", "POST", "HEAD", "OPTIONS", "DELETE"})
# What is still taken of a body that was refused, so that whoever sends it gets to read why.
_LINGER_BYTES: Final = 256 << 10
_LINGER_S: Final = 1.0
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


def _most_bytes(path: str, options: ServiceOptions) -> int:
    """Return how many bytes the body of a request to this path may have."""
    if path == "/connect/token":
        return _FORM_BYTES
    return (options.jobs.max_body_mb if path == "/v1/jobs" else options.limits.max_body_mb) << 20


def _body_s(path: str, options: ServiceOptions) -> float:
    """Return how long the body of a request to this path may take, s."""
    return options.jobs.body_s if path == "/v1/jobs" else options.limits.body_s


class Edge:
    """Pure ASGI around the app: refuses by the headers, counts what arrives, and tells of every request once."""

    def __init__(self, app: App, gate: Gate, options: ServiceOptions, telemetry: Telemetry) -> None:
        self.app = app
        self.gate = gate
        self.options = options
        self.telemetry = telemetry
        self.requests = Buckets()
        self.tokens = Buckets()
        self.memory = Memory(options.limits.max_waiting_mb << 20)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await _Exchange(self, scope, receive, send).run()
        else:
            await send({"type": "websocket.close", "code": 1008})


class _Exchange:
    """One request and its answer."""

    def __init__(self, edge: Edge, scope: Scope, receive: Receive, send: Send) -> None:
        self._edge = edge
        self._scope = scope
        self._receive = receive
        self._send = send
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._id = secrets.token_hex(16)
        self._client: Client = ANYBODY
        self._status = 0
        self._is_refused = False
        self._received = 0
        self._reserved = 0
        self._body_ends = time.monotonic() + _body_s(scope["path"], edge.options)
        length, coding = self._headers.get(b"content-length"), self._headers.get(b"transfer-encoding")
        self._is_read = coding is None and (length is None or length == b"0")
        self._most = _most_bytes(scope["path"], edge.options)

    async def run(self) -> None:
        start = time.monotonic()
        token = request_id.set(self._id)
        state = self._scope.setdefault("state", {})
        state["request_id"] = self._id
        try:
            self._admit()
            state["client"] = self._client
            await self._edge.app(self._scope, self.receive, self.send)
        except Exception as error:
            await self._fail(error)
        finally:
            self._edge.memory.give_back(self._reserved)
            self._tell(time.monotonic() - start)
            request_id.reset(token)

    def _admit(self) -> None:
        """Decide by the headers alone whether the request is heard. Raises InkreadError."""
        fields = self._scope["headers"]
        if len(fields) > _MOST_HEADERS or sum(len(name) + len(value) for name, value in fields) > _MOST_HEADER_BYTES:
            raise with_status(RequestError("too many or too long headers", remedy="send fewer"), 431)
        if b"content-length" in self._headers and b"transfer-encoding" in self._headers:
            raise RequestError("a length and a transfer coding: two servers may read that in two ways")
        if not self._scope["path"].isprintable():
            raise RequestError("the path holds what no name does")
        self._client = self._who()
        if self._headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise with_status(RequestError("compressed bodies are not taken", remedy="send it as it is"), 415)
        length = self._headers.get(b"content-length", b"0")
        if not length.isdigit():
            raise RequestError("Content-Length is no number")
        if len(length) > 18 or int(length) > self._most:
            raise self._too_large()

    def _who(self) -> Client:
        """Return who asks, counted against his rate. Raises CredentialsError or QuotaError."""
        path, address = self._scope["path"], (self._scope.get("client") or ("", 0))[0]
        options = self._edge.options
        if path == "/connect/token":
            self._edge.tokens.take(address, options.token_requests)
        if path in _OPEN or (path == "/metrics" and options.open_metrics):
            return ANYBODY
        client = self._edge.gate.client(self._headers)
        key = address if client is ANYBODY else client.id
        self._edge.requests.take(key, client.quota.requests or options.rate.requests)
        self._scope["state"]["account"] = key
        return client

    async def receive(self) -> Message:
        """Return what arrives next, in limited size and time. Raises InkreadError over a limit."""
        if self._is_read:
            return await self._receive()
        try:
            async with asyncio.timeout(max(0.0, self._body_ends - time.monotonic())):
                message = await self._receive()
        except TimeoutError as error:
            late = RequestError("the body did not arrive in time", remedy="send it faster, or less of it")
            raise with_status(late, 408) from error
        if message["type"] != "http.request":
            self._is_read = True
            return message
        size = len(message.get("body", b""))
        self._received += size
        if self._received > self._most:
            raise self._too_large()
        self._edge.memory.take(size)
        self._reserved += size
        self._is_read = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Pass on a part of the answer; after a refusal or a body that was not read, the connection ends."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            given = {name for name, _ in message.get("headers", ())}
            more = [*(field for field in _HEADERS if field[0] not in given), (b"x-request-id", self._id.encode())]
            if self._is_refused or not self._is_read:
                more.append((b"connection", b"close"))
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        elif not message.get("more_body", False) and not self._is_read:
            await self._send({**message, "more_body": True})
            await self._linger()
            message = {"type": "http.response.body", "body": b""}
        # Who does not take his answer gives his connection free.
        async with asyncio.timeout(self._edge.options.limits.answer_s):
            await self._send(message)

    async def _linger(self) -> None:
        """Throw away what still arrives, for a moment: closing at once would take the answer from who is sending."""
        left = _LINGER_BYTES
        try:
            async with asyncio.timeout(_LINGER_S):
                while left > 0:
                    message = await self._receive()
                    left -= len(message.get("body", b""))
                    if message["type"] != "http.request" or not message.get("more_body", False):
                        return
        except TimeoutError:
            return

    async def _fail(self, error: Exception) -> None:
        """Answer with an error, unless an answer has begun."""
        if not isinstance(error, InkreadError):
            _log.error("a request failed: %s", shape_of(error))
        if not self._status:
            self._is_refused = True
            answer: Response = failure(error, self._id)
            self._edge.telemetry.refused(type(error).__name__)
            await answer(self._scope, self.receive, self.send)

    def _too_large(self) -> LimitError:
        message = f"the body is larger than {self._most:,} bytes"
        jobs, length = self._edge.options.jobs, self._headers.get(b"content-length", b"")
        most = jobs.max_body_mb << 20 if jobs.enabled and jobs.folder else 0
        is_known = len(length) <= 18 and length.isdigit()
        if self._scope["path"] == "/v1/read" and is_known and self._most < int(length) <= most:
            return NeedsJobError(message, remedy=f"submit it as a job, which may have {most:,}: POST /v1/jobs")
        return LimitError(message, remedy="send less, or have max_body_mb raised")

    def _tell(self, seconds: float) -> None:
        route = getattr(self._scope.get("route"), "path", "other")
        if route == "other" and self._scope["path"] in _OPEN:
            route = self._scope["path"]
        method = self._scope["method"] if self._scope["method"] in _METHODS else "other"
        status = self._status or 499
        self._edge.telemetry.answered(route, method, status, seconds)
        level = logging.DEBUG if route.startswith("/health") else logging.INFO
        more = {
            "route": route, "method": method, "status": status, "seconds": round(seconds, 4),
            "bytes": self._received, "client": self._client.id,
        }  # fmt: skip
        _log.log(level, "%s %s %d", method, route, status, extra=more)
