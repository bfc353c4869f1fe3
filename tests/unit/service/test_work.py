"""Threads that read step back behind the one that answers."""

from __future__ import annotations

import asyncio
import os
import sys
import threading

import pytest

from inkread.service.work import Leash, Workbench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="priorities of threads")


def niceness(_: Leash | None = None) -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_threads_that_read_step_back_with_all_that_they_start_and_the_others_do_not():
    bench = Workbench(1, queue=1, per_client=1)
    seen: list[int] = []

    def open_networks() -> None:
        started = threading.Thread(target=lambda: seen.append(niceness()))
        started.start()
        started.join()

    async def ask() -> tuple[int, int]:
        await bench.prepare(open_networks)
        reading = await asyncio.wrap_future(bench.start(niceness, Leash(float("inf"))))
        return reading, await bench.aside(niceness)

    try:
        reading, aside = asyncio.run(ask())
    finally:
        bench.close()
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    assert aside == usual
    assert reading == seen[0] == min(19, usual + 5)


def test_where_priorities_may_not_be_changed_work_is_done_all_the_same(monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refuse)
    bench = Workbench(1, queue=1, per_client=1)
    try:
        assert bench.start(lambda leash: 7, Leash(float("inf"))).result(5) == 7
    finally:
        bench.close()
