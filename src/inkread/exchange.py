"""What both clients say to a service and make of its answers: everything but waiting.

Each call is a generator that says what to send or how long to wait, and is told the answer.
"""

from __future__ import annotations

import inspect
import io
import json
import random
import secrets
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from inkread import errors
from inkread.errors import (
    ClosedError,
    CredentialsError,
    DeadlineError,
    InkreadError,
    InputError,
    ServiceError,
    SourceNotFoundError,
)

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
    """Where the service is, who asks, how to read, and how long to wait.

    timeout_s: for one request, with all tries.  retries: further tries after the first.  language, mode, correct,
    text_layer, min_confidence, password: as a Reader has them; None: the service's own.
    """

    url: str = "http://localhost:8080"
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    language: tuple[str, ...] = ()
    mode: str | None = None
    correct: str | None = None
    text_layer: str | None = None
    min_confidence: float | None = None
    password: str | None = field(default=None, repr=False)
    timeout_s: float = 300.0
    retries: int = 4

    def asked(self) -> dict[str, Any]:
        """Return how to read, as fields of a request."""
        names = ("mode", "correct", "text_layer", "min_confidence", "password")
        fields = {name: value for name in names if (value := getattr(self, name)) is not None}
        return {**({"language": list(self.language)} if self.language else {}), **fields}


class Request(NamedTuple):
    """One request. fields: beside the file in a form, or by themselves as JSON.  params: behind the path."""

    method: str
    path: str
    file: tuple[str, bytes] | None = None
    fields: Mapping[str, Any] = {}
    params: Mapping[str, Any] = {}
    headers: Mapping[str, str] = {}


class Wait(NamedTuple):
    """How long to wait before the next try."""

    seconds: float


class Lost(NamedTuple):
    """No answer came."""

    error: Exception


# What a flow says, and what it is told: the answer to a request, or that there is none.
Flow = Generator["Request | Wait", "httpx2.Response | Lost | None", T]


class Exchange:
    """What both clients share: everything but waiting."""

    def __init__(
        self,
        url: str = ClientOptions.url,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        language: str | Iterable[str] = (),
        mode: str | None = None,
        correct: str | None = None,
        text_layer: str | None = None,
        min_confidence: float | None = None,
        password: str | None = None,
        timeout_s: float = ClientOptions.timeout_s,
        retries: int = ClientOptions.retries,
        transport: Any = None,
    ) -> None:
        languages = (language,) if isinstance(language, str) else tuple(language)
        self.options = ClientOptions(
            url, client_id, client_secret, languages, mode, correct, text_layer, min_confidence, password,
            timeout_s, retries,
        )  # fmt: skip
        self.token: str | None = None
        self.token_ends = 0.0
        self.is_closed = False
        self._connect({"base_url": url, "timeout": timeout_s, "transport": transport})

    def _connect(self, settings: Mapping[str, Any]) -> None:
        """Make the connections, with these settings of httpx2, and the lock of those who renew a token."""
        raise NotImplementedError

    def asking(self, source: object, name: str | None, asked: Mapping[str, Any]) -> Flow[bytes]:
        """Have a source read in one request, and return the answer's content. Raises NeedsJobError."""
        answer = yield from self.sending(self._giving("/v1/read", source, name, asked))
        return answer.content

    def submitting(self, source: object, name: str | None, asked: Mapping[str, Any], key: str | None) -> Flow[str]:
        """Have a source read while nobody waits, and return the job's id. Tried again under one key it is one job."""
        request = self._giving("/v1/jobs", source, name, asked)
        made = request._replace(headers={"idempotency-key": key or secrets.token_hex(16)})
        answer = yield from self.sending(made)
        job_id: str = answer.json()["id"]
        return job_id

    def _giving(self, path: str, source: object, name: str | None, asked: Mapping[str, Any]) -> Request:
        """Return the request that gives a source to be read. asked: what is None is not asked."""
        given = {field: value for field, value in asked.items() if value is not None}
        fields = {**given, **self.options.asked()}
        if isinstance(source, str) and source.startswith(("http://", "https://")):
            return Request("POST", path, None, {**fields, "url": source, **({"name": name} if name else {})})
        own_name, content = _content(source)
        return Request("POST", path, (name or own_name, content), fields)

    def listing(self, path: str, name: str) -> Flow[list[dict[str, Any]]]:
        answer = yield from self.sending(Request("GET", path))
        found: list[dict[str, Any]] = answer.json()[name]
        return found

    def sending(self, request: Request) -> Flow[httpx2.Response]:
        """Send a request until it is answered; raise the error that the last answer tells."""
        if self.is_closed:
            raise ClosedError("the client is closed", remedy="make a new one")
        ends = time.monotonic() + self.options.timeout_s
        tries = 0
        while True:
            answer = yield request
            assert answer is not None
            error = error_of(answer, self.options)
            if error is None:
                assert not isinstance(answer, Lost)
                return answer
            tries += 1
            wait = retry_wait(error, tries)
            if not _is_worth_retrying(answer) or tries > self.options.retries:
                raise error
            if time.monotonic() + wait > ends:
                raise DeadlineError(
                    f"the service did not answer in {self.options.timeout_s:g} s: {error}",
                    remedy="wait longer (timeout_s), or ask for fewer pages",
                ) from error
            yield Wait(wait)

    def headers(self) -> dict[str, str]:
        return {} if self.token is None else {"authorization": f"Bearer {self.token}"}

    def needs_token(self) -> bool:
        return self.options.client_id is not None and (self.token is None or time.monotonic() >= self.token_ends)

    def keep_token(self, answer: httpx2.Response) -> None:
        error = error_of(answer, self.options)
        if error is not None:
            raise error
        granted = answer.json()
        self.token = granted["access_token"]
        self.token_ends = time.monotonic() + max(float(granted["expires_in"]) - _TOKEN_MARGIN_S, 1.0)

    def credentials(self) -> tuple[str, str]:
        if self.options.client_secret is None:
            raise CredentialsError("a client_id without a client_secret", remedy="give both")
        return self.options.client_id or "", self.options.client_secret

    def drop_token(self, used: str | None) -> bool:
        """Forget a token that was refused, and return whether another may do; one that was renewed since may."""
        if self.options.client_id is None:
            return False
        if self.token == used:
            self.token = None
        return True


def as_http(request: Request, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return a request as httpx2 takes it, with further headers: a form with the file, or JSON."""
    made: dict[str, Any] = {
        "method": request.method, "url": request.path, "params": dict(request.params),
        "headers": {**request.headers, **headers},
    }  # fmt: skip
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


def _is_worth_retrying(answer: httpx2.Response | Lost) -> bool:
    return isinstance(answer, Lost) or answer.status_code in _WORTH_RETRYING


def retry_wait(error: InkreadError | None, tries: int) -> float:
    """Return how long to wait after so many tries, s: as the service asks, else at random and longer each time."""
    asked = getattr(error, "retry_after_s", None)
    if asked is not None:
        return float(asked)
    return random.uniform(0, min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0**tries))


def error_of(answer: httpx2.Response | Lost, options: ClientOptions) -> InkreadError | None:
    """Return the error that an answer tells, as the class that a Reader would raise; None for a good one."""
    if isinstance(answer, Lost):
        return lost(answer.error, options)
    if answer.status_code < 400:
        return None
    try:
        told = answer.json()
        kind, message = str(told.get("kind", "")), str(told.get("errorMsg", ""))
    except (ValueError, AttributeError):
        kind, message = "", ""
    error = error_named(kind, message or f"the service answered {answer.status_code}")
    error.http_status = answer.status_code
    if isinstance(error, ServiceError):
        error.retry_after_s = _seconds(answer.headers.get("retry-after"))
    return error


def lost(error: Exception, options: ClientOptions) -> ServiceError:
    """Return the error for an answer that does not come, or breaks off."""
    return ServiceError(
        f'the service at "{options.url}" does not answer: {str(error) or type(error).__name__}',
        remedy="start it (inkread serve), or check the address",
    )


def error_named(kind: str, message: str) -> InkreadError:
    """Return the error of this class, where there is one by that name."""
    found = getattr(errors, kind, None)
    is_known = inspect.isclass(found) and issubclass(found, InkreadError)
    return found(message) if is_known and found is not None else ServiceError(message)


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdecimal() else None


def json_of(content: bytes) -> Any:
    """Return what JSON says. Raises ServiceError where it is none."""
    try:
        return json.loads(content)
    except ValueError as error:
        raise ServiceError(f"the service answered something that is no JSON: {error}") from error


def held(source: object, name: str | None) -> tuple[str | bytes, str | None]:
    """Return what to send of a source, which may have to be sent twice, and its name: its bytes, or its address.

    Raises InputError where it is none.
    """
    if isinstance(source, str) and source.startswith(("http://", "https://")):
        return source, name
    given, content = _content(source)
    return content, name or given or None


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


def several(sources: object) -> Iterator[tuple[object, str]]:
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
