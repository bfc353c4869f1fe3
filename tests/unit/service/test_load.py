"""A service under more than it can do, and after many requests: short forms of proofs service and service_life."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import httpx2
import live
import pytest
from readers import slowly
from served import Served, as_text, png, running

from inkread.service.settings import RateOptions, ServiceLimits, ServiceOptions

PICTURE = as_text(png())
PAGE_S = 0.05
WORKERS = 2


def test_what_is_accepted_under_ten_times_too_much_is_answered_and_the_rest_is_refused():
    limits = ServiceLimits(queue=8, per_client=1000, request_s=60)
    served = Served(ServiceOptions(workers=WORKERS, limits=limits, rate=RateOptions(requests=1e9, megapixels=1e9)))
    served.before = slowly(PAGE_S)
    statuses: Counter[int] = Counter()
    waits: list[float] = []

    async def press(http: httpx2.AsyncClient, until: float) -> None:
        while time.monotonic() < until:
            start = time.monotonic()
            answer = await http.post("/v1/read", json={"file": PICTURE, "format": "text"})
            statuses[answer.status_code] += 1
            if answer.status_code == 200:
                waits.append(time.monotonic() - start)
            else:
                assert answer.headers["retry-after"].isdecimal()
                await asyncio.sleep(PAGE_S)

    async def flood() -> int:
        async with running(served.app()) as http:
            until = time.monotonic() + 1.5
            await asyncio.gather(*(press(http, until) for _ in range(10 * (WORKERS + limits.queue))))
        return sum(len(reader.read) for reader in served.readers)

    read = asyncio.run(flood())
    assert set(statuses) == {200, 503}
    assert statuses[503] > statuses[200]
    assert read == statuses[200]  # nothing was read that was not answered
    assert max(waits) < limits.request_s
    assert statuses[200] >= WORKERS + limits.queue  # how much of the peak, is for the proof


def test_memory_is_given_back_while_pages_are_read_and_left_alone_while_none_are(monkeypatch):
    times: list[float] = []
    monkeypatch.setattr("inkread.service.service.give_back", lambda: times.append(time.monotonic()))
    monkeypatch.setattr("inkread.service.service._TIDY_S", 0.01)
    with live.listening(Served().app()) as url:
        for count in (1, 2):
            answer = httpx2.post(f"{url}/v1/read", json={"file": PICTURE}, timeout=60)
            assert answer.status_code == 200
            end = time.monotonic() + 60
            while len(times) < count:
                assert time.monotonic() < end
                time.sleep(0.01)
        before = len(times)
        time.sleep(0.1)
        assert len(times) == before


def held() -> tuple[int, int]:
    """Return how many threads and open files this process has."""
    gc.collect()
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(sys.platform != "linux", reason="counts open files")
def test_requests_leave_nothing_behind():
    options = ServiceOptions(rate=RateOptions(requests=1e9, megapixels=1e9))
    formats = ("json", "text", "hocr", "pdf", "picture", "nonsense")

    async def ask(http: httpx2.AsyncClient, number: int) -> int:
        body = {"file": PICTURE if number % 7 else "no Base64", "format": formats[number % len(formats)]}
        return (await http.post("/v1/read" if number % 5 else "/ocr", json=body)).status_code

    async def live() -> tuple[tuple[int, int], tuple[int, int]]:
        async with running(Served(options).app()) as http:
            await asyncio.gather(*(ask(http, number) for number in range(24)))
            before = held()
            for begin in range(0, 200, 8):
                statuses = await asyncio.gather(*(ask(http, number) for number in range(begin, begin + 8)))
                assert set(statuses) <= {200, 400, 422}
            return before, held()

    outside = held()
    before, after = asyncio.run(live())
    # Pools of threads and of children grow to their size when all of it is needed for the first time, and no further.
    assert after[0] <= before[0] + 6
    assert after[1] <= before[1] + 16
    # The children that decode stay for the next document, with a pipe or two each.
    threads, files = held()
    assert threads <= outside[0] + 1
    assert files <= outside[1] + 4 * (os.cpu_count() or 1) + 8
