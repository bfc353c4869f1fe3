"""Language models behind an OpenAI-compatible endpoint: Ollama, vLLM, llama.cpp's server.

The standard library alone: the JSON schema goes onto the wire as it is, and no proxy of the environment sees the text.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import math
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from inkread.errors import AddressError, ClosedError, LimitError, ModelError
from inkread.language_model.model import Message, Schema
from inkread.logs import logger

_MAX_ANSWER_BYTES: Final = 4 << 20
_BUSY: Final = (429, 500, 502, 503, 504)
_FIRST_WAIT_S: Final = 0.5
_MOST_WAIT_S: Final = 20.0
_LONGEST_TOLD: Final = 200
_LOCAL_NAMES: Final = ("localhost", "localhost.localdomain")

_log = logger(__name__)


class EndpointModel:
    """A model of a service that speaks OpenAI's protocol. Holds no connection, so that any thread may ask."""

    can_score = False

    def __init__(
        self,
        address: str,
        model: str = "",
        *,
        api_key: str = "",
        context_size: int = 4096,
        timeout_s: float = 120.0,
        retries: int = 2,
        allow_remote: bool = False,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the address, http://127.0.0.1:11434/v1 for one; nothing is asked yet.

        Raises AddressError where it is none, or of another machine without `allow_remote`.
        """
        self._parts = _checked(address, allow_remote=allow_remote)
        self.name = model or "endpoint"
        self._model = model
        self._key = api_key
        self.context_size = context_size
        self._timeout_s = timeout_s
        self._retries = retries
        self._wait = wait
        self._closed = threading.Event()

    def scores(self, before: str, options: Sequence[str], after: str) -> list[float]:
        """Raise ModelError: such services tell of no given text how likely it is."""
        raise ModelError(f"{self.name} cannot score texts", remedy="let it choose by a schema")

    def complete(self, messages: Sequence[Message], *, max_tokens: int, schema: Schema | None = None) -> str:
        """Return the answer, see `LanguageModel.complete`."""
        if self._closed.is_set():
            raise ClosedError(f"{self.name} is closed", remedy="open it again")
        if sum(self.count_tokens(each.content) for each in messages) + max_tokens > 4 * self.context_size:
            raise LimitError(
                f"the question is too long for {self.context_size} tokens", remedy="raise context_size, or ask less"
            )
        question: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": each.role, "content": each.content} for each in messages],
            "max_tokens": max_tokens,
            "temperature": 0,
            "seed": 1,
            "stream": False,
        }
        if schema is not None:
            named = {"name": "answer", "strict": True, "schema": schema}
            question["response_format"] = {"type": "json_schema", "json_schema": named}
        return self._content(self._asked(question))

    def count_tokens(self, text: str) -> int:
        """Return an upper bound: tokens are not told, and no text has more of them than bytes."""
        return len(text.encode())

    def close(self) -> None:
        """Ask nothing any more."""
        self._closed.set()

    def _asked(self, question: Mapping[str, Any]) -> bytes:
        """Return the answer's body, asking again where the service is busy. Raises ModelError."""
        body = json.dumps(question, ensure_ascii=False).encode()
        last = time.monotonic() + self._timeout_s
        for attempt in range(self._retries + 1):
            status, answer, told_wait = self._posted(body, last)
            if status == 200:
                return answer
            if status not in _BUSY or attempt == self._retries:
                break
            pause = min(told_wait if told_wait is not None else _FIRST_WAIT_S * 2**attempt, _MOST_WAIT_S)
            if time.monotonic() + pause > last:
                break
            _log.info("the endpoint answered %d, asked again in %.1f s", status, pause)
            self._wait(pause)
        remedy = "check api_key" if status in (401, 403) else "check the address and the model's name"
        raise ModelError(f"{self._where} answered {status}: {_told(answer)}", remedy=remedy)

    def _posted(self, body: bytes, last: float) -> tuple[int, bytes, float | None]:
        """Return status, body and the seconds to wait that the service asks for. Raises ModelError."""
        left = last - time.monotonic()
        if left <= 0:
            raise self._late()
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Connection": "close"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        connection = self._connection(left)
        try:
            connection.request("POST", f"{self._parts.path.rstrip('/')}/chat/completions", body, headers)
            response = connection.getresponse()
            return response.status, self._read(response, last), _seconds(response.getheader("Retry-After"))
        except TimeoutError as error:
            raise self._late() from error
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            raise ModelError(
                f"{self._where} does not answer ({type(error).__name__}: {str(error)[:_LONGEST_TOLD]})",
                remedy="check that the service runs there",
            ) from error
        finally:
            connection.close()

    def _read(self, response: http.client.HTTPResponse, last: float) -> bytes:
        """Return the body: not too long, and not drop by drop for ever."""
        parts: list[bytes] = []
        length = 0
        while part := response.read1(1 << 16):
            length += len(part)
            parts.append(part)
            if length > _MAX_ANSWER_BYTES:
                raise ModelError(f"{self._where} answered with more than {_MAX_ANSWER_BYTES:,} bytes")
            if time.monotonic() > last:
                raise self._late()
        return b"".join(parts)

    def _connection(self, timeout_s: float) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)
        return http.client.HTTPConnection(host, port, timeout=timeout_s)

    def _content(self, body: bytes) -> str:
        try:
            content = json.loads(body)["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise ModelError(
                f"{self._where} answered nonsense: {_told(body)}", remedy="check that it speaks OpenAI's protocol"
            ) from error
        if not isinstance(content, str):
            raise ModelError(f"{self._where} answered without a text")
        return content

    def _late(self) -> ModelError:
        return ModelError(
            f"{self._where} did not answer within {self._timeout_s:g} s",
            remedy="raise timeout_s, or use a faster model",
        )

    @property
    def _where(self) -> str:
        return f"{self._parts.scheme}://{self._parts.netloc.rpartition('@')[2]}"


def _checked(address: str, *, allow_remote: bool) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        raise AddressError(f'"{address}" is no address of an endpoint', remedy="http://127.0.0.1:11434/v1") from error
    is_whole = parts.scheme in ("http", "https") and parts.hostname
    if not is_whole or parts.username or parts.password or parts.query or parts.fragment:
        raise AddressError(
            "an endpoint is http:// or https://, a host and a path, without a password in it",
            remedy="http://127.0.0.1:11434/v1, and the key as api_key",
        )
    host = parts.hostname or ""
    if not allow_remote and not _is_here(host):
        raise AddressError(
            f"the endpoint {host} is not this machine, and the text of documents would go there",
            remedy="allow_remote = true, if it may",
        )
    if parts.scheme == "http" and not _is_here(host):
        _log.warning("text goes to the endpoint unencrypted (http)")
    return parts


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.casefold().rstrip(".") in _LOCAL_NAMES


def _seconds(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return max(0.0, value) if math.isfinite(value) else None


def _told(body: bytes) -> str:
    """Return the start of what a service said, printable."""
    text = " ".join(body[: 4 * _LONGEST_TOLD].decode("utf-8", "replace").split())
    return "".join(char for char in text if char.isprintable())[:_LONGEST_TOLD] or "nothing"
