"""A job of a service, as its client holds it: `Job`, and `AsyncJob` for programs that wait with `await`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import aclosing, closing, suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

from inkread.document import Document, Page
from inkread.errors import InkreadError, NeedsJobError, RequestError, ServiceError
from inkread.exchange import Exchange, Flow, Request, Wait, error_named, held, json_of, retry_wait
from inkread.export.json import from_dict

T = TypeVar("T")

# What a service takes in one request unless its operator says otherwise, 32 MiB, less what a form adds.
_MOST_BYTES: Final = 31 << 20
# How long to wait before asking again how far a job is, s: soon at first, seldom for long ones.
_FIRST_LOOK_S: Final = 0.1
_LAST_LOOK_S: Final = 2.0
_SLOWER: Final = 1.5


@dataclass(frozen=True)
class JobStatus:
    """How far a job is. state: queued, running, done, failed or cancelled.  pages: None before it was opened.

    pages_done: how many are over with, read or not.  failed_pages: why pages could not be read, by their place from 1
    among those that were asked for.  error: why the job failed.
    """

    state: str
    pages: int | None
    pages_done: int
    failed_pages: Mapping[int, InkreadError] = field(default_factory=dict)
    error: InkreadError | None = None

    @property
    def is_ended(self) -> bool:
        return self.state in ("done", "failed", "cancelled")


# Told how far a job is.
Told = Callable[[JobStatus], None]


class Asks(Protocol):
    """What a job needs of its client."""

    def run(self, flow: Flow[T]) -> T:
        """Return what a flow comes to."""

    def lines(self, path: str, headers: Mapping[str, str]) -> Generator[str, None, None]:
        """Yield the lines of an answer as they come. Raises the error that it tells; ServiceError where it breaks."""


class AsksAsync(Protocol):
    """The same with `await`."""

    async def run(self, flow: Flow[T]) -> T:
        """Return what a flow comes to."""

    def lines(self, path: str, headers: Mapping[str, str]) -> AsyncGenerator[str, None]:
        """Yield the lines of an answer as they come. Raises like `Asks.lines`."""


class _Flows:
    """What both kinds of job say to the service."""

    def __init__(self, exchange: Exchange, job_id: str) -> None:
        self.id = job_id
        self._exchange = exchange
        self._path = f"/v1/jobs/{job_id}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r})"

    def _looking(self) -> Flow[JobStatus]:
        answer = yield from self._exchange.sending(Request("GET", self._path))
        return _status(answer.json())

    def _ending(self, told: Told | None = None) -> Flow[JobStatus]:
        wait = _FIRST_LOOK_S
        while True:
            status = yield from self._looking()
            if told is not None:
                told(status)
            if status.is_ended:
                return status
            yield Wait(wait)
            wait = min(_LAST_LOOK_S, wait * _SLOWER)

    def _fetching(self, format: str) -> Flow[bytes]:
        status = yield from self._ending()
        _raise_of(status)
        answer = yield from self._exchange.sending(Request("GET", self._path + "/result", params={"format": format}))
        return answer.content

    def _reading(self) -> Flow[Document]:
        told = json_of((yield from self._fetching("json")))
        return from_dict(told.get("document", told))

    def _extracting(self) -> Flow[dict[str, Any]]:
        told = json_of((yield from self._fetching("json")))
        fields: dict[str, Any] = told.get("fields") or {}
        return fields

    def _cancelling(self) -> Flow[JobStatus]:
        answer = yield from self._exchange.sending(Request("POST", self._path + "/cancel"))
        return _status(answer.json())

    def _whole(self, name: str | None, format: str) -> Flow[bytes]:
        """Wait until all pages are read, and return them in a format. Raises why one could not be."""
        raise_of_failed((yield from self._ending()), name)
        return (yield from self._fetching(format))

    def _removing(self) -> Flow[None]:
        """Remove the job where that can be done; else the service does when its time is over."""
        with suppress(InkreadError):
            yield from self._deleting()

    def _deleting(self) -> Flow[None]:
        yield from self._exchange.sending(Request("DELETE", self._path))


class Job(_Flows):
    """A document that is read while nobody waits. `Client.submit` gives one, `Client.job` one that was submitted."""

    def __init__(self, exchange: Exchange, asks: Asks, job_id: str) -> None:
        super().__init__(exchange, job_id)
        self._asks = asks

    def status(self) -> JobStatus:
        """Return how far the job is."""
        return self._asks.run(self._looking())

    def wait(self, told: Told | None = None) -> JobStatus:
        """Wait until the job has ended, and return how. told: called with how far it is, now and then."""
        return self._asks.run(self._ending(told))

    def pages(self) -> Iterator[Page]:
        """Yield each page as soon as it is read; pages that cannot be read are left out, `status` tells of them.

        Raises what the job failed of, and ServiceError where it was cancelled, after the last page.
        """
        listener = _Listener(self._exchange.options.retries)
        while not listener.is_over:
            try:
                with closing(self._asks.lines(self._path + "/events", listener.headers)) as lines:
                    for line in lines:
                        yield from listener.take(line)
                listener.broke_off(None)
            except ServiceError as error:
                listener.broke_off(error)
            self._asks.run(listener.waiting())
        _raise_of(listener.ended)

    def result(self) -> Document:
        """Wait until the job has ended, and return what was read. Raises what it failed of."""
        return self._asks.run(self._reading())

    def convert(self, format: str) -> bytes:
        """Wait until the job has ended, and return what was read in a format of docs/formats.md."""
        return self._asks.run(self._fetching(format))

    def fields(self) -> dict[str, Any]:
        """Wait until the job has ended, and return the fields that it was submitted for."""
        return self._asks.run(self._extracting())

    def cancel(self) -> JobStatus:
        """End the job; what was read of it stays until it is deleted or its time is over."""
        return self._asks.run(self._cancelling())

    def delete(self) -> None:
        """Remove the job and all that the service keeps of it."""
        self._asks.run(self._deleting())


class AsyncJob(_Flows):
    """A document that is read while nobody waits: the same methods as `Job`, with `await`."""

    def __init__(self, exchange: Exchange, asks: AsksAsync, job_id: str) -> None:
        super().__init__(exchange, job_id)
        self._asks = asks

    async def status(self) -> JobStatus:
        """Return how far the job is."""
        return await self._asks.run(self._looking())

    async def wait(self, told: Told | None = None) -> JobStatus:
        """Wait until the job has ended, and return how. told: called with how far it is, now and then."""
        return await self._asks.run(self._ending(told))

    async def pages(self) -> AsyncIterator[Page]:
        """Yield each page as soon as it is read, as `Job.pages` does."""
        listener = _Listener(self._exchange.options.retries)
        while not listener.is_over:
            try:
                async with aclosing(self._asks.lines(self._path + "/events", listener.headers)) as lines:
                    async for line in lines:
                        for page in listener.take(line):
                            yield page
                listener.broke_off(None)
            except ServiceError as error:
                listener.broke_off(error)
            await self._asks.run(listener.waiting())
        _raise_of(listener.ended)

    async def result(self) -> Document:
        """Wait until the job has ended, and return what was read. Raises what it failed of."""
        return await self._asks.run(self._reading())

    async def convert(self, format: str) -> bytes:
        """Wait until the job has ended, and return what was read in a format of docs/formats.md."""
        return await self._asks.run(self._fetching(format))

    async def fields(self) -> dict[str, Any]:
        """Wait until the job has ended, and return the fields that it was submitted for."""
        return await self._asks.run(self._extracting())

    async def cancel(self) -> JobStatus:
        """End the job; what was read of it stays until it is deleted or its time is over."""
        return await self._asks.run(self._cancelling())

    async def delete(self) -> None:
        """Remove the job and all that the service keeps of it."""
        await self._asks.run(self._deleting())


def reading(exchange: Exchange, source: object, name: str | None, pages: str | None) -> Flow[Document]:
    """Have a source read, and return it."""
    asked = {"format": "json", "pages": pages or None}
    return from_dict(json_of((yield from converting(exchange, source, name, asked))))


def extracting(exchange: Exchange, source: object, kind: str | Mapping[str, Any]) -> Flow[dict[str, Any]]:
    """Have a source read, and return its fields."""
    content = yield from converting(exchange, source, None, {"format": "json", "extract": kind})
    fields: dict[str, Any] = json_of(content)["fields"]
    return fields


def converting(exchange: Exchange, source: object, name: str | None, asked: Mapping[str, Any]) -> Flow[bytes]:
    """Have a source read, and return it in the format asked for; what is too much for one request is read as a job."""
    content, name = held(source, name)
    is_large = isinstance(content, bytes) and len(content) > _MOST_BYTES
    if not is_large:
        with suppress(NeedsJobError):
            return (yield from exchange.asking(content, name, asked))
    how = {key: value for key, value in asked.items() if key != "format"}
    try:
        job = _Flows(exchange, (yield from exchange.submitting(content, name, how, None)))
    except RequestError as error:
        if error.http_status != 404 or not is_large:
            raise
        return (yield from exchange.asking(content, name, asked))  # a service may take no jobs, and larger requests
    try:
        made = yield from job._whole(name, asked["format"])
    except InkreadError:
        yield from job._removing()
        raise
    yield from job._removing()
    return made


def raise_of_failed(status: JobStatus, name: str | None) -> None:
    """Raise the error of the first page that could not be read, as reading it here would. name: of the document."""
    of_it = f' of "{name}"' if name else ""
    for number, failed in status.failed_pages.items():
        raise type(failed)(f"page {number}{of_it} cannot be read: {failed.message}", remedy=failed.remedy)


class _Listener:
    """Takes a job's events line by line, and knows where to go on when the connection breaks."""

    def __init__(self, retries: int) -> None:
        self.ended = JobStatus("running", None, 0)
        self._retries = retries
        self._tries = 0
        self._last = ""
        self._wait_s = 0.0
        self._event: dict[str, str] = {}

    @property
    def is_over(self) -> bool:
        return self.ended.is_ended

    @property
    def headers(self) -> Mapping[str, str]:
        return {"accept": "text/event-stream", **({"last-event-id": self._last} if self._last else {})}

    def take(self, line: str) -> Iterator[Page]:
        """Yield the page that a line completes, if it does."""
        if line:
            name, _, value = line.partition(":")
            self._event[name] = value.removeprefix(" ")
            return
        event, self._event = self._event, {}
        if "data" not in event:
            return
        self._last = event.get("id", self._last)
        self._tries = 0
        told = json_of(event["data"].encode())
        if event.get("event") == "end":
            self.ended = _status(told)
        elif event.get("event") == "page" and "page" in told:
            yield from_dict({"schema_version": told["schema_version"], "pages": [told["page"]]}).pages[0]

    def broke_off(self, error: ServiceError | None) -> None:
        """Note that the events ended before the job. Raises the error where trying again will not help."""
        self._event = {}
        if self.is_over:
            return
        self._tries += 1
        may_pass = error is None or error.http_status in (429, 500, 502, 503, 504)
        if error is not None and (not may_pass or self._tries > self._retries):
            raise error
        self._wait_s = retry_wait(error, self._tries)

    def waiting(self) -> Flow[None]:
        """Wait before the next connection."""
        if not self.is_over:
            yield Wait(self._wait_s)


def _status(told: Mapping[str, Any]) -> JobStatus:
    failed = {each["position"]: error_named(each["kind"], each["message"]) for each in told["failed_pages"]}
    error = told["error"]
    return JobStatus(
        told["state"],
        told["pages"],
        told["pages_done"],
        failed,
        None if error is None else error_named(error["kind"], error["message"]),
    )


def _raise_of(status: JobStatus) -> None:
    if status.error is not None:
        raise status.error
    if status.state == "cancelled":
        raise ServiceError("the job was cancelled", remedy="submit it again")
