"""A job as it goes, told by server-sent events (WHATWG HTML, 9.2): each page as soon as it is over with, then the end.

The id of a page's event is its number among the job's pages, so `Last-Event-ID` says what a client has already.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any, Final

from inkread.errors import BusyError, RequestError, SourceNotFoundError
from inkread.service.jobs.job import Job, PageRow
from inkread.service.jobs.jobs import Jobs

# Other processes may read the job, whose bell is not heard here.
_LOOK_S: Final = 1.0
_COMMENT_S: Final = 15.0
_AT_ONCE: Final = 16
_RETRY_MS: Final = 2000


def last_event(given: str | None) -> int:
    """Return which event a client has seen last. Raises RequestError where that is no number."""
    if not given:
        return 0
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise RequestError("Last-Event-ID is none of this job's", remedy="send the id of the last event, or none")
    return int(given)


async def stream(jobs: Jobs, job: Job, after: int) -> AsyncIterator[str]:
    """Yield the events of a job, without those up to `after`, until it has ended or the service stops."""
    if len(jobs.bell) >= jobs.options.streams:
        raise BusyError("too many clients listen already", remedy="ask for the job's status", retry_after_s=5.0)
    return _events(jobs, job, after)


async def _events(jobs: Jobs, job: Job, after: int) -> AsyncIterator[str]:
    told = ""
    quiet_since = time.monotonic()
    with jobs.bell.listening(job.id) as rung:
        yield f"retry: {_RETRY_MS}\n\n"
        while True:
            rung.clear()
            state, rows = await jobs.bench.aside(lambda after=after: _look(jobs, job, after))  # type: ignore[misc]
            for row in rows:
                after = row.position + 1
                yield _event("page", _page(jobs, job, state.pages, row), after)
            if len(rows) == _AT_ONCE:
                continue
            if state.is_ended:
                status = await jobs.bench.aside(lambda state=state: jobs.status(state))  # type: ignore[misc]
                yield _event("end", status.model_dump(), after + 1)
                return
            if jobs.is_draining:
                return
            if state.state != told:
                told = state.state
                yield _event("state", {"state": told, "pages": state.pages, "pages_done": state.position})
            elif rows:
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > _COMMENT_S:
                quiet_since = time.monotonic()
                yield ": still here\n\n"
            try:
                await asyncio.wait_for(rung.wait(), _LOOK_S)
            except TimeoutError:
                continue


def _look(jobs: Jobs, job: Job, after: int) -> tuple[Job, list[PageRow]]:
    """Return a job as it is now and pages that were not told yet.

    The job is looked at first: where it has ended, all of its pages are there.
    """
    now = jobs.store.get(job.id, job.client)
    if now is None:
        raise gone()
    return now, jobs.store.pages(job.id, after, _AT_ONCE)


def gone() -> SourceNotFoundError:
    """Return the error for a job that is not there, or not this client's: nobody learns which."""
    return SourceNotFoundError("there is no such job", remedy="its time may be over; submit it again")


def _page(jobs: Jobs, job: Job, count: int | None, row: PageRow) -> dict[str, Any]:
    told: dict[str, Any] = {"position": row.position + 1, "pages": count}
    if row.body is not None:
        whole = jobs.archive.page_dict(job.id, row.position, row.body)
        told |= {"schema_version": whole["schema_version"], "page": whole["pages"][0]}
    elif row.trouble is not None:
        told["error"] = jobs.archive.trouble(job.id, row.trouble).model_dump()
    return told


def _event(kind: str, data: dict[str, Any], number: int | None = None) -> str:
    """Return an event as it is sent. JSON has no line ends of its own, so `data` is one line."""
    name = "" if number is None else f"id: {number}\n"
    return f"{name}event: {kind}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"
