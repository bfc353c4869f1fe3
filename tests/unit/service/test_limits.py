"""What no request can raise: bodies, places, time; and what becomes of work that nobody waits for."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from readers import Brake, FakeReader, slowly
from served import Served, as_text, png, running, tiff

from inkread.errors import BusyError, DeadlineError, QuotaError
from inkread.options import ReaderOptions
from inkread.service.limits import Buckets, Memory
from inkread.service.reading import Order, Readers, read
from inkread.service.settings import ServiceLimits, ServiceOptions
from inkread.service.work import Leash, Workbench

READ = {"file": as_text(png()), "format": "text"}


def with_limits(**values: Any) -> ServiceOptions:
    return ServiceOptions(workers=1, limits=ServiceLimits(**values))


@pytest.mark.row("S4-80")
def test_a_body_that_says_it_is_too_large_is_not_read():
    answer = Served(with_limits(max_body_mb=1)).post("/ocr", content=b"", headers={"content-length": str(2 << 20)})
    assert (answer.status_code, answer.json()["kind"]) == (413, "LimitError")
    assert answer.headers["connection"] == "close"


def test_a_body_in_chunks_is_cut_off_where_it_is_too_large():
    sent: list[int] = []

    async def body() -> Any:
        for _ in range(100):
            sent.append(1)
            yield bytes(1 << 16)

    async def talk() -> httpx2.Response:
        async with running(Served(with_limits(max_body_mb=1)).app()) as http:
            return await http.post("/v1/read", content=body())

    answer = asyncio.run(talk())
    assert (answer.status_code, answer.json()["kind"]) == (413, "LimitError")
    assert len(sent) < 30


def test_bodies_of_all_requests_together_have_a_limit():
    answer = Served(with_limits(max_waiting_mb=1)).post("/v1/read", content=bytes(2 << 20))
    assert (answer.status_code, answer.json()["kind"]) == (503, "BusyError")


def test_a_compressed_body_is_not_inflated(served):
    answer = served.post("/ocr", content=b"\x1f\x8b", headers={"content-encoding": "gzip"})
    assert answer.status_code == 415


def test_more_headers_than_anybody_needs_are_refused(served):
    assert served.post("/ocr", headers={f"x-{i}": "a" for i in range(200)}).status_code == 431


def test_a_body_that_does_not_come_is_not_waited_for():
    async def talk() -> httpx2.Response:
        async def body() -> Any:
            yield b"{"
            await asyncio.sleep(60)

        async with running(Served(with_limits(body_s=0.1)).app()) as http:
            return await http.post("/ocr", content=body())

    start = time.monotonic()
    assert asyncio.run(talk()).status_code == 408
    assert time.monotonic() - start < 40


def test_who_does_not_take_his_answer_loses_his_connection():
    async def talk() -> list[str]:
        app = Served(with_limits(answer_s=0.1)).app()
        sent: list[str] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message["type"])
            if message["type"] == "http.response.body":
                await asyncio.sleep(60)

        scope = {
            "type": "http", "method": "GET", "path": "/health/live", "raw_path": b"/health/live", "query_string": b"",
            "headers": [(b"host", b"localhost")], "client": None, "server": None, "scheme": "http",
            "http_version": "1.1", "root_path": "", "asgi": {"version": "3.0"},
        }  # fmt: skip
        await app(scope, receive, send)
        return sent

    start = time.monotonic()
    assert asyncio.run(talk()) == ["http.response.start", "http.response.body"]
    assert time.monotonic() - start < 40


def test_what_finds_no_place_is_told_so_at_once_and_when_to_come_again():
    brake = Brake()
    served = Served(with_limits(queue=1))
    served.before = brake

    async def talk() -> list[httpx2.Response]:
        async with running(served.app()) as http:
            first = [asyncio.create_task(http.post("/v1/read", json=READ)) for _ in range(2)]
            await asyncio.to_thread(brake.wait)
            refused = await http.post("/v1/read", json=READ)
            alive = await http.get("/health/live")
            brake.go.set()
            return [refused, alive, *await asyncio.gather(*first)]

    refused, alive, *accepted = asyncio.run(talk())
    assert (refused.status_code, refused.json()["kind"]) == (503, "BusyError")
    assert int(refused.headers["retry-after"]) >= 1
    assert alive.status_code == 200
    assert [answer.status_code for answer in accepted] == [200, 200]


def test_one_client_does_not_take_all_places():
    brake = Brake()
    served = Served(with_limits(queue=10, per_client=1))
    served.before = brake

    async def talk() -> int:
        async with running(served.app()) as http:
            first = asyncio.create_task(http.post("/v1/read", json=READ))
            await asyncio.to_thread(brake.wait)
            status = (await http.post("/v1/read", json=READ)).status_code
            brake.go.set()
            await first
            return status

    assert asyncio.run(talk()) == 503


def test_what_is_not_done_in_time_is_told_so_and_not_begun():
    served = Served(with_limits(request_s=0.3))
    served.before = slowly(0.5)

    async def talk() -> list[int]:
        async with running(served.app()) as http:
            answers = await asyncio.gather(*(http.post("/v1/read", json=READ) for _ in range(3)))
            return [answer.status_code for answer in answers]

    assert asyncio.run(talk()) == [504, 504, 504]
    assert len(served.readers[0].read) <= 1  # none, where this machine took all the time to open the first


def test_a_request_may_ask_for_less_time_and_not_for_more():
    served = Served(with_limits(request_s=0.3))
    served.before = slowly(0.5)
    for timeout_s in (0.1, 60):
        assert served.post("/v1/read", json={**READ, "timeout_s": timeout_s}).status_code == 504


def test_pages_that_were_read_in_time_are_answered_where_a_part_will_do(monkeypatch):
    served = Served(with_limits(request_s=60))
    over = property(lambda leash: leash.gone.is_set() or len(served.readers[0].read) == 2)
    monkeypatch.setattr(Leash, "is_over", over)  # the time is up when two pages are read, however fast this machine is
    answer = served.post("/v1/read", json={"file": as_text(tiff(6)), "partial": True})
    assert answer.status_code == 200
    pages = answer.json()["pages"]
    assert len(pages) == 2
    assert answer.headers["x-inkread-partial"] == "2/6"
    assert pages[-1]["notices"][0]["kind"] == "partial"


def test_where_a_part_will_do_a_page_has_the_time_that_is_left():
    served = Served(with_limits(request_s=30))
    assert served.post("/v1/read", json={**READ, "partial": True, "timeout_s": 10}).status_code == 200
    (given,) = served.readers[-1].deadlines
    assert given is not None
    assert 5 < given < 10


def test_a_page_that_is_wanted_whole_has_no_deadline_of_its_own():
    """It is cancelled when the time is up: half of it is of no use."""
    served = Served(with_limits(request_s=30))
    assert served.post("/v1/read", json=READ).status_code == 200
    assert served.readers[-1].deadlines == [None]


def test_a_page_in_hand_ends_when_its_client_is_gone():
    """Work for nobody is stopped within the line at hand, not at the end of its page."""
    leash = Leash(time.monotonic() + 60)
    order = Order(png(), "page", ReaderOptions(), 10)
    reader = FakeReader(ReaderOptions(), before=leash.cut)
    with pytest.raises(DeadlineError):
        read(Readers(reader, 2), order, leash, lambda megapixels, stages: None)


def test_a_page_of_which_a_part_was_read_in_time_counts_as_not_read(monkeypatch):
    class HalfReader(FakeReader):
        def read_page_timed(self, image: Any, **bounds: Any) -> Any:
            page, seconds = super().read_page_timed(image, **bounds)
            return replace(page, degraded=("partial",)), seconds

    order = Order(png(), "page", ReaderOptions(), 10, partial=True)
    done = read(Readers(HalfReader(ReaderOptions()), 2), order, Leash(time.monotonic() + 60), lambda *_: None)
    assert (done.is_partial, done.pages_read, done.pages_wanted) == (True, 0, 1)


def test_work_of_a_client_that_is_gone_is_dropped_before_it_starts():
    brake = Brake()
    served = Served(with_limits(queue=5))
    served.before = brake

    async def leave_early(app: Any) -> None:
        """Send a request and be gone when it is asked whether there is more."""
        body = b'{"file": "%s"}' % as_text(png()).encode()
        came = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if not came.is_set():
                came.set()
                return {"type": "http.request", "body": body, "more_body": False}
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            pass

        headers = [(b"host", b"localhost"), (b"content-length", b"%d" % len(body))]
        scope = {
            "type": "http", "method": "POST", "path": "/v1/read", "raw_path": b"/v1/read", "query_string": b"",
            "headers": headers, "client": ("127.0.0.1", 1), "server": ("localhost", 80), "scheme": "http",
            "http_version": "1.1", "root_path": "", "asgi": {"version": "3.0"},
        }  # fmt: skip
        await app(scope, receive, send)

    async def talk() -> int:
        app = served.app()
        async with running(app) as http:
            first = asyncio.create_task(http.post("/v1/read", json=READ))
            await asyncio.to_thread(brake.wait)
            await leave_early(app)
            brake.go.set()
            return (await first).status_code

    assert asyncio.run(talk()) == 200
    assert len(served.readers[0].read) == 1


def test_a_service_that_stops_finishes_what_it_began_and_takes_nothing_more():
    bench = Workbench(1, 4, 4)
    began, go = threading.Event(), threading.Event()

    def work(_: Leash) -> str:
        began.set()
        go.wait(60)
        return "done"

    async def gone() -> None:
        await asyncio.sleep(60)

    async def talk() -> Any:
        async with bench.place("a", 60) as first, bench.place("b", 60) as second:
            running_one = asyncio.create_task(first.run(work, gone))
            await asyncio.to_thread(began.wait)
            waiting = asyncio.create_task(second.run(work, gone))
            await asyncio.sleep(0)  # it has its place in the row
            closing = asyncio.create_task(asyncio.to_thread(bench.close))
            with pytest.raises(BusyError, match="stopping"):
                await waiting
            go.set()
            await closing
            return await running_one

    assert asyncio.run(talk()) == "done"
    with pytest.raises(BusyError, match="stopping"):
        bench.place("a", 1)


def test_what_could_not_be_done_in_time_is_not_taken():
    bench = Workbench(1, 10, 10)

    async def forever() -> None:
        await asyncio.sleep(60)

    async def talk() -> None:
        async with bench.place("a", 10) as place:
            await place.run(lambda _: time.sleep(0.3), forever)
        async with bench.place("a", 10), bench.place("a", 10):
            bench.place("a", 10)
            with pytest.raises(BusyError) as raised:
                bench.place("a", 1.0)
            assert raised.value.retry_after_s is not None

    asyncio.run(talk())
    bench.close()


def test_an_abandoned_page_keeps_its_place_until_it_ends():
    bench = Workbench(1, 0, 1)
    go = threading.Event()

    async def talk() -> list[int]:
        async with bench.place("a", 0.05) as place:
            with pytest.raises(Exception, match="in time"):
                await place.run(lambda _: go.wait(60), lambda: asyncio.sleep(60))
        held = bench.taken
        go.set()
        for _ in range(3000):
            await asyncio.sleep(0.01)
            if not bench.taken:
                break
        return [held, bench.taken]

    assert asyncio.run(talk()) == [1, 0]
    bench.close()


@given(st.lists(st.floats(0.01, 30), min_size=1, max_size=60), st.floats(0.5, 200))
def test_over_time_a_share_is_never_exceeded_by_more_than_one_request(waits, per_minute):
    now = [0.0]
    buckets = Buckets(lambda: now[0])
    spent = 0.0
    for wait in waits:
        now[0] += wait
        try:
            buckets.check("a", per_minute)
        except QuotaError:
            continue
        buckets.spend("a", per_minute, 1.0)
        spent += 1.0
    assert spent <= per_minute + now[0] * per_minute / 60 + 1.0


def test_a_rate_is_kept_within_a_twentieth():
    now = [0.0]
    buckets = Buckets(lambda: now[0])
    passed = 0
    for _ in range(100_000):  # ten times the rate for a hundred minutes
        now[0] += 0.06
        try:
            buckets.take("a", 100)
            passed += 1
        except QuotaError:
            pass
    assert passed == pytest.approx(100 * 101, rel=0.05)


def test_clients_have_shares_of_their_own():
    buckets = Buckets(lambda: 0.0)
    buckets.take("a", 1)
    buckets.take("b", 1)
    with pytest.raises(QuotaError):
        buckets.take("a", 1)


def test_a_part_of_a_share_can_be_left_to_others():
    now = [0.0]
    buckets = Buckets(lambda: now[0])
    buckets.spend("a", 100, 50)
    buckets.check("a", 100)
    with pytest.raises(QuotaError) as refused:
        buckets.check("a", 100, spare=0.6)
    assert refused.value.retry_after_s == pytest.approx(6.0)
    now[0] += 7
    buckets.check("a", 100, spare=0.6)


def test_memory_that_was_given_back_can_be_had_again():
    memory = Memory(10)
    memory.take(8)
    with pytest.raises(BusyError):
        memory.take(3)
    memory.give_back(8)
    memory.take(10)
