"""A client of the service: `Client` and `AsyncClient`, which read elsewhere what a Reader reads here.

Both run the same generators (exchange.py); only how they wait differs.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from inkread.document import Document, Page
from inkread.errors import ClosedError, InkreadError, ServiceError
from inkread.exchange import Exchange, Flow, Lost, Request, Wait, as_http, error_of, lost, several
from inkread.extras import not_installed
from inkread.remote_job import AsyncJob, Job, converting, extracting, reading

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")


class Client(Exchange):
    """Reads with a service. Threads may share one.

        >>> with Client("http://localhost:8080") as client:
        ...     print(client.read("receipt.jpg"))

    url: where the service is.  client_id, client_secret: as `inkread clients add` gave them.  language, mode, correct,
    text_layer, min_confidence, password: as a Reader has them.  timeout_s: for one request, with all tries.
    retries: further tries after the first.  transport: an httpx2 transport, for tests. Raises MissingPackageError
    where httpx2 is not installed.
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
        ask.  pages: which, from 1 ("1-3,7"). What is too long for one request is read as a job, which may take longer
        than `timeout_s` and is removed afterwards. Raises the errors that a Reader would raise, and ServiceError.
        """
        return self.run(reading(self, source, name, pages))

    def pages(self, source: object) -> Iterator[Page]:
        """Yield the pages of an input when all are read; `submit(source).pages()` yields each as soon as it is."""
        yield from self.read(source).pages

    def read_many(self, sources: object) -> Iterator[tuple[str, Document | InkreadError]]:
        """Yield for each file of a folder, or each source of a list, its name and its Document or its error."""
        for each, name in several(sources):
            try:
                yield name, self.read(each)
            except ClosedError:
                raise
            except InkreadError as error:
                yield name, error

    def convert(self, source: object, format: str, *, pages: str | None = None) -> bytes:
        """Return an input in a format of docs/formats.md: "pdf", "docx", "hocr" ..."""
        return self.run(converting(self, source, None, {"format": format, "pages": pages or None}))

    def extract_fields(self, source: object, kind: str | Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a receipt, an invoice or a JSON Schema, as `Fields.to_dict` has them."""
        return self.run(extracting(self, source, kind))

    def submit(
        self,
        source: object,
        *,
        name: str | None = None,
        pages: str | None = None,
        extract: str | Mapping[str, Any] | None = None,
        webhook: str | None = None,
        key: str | None = None,
    ) -> Job:
        """Have an input read while nobody waits, and return its job: for long documents.

        extract: fields too, as `extract_fields` has them.  webhook: an address that is told when it ends.  key: what
        is submitted twice under one key is one job; one of its own, if None. Raises the errors of `read`.
        """
        asked = {"pages": pages, "extract": extract, "webhook": webhook}
        return self.job(self.run(self.submitting(source, name, asked, key)))

    def job(self, job_id: str) -> Job:
        """Return a job that was submitted before, by its id."""
        return Job(self, self, job_id)

    def models(self) -> list[dict[str, Any]]:
        """Return the models that the service knows."""
        return self.run(self.listing("/v1/models", "models"))

    def languages(self) -> list[dict[str, Any]]:
        """Return the languages that the service reads."""
        return self.run(self.listing("/v1/languages", "languages"))

    def close(self) -> None:
        """Close the connections; closing twice is fine."""
        self.is_closed = True
        self._http.close()

    def run(self, flow: Flow[T]) -> T:
        """Return what a flow comes to, having sent and waited what it says."""
        told: httpx2.Response | Lost | None = None
        while True:
            try:
                said = flow.send(told)
            except StopIteration as done:
                value: T = done.value
                return value
            if isinstance(said, Wait):
                time.sleep(said.seconds)
                told = None
            else:
                told = self._ask(said)

    def lines(self, path: str, headers: Mapping[str, str]) -> Generator[str, None, None]:
        """Yield the lines of an answer as they come. Raises the error that it tells; ServiceError where it breaks."""
        request = Request("GET", path, headers=headers)
        try:
            for _ in range(2):
                self._renew()
                used = self.token
                with self._http.stream(**as_http(request, self.headers())) as answer:
                    if answer.status_code == 401 and self.drop_token(used):
                        continue
                    if answer.status_code >= 400:
                        answer.read()
                        raise error_of(answer, self.options) or ServiceError("no answer")
                    yield from answer.iter_lines()
                    return
        except _httpx2().TransportError as error:
            raise lost(error, self.options) from error

    def _ask(self, request: Request) -> httpx2.Response | Lost:
        """Send one request with a token; with a new one where the first was refused."""
        try:
            self._renew()
            used = self.token
            answer: httpx2.Response = self._http.request(**as_http(request, self.headers()))
            if answer.status_code == 401 and self.drop_token(used):
                self._renew()
                answer = self._http.request(**as_http(request, self.headers()))
            return answer
        except _httpx2().TransportError as error:
            return Lost(error)

    def _renew(self) -> None:
        """Get a token where one is needed: once, however many threads need it."""
        if self.needs_token():
            with self._renewing:
                if self.needs_token():
                    form = {"grant_type": "client_credentials"}
                    self.keep_token(self._http.post("/connect/token", data=form, auth=self.credentials()))


class AsyncClient(Exchange):
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
        return await self.run(reading(self, source, name, pages))

    async def pages(self, source: object) -> AsyncIterator[Page]:
        """Yield the pages of an input."""
        for page in (await self.read(source)).pages:
            yield page

    async def read_many(self, sources: object) -> AsyncIterator[tuple[str, Document | InkreadError]]:
        """Yield for each file of a folder, or each source of a list, its name and its Document or its error."""
        for each, name in several(sources):
            try:
                yield name, await self.read(each)
            except ClosedError:
                raise
            except InkreadError as error:
                yield name, error

    async def convert(self, source: object, format: str, *, pages: str | None = None) -> bytes:
        """Return an input in a format of docs/formats.md."""
        return await self.run(converting(self, source, None, {"format": format, "pages": pages or None}))

    async def extract_fields(self, source: object, kind: str | Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a receipt, an invoice or a JSON Schema, as `Fields.to_dict` has them."""
        return await self.run(extracting(self, source, kind))

    async def submit(
        self,
        source: object,
        *,
        name: str | None = None,
        pages: str | None = None,
        extract: str | Mapping[str, Any] | None = None,
        webhook: str | None = None,
        key: str | None = None,
    ) -> AsyncJob:
        """Have an input read while nobody waits, and return its job, as `Client.submit` does."""
        asked = {"pages": pages, "extract": extract, "webhook": webhook}
        return self.job(await self.run(self.submitting(source, name, asked, key)))

    def job(self, job_id: str) -> AsyncJob:
        """Return a job that was submitted before, by its id."""
        return AsyncJob(self, self, job_id)

    async def models(self) -> list[dict[str, Any]]:
        """Return the models that the service knows."""
        return await self.run(self.listing("/v1/models", "models"))

    async def languages(self) -> list[dict[str, Any]]:
        """Return the languages that the service reads."""
        return await self.run(self.listing("/v1/languages", "languages"))

    async def close(self) -> None:
        """Close the connections; closing twice is fine."""
        self.is_closed = True
        await self._http.aclose()

    async def run(self, flow: Flow[T]) -> T:
        """Return what a flow comes to, having sent and waited what it says."""
        told: httpx2.Response | Lost | None = None
        while True:
            try:
                said = flow.send(told)
            except StopIteration as done:
                value: T = done.value
                return value
            if isinstance(said, Wait):
                await asyncio.sleep(said.seconds)
                told = None
            else:
                told = await self._ask(said)

    async def lines(self, path: str, headers: Mapping[str, str]) -> AsyncGenerator[str, None]:
        """Yield the lines of an answer as they come. Raises the error that it tells; ServiceError where it breaks."""
        request = Request("GET", path, headers=headers)
        try:
            for _ in range(2):
                await self._renew()
                used = self.token
                async with self._http.stream(**as_http(request, self.headers())) as answer:
                    if answer.status_code == 401 and self.drop_token(used):
                        continue
                    if answer.status_code >= 400:
                        await answer.aread()
                        raise error_of(answer, self.options) or ServiceError("no answer")
                    async for line in answer.aiter_lines():
                        yield line
                    return
        except _httpx2().TransportError as error:
            raise lost(error, self.options) from error

    async def _ask(self, request: Request) -> httpx2.Response | Lost:
        try:
            await self._renew()
            used = self.token
            answer: httpx2.Response = await self._http.request(**as_http(request, self.headers()))
            if answer.status_code == 401 and self.drop_token(used):
                await self._renew()
                answer = await self._http.request(**as_http(request, self.headers()))
            return answer
        except _httpx2().TransportError as error:
            return Lost(error)

    async def _renew(self) -> None:
        if self.needs_token():
            async with self._renewing:
                if self.needs_token():
                    form = {"grant_type": "client_credentials"}
                    self.keep_token(await self._http.post("/connect/token", data=form, auth=self.credentials()))


def _httpx2() -> Any:
    try:
        import httpx2
    except ImportError as error:
        raise not_installed("client") from error
    return httpx2
