"""Pages of jobs in the row of requests."""

import threading
import time

import pytest

from inkread.service.work import Leash, Workbench


@pytest.fixture
def bench():
    made = Workbench(1, queue=8, per_client=8)
    yield made
    made.close()


def test_work_beside_takes_its_turn_and_no_place(bench):
    order = []
    go = threading.Event()
    bench.beside(lambda: go.wait(60))
    futures = [
        bench.start(lambda leash: order.append("request"), Leash(time.monotonic() + 60)),
        bench.beside(lambda: order.append("page")),
        bench.start(lambda leash: order.append("request"), Leash(time.monotonic() + 60)),
    ]
    assert bench.taken == 0
    go.set()
    for future in futures:
        future.result(60)
    assert order == ["request", "page", "request"]


def test_work_beside_is_counted_in_the_time_to_wait(bench):
    go = threading.Event()
    bench.beside(lambda: time.sleep(0.02)).result(60)
    assert bench.wait_s() == 1.0
    bench._seconds = 10.0
    done = bench.beside(lambda: go.wait(60))
    assert bench.wait_s() == 10.0
    go.set()
    done.result(60)
