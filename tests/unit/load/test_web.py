"""Addresses: nothing is asked that should not be, and whatever a server does ends in time."""

import gzip
import io
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from inkread.errors import AddressError, DownloadError, InkreadError, LimitError, UnsupportedFormatError
from inkread.load import source, web
from inkread.load.addresses import Address
from inkread.options import LoadOptions, WebOptions

PUBLIC = "93.184.216.34"
ALLOWED = WebOptions(allow=True)
QUICK = WebOptions(allow=True, timeout_s=2, idle_s=0.5)


def picture() -> bytes:
    file = io.BytesIO()
    PIL.Image.new("RGB", (8, 6), (20, 20, 20)).save(file, "PNG")
    return file.getvalue()


def answer(content: bytes = b"", *headers: str, status: str = "200 OK", length: int | None = -1) -> bytes:
    """An HTTP answer; length: -1 as it is, None: not told."""
    told = [] if length is None else [f"Content-Length: {len(content) if length == -1 else length}"]
    return "\r\n".join([f"HTTP/1.1 {status}", *told, *headers, "", ""]).encode() + content


class Server:
    """Listens on this machine and plays one answer for each connection, the last one again and again."""

    def __init__(
        self, *answers: bytes | Callable[[socket.socket], None], context: ssl.SSLContext | None = None
    ) -> None:
        self.requests: list[bytes] = []
        self.asked: list[str] = []
        self._answers = list(answers)
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def connect(self, address: Address, port: int, timeout_s: float) -> socket.socket:
        """Stand in for `web.connect`: whatever is asked is answered here."""
        self.asked.append(f"{address} {port}")
        return socket.create_connection(("127.0.0.1", self.port), timeout_s)

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            with suppress(OSError):
                if self._context is not None:
                    line = self._context.wrap_socket(line, server_side=True)
                self._play(line)
            line.close()

    def _play(self, line: socket.socket) -> None:
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            request += line.recv(1000) or b"\r\n\r\n"
        self.requests.append(request)
        each = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(each, bytes):
            line.sendall(each)
        else:
            each(line)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*answers: bytes | Callable[[socket.socket], None], **options: Any) -> Server:
        servers.append(Server(*answers, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def known(*addresses: str) -> Callable[[str, int], Sequence[Address]]:
    """A resolver that knows one host, or answers one address after the other."""
    left = list(addresses)
    return lambda host, port: [ip_address(left.pop(0) if len(left) > 1 else left[0])]


def fetch(server: Server, url: str = "http://example.org/a.png", options: WebOptions = ALLOWED, **more: Any) -> bytes:
    return web.fetch(url, options, **{"resolve": known(PUBLIC), "connect": server.connect, **more})


def test_an_address_gives_its_content_and_is_asked_for_it_plainly(serve) -> None:
    """S4-48, S4-64."""
    server = serve(answer(picture()))
    assert fetch(server, "http://Example.org/a b.png?size=1#top") == picture()
    assert server.asked == [f"{PUBLIC} 80"]
    (request,) = server.requests
    lines = request.decode().split("\r\n")
    assert lines[0] == "GET /a%20b.png?size=1 HTTP/1.1"
    assert {"Host: example.org", "Accept-Encoding: identity", "Connection: close"} <= set(lines)
    assert not any(line.startswith(("Cookie", "Authorization", "Referer")) for line in lines)


@pytest.mark.row("S4-48", "S4-22")
def test_an_address_is_read_like_a_file_under_its_name_without_secrets(serve, monkeypatch) -> None:
    server = serve(answer(picture(), "Content-Type: text/html"))
    options = LoadOptions(web=WebOptions(allow=True, hosts=("127.0.0.1",), ports=(server.port,)))
    address = f"http://127.0.0.1:{server.port}/a.png"
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    with source.open(f"{address}?key=secret", options=options) as opened:
        assert opened.name == address
        assert [image.source for image in opened] == [address]
    with source.open([f"{address}?key=secret"], options=options) as opened:
        assert [int(image.pixels[0, 0, 0]) for image in opened] == [20]


def post(server: Server, url: str, **more: Any) -> int:
    given = {"resolve": known(PUBLIC), "connect": server.connect, **more}
    return web.post(url, b"{}\r\n\r\n", {"Content-Type": "application/json"}, QUICK, **given)


def test_a_body_is_sent_plainly_and_the_status_of_the_answer_returned(serve) -> None:
    server = serve(answer(status="202 Accepted"))
    assert post(server, "http://example.org/told?a=1") == 202
    lines = server.requests[0].decode().split("\r\n")
    assert lines[0] == "POST /told?a=1 HTTP/1.1"
    assert {"Host: example.org", "Content-Type: application/json", "Content-Length: 6"} <= set(lines)


def test_what_is_sent_follows_no_redirect(serve) -> None:
    server = serve(answer(b"", "Location: http://127.0.0.1/", status="302 Found"))
    assert post(server, "http://example.org/") == 302
    assert len(server.requests) == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "64:ff9b::a9fe:a9fe"])
def test_nothing_is_sent_to_an_address_that_may_not_be_asked(serve, address) -> None:
    server = serve(answer())
    for ask in (lambda: post(server, "http://example.org/", resolve=known(address)),
                lambda: web.vet("http://example.org/", QUICK, resolve=known(address))):  # fmt: skip
        with pytest.raises(AddressError):
            ask()
    assert server.asked == []


def test_addresses_are_off_unless_allowed(serve) -> None:
    server = serve(answer(picture()))
    with pytest.raises(AddressError, match="--allow-url") as caught:
        fetch(server, "https://user:pw@example.org/a.png?key=secret", WebOptions())
    assert "secret" not in str(caught.value)
    assert "pw" not in str(caught.value)
    with pytest.raises(AddressError):
        source.open("https://example.org/a.png")
    assert not server.asked


def test_no_name_with_a_private_address_among_others_is_asked(serve) -> None:
    server = serve(answer(picture()))
    with pytest.raises(AddressError, match="leads to this machine"):
        fetch(server, resolve=lambda host, port: [ip_address(PUBLIC), ip_address("127.0.0.1")])
    assert not server.asked


def test_a_name_that_changes_its_meaning_is_asked_at_the_address_that_was_checked(serve) -> None:
    """DNS rebinding: the second look at the name gives this machine."""
    server = serve(answer(picture()))
    resolve = known(PUBLIC, "127.0.0.1")
    assert fetch(server, resolve=resolve) == picture()
    assert server.asked == [f"{PUBLIC} 80"]
    with pytest.raises(AddressError, match="this machine"):
        fetch(server, resolve=resolve)
    assert len(server.asked) == 1


def test_a_redirect_is_checked_like_the_first_address(serve) -> None:
    for target in (
        "http://169.254.169.254/latest/",
        "//127.0.0.1/",
        "http://2130706433/",
        "ftp://example.org/",
        "\\\\x",
    ):
        server = serve(answer(b"", f"Location: {target}", status="302 Found"), answer(b"secret"))
        with pytest.raises(InkreadError):
            fetch(
                server, resolve=lambda host, port: [ip_address(PUBLIC)], options=WebOptions(allow=True, max_redirects=1)
            )
        assert server.asked in ([f"{PUBLIC} 80"], [f"{PUBLIC} 80"] * 2), target
        assert all(each.startswith(PUBLIC) for each in server.asked)


def test_a_redirect_to_the_same_name_is_looked_up_and_checked_anew(serve) -> None:
    server = serve(answer(b"", "Location: /b.png", status="301 Moved"), answer(b"secret"))
    with pytest.raises(AddressError, match="this machine"):
        fetch(server, resolve=known(PUBLIC, "127.0.0.1"))
    assert server.asked == [f"{PUBLIC} 80"]


def test_redirects_are_followed_up_to_the_limit(serve) -> None:
    server = serve(answer(b"", "Location: http://other.example/ü?x=1", status="307 T"), answer(picture()))
    assert fetch(server) == picture()
    assert server.requests[1].startswith(b"GET /%C3%BC?x=1 HTTP/1.1\r\nHost: other.example\r\n")
    server = serve(answer(b"", "Location: /again", status="302 Found"))
    with pytest.raises(DownloadError, match="more than 3 times"):
        fetch(server)
    assert len(server.asked) == 4
    with pytest.raises(DownloadError, match="redirects to nowhere"):
        fetch(serve(answer(b"", status="302 Found")))


def drip(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        line.sendall(b"x")
        time.sleep(0.1)


def drip_headers(line: socket.socket) -> None:
    while True:
        line.sendall(b"H")
        time.sleep(0.1)


def stall(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    time.sleep(1.2)


def endless(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        line.sendall(bytes(1 << 16))


def endless_chunks(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        line.sendall(b"10000\r\n" + bytes(1 << 16) + b"\r\n")


def negative_chunk(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n")
    while True:
        line.sendall(bytes(1 << 16))


def endless_header(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        line.sendall(b"X-Y: z\r\n" * 1000)


def endless_interim(line: socket.socket) -> None:
    while True:
        line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


@pytest.mark.parametrize("play", [drip, drip_headers])
def test_a_server_that_drips_ends_with_the_time_for_all(serve, play) -> None:
    start = time.monotonic()
    with pytest.raises(DownloadError, match="within 1 s"):
        fetch(serve(play), options=WebOptions(allow=True, timeout_s=1, idle_s=0.5))
    assert time.monotonic() - start < 2


def test_a_server_that_stalls_ends_with_the_time_for_the_next_byte(serve) -> None:
    with pytest.raises(DownloadError, match=r"gave nothing for 0\.5 s"):
        fetch(serve(stall), options=QUICK)


@pytest.mark.parametrize("play", [endless, endless_chunks, negative_chunk, endless_interim])
def test_an_answer_without_end_is_cut_at_the_limit(serve, play) -> None:
    with pytest.raises(LimitError, match="larger than 2,000,000 bytes"):
        fetch(serve(play), options=WebOptions(allow=True, max_bytes=2_000_000, timeout_s=30))


def test_headers_without_end_are_an_error(serve) -> None:
    with pytest.raises(DownloadError, match="cannot be fetched"):
        fetch(serve(endless_header))


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (answer(b"x", status="404 Not\tFound"), DownloadError, r"404 Not\?Found"),
        (answer(b"x", status="206 Partial"), DownloadError, "206"),
        (answer(gzip.compress(b"x"), "Content-Encoding: gzip"), DownloadError, "compressed"),
        (answer(b"x", "Content-Encoding: gzip, identity"), DownloadError, "compressed"),
        (answer(b"x", "Transfer-Encoding: gzip, chunked", length=None), DownloadError, "two ways"),
        (answer(b"1\r\nx\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), DownloadError, "two ways"),
        (answer(b"xx", "Content-Length: 1"), DownloadError, "two ways"),
        (answer(b"x", length=-5), DownloadError, "no length"),
        (answer(b"x", "Content-Length: +1", length=None), DownloadError, "no length"),
        (answer(b"x", "Content-Length: ٣", length=None), DownloadError, "no length"),
        (answer(b"x", length=10**12), LimitError, "larger than"),
        (answer(b"x", length=10**40), LimitError, "larger than"),
        (answer(b"short", length=1000), DownloadError, "breaks off after 5 of 1,000"),
        (answer(b"FFFFFFFFFFFFFFFFF\r\nx\r\n", "Transfer-Encoding: chunked", length=None), DownloadError, "fetched"),
        (answer(b"x\r\n", "Transfer-Encoding: chunked", length=None), DownloadError, "cannot be fetched"),
        (b"SSH-2.0-server\r\n", DownloadError, "cannot be fetched"),
        (b"", DownloadError, "cannot be fetched"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000, DownloadError, "cannot be fetched"),
        (answer(b"<!DOCTYPE html><p>", "Content-Type: image/png"), UnsupportedFormatError, "is a web page"),
        (answer(b"<!-- hello --><p>", "Content-Type: text/html"), UnsupportedFormatError, "is a web page"),
    ],
)
def test_an_answer_that_makes_no_sense_is_a_clear_error(serve, reply: bytes, kind: type, words: str) -> None:
    with pytest.raises(InkreadError, match=words) as caught:
        fetch(serve(reply), "http://example.org/a.png?key=secret", QUICK)
    assert type(caught.value) is kind
    assert "secret" not in str(caught.value)
    assert str(caught.value).isprintable()


def test_chunks_and_answers_without_a_length_are_read(serve) -> None:
    chunks = b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
    assert fetch(serve(answer(chunks, "Transfer-Encoding: chunked", length=None))) == b"abcde"
    assert fetch(serve(answer(b"abcde", length=None))) == b"abcde"
    assert fetch(serve(answer(b"abcde" + b"more", length=5))) == b"abcde"


def test_a_second_address_is_tried_where_the_first_does_not_answer(serve) -> None:
    server = serve(answer(picture()))

    def connect(address: Address, port: int, timeout_s: float) -> socket.socket:
        if str(address) == PUBLIC:
            raise ConnectionRefusedError(111, "Connection refused")
        return server.connect(address, port, timeout_s)

    both = [ip_address(PUBLIC), ip_address("2606:4700::1")]
    assert fetch(server, resolve=lambda host, port: both, connect=connect) == picture()
    with pytest.raises(DownloadError, match="Connection refused"):
        fetch(server, connect=connect)


def test_an_unknown_name_and_a_resolver_that_hangs_end_as_errors(serve) -> None:
    def unknown(host: str, port: int) -> list[Address]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(DownloadError, match="is not known"):
        fetch(serve(b""), resolve=unknown)
    with pytest.raises(DownloadError, match="not found in time"):
        fetch(serve(b""), resolve=lambda *_: time.sleep(1), options=WebOptions(allow=True, timeout_s=0.2))


def test_one_bad_address_does_not_stop_the_others(serve) -> None:
    server = serve(answer(picture()))
    options = LoadOptions(web=WebOptions(allow=True, hosts=("127.0.0.1",), ports=(server.port,)))
    good = f"http://127.0.0.1:{server.port}/a.png"
    results: list[object] = []
    for each in source.inputs([good, "http://10.0.0.1/", "http:/x", good], options=options):
        try:
            with each.open() as opened:
                results.append(len(opened))
        except InkreadError as error:
            results.append(type(error))
    assert results == [1, AddressError, AddressError, 1]


@pytest.mark.parametrize(
    ("host", "hosts", "is_listed"),
    [
        ("scans.example.org", ("scans.example.org",), True),
        ("SCANS.example.org.", ("Scans.Example.org",), True),
        ("a.scans.example.org", ("scans.example.org",), False),
        ("a.example.org", (".example.org",), True),
        ("example.org", (".example.org",), False),
        ("badexample.org", (".example.org",), False),
        ("example.org", ("", "."), False),
    ],
)
def test_private_addresses_are_asked_only_of_hosts_that_are_listed(serve, host, hosts, is_listed) -> None:
    server = serve(answer(picture()))
    options = WebOptions(allow=True, hosts=hosts)
    if is_listed:
        assert fetch(server, f"http://{host}/", options, resolve=known("10.0.0.1")) == picture()
        with pytest.raises(AddressError, match="link-local"):
            fetch(server, f"http://{host}/", options, resolve=known("169.254.169.254"))
    else:
        with pytest.raises(AddressError, match="private network"):
            fetch(server, f"http://{host}/", options, resolve=known("10.0.0.1"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A certificate of example.org, signed by itself, and its key in one file."""
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test"
        " -addext subjectAltName=DNS:example.org -keyout key.pem -out cert.pem"
    )
    try:
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs openssl to make a certificate")
    return folder


def test_https_believes_only_a_certificate_of_the_name_that_was_asked(serve, certificate: Path) -> None:
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    names: list[str | None] = []
    own.sni_callback = lambda line, name, context: names.append(name)
    believed = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    server = serve(answer(picture()), context=own)
    assert fetch(server, "https://example.org/a.png", context=believed) == picture()
    assert names == ["example.org"]
    assert server.asked == [f"{PUBLIC} 443"]
    with pytest.raises(DownloadError, match="certificate to be believed"):
        fetch(server, "https://other.example/a.png", context=believed)
    with pytest.raises(DownloadError, match="certificate to be believed"):
        fetch(server, "https://example.org/a.png")


def test_a_redirect_does_not_give_up_encryption(serve, certificate: Path) -> None:
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    server = serve(answer(b"", "Location: http://example.org/a.png", status="302 Found"), context=own)
    with pytest.raises(AddressError, match="from https to http"):
        fetch(server, "https://example.org/", context=ssl.create_default_context(cafile=str(certificate / "cert.pem")))
