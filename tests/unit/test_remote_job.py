"""A job as a client holds it, with and without await, against a service that runs."""

import asyncio
import inspect
from collections.abc import Iterator
from io import BytesIO
from itertools import count

import pytest

pytest.importorskip("fastapi", reason="needs the service: pip install inkread[service]")
httpx2 = pytest.importorskip("httpx2", reason="needs httpx2: pip install inkread[client]")

from jobbed import JobsServed  # noqa: E402  # after what it needs
from live import listening  # noqa: E402
from readers import Brake  # noqa: E402
from served import png, tiff  # noqa: E402

from inkread.client import AsyncClient, Client  # noqa: E402
from inkread.errors import (  # noqa: E402
    DamagedInputError,
    LimitError,
    ServiceError,
    SourceNotFoundError,
    UnsupportedFormatError,
)
from inkread.remote_job import AsyncJob, Job  # noqa: E402


@pytest.fixture
def served(tmp_path) -> JobsServed:
    return JobsServed(tmp_path / "jobs")


@pytest.fixture
def url(served) -> Iterator[str]:
    with listening(served.app()) as url:
        yield url


def third_is_broken():
    steps = count(1)

    def before() -> None:
        if next(steps) == 3:
            raise DamagedInputError("page 3 is broken")

    return before


def test_a_job_gives_its_pages_as_they_are_read_and_its_result(url, served):
    brake = Brake()
    steps = count(1)
    served.readers[0].before = lambda: brake() if next(steps) == 3 else None
    with Client(url, language="en") as client:
        job = client.submit(tiff(3), name="scan.tif")
        pages = job.pages()
        assert [next(pages).number, next(pages).number] == [1, 2]  # the third is not read yet
        assert (job.status().state, job.status().pages) == ("running", 3)
        brake.go.set()
        assert [page.number for page in pages] == [3]
        document = client.job(job.id).result()
        assert (document.source, document.pages[2].text) == ("scan.tif", "hello")
        assert job.convert("text") == b"hello\n\nhello\n\nhello\n"
        assert job.wait().state == "done"
        job.delete()
        with pytest.raises(SourceNotFoundError):
            job.status()
    assert served.readers[0].variants[0].options.language == ("en",)


def test_a_page_that_cannot_be_read_is_left_out_and_told(url, served):
    served.readers[0].before = third_is_broken()
    with Client(url) as client:
        job = client.submit(tiff(4))
        assert [page.number for page in job.pages()] == [1, 2, 4]
        failed = job.status().failed_pages
        assert isinstance(failed[3], DamagedInputError)
        assert str(failed[3]) == "page 3 is broken"


def kept(url: str) -> list:
    return httpx2.get(f"{url}/v1/jobs").json()["jobs"]


def test_a_document_too_long_for_a_request_is_read_all_the_same(url, served):
    served.readers[0].texts = ("TOTAL 12.00",)
    with Client(url) as client:
        document = client.read(BytesIO(tiff(12)), name="scan.tif")
        assert [page.number for page in document.pages] == list(range(1, 13))
        assert document.source == "scan.tif"
        assert len(list(client.pages(tiff(11)))) == 11
        assert client.convert(tiff(12), "text", pages="2-") == b"\n\n".join([b"TOTAL 12.00"] * 11) + b"\n"
        assert client.extract_fields(tiff(11), "receipt")["kind"] == "receipt"
    assert kept(url) == []


def test_a_page_of_a_long_document_that_cannot_be_read_is_an_error_as_of_a_short_one(url, served):
    served.readers[0].before = third_is_broken()
    with Client(url) as client, pytest.raises(DamagedInputError, match=r'page 3 of "long.tif" cannot be read: page 3'):
        client.read(tiff(11), name="long.tif")
    assert kept(url) == []


def test_a_service_that_takes_no_jobs_says_what_to_ask_for(tmp_path):
    served = JobsServed(tmp_path / "jobs", enabled=False)
    with listening(served.app()) as url, Client(url) as client, pytest.raises(LimitError, match="pages=1-10"):
        client.read(tiff(11))


def test_what_is_larger_than_a_request_is_sent_once_as_a_job(url, monkeypatch):
    monkeypatch.setattr("inkread.remote_job._MOST_BYTES", 100)
    sent = []
    with Client(url) as client:
        asked = client._ask
        monkeypatch.setattr(client, "_ask", lambda request: (sent.append(request.path), asked(request))[1])
        assert client.read(png()).text == "hello"
    assert sent[0] == "/v1/jobs"
    assert "/v1/read" not in sent


def test_what_is_larger_than_a_request_goes_to_a_service_without_jobs(tmp_path, monkeypatch):
    monkeypatch.setattr("inkread.remote_job._MOST_BYTES", 100)
    with listening(JobsServed(tmp_path / "jobs", enabled=False).app()) as url, Client(url) as client:
        assert client.read(png()).text == "hello"


def test_what_cannot_be_read_raises_what_a_reader_would(url):
    with Client(url) as client:
        with pytest.raises(UnsupportedFormatError):
            client.submit(b"no picture at all")
        job = client.submit(b"%PDF-1.7\nnothing")
        with pytest.raises(DamagedInputError):
            job.result()
        with pytest.raises(DamagedInputError):
            list(job.pages())


def test_a_job_that_is_cancelled_says_so(url, served):
    brake = served.readers[0].before = Brake()
    with Client(url) as client:
        job = client.submit(tiff(3))
        brake.wait()
        assert job.cancel().state == "cancelled"
        brake.go.set()
        with pytest.raises(ServiceError, match="was cancelled"):
            job.result()
        with pytest.raises(ServiceError, match="was cancelled"):
            list(job.pages())


def test_fields_come_with_a_job_that_asked_for_them(url, served):
    served.readers[0].texts = ("TOTAL 12.00",)
    with Client(url) as client:
        job = client.submit(png(), extract="receipt")
        assert job.fields()["kind"] == "receipt"
        assert job.result().text == "TOTAL 12.00"


def test_what_is_submitted_twice_under_a_key_is_one_job(url):
    with Client(url) as client:
        assert client.submit(png(), key="1").id == client.submit(png(), key="1").id
        assert client.submit(png()).id != client.submit(png()).id


def test_the_same_with_await(url, served):
    async def talk() -> None:
        served.readers[0].before = third_is_broken()
        async with AsyncClient(url) as client:
            job = await client.submit(tiff(4), name="scan.tif")
            assert [page.number async for page in job.pages()] == [1, 2, 4]
            assert (await job.wait()).state == "done"
            assert list((await job.status()).failed_pages) == [3]
            assert len((await client.job(job.id).result()).pages) == 3
            assert len((await client.read(tiff(11))).pages) == 11
            assert await job.convert("text") == b"hello\n\nhello\n\nhello\n"
            assert (await job.cancel()).state == "done"
            await job.delete()
            with pytest.raises(SourceNotFoundError):
                await job.status()

    asyncio.run(talk())


def test_both_kinds_of_job_have_the_same_methods():
    def of(kind) -> dict[str, list[str]]:
        methods = inspect.getmembers(kind, inspect.isfunction)
        return {name: list(inspect.signature(each).parameters) for name, each in methods if not name.startswith("_")}

    assert of(Job) == of(AsyncJob)


class Broken:
    """Breaks the first connections off in the middle of a job's events."""

    def __init__(self, breaks: int) -> None:
        self.breaks = breaks
        self.last: list[str | None] = []

    def __call__(self, request):
        self.last.append(request.headers.get("last-event-id"))
        page = (
            '{"position": %d, "pages": 2, "schema_version": "1.2",'
            ' "page": {"number": %d, "width": 1, "height": 1, "blocks": []}}'
        )
        after = int(self.last[-1] or 0)
        text = "".join(f"id: {n}\nevent: page\ndata: {page % (n, n)}\n\n" for n in range(after + 1, 3))
        end = '{"state": "done", "pages": 2, "pages_done": 2, "failed_pages": [], "error": null}'
        if len(self.last) <= self.breaks:
            return httpx2.Response(200, text=text.partition("\n\n")[0] + "\n\nid: 2\nev")
        return httpx2.Response(200, text=f"{text}id: 3\nevent: end\ndata: {end}\n\n")


def test_events_that_break_off_go_on_where_they_were(monkeypatch):
    monkeypatch.setattr("inkread.client.time.sleep", lambda seconds: None)
    service = Broken(1)
    with Client(transport=httpx2.MockTransport(service)) as client:
        pages = list(client.job("0" * 32).pages())
    assert ([page.number for page in pages], service.last) == ([1, 2], [None, "1"])


def test_a_service_that_is_gone_is_told_after_the_last_try(monkeypatch):
    monkeypatch.setattr("inkread.client.time.sleep", lambda seconds: None)
    tries = []

    def gone(request):
        tries.append(1)
        raise httpx2.ConnectError("refused")

    with (
        Client(transport=httpx2.MockTransport(gone), retries=2) as client,
        pytest.raises(ServiceError, match="not answer"),
    ):
        list(client.job("0" * 32).pages())
    assert len(tries) == 3
