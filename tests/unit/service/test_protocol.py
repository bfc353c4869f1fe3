"""A real socket: twelve raw requests that two servers may read in two ways, and connections that say nothing."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from readers import FakeReader

from inkread.service.app import make_app
from inkread.service.server import _settings
from inkread.service.settings import ServiceLimits, ServiceOptions

START = b"POST /ocr HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
RAW = {
    "length and coding": START
    + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
    "two lengths": START + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}",
    "a coding that nobody knows": START + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a length below zero": START + b"Content-Length: -1\r\n\r\n{}",
    "100 TB announced": START + b"Content-Length: 99999999999999\r\n\r\n{",
    "a chunk of 68 bits": START + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nx\r\n",
    "a header of 70 KB": START + b"X-A: " + b"a" * 70_000 + b"\r\nContent-Length: 2\r\n\r\n{}",
    "2,000 headers": START + b"".join(b"X-%d: a\r\n" % i for i in range(2000)) + b"Content-Length: 2\r\n\r\n{}",
    "line feeds alone": START.replace(b"\r\n", b"\n") + b"Content-Length: 2\n\n{}",
    "a space before the colon": START + b"Content-Length : 2\r\n\r\n{}",
    "a line end in the path": b"GET /jobs/a%0d%0aX-Injected:1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a compressed body": START + b"Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n\x1f\x8b" + bytes(18),
}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A service on a socket, in a thread, that waits a second for headers and bodies."""
    options = ServiceOptions(limits=ServiceLimits(body_s=1.0, header_s=1.0))
    app = make_app(options, make_reader=FakeReader)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, **{**_settings(options), "timeout_graceful_shutdown": 2})
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()
    listening.close()


def said(port: int, raw: bytes, wait_s: float = 60.0) -> tuple[bytes, bool]:
    """Return what is answered to these bytes, and whether the connection was ended."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.settimeout(wait_s)
        with contextlib.suppress(ConnectionError):
            line.sendall(raw)
        heard = b""
        while True:
            try:
                part = line.recv(65_536)
            except ConnectionResetError:
                return heard, True
            except TimeoutError:
                return heard, False
            if not part:
                return heard, True
            heard += part


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW.keys())
def test_a_request_that_can_be_read_in_two_ways_is_refused_once_and_the_connection_ends(port, raw):
    heard, is_ended = said(port, raw)
    (status,) = re.findall(rb"HTTP/1\.1 (\d{3}) ", heard)
    assert status.startswith(b"4")
    assert is_ended
    assert b"\r\nx-injected" not in heard.lower()
    assert said(port, b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")[0].startswith(
        b"HTTP/1.1 200"
    )


def test_a_connection_that_says_nothing_is_ended(port):
    start = time.monotonic()
    heard, is_ended = said(port, b"")
    assert (heard, is_ended) == (b"", True)
    assert time.monotonic() - start < 40


def test_headers_that_drip_are_not_waited_for(port):
    heard, is_ended = said(port, START)
    assert (heard, is_ended) == (b"", True)


def test_two_requests_on_one_connection_are_both_answered(port):
    ask = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = ask.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    heard, is_ended = said(port, ask + last)
    assert len(re.findall(rb"HTTP/1\.1 200 ", heard)) == 2
    assert is_ended


def test_headers_in_two_packets_are_one_request(port):
    ask = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.settimeout(60)
        for part in (ask[:30], ask[30:-3], ask[-3:]):
            line.sendall(part)
            time.sleep(0.05)
        assert line.recv(1000).startswith(b"HTTP/1.1 200")


def test_who_sends_a_body_that_is_refused_gets_to_read_why(port):
    body = bytes(100_000)
    raw = START.replace(b"Host: 127.0.0.1", b"Host: evil") + b"Content-Length: %d\r\n\r\n" % len(body) + body
    heard, is_ended = said(port, raw)
    assert heard.startswith(b"HTTP/1.1 401")
    assert is_ended


def test_a_web_socket_is_refused(port):
    raw = (
        b"GET /ocr HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert re.match(rb"HTTP/1\.1 4", said(port, raw, 1.0)[0])
