"""An address as it is asked for: taken apart strictly, so that everybody who reads it means the same host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from inkread.errors import AddressError

if TYPE_CHECKING:
    from inkread.load.addresses import Address

_MAX_LENGTH: Final = 8_192
_MAX_HOST: Final = 253
_ADDRESS: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*):(?P<slashes>/*)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_AUTHORITY: Final = re.compile(
    r"(?P<host>\[[0-9a-f:.]+\]|[^\[\]:@/?#%\\]+)(:(?P<port>[0-9]{1,5})?)?(?P<target>[/?].*)?", re.I | re.DOTALL
)
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# A last label like this makes clients read the whole name as a number: 2130706433, 0x7f.1, 0177.0.0.1.
_NUMERIC: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
# IDNA of 2003 (ours) and of 2008 (browsers') make different hosts of these.
_AMBIGUOUS: Final = frozenset("ßς\u200c\u200d")
_CONTROLS: Final = re.compile("[\0-\x1f\x7f-\x9f]")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_KEPT: Final = "/?%:@!$&'()*+,;=~-._[]"


@dataclass(frozen=True)
class Url:
    """An address of the web. host: lower case ASCII, without brackets or final dot.  target: path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def is_encrypted(self) -> bool:
        return self.scheme == "https"

    @property
    def literal(self) -> Address | None:
        """The host as an IP address, where it is one."""
        return _literal(self.host)

    @property
    def authority(self) -> str:
        """Host and port as a request says them: the usual port goes without saying."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def is_url(text: str) -> bool:
    """Return whether a text is meant as an address and not as a path: it starts with http: or any scheme://."""
    return re.match(r"https?:|[a-z][a-z0-9+.-]+://", text, re.IGNORECASE) is not None


def shown(text: str) -> str:
    """Return an address as it may be shown and kept: without user, password, query and fragment, which hold secrets."""
    bare = re.sub(r"^([^:/]+:/*)[^/]*@", r"\1", re.split(r"[?#]", text, maxsplit=1)[0])
    return "".join(each if each.isprintable() else "?" for each in bare)


def parse(text: str) -> Url:
    """Return the parts of an http or https address. Raises AddressError for what is none, or not plainly one."""
    scheme, rest = _schemed(text)
    matched = _AUTHORITY.fullmatch(rest.partition("#")[0])
    if "@" in re.split(r"[/?#]", rest)[0]:
        raise _malformed(text, "holds a user name or password", "leave out what stands before the @")
    if matched is None or "\\" in rest:
        raise _malformed(text, "names no host that can be asked", "write it as https://host/path")
    port = int(matched["port"]) if matched["port"] else _DEFAULT_PORTS[scheme]
    target = matched["target"] or "/"
    try:
        target = quote(target if target.startswith("/") else f"/{target}", safe=_KEPT)
    except UnicodeEncodeError as error:
        raise _malformed(text, "holds characters that no address can", "write it in ASCII") from error
    return Url(scheme, _host(matched["host"], text), port, target)


def _schemed(text: str) -> tuple[str, str]:
    if len(text) > _MAX_LENGTH:
        raise _malformed(text, f"is longer than {_MAX_LENGTH:,} characters", "pass a shorter one")
    if _CONTROLS.search(text):
        raise _malformed(text, "holds control characters", "leave them out")
    matched = _ADDRESS.fullmatch(text)
    scheme = matched["scheme"].lower() if matched else ""
    if matched is None or scheme not in _DEFAULT_PORTS:
        raise _malformed(text, "is no address of the web", "only http and https are read; pass a file as a path")
    if len(matched["slashes"]) != 2:
        raise _malformed(text, "names no host", f"write it as {scheme}://host/path")
    return scheme, matched["rest"]


def _host(given: str, text: str) -> str:
    if given.startswith("["):
        try:
            return str(IPv6Address(given[1:-1]))
        except AddressValueError as error:
            raise _malformed(text, f"holds {given}, which is no IPv6 address", "correct it") from error
    host = _ascii(given, text).lower().removesuffix(".")
    labels = host.split(".")
    if len(host) > _MAX_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise _malformed(text, "has a host name that cannot be", "use letters, digits, dots and hyphens")
    if _NUMERIC.fullmatch(labels[-1]) and _literal(host) is None:
        raise _malformed(text, "writes an IP address in a way of its own", "write it as four numbers from 0 to 255")
    return host


def _ascii(host: str, text: str) -> str:
    """Return an international name as the network knows it (xn--...), which also folds look-alikes of digits."""
    if host.isascii():
        return host
    try:
        if len(host) > _MAX_HOST or set(host) & _AMBIGUOUS:
            raise UnicodeError
        return host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise _malformed(text, "has a host name with no plain ASCII form", "write the name as xn--…") from error


def _literal(host: str) -> Address | None:
    for kind in (IPv4Address, IPv6Address):
        try:
            return kind(host)
        except AddressValueError:
            continue
    return None


def _malformed(text: str, what: str, remedy: str) -> AddressError:
    short = shown(text)
    return AddressError(f'"{short if len(short) <= 200 else short[:199] + "…"}" {what}', remedy=remedy)
