"""The content of an address (URL), fetched so that nobody can send this machine where it should not go.

Every address that a host name has is checked, and the connection is made to one that was checked: the name is not
looked up again, so it cannot change its meaning in between. Each redirection is checked like the first address.
Neither proxies nor passwords of the environment are used. What arrives is limited in size, in all its time and in
the wait for the next byte, whatever the server says of it.
"""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urljoin

from inkread import __version__
from inkread.errors import AddressError, DownloadError, LimitError, UnsupportedFormatError
from inkread.load import formats
from inkread.load.addresses import Address, refusal
from inkread.load.url import Url, parse, shown
from inkread.logs import label, logger
from inkread.options import WebOptions

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_log = logger(__name__)
Told = TypeVar("Told")
Resolve = Callable[[str, int], Sequence[Address]]
Connect = Callable[[Address, int, float], socket.socket]

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PIECE_BYTES: Final = 1 << 16
# Headers and the frames of chunks. A chunk of length -1 makes http.client read to the end: this ends that.
_OVERHEAD_BYTES: Final = 1 << 20
_WEB_PAGES: Final = ("text/html", "application/xhtml+xml")
# Names that mean this machine or its surroundings wherever they are asked (RFC 6761, 6762, 8375, and clouds' habit).
_LOCAL_NAMES: Final = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "corp", "private", "onion")


def resolve(host: str, port: int) -> list[Address]:
    """Return all addresses of a host name. Raises OSError where it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(str(each[4][0]).partition("%")[0]) for each in dict.fromkeys(found)]


def connect(address: Address, port: int, timeout_s: float) -> socket.socket:
    """Return a connection to exactly this address."""
    return socket.create_connection((str(address), port), timeout_s)


def fetch(
    text: str,
    options: WebOptions,
    *,
    resolve: Resolve = resolve,
    connect: Connect = connect,
    context: ssl.SSLContext | None = None,
) -> bytes:
    """Return the content of an http or https address.

    resolve, connect: how names are looked up and connections made.  context: whose certificates are believed; None:
    the system's. Raises AddressError where it may not be asked, DownloadError where it does not give its content in
    time, LimitError where it gives too much, UnsupportedFormatError where it gives a web page.
    """
    if not options.allow:
        raise AddressError(
            f'"{shown(text)}" is an address, and reading from addresses is not allowed',
            remedy="allow it (--allow-url, or load.web.allow in options), or download the file and pass its path",
        )
    clock = _Clock(shown(text), options, time.monotonic() + options.timeout_s)
    url = parse(text)
    for _ in range(options.max_redirects + 1):
        answer = _ask(url, clock, resolve, connect, context, partial(_answer, url, clock))
        if isinstance(answer, bytes):
            _log.info(
                "address %s gave %d bytes, %.2f s before its limit", label(clock.name), len(answer), clock.left_s()
            )
            return answer
        _log.debug("address %s redirects", label(clock.name))
        url = _redirected(url, answer)
    raise DownloadError(
        f'"{clock.name}" redirects more than {options.max_redirects} times', remedy="pass the address it leads to"
    )


def vet(text: str, options: WebOptions, *, resolve: Resolve = resolve) -> None:
    """Raise what `post` would raise before it connects: AddressError, DownloadError."""
    clock = _Clock(shown(text), options, time.monotonic() + options.timeout_s)
    _vetted(parse(text), clock, resolve)


def post(
    text: str,
    body: bytes,
    headers: Mapping[str, str],
    options: WebOptions,
    *,
    resolve: Resolve = resolve,
    connect: Connect = connect,
    context: ssl.SSLContext | None = None,
) -> int:
    """Send a body to an http or https address, as guarded as `fetch`, and return the status of the answer.

    Redirections are not followed, and nothing more of the answer is read. Raises AddressError where it may not be
    asked, DownloadError where nothing answers in time.
    """
    clock = _Clock(shown(text), options, time.monotonic() + options.timeout_s)
    url = parse(text)

    def speak(line: _Line) -> int:
        connection = _begun("POST", url, line)
        for name, value in (*headers.items(), ("Content-Length", str(len(body)))):
            connection.putheader(name, value)
        connection.endheaders(body)
        with connection.getresponse() as response:
            return response.status

    return _ask(url, clock, resolve, connect, context, speak)


@dataclass(frozen=True)
class _Clock:
    """One download: what it is called, its limits, and when it has to be over."""

    name: str
    options: WebOptions
    end: float

    def wait_s(self) -> float:
        """Return how long to wait for the next byte, seconds. Raises DownloadError where the time is over."""
        return min(self.left_s(), self.options.idle_s)

    def left_s(self) -> float:
        """Return how long the download may still take, seconds. Raises DownloadError where the time is over."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise DownloadError(
                f'"{self.name}" was not there within {self.options.timeout_s:g} s',
                remedy="try again, or raise load.web.timeout_s",
            )
        return left


def _ask(
    url: Url,
    clock: _Clock,
    resolve: Resolve,
    connect: Connect,
    context: ssl.SSLContext | None,
    speak: Callable[[_Line], Told],
) -> Told:
    """Return what `speak` makes of a connection to an address that may be asked."""
    addresses = _vetted(url, clock, resolve)
    try:
        with _connected(addresses, url, clock, connect, context) as line:
            return speak(_Line(line, clock))
    except TimeoutError as error:
        clock.left_s()  # raises where all of the time is over, not only that for the next byte
        raise DownloadError(
            f'"{clock.name}" gave nothing for {clock.options.idle_s:g} s', remedy="try again later"
        ) from error
    except ssl.SSLCertVerificationError as error:
        raise DownloadError(
            f'"{clock.name}" has no certificate to be believed ({error.verify_message})',
            remedy="check the host's name; certificates are never ignored",
        ) from error
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise DownloadError(f'"{clock.name}" cannot be fetched ({reason})', remedy="check the address") from error


def _vetted(url: Url, clock: _Clock, resolve: Resolve) -> Sequence[Address]:
    """Return the addresses of the host, each of them checked. Raises AddressError if only one may not be asked."""
    is_intranet = _is_listed(url.host, clock.options.hosts)
    if url.port not in clock.options.ports:
        ports = ", ".join(str(port) for port in clock.options.ports)
        raise AddressError(
            f'"{clock.name}" leads to port {url.port}', remedy=f"only ports {ports} are asked; add it to load.web.ports"
        )
    if not is_intranet and any(url.host == name or url.host.endswith(f".{name}") for name in _LOCAL_NAMES):
        raise _refused(clock.name, url.host, "a name of this machine or its network")
    addresses = [literal] if (literal := url.literal) else _resolved(url, clock, resolve)
    for address in addresses:
        if words := refusal(address, is_intranet=is_intranet):
            raise _refused(clock.name, url.host, words)
    return addresses


def _is_listed(host: str, hosts: Sequence[str]) -> bool:
    return any(
        host.endswith(listed) if listed.startswith(".") else host == listed
        for listed in (each.lower().strip("[]") for each in hosts)
    )


def _refused(name: str, host: str, words: str) -> AddressError:
    return AddressError(
        f'"{name}" leads to {words}', remedy=f'if {host} may be asked, its operator adds it to "load.web.hosts"'
    )


def _resolved(url: Url, clock: _Clock, resolve: Resolve) -> Sequence[Address]:
    """Look the name up, in a thread: the system's resolver knows no time limit."""
    found: list[Sequence[Address]] = []
    failed: list[Exception] = []

    def look_up() -> None:
        try:
            found.append(resolve(url.host, url.port))
        except (OSError, ValueError) as error:
            failed.append(error)

    thread = threading.Thread(target=look_up, daemon=True, name="inkread-resolve")
    thread.start()
    thread.join(clock.left_s())
    if not found or not found[0]:
        what = "is not known" if failed or found else "was not found in time"
        raise DownloadError(
            f'the host "{url.host}" of "{clock.name}" {what}', remedy="check the name and the network"
        ) from (failed[0] if failed else None)
    return found[0]


def _connected(
    addresses: Sequence[Address], url: Url, clock: _Clock, connect: Connect, context: ssl.SSLContext | None
) -> socket.socket:
    """Return a connection to the first address that takes it; encrypted, with the host's name verified, for https."""
    for number, address in enumerate(addresses, start=1):
        try:
            line = connect(address, url.port, clock.wait_s())
            break
        except OSError:
            if number == len(addresses):
                raise
    if not url.is_encrypted:
        return line
    try:
        line.settimeout(clock.wait_s())
        return (context or ssl.create_default_context()).wrap_socket(line, server_hostname=url.host)
    except BaseException:
        line.close()
        raise


def _begun(method: str, url: Url, line: _Line) -> HTTPConnection:
    """Return a connection on which a request has begun."""
    connection = HTTPConnection(url.host, url.port)
    connection.sock = line
    connection.putrequest(method, url.target, skip_host=True, skip_accept_encoding=True)
    headers = {"Host": url.authority, "User-Agent": f"inkread/{__version__}", "Accept": "*/*"}
    for name, value in (*headers.items(), ("Accept-Encoding", "identity"), ("Connection", "close")):
        connection.putheader(name, value)
    return connection


def _answer(url: Url, clock: _Clock, line: _Line) -> bytes | str:
    """Return what an address gives, or where it redirects to."""
    connection = _begun("GET", url, line)
    connection.endheaders()
    with connection.getresponse() as response:
        if response.status in _REDIRECTS:
            return response.headers.get("Location", "")
        if response.status != 200:
            raise DownloadError(
                f'"{clock.name}" answers with {response.status} {_printable(response.reason)}'.rstrip(),
                remedy="check the address",
            )
        length = _length(response, clock)
        content = _body(response, length, clock)
        _refuse_web_page(content[: formats.PREFIX_BYTES], response.headers.get_content_type(), clock)
        return content


def _length(response: HTTPResponse, clock: _Clock) -> int | None:
    """Return the announced length of the content. Raises where the answer is packed, or contradicts itself."""
    packed = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packed not in ("", "identity"):
        raise DownloadError(
            f'"{clock.name}" answers compressed ({_printable(packed)}), which was not asked for',
            remedy="download the file and pass its path",
        )
    lengths = set(response.headers.get_all("Content-Length", ()))
    coding = response.headers.get_all("Transfer-Encoding", ())
    plain = [each.strip().lower() for each in coding]
    if plain not in ([], ["chunked"]) or (plain and lengths) or len(lengths) > 1:
        raise DownloadError(f'"{clock.name}" answers in a way that can be read in two ways', remedy="check the server")
    if not lengths:
        return None
    told = lengths.pop().strip()
    if not (told.isascii() and told.isdigit()):
        raise DownloadError(f'"{clock.name}" tells no length that makes sense', remedy="check the server")
    if len(told) > 18 or int(told) > clock.options.max_bytes:
        raise _too_large(clock)
    return int(told)


def _body(response: HTTPResponse, length: int | None, clock: _Clock) -> bytes:
    content = io.BytesIO()
    while piece := response.read(_PIECE_BYTES):
        content.write(piece)
        if content.tell() > clock.options.max_bytes:
            raise _too_large(clock)
    if length is not None and content.tell() < length:
        raise DownloadError(
            f'"{clock.name}" breaks off after {content.tell():,} of {length:,} bytes', remedy="try again"
        )
    return content.getvalue()


def _too_large(clock: _Clock) -> LimitError:
    most = clock.options.max_bytes
    return LimitError(
        f'"{clock.name}" is larger than {most:,} bytes', remedy="raise load.web.max_bytes, or download the file"
    )


def _redirected(url: Url, location: str) -> Url:
    """Return where an address redirects to. Raises AddressError where that is malformed or gives up encryption."""
    if not location:
        raise DownloadError(f'"{shown(str(url))}" redirects to nowhere', remedy="check the address")
    with suppress(UnicodeError):  # http.client reads headers as Latin-1; most that are not ASCII are UTF-8
        location = location.encode("latin-1").decode("utf-8")
    try:
        target = parse(urljoin(str(url), location))
    except ValueError as error:
        raise AddressError(f'"{shown(str(url))}" redirects to what is no address') from error
    if url.is_encrypted and not target.is_encrypted:
        raise AddressError(
            f'"{shown(str(url))}" redirects from https to http', remedy="download the file and pass its path"
        )
    return target


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text[:80])


def _refuse_web_page(prefix: bytes, media_type: str, clock: _Clock) -> None:
    """Raise where the content is a page for people. What it is called decides only where it looks like nothing."""
    looks = "" if formats.sniff(prefix) else formats.likeness(prefix)
    is_called_page = media_type in _WEB_PAGES and looks in ("text", "unknown data", "an XML file")
    if looks == "a web page" or is_called_page:
        raise UnsupportedFormatError(
            f'"{clock.name}" is a web page', remedy="pass the address of the picture or PDF itself"
        )


class _Line:
    """A connection as http.client uses one, with each wait limited."""

    def __init__(self, line: socket.socket, clock: _Clock) -> None:
        self._line = line
        self._clock = clock

    def sendall(self, data: bytes) -> None:
        self._line.settimeout(self._clock.wait_s())
        self._line.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Arriving(self._line, self._clock))

    def close(self) -> None:
        """Whoever made the connection closes it."""


class _Arriving(io.RawIOBase):
    """What arrives, in limited time and, whatever http.client makes of lengths, in limited size."""

    def __init__(self, line: socket.socket, clock: _Clock) -> None:
        self._line = line
        self._clock = clock
        self._left = clock.options.max_bytes + _OVERHEAD_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._line.settimeout(self._clock.wait_s())
        count = self._line.recv_into(buffer)
        self._left -= count
        if self._left < 0:
            raise _too_large(self._clock)
        return count
