"""Tokens, and who may ask: decided from the headers, before anything of a body is read."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import jwt

from inkread.errors import CredentialsError, RequestError
from inkread.service.clients import Client, ClientBook
from inkread.service.settings import LOOPBACK_NAMES

_ALGORITHM: Final = "HS256"
_NAME: Final = "inkread"
_LEEWAY_S: Final = 30
_CLAIMS: Final = ["iss", "aud", "sub", "iat", "nbf", "exp", "jti", "ver"]
_MOST_TOKEN: Final = 4096
_MOST_FIELDS: Final = 10
ANYBODY: Final = Client("anybody", "without credentials")
# The same words whatever was wrong: nobody learns from them which clients there are.
_REFUSED: Final = "these credentials are not good here"


class Tokens:
    """Short-lived bearer tokens (RFC 6750) for the clients of a book, signed by its newest key."""

    def __init__(self, book: ClientBook, lifetime_s: int, clock: Callable[[], float] = time.time) -> None:
        self._book = book
        self.lifetime_s = lifetime_s
        self._clock = clock

    def issue(self, client: Client) -> str:
        """Return a new token."""
        key = self._book.keys()[0]
        now = int(self._clock())
        claims = {
            "iss": _NAME, "aud": _NAME, "sub": client.id, "ver": client.version, "iat": now, "nbf": now,
            "exp": now + self.lifetime_s, "jti": secrets.token_hex(16),
        }  # fmt: skip
        return jwt.encode(claims, key.value, algorithm=_ALGORITHM, headers={"kid": key.id})

    def client(self, token: str) -> Client:
        """Return whose token this is. Raises CredentialsError where it is not, or no longer, good."""
        try:
            if len(token) > _MOST_TOKEN:
                raise jwt.InvalidTokenError("too long")
            named = jwt.get_unverified_header(token).get("kid")
            keys = self._book.keys()
            key = next((key for key in keys if key.id == named), None)  # looked up, never opened
            if key is None:
                raise jwt.InvalidTokenError("no such key")
            claims = jwt.decode(
                token,
                key.value,
                algorithms=[_ALGORITHM],
                issuer=_NAME,
                audience=_NAME,
                # PyJWT has no clock to be given, and 30 s of leeway are for all three times alike.
                options={"require": _CLAIMS, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
            now = self._clock()
            times = [claims[name] for name in ("exp", "nbf", "iat")]
            if not all(type(each) is int for each in times):
                raise jwt.InvalidTokenError("a time is no number")
            is_now = times[0] + _LEEWAY_S > now and max(times[1:]) - _LEEWAY_S <= now
            client = self._book.client(claims["sub"]) if type(claims["sub"]) is str else None
            if not is_now or client is None or type(claims["ver"]) is not int or claims["ver"] != client.version:
                raise jwt.InvalidTokenError("over")
        except jwt.PyJWTError as error:
            raise refused() from error
        return client


class Gate:
    """Decides from a request's headers who asks.

    Without credentials anybody on this machine may, but no web page from elsewhere: the host must be one of `names`,
    and what a browser says of where the page came from must be the same host.
    """

    def __init__(self, tokens: Tokens | None, names: tuple[str, ...], *, any_host: bool = False) -> None:
        self._tokens = tokens
        self._names = frozenset(name.casefold() for name in (*LOOPBACK_NAMES, *names))
        self._any_host = any_host

    @property
    def needs_credentials(self) -> bool:
        return self._tokens is not None

    def client(self, headers: Mapping[bytes, bytes]) -> Client:
        """Return who asks. Raises CredentialsError."""
        if self._tokens is None:
            self._check_origin(headers)
            return ANYBODY
        kind, _, token = _latin(headers.get(b"authorization")).partition(" ")
        if kind.casefold() != "bearer" or not token:
            raise refused()
        return self._tokens.client(token.strip())

    def _check_origin(self, headers: Mapping[bytes, bytes]) -> None:
        host = _host(_latin(headers.get(b"host")))
        if not self._any_host and host not in self._names:
            raise CredentialsError(
                "this service has no credentials and answers to names of its own machine only",
                remedy="ask for localhost, add the name to `names`, or add clients (inkread clients add)",
            )
        origin = headers.get(b"origin")
        if origin is not None and _host(urlsplit(_latin(origin)).netloc) != host:
            raise CredentialsError("a web page of another origin may not ask", remedy="use credentials")


def _latin(value: bytes | None) -> str:
    return (value or b"").decode("latin-1")


def _host(authority: str) -> str:
    """Return the host of host:port, without brackets; empty where it is none."""
    try:
        return (urlsplit(f"//{authority}").hostname or "").casefold()
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether a service bound to this host is reached from its own machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def refused() -> CredentialsError:
    """Return the error for credentials that are missing or wrong: the same for all reasons."""
    return CredentialsError(_REFUSED, remedy="get a token from /connect/token")


def token_credentials(headers: Mapping[bytes, bytes], body: bytes) -> tuple[str, str]:
    """Return id and secret of a request for a token (RFC 6749, 4.4): by Basic, or in the form, never both.

    Raises RequestError with the name of RFC 6749, 5.2 as its message where the request is none, and CredentialsError.
    """
    form = _form(headers, body)
    if form.get("grant_type") != "client_credentials":
        known = "unsupported_grant_type" if form.get("grant_type") else "invalid_request"
        raise RequestError(known, remedy="send grant_type=client_credentials")
    given = headers.get(b"authorization")
    if given is None:
        return form.get("client_id", ""), form.get("client_secret", "")
    if "client_secret" in form:
        raise RequestError("invalid_request", remedy="send the secret in the header or in the form, not in both")
    kind, _, encoded = _latin(given).partition(" ")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise refused() from error
    if kind.casefold() != "basic":
        raise refused()
    client_id, _, secret = decoded.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)


def _form(headers: Mapping[bytes, bytes], body: bytes) -> dict[str, str]:
    kind = _latin(headers.get(b"content-type")).partition(";")[0].strip().casefold()
    if kind != "application/x-www-form-urlencoded":
        raise RequestError("invalid_request", remedy="send application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise RequestError("invalid_request", remedy="send a form of a few fields") from error
    if len({name for name, _ in pairs}) < len(pairs):
        raise RequestError("invalid_request", remedy="send each field once")
    return dict(pairs)
