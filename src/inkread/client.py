"""A client of the service: `Client` and `AsyncClient`, which read elsewhere what a Reader reads here.

Both run the same generators, which say what to send and how long to wait; only how they wait differs.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import random
import threading
import time
from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from inkread import errors
from inkread.document import Document, Page
from inkread.errors import (
    ClosedError,
    CredentialsError,
    DeadlineError,
    InkreadError,
    InputError,
    MissingPackageError,
    ServiceError,
    SourceNotFoundError,
)
from inkread.export.json import from_dict

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")

# A status that another try may change, and what goes wrong between here and there: reading twice harms nobody.
_WORTH_RETRYING = frozenset({429, 502, 503, 504})
# Waits between tries: at random up to this, doubled each time (full jitter, M. Brooker, AWS 2015), or what the
# service asks for.
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 20.0
# A token is renewed this long before it ends.
_TOKEN_MARGIN_S = 30.0


@dataclass(frozen=True)
class ClientOptions:
    """Where the service is, who asks, and how long to wait.

    timeout_s: for one document, with all tries.  retries: further tries after the first.  language, mode: as a
    Reader has them; None: the service's own.
    """

    url: str = "http://localhost:8080"
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    language: tuple[str, ...] = ()
    mode: str | None = None
    timeout_s: float = 300.0
    retries: int = 4


class _Request(NamedTuple):
    """One request. fields: beside the file in a form, or by themselves as JSON."""

    method: str
    path: str
    file: tuple[str, bytes] | None = None
    fields: Mapping[str, Any] = {}


class _Wait(NamedTuple):
    seconds: float


class _Lost(NamedTuple):
    """No answer came."""

    error: Exception


# What a flow says, and what it is told: the answer to a request, or that there is none.
_Flow = Generator["_Request | _Wait", "httpx2.Response | _Lost | None", T]


class _Core:
    """What both clients share: everything but waiting."""

    def __init__(
        self,
        url: str = ClientOptions.url,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        language: str | Iterable[str] = (),
        mode: str | None = None,
        timeout_s: float = ClientOptions.timeout_s,
        retries: int = ClientOptions.retries,
        transport: Any = None,
    ) -> None:
        languages = (language,) if isinstance(language, str) else tuple(language)
        self.options = ClientOptions(url, client_id, client_secret, languages, mode, timeout_s, retries)
        self._token: str | None = None
        self._token_ends = 0.0
        self._is_closed = False
        self._connect({"base_url": url, "timeout": timeout_s, "transport": transport})

    def _connect(self, settings: Mapping[str, Any]) -> None:
        """Make the connections, with these settings of httpx2, and the lock of those who renew a token."""
        raise NotImplementedError

    def _read(self, source: object, name: str | None, asked: Mapping[str, Any]) -> _Flow[Document]:
        content = yield from self._document(source, name, {**asked, "format": "json"})
        return from_dict(_json(content))

    def _extract(self, source: object, name: str | None, kind: str | Mapping[str, Any]) -> _Flow[dict[str, Any]]:
        content = yield from self._document(source, name, {"format": "json", "extract": kind})
        fields: dict[str, Any] = _json(content)["fields"]
        return fields

    def _document(self, source: object, name: str | None, asked: Mapping[str, Any]) -> _Flow[bytes]:
        """Have a source read, and return the answer's content."""
        fields = dict(asked)
        if self.options.language:
            fields["language"] = list(self.options.language)
        if self.options.mode is not None:
            fields["mode"] = self.options.mode
        if isinstance(source, str) and source.startswith(("http://", "https://")):
            request = _Request("POST", "/v1/read", None, {**fields, "url": source, **({"name": name} if name else {})})
        else:
            given, content = _content(source)
            request = _Request("POST", "/v1/read", (name or given, content), fields)
        answer = yield from self._send(request)
        return answer.content

    def _list(self, path: str, name: str) -> _Flow[list[dict[str, Any]]]:
        answer = yield from self._send(_Request("GET", path))
        found: list[dict[str, Any]] = answer.json()[name]
        return found

    def _send(self, request: _Request) -> _Flow[httpx2.Response]:
        """Send a request until it is answered; raise the error that the last answer tells."""
        if self._is_closed:
            raise ClosedError("the client is closed", remedy="make a new one")
        ends = time.monotonic() + self.options.timeout_s
        tries = 0
        while True:
            answer = yield request
            assert answer is not None
            error = _error_of(answer, self.options)
            if error is None:
                assert not isinstance(answer, _Lost)
                return answer
            tries += 1
            wait = _wait_after(error, tries)
            if not _is_worth_retrying(answer) or tries > self.options.retries:
                raise error
            if time.monotonic() + wait > ends:
                raise DeadlineError(
                    f"the service did not answer in {self.options.timeout_s:g} s: {error}",
                    remedy="wait longer (timeout_s), or ask for fewer pages",
                ) from error
            yield _Wait(wait)

    def _headers(self) -> dict[str, str]:
        return {} if self._token is None else {"authorization": f"Bearer {self._token}"}

    def _needs_token(self) -> bool:
        return self.options.client_id is not None and (self._token is None or time.monotonic() >= self._token_ends)

    def _keep_token(self, answer: httpx2.Response) -> None:
        error = _error_of(answer, self.options)
        if error is not None:
            raise error
        granted = answer.json()
        self._token = granted["access_token"]
        self._token_ends = time.monotonic() + max(float(granted["expires_in"]) - _TOKEN_MARGIN_S, 1.0)

    def _credentials(self) -> tuple[str, str]:
        if self.options.client_secret is None:
            raise CredentialsError("a client_id without a client_secret", remedy="give both")
        return self.options.client_id or "", self.options.client_secret

    def _drop_token(self, used: str | None) -> bool:
        """Forget a token that was refused, and return whether another may do; one that was renewed since may."""
        if self.options.client_id is None:
            return False
        if self._token == used:
            self._token = None
        return True


class Client(_Core):
    """Reads with a service. Threads may share one.

    >>> with Client("http://localhost:8080") as client:
    ...     print(client.read("receipt.jpg"))

    url: where the service is.  client_id, client_secret: as `inkread clients add` gave them.  language, mode: as a
    Reader has them.  timeout_s: for one document, with all tries.  retries: further tries after the first.  transport:
    an httpx2 transport, for tests. Raises MissingPackageError where httpx2 is not installed.
    """

    def _connect(self, settings: Mapping[str, Any]) -> None:
        self._http = _httpx2().Client(**settings)
        self._renewing = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, source: object, *, name: str | None = None, pages: str | None = None) -> Document:
        """Return everything that one input holds as a Document, as `Reader.read` does.

        source: a path, bytes, a binary stream, a Pillow picture, an array, or an address (URL) that the service may
        ask.  pages: which, from 1 ("1-3,7"). Raises the errors that a Reader would raise, and ServiceError.
        """
        return self._run(self._read(source, name, {"pages": pages} if pages else {}))

    def pages(self, source: object) -> Iterator[Page]:
        """Yield the pages of an input."""
        yield from self.read(source).pages

    def read_many(self, sources: object) -> Iterator[tuple[str, Document | InkreadError]]:
        """Yield for each file of a folder, or each source of a list, its name and its Document or its error."""
        for each, name in _several(sources):
            try:
                yield name, self.read(each)
            except ClosedError:
                raise
            except InkreadError as error:
                yield name, error

    def convert(self, source: object, format: str, *, pages: str | None = None) -> bytes:
        """Return an input in a format of docs/formats.md: "pdf", "docx", "hocr" ..."""
        asked = {"format": format, **({"pages": pages} if pages else {})}
        return self._run(self._document(source, None, asked))

    def extract_fields(self, source: object, kind: str | Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a receipt, an invoice or a JSON Schema, as `Fields.to_dict` has them."""
        return self._run(self._extract(source, None, kind))

    def models(self) -> list[dict[str, Any]]:
        """Return the models that the service knows."""
        return self._run(self._list("/v1/models", "models"))

    def languages(self) -> list[dict[str, Any]]:
        """Return the languages that the service reads."""
        return self._run(self._list("/v1/languages", "languages"))

    def close(self) -> None:
        """Close the connections; closing twice is fine."""
        self._is_closed = True
        self._http.close()

    def _run(self, flow: _Flow[T]) -> T:
        told: httpx2.Response | _Lost | None = None
        while True:
            try:
                said = flow.send(told)
            except StopIteration as done:
                value: T = done.value
                return value
            if isinstance(said, _Wait):
                time.sleep(said.seconds)
                told = None
            else:
                told = self._ask(said)

    def _ask(self, request: _Request) -> httpx2.Response | _Lost:
        """Send one request with a token; with a new one where the first was refused."""
        try:
            self._renew()
            used = self._token
            answer: httpx2.Response = self._http.request(**_as_http(request), headers=self._headers())
            if answer.status_code == 401 and self._drop_token(used):
                self._renew()
                answer = self._http.request(**_as_http(request), headers=self._headers())
            return answer
        except _httpx2().TransportError as error:
            return _Lost(error)

    def _renew(self) -> None:
        """Get a token where one is needed: once, however many threads need it."""
        if self._needs_token():
            with self._renewing:
                if self._needs_token():
                    form = {"grant_type": "client_credentials"}
                    self._keep_token(self._http.post("/connect/token", data=form, auth=self._credentials()))


class AsyncClient(_Core):
    """Reads with a service, for programs that wait with `await`: the same methods as `Client`."""

    def _connect(self, settings: Mapping[str, Any]) -> None:
        self._http = _httpx2().AsyncClient(**settings)
        self._renewing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def read(self, source: object, *, name: str | None = None, pages: str | None = None) -> Document:
        """Return everything that one input holds as a Document. Raises like `Client.read`."""
        return await self._run(self._read(source, name, {"pages": pages} if pages else {}))

    async def pages(self, source: object) -> AsyncIterator[Page]:
        """Yield the pages of an input."""
        for page in (await self.read(source)).pages:
            yield page

    async def read_many(self, sources: object) -> AsyncIterator[tuple[str, Document | InkreadError]]:
        """Yield for each file of a folder, or each source of a list, its name and its Document or its error."""
        for each, name in _several(sources):
            try:
                yield name, await self.read(each)
            except ClosedError:
                raise
            except InkreadError as error:
                yield name, error

    async def convert(self, source: object, format: str, *, pages: str | None = None) -> bytes:
        """Return an input in a format of docs/formats.md."""
        asked = {"format": format, **({"pages": pages} if pages else {})}
        return await self._run(self._document(source, None, asked))

    async def extract_fields(self, source: object, kind: str | Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a receipt, an invoice or a JSON Schema, as `Fields.to_dict` has them."""
        return await self._run(self._extract(source, None, kind))

    async def models(self) -> list[dict[str, Any]]:
        """Return the models that the service knows."""
        return await self._run(self._list("/v1/models", "models"))

    async def languages(self) -> list[dict[str, Any]]:
        """Return the languages that the service reads."""
        return await self._run(self._list("/v1/languages", "languages"))

    async def close(self) -> None:
        """Close the connections; closing twice is fine."""
        self._is_closed = True
        await self._http.aclose()

    async def _run(self, flow: _Flow[T]) -> T:
        told: httpx2.Response | _Lost | None = None
        while True:
            try:
                said = flow.send(told)
            except StopIteration as done:
                value: T = done.value
                return value
            if isinstance(said, _Wait):
                await asyncio.sleep(said.seconds)
                told = None
            else:
                told = await self._ask(said)

    async def _ask(self, request: _Request) -> httpx2.Response | _Lost:
        try:
            await self._renew()
            used = self._token
            answer: httpx2.Response = await self._http.request(**_as_http(request), headers=self._headers())
            if answer.status_code == 401 and self._drop_token(used):
                await self._renew()
                answer = await self._http.request(**_as_http(request), headers=self._headers())
            return answer
        except _httpx2().TransportError as error:
            return _Lost(error)

    async def _renew(self) -> None:
        if self._needs_token():
            async with self._renewing:
                if self._needs_token():
                    form = {"grant_type": "client_credentials"}
                    self._keep_token(await self._http.post("/connect/token", data=form, auth=self._credentials()))


def _httpx2() -> Any:
    try:
        import httpx2
    except ImportError as error:
        raise MissingPackageError(
            "the client needs the package httpx2", remedy="pip install inkread[client]"
        ) from error
    return httpx2


def _as_http(request: _Request) -> dict[str, Any]:
    made: dict[str, Any] = {"method": request.method, "url": request.path}
    if request.file is not None:
        made["files"] = {"file": (request.file[0] or "document", request.file[1])}
        made["data"] = {name: _as_text(value) for name, value in request.fields.items()}
    elif request.fields:
        made["json"] = dict(request.fields)
    return made


def _as_text(value: Any) -> str:
    """Return a field as a form has it: languages with commas, a schema as JSON."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return json.dumps(value) if isinstance(value, Mapping) else str(value)


def _is_worth_retrying(answer: httpx2.Response | _Lost) -> bool:
    return isinstance(answer, _Lost) or answer.status_code in _WORTH_RETRYING


def _wait_after(error: InkreadError, tries: int) -> float:
    asked = getattr(error, "retry_after_s", None)
    if asked is not None:
        return float(asked)
    return random.uniform(0, min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0**tries))


def _error_of(answer: httpx2.Response | _Lost, options: ClientOptions) -> InkreadError | None:
    """Return the error that an answer tells, as the class that a Reader would raise; None for a good one."""
    if isinstance(answer, _Lost):
        return ServiceError(
            f'the service at "{options.url}" does not answer: {str(answer.error) or type(answer.error).__name__}',
            remedy="start it (inkread serve), or check the address",
        )
    if answer.status_code < 400:
        return None
    try:
        told = answer.json()
        kind, message = str(told.get("kind", "")), str(told.get("errorMsg", ""))
    except (ValueError, AttributeError):
        kind, message = "", ""
    message = message or f"the service answered {answer.status_code}"
    found = getattr(errors, kind, None)
    is_known = inspect.isclass(found) and issubclass(found, InkreadError)
    error: InkreadError = found(message) if is_known and found is not None else ServiceError(message)
    error.http_status = answer.status_code
    if isinstance(error, ServiceError):
        error.retry_after_s = _seconds(answer.headers.get("retry-after"))
    return error


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdecimal() else None


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        raise ServiceError(f"the service answered something that is no JSON: {error}") from error


def _content(source: object) -> tuple[str, bytes]:
    """Return the name and the bytes of a source. Raises InputError where it is none."""
    if isinstance(source, str | Path):
        path = Path(source)
        try:
            return path.name, path.read_bytes()
        except FileNotFoundError as error:
            raise SourceNotFoundError(f'there is no file "{path}"', remedy="check the path") from error
        except OSError as error:
            raise InputError(f'cannot read "{path}": {error.strerror or error}') from error
    if isinstance(source, bytes | bytearray | memoryview):
        return "", bytes(source)
    if hasattr(source, "read"):
        return str(getattr(source, "name", "")), source.read()
    picture = _as_picture(source)
    if picture is None:
        raise InputError(f"a {type(source).__name__} is nothing that can be read")
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return "", stream.getvalue()


def _as_picture(source: object) -> Any:
    """Return a Pillow picture of a picture or an array of RGB or grey values; None of anything else."""
    if hasattr(source, "save") and hasattr(source, "mode"):
        return source
    if hasattr(source, "__array_interface__"):
        from PIL import Image as PillowImage

        return PillowImage.fromarray(source)
    return None


def _several(sources: object) -> Iterator[tuple[object, str]]:
    """Yield each source with its name: the files of a folder, the members of a list, or the one that is given."""
    if isinstance(sources, str | Path) and Path(sources).is_dir():
        for path in sorted(Path(sources).iterdir()):
            if path.is_file() and not path.name.startswith("."):
                yield path, str(path)
    elif isinstance(sources, list | tuple | Iterator):
        for number, each in enumerate(sources, 1):
            yield each, str(each) if isinstance(each, str | Path) else f"source {number}"
    else:
        yield sources, str(sources)
