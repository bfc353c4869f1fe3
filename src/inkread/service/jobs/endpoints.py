"""The endpoints of jobs."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Final

from fastapi import FastAPI, Header, Path, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from inkread.errors import BusyError, InkreadError, RequestError
from inkread.service import answers, api_page, asks
from inkread.service.failures import with_status
from inkread.service.jobs import events
from inkread.service.jobs.archive import Wish
from inkread.service.jobs.job import Job
from inkread.service.jobs.jobs import Jobs
from inkread.service.jobs.results import PageNumbers
from inkread.service.service import Service
from inkread.service.work import Leash
from inkread.wire import JobRequest, JobStatus, WebhookSecret
from inkread.wire import Jobs as JobList

_ID: Final = re.compile(r"[0-9a-f]{32}")
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_MOST_LISTED: Final = 100

JobId = Annotated[str, Path(max_length=64, description="as submitting the job gave it")]


def add(app: FastAPI, service: Service, jobs: Jobs) -> None:
    """Add the endpoints of jobs to the app."""
    _add_submit(app, service, jobs)
    _add_looks(app, jobs)
    _add_events(app, jobs)
    _add_result(app, service, jobs)
    _add_ends(app, jobs)


def _add_submit(app: FastAPI, service: Service, jobs: Jobs) -> None:
    @app.post("/v1/jobs", tags=["jobs"], **api_page.submit())
    async def submit(
        request: Request, idempotency_key: Annotated[str | None, Header(max_length=255)] = None
    ) -> Response:
        """Have a document read while nobody waits. The same under the same Idempotency-Key is one job."""
        key = idempotency_key
        if key is not None and not _KEY.fullmatch(key):
            raise RequestError("the Idempotency-Key is none", remedy="send up to 255 printable ASCII characters")
        call = await service.call(request, JobRequest)
        asked = call.request
        answers.check_asked("json", asked.extract)
        name, content = await service.file_of(call)
        wish = Wish(asked, name)
        client, account = request.state.client.id, request.state.account
        asks.options_of_read(asked, service.readers.base.options)  # what is wrong with them is told now
        job, is_new = await service.bench.aside(lambda: jobs.submit(client, account, key, wish, content))
        headers = {"location": f"/v1/jobs/{job.id}"}
        if not is_new:
            headers["idempotency-replayed"] = "true"
        status = await service.bench.aside(partial(jobs.status, job))
        return JSONResponse(status.model_dump(), 202, headers)


def _add_looks(app: FastAPI, jobs: Jobs) -> None:
    @app.get("/v1/jobs", tags=["jobs"], responses=api_page.failures())
    async def listed(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=_MOST_LISTED)] = 20,
        before: Annotated[str | None, Query(max_length=64)] = None,
    ) -> JobList:
        """List this client's jobs, the newest first."""
        client = request.state.client.id

        def look() -> JobList:
            found = jobs.store.list_of(client, limit + 1, before)
            return JobList(jobs=[jobs.status(job) for job in found[:limit]], more=len(found) > limit)

        return await jobs.bench.aside(look)

    @app.get("/v1/jobs/{job_id}", tags=["jobs"], responses=api_page.failures())
    async def status(request: Request, job_id: JobId) -> JobStatus:
        """Tell how far a job is."""
        return await jobs.bench.aside(lambda: jobs.status(_job(jobs, request, job_id)))

    @app.get("/v1/webhook", tags=["jobs"], responses=api_page.failures())
    async def webhook(request: Request) -> WebhookSecret:
        """Give the secret that messages to this client's addresses are signed with."""
        return WebhookSecret(secret=jobs.webhook_secret(request.state.client.id))


def _add_events(app: FastAPI, jobs: Jobs) -> None:
    @app.get("/v1/jobs/{job_id}/events", tags=["jobs"], **api_page.events())
    async def told(
        request: Request, job_id: JobId, last_event_id: Annotated[str | None, Header(max_length=64)] = None
    ) -> Response:
        """Tell of each page as soon as it is read, by server-sent events; Last-Event-ID goes on where it broke off."""
        after = events.last_event(last_event_id)
        job = await jobs.bench.aside(lambda: _job(jobs, request, job_id))
        return StreamingResponse(await events.stream(jobs, job, after), media_type="text/event-stream")


def _add_result(app: FastAPI, service: Service, jobs: Jobs) -> None:
    @app.get("/v1/jobs/{job_id}/result", tags=["jobs"], **api_page.result())
    async def result(
        request: Request,
        job_id: JobId,
        format: Annotated[str, Query(max_length=40)] = "json",
        pages: Annotated[str | None, Query(max_length=200)] = None,
        pictures: bool = False,
        partial: bool = False,
    ) -> Response:
        """Give what was read in any format. partial: also what was read of a job that has not ended, or not well."""
        job = await jobs.bench.aside(lambda: _job(jobs, request, job_id))
        if job.state != "done" and not partial:
            raise _not_done(job)
        numbers = PageNumbers(pages)
        base = service.readers.base.options
        extract = (await jobs.bench.aside(lambda: jobs.archive.wish(job))).request.extract if format == "json" else None
        answers.check_asked(format, None, pictures=pictures)
        needs_images = pictures or answers.needs_images(format)

        def make(leash: Leash) -> Response:
            with jobs.results.result(job, base, leash, numbers, pictures=needs_images) as found:
                made = answers.answer(found.read, found.content, format, extract, pictures=pictures)
            headers = {"content-disposition": f'attachment; filename="document{made.suffix}"'}
            if found.read.is_partial:
                headers["x-inkread-partial"] = f"{len(found.read.document.pages)}/{found.read.pages_wanted}"
            return Response(made.body, headers=headers, media_type=made.media_type)

        async with jobs.results_bench.place(request.state.account, jobs.options.result_s) as place:
            return await service.run(request, place, make)


def _add_ends(app: FastAPI, jobs: Jobs) -> None:
    @app.post("/v1/jobs/{job_id}/cancel", tags=["jobs"], responses=api_page.failures())
    async def cancel(request: Request, job_id: JobId) -> JobStatus:
        """End a job that has not ended. What was read of it stays until it is deleted or its time is over."""
        client = request.state.client.id

        def end() -> JobStatus:
            job = jobs.cancel(_checked(job_id), client)
            if job is None:
                raise events.gone()
            return jobs.status(job)

        return await jobs.bench.aside(end)

    @app.delete("/v1/jobs/{job_id}", tags=["jobs"], status_code=204, responses=api_page.failures())
    async def delete(request: Request, job_id: JobId) -> Response:
        """Remove a job, its document and all that was read, whether it has ended or not."""
        client = request.state.client.id
        if not await jobs.bench.aside(lambda: jobs.delete(_checked(job_id), client)):
            raise events.gone()
        return Response(status_code=204)


def _checked(job_id: str) -> str:
    if not _ID.fullmatch(job_id):
        raise events.gone()
    return job_id


def _job(jobs: Jobs, request: Request, job_id: str) -> Job:
    """Return a job of the client who asks. Raises SourceNotFoundError for any other."""
    job = jobs.store.get(_checked(job_id), request.state.client.id)
    if job is None:
        raise events.gone()
    return job


def _not_done(job: Job) -> InkreadError:
    if not job.is_ended:
        return with_status(
            BusyError("the job is not done yet", remedy="ask for partial=true, or later", retry_after_s=2.0), 409
        )
    return with_status(
        RequestError(f"the job was {job.state}", remedy="its status says why; partial=true gives what was read"), 409
    )
