"""A bounded place for work: so many requests wait, so many are worked on, and none after its time or its asker."""

from __future__ import annotations

import asyncio
import contextvars
import math
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Any, TypeVar

from inkread.errors import BusyError, DeadlineError

Result = TypeVar("Result")

# Of the seconds that a piece of work took, how much the last one counts in what is told as the time to wait.
_RECENT = 0.2
# What would have to wait so much of its time is not taken: with a queue longer than the deadline, at ten times the
# capacity one in five that were accepted came too late.
_HOPELESS = 0.6


# How much a thread that reads steps back (nice) behind the one that answers: at ten times the capacity the slowest
# hundredth of /health took 19 ms with it and 33 ms without.
_STEP_BACK = 5


class GoneError(Exception):
    """Nobody waits for the answer any more."""


class Leash:
    """Held by a piece of work: whether anybody still waits for it, and until when."""

    def __init__(self, end: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._end = end
        self._clock = clock
        self.gone = threading.Event()  # set when nobody waits for the answer, whatever the time

    @property
    def left_s(self) -> float:
        """Seconds until it has to be done; below zero when it is too late."""
        return self._end - self._clock()

    @property
    def is_over(self) -> bool:
        return self.gone.is_set() or self.left_s <= 0

    def is_set(self) -> bool:
        """Return whether to stop: a leash is what a Reader looks at between lines."""
        return self.is_over

    def cut(self) -> None:
        """Tell the work that nobody waits any more."""
        self.gone.set()

    def check(self) -> None:
        """Raise DeadlineError where nobody waits any more."""
        if self.is_over:
            raise late()


def late() -> DeadlineError:
    """Return the error for what was not done in time."""
    return DeadlineError("it was not done in time", remedy="ask for fewer pages, or later")


def _stopping() -> BusyError:
    return BusyError("the service is stopping", remedy="ask another one, or later", retry_after_s=5.0)


def step_back() -> None:
    """Have this thread, and those that it starts, run after the event loop where both could (Linux).

    Within a container or a unit of systemd only the service's own threads stand behind each other.
    """
    if sys.platform == "linux":
        with suppress(OSError):  # a filter of system calls may forbid it, and nothing depends on it but how soon
            now = os.getpriority(os.PRIO_PROCESS, 0)
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), min(19, now + _STEP_BACK))


class Workbench:
    """Threads that work and places before them. All but the work itself runs in the event loop."""

    def __init__(self, workers: int, queue: int, per_client: int) -> None:
        self.workers = workers
        self._places = workers + queue
        self._per_client = per_client
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="inkread-work", initializer=step_back)
        # What waits for the network or takes a request apart must not wait for those who read.
        self._aside = ThreadPoolExecutor(4, thread_name_prefix="inkread-aside")
        self._taken: Counter[str] = Counter()
        self._beside = 0
        self._counting = threading.Lock()
        self._seconds: float | None = None
        self.busy = 0
        self.done = 0  # pieces of work, since the start
        self.is_closed = False

    @property
    def taken(self) -> int:
        """How many requests wait or are worked on."""
        return self._taken.total()

    @property
    def is_full(self) -> bool:
        return self.taken >= self._places

    def place(self, client: str, limit_s: float) -> Place:
        """Return a place for a request that came now. Raises BusyError where there is none."""
        if self.is_closed:
            raise _stopping()
        is_hopeless = self.taken >= self.workers and self._ahead_s() > _HOPELESS * limit_s
        if self.is_full or is_hopeless or self._taken[client] >= self._per_client:
            raise BusyError("too many requests wait already", remedy="try again", retry_after_s=self.wait_s())
        self._taken[client] += 1
        return Place(self, client, time.monotonic() + limit_s)

    def wait_s(self) -> float:
        """Return how long what waits now will take, s: a guess from what was done of late."""
        return min(max(1.0, self._ahead_s()), 60.0)

    def _ahead_s(self) -> float:
        """How long the work that is ahead takes, s; nothing before any was done."""
        return (self._seconds or 0.0) * (self.taken + self._beside) / self.workers

    def leave(self, client: str) -> None:
        """Give a place free."""
        self._taken[client] -= 1
        if not self._taken[client]:
            del self._taken[client]

    def start(self, work: Callable[[Leash], Result], leash: Leash) -> Future[Result]:
        """Have a thread do the work, unless its time is over when its turn comes."""
        return self._threads.submit(contextvars.copy_context().run, self._timed, work, leash)

    async def prepare(self, work: Callable[[], None]) -> None:
        """Have something done by a thread that reads, so that the threads which it starts step back too."""
        await asyncio.wrap_future(self._threads.submit(work))

    def beside(self, work: Callable[[], Result]) -> Future[Result]:
        """Have a thread do work that has no place of its own, in its turn. Any thread may ask for it."""
        with self._counting:
            self._beside += 1
        try:
            future = self._threads.submit(self._timed, lambda leash: work(), Leash(math.inf))
        except BaseException:
            self._left_beside()
            raise
        future.add_done_callback(self._left_beside)
        return future

    def _left_beside(self, _: object = None) -> None:
        with self._counting:
            self._beside -= 1

    async def aside(self, work: Callable[[], Result]) -> Result:
        """Return what is done in a thread that reads nothing."""
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._aside, lambda: context.run(work))

    def _timed(self, work: Callable[[Leash], Result], leash: Leash) -> Result:
        leash.check()
        start = time.monotonic()
        with self._counting:
            self.busy += 1
        try:
            return work(leash)
        finally:
            with self._counting:
                self.busy -= 1
                self.done += 1
                spent = time.monotonic() - start
                self._seconds = spent if self._seconds is None else self._seconds + _RECENT * (spent - self._seconds)

    def close(self) -> None:
        """Take nothing more; what waits is dropped, what is worked on ends."""
        self.is_closed = True
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._aside.shutdown(wait=True, cancel_futures=True)


class Place:
    """One request's place, from its headers to its answer, or to the end of the work where nobody waited for that."""

    def __init__(self, bench: Workbench, client: str, end: float) -> None:
        self._bench = bench
        self._client = client
        self.leash = Leash(end)
        self._work: Future[object] | None = None

    async def __aenter__(self) -> Place:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leash.cut()
        loop = asyncio.get_running_loop()

        def leave(_: object = None) -> None:
            self._bench.leave(self._client)

        def leave_from_thread(_: object) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(leave)

        if self._work is None or self._work.done():
            leave()
        else:  # abandoned work stops within the line at hand, and takes its place as long
            self._work.add_done_callback(leave_from_thread)

    def hurry(self, limit_s: float | None) -> None:
        """Have it done sooner, where a request asks for that."""
        if limit_s is not None and limit_s < self.leash.left_s:
            self.leash = Leash(time.monotonic() + limit_s)

    async def run(
        self, work: Callable[[Leash], Result], gone: Callable[[], Awaitable[None]], *, grace_s: float = 0.0
    ) -> Result:
        """Return what the work gives.

        gone: returns when nobody waits for the answer any more.  grace_s: how much longer to wait for work that looks
        at its leash by itself. Raises DeadlineError, GoneError, and BusyError where the service stops;
        what has not begun is then dropped.
        """
        future = self._bench.start(work, self.leash)
        self._work = future  # type: ignore[assignment]  # only whether it is done is asked
        answer = asyncio.wrap_future(future)
        watch = asyncio.ensure_future(gone())
        try:
            limit_s = max(self.leash.left_s, 0.0) + grace_s
            both: set[asyncio.Future[Any]] = {answer, watch}
            done, _ = await asyncio.wait(both, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
            if answer in done:
                if answer.cancelled():
                    raise _stopping()
                return answer.result()
            self.leash.cut()
            raise GoneError if watch in done else late()
        finally:
            watch.cancel()
            future.cancel()
            answer.add_done_callback(_looked_at)


def _looked_at(answer: asyncio.Future[Result]) -> None:
    """Take notice of how abandoned work ended, so that nobody complains that nobody did."""
    if not answer.cancelled():
        answer.exception()
