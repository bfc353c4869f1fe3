"""Threads that read jobs page by page, each page in its turn among the requests that somebody waits for.

A page of a job takes a place in the same row as a request. While requests wait, one page of all jobs is in that row at
a time; where none do, one for each thread that reads. So a long document never holds up a short request by more than a
page, and a flood of requests never stops a document.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import Final, Protocol, TypeVar

from inkread import errors
from inkread.errors import BusyError, InkreadError, InputError, LimitError, QuotaError, WorkerError
from inkread.load import source as sources
from inkread.load.source import Source
from inkread.logs import logger
from inkread.options import ReaderOptions
from inkread.service import asks
from inkread.service.jobs.archive import Archive
from inkread.service.jobs.job import Job, LostError, PageRow, State, Trouble
from inkread.service.jobs.store import JobStore
from inkread.service.jobs.vault import Vault
from inkread.service.reading import Readers, Reads
from inkread.service.settings import JobOptions
from inkread.service.telemetry import Telemetry, shape_of
from inkread.service.work import Workbench

Result = TypeVar("Result")
_log = logger(__name__)

# How often a lane looks for work that another process left, s; what this one takes in wakes it at once.
_LOOK_S: Final = 1.0
_GATE_S: Final = 0.05
# After a failure of the service's own - a full disk, a device that is gone - a job waits before it is tried again, s.
_REST_S: Final = 2.0


class Run(Protocol):
    """Has a piece of work done, and returns what it gives."""

    def __call__(self, work: Callable[[], Result]) -> Result: ...


class House(Protocol):
    """What the lanes need of the service around them."""

    bench: Workbench
    telemetry: Telemetry

    @property
    def readers(self) -> Readers: ...

    def pace(self, job: Job) -> None:
        """Raise QuotaError where the client's pages of this minute are used up."""

    def spend(self, job: Job, megapixels: float) -> None:
        """Count a page against its client's share."""

    def ring(self, job: Job) -> None:
        """Tell those who listen that something of a job has changed."""

    def ended(self, job: Job, state: str) -> None:
        """Count a job that has ended."""


class Lanes:
    """Reads so many jobs at a time. Told to stop, each page in hand ends and its job waits for the next start."""

    def __init__(self, house: House, store: JobStore, vault: Vault, archive: Archive, options: JobOptions) -> None:
        self._house = house
        self._store = store
        self._vault = vault
        self._archive = archive
        self._options = options
        self._stopping = threading.Event()
        self._work = threading.Condition()
        self._gate = threading.Condition()
        self._in_hand = 0
        self._is_alone = False
        self._wish_to_be_alone = 0
        self._held: dict[str, tuple[Job, threading.Event]] = {}  # and what is set when nobody wants it any more
        count = house.bench.workers
        self._threads = [
            threading.Thread(target=self._run, name=f"inkread-lane-{i}", daemon=True) for i in range(count)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, wait_s: float) -> None:
        """Let every page in hand end, and hand its job back."""
        self._stopping.set()
        self.wake()
        end = time.monotonic() + wait_s
        for thread in filter(threading.Thread.is_alive, self._threads):
            thread.join(max(0.0, end - time.monotonic()))

    def wake(self) -> None:
        """Have the lanes look for work."""
        with self._work:
            self._work.notify_all()

    def renew(self) -> None:
        """Prolong the leases of what is being read."""
        if held := [job for job, _ in list(self._held.values())]:
            self._store.renew(held)

    def drop(self, job_id: str) -> None:
        """End the page in hand of a job that has ended or is gone, within the lines that are being read."""
        if held := self._held.get(job_id):
            held[1].set()

    def drain(self) -> None:
        """Begin no further page."""
        self._stopping.set()

    @property
    def is_draining(self) -> bool:
        return self._stopping.is_set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                job = self._store.claim()
                if job is None:
                    with self._work:
                        self._work.wait(_LOOK_S)
                    continue
                gone = threading.Event()
                self._held[job.id] = job, gone
                try:
                    self._serve(job, gone)
                finally:
                    self._held.pop(job.id, None)
            except LostError:
                continue
            except BusyError:  # the disk is full
                self._stopping.wait(_REST_S)
            except Exception as error:
                _log.error("a job could not be worked on: %s", shape_of(error))
                self._stopping.wait(_REST_S)

    def _serve(self, job: Job, gone: threading.Event) -> None:
        """Read a job's pages until all are read, its turn is over, or the service stops."""
        begun_before = job.tries
        try:
            with ExitStack() as held:
                turn = _Turn(self._house, self._archive, job, gone, held)
                if job.tries >= self._options.attempts and job.position != job.pages:
                    job = self._give_up(job)
                if job.position == job.pages:
                    self._end(job)
                    return
                job = self._begin_alone(job, turn) if job.tries else self._open(self._begin(job), turn, self._in_turn)
                self._read(job, turn)
        except CancelledError:
            self._patiently(lambda: self._store.hand_back(job, tries=begun_before))
        except (LostError, BusyError):
            raise
        except InkreadError as error:
            if error.http_status >= 500 and job.tries < self._options.attempts:
                self._rest(job, error)
            else:
                self._fail(job, error)
        except Exception as error:
            if job.tries >= self._options.attempts:
                self._fail(job, error)
            else:
                self._rest(job, error)

    def _begin_alone(self, job: Job, turn: _Turn) -> Job:
        """Read the page during which a process ended, while no other job's page is read: its fault alone is counted."""
        with self._hold(alone=True):
            job = self._begin(job)
            job = self._open(job, turn, self._in_bench)
            return job if job.position == job.pages else self._one(job, turn, self._in_bench)

    def _begin(self, job: Job) -> Job:
        self._patiently(lambda: self._store.begin(job))
        return replace(job, tries=job.tries + 1)

    def _open(self, job: Job, turn: _Turn, run: Run) -> Job:
        run(partial(turn.open, self._vault))
        if job.pages is not None:
            return job
        most = self._options.max_pages
        if turn.count > most:
            raise LimitError(
                f"the document has {turn.count:,} pages, and a job may have {most:,}",
                remedy=f"ask for some: pages=1-{most}",
            )
        self._patiently(lambda: self._store.opened(job, turn.count))
        self._house.ring(job)
        return replace(job, pages=turn.count)

    def _read(self, job: Job, turn: _Turn) -> None:
        """Read the pages that are left, as long as it is this job's turn."""
        began = time.monotonic()
        while job.position != job.pages:
            is_over = time.monotonic() - began > self._options.slice_s and self._store.waits()
            try:
                self._house.pace(job)
            except QuotaError as error:
                self._patiently(partial(self._store.hand_back, job, wait_s=error.retry_after_s or _REST_S))
                return
            if is_over or self._stopping.is_set():
                self._patiently(partial(self._store.hand_back, job))
                self.wake()
                return
            job = self._one(job, turn, self._in_turn)
        self._end(job)

    def _one(self, job: Job, turn: _Turn, run: Run) -> Job:
        """Read the next page and keep what came of it."""
        row = self._page(job, turn, run)
        self._patiently(partial(self._store.put_page, job, row))
        self._house.telemetry.job_page("read" if row.body is not None else "failed")
        self._house.ring(job)
        return replace(job, position=job.position + 1, tries=1)

    def _page(self, job: Job, turn: _Turn, run: Run) -> PageRow:
        """Return a page, or why it cannot be read. A failure of the service's own is tried again."""
        for tries in range(job.tries, self._options.attempts + 1):
            try:
                return PageRow(job.position, run(partial(turn.read, job.position)), None)
            except (CancelledError, LostError):
                raise
            except InputError as error:
                return PageRow(job.position, None, self._archive.keep_trouble(job.id, error))
            except Exception as error:
                _log.warning("a page of a job failed: %s", shape_of(error), extra={"reason": type(error).__name__})
                if tries >= self._options.attempts:
                    return PageRow(job.position, None, self._archive.keep_trouble(job.id, error))
                self._stopping.wait(_REST_S / 4)
        raise AssertionError("a page is tried at least once")

    def _give_up(self, job: Job) -> Job:
        """Note that the page at which the process ended so often cannot be read; the others can."""
        error = _of_the_document(WorkerError(f"the process that read it ended {job.tries} times"))
        if job.pages is None:
            raise error
        row = PageRow(job.position, None, self._archive.keep_trouble(job.id, error))
        self._patiently(partial(self._store.put_page, job, row, tries=0))
        self._house.telemetry.job_page("failed")
        return replace(job, position=job.position + 1, tries=0)

    def _end(self, job: Job) -> None:
        failed = self._store.troubles(job.id)
        if failed and len(failed) == job.pages:
            self._ended(job, "failed", failed[0].trouble)
        else:
            self._ended(job, "done")

    def _fail(self, job: Job, error: Exception) -> None:
        _log.info("a job failed", extra={"reason": type(error).__name__, "client": job.client})
        self._ended(job, "failed", self._archive.keep_trouble(job.id, error))

    def _ended(self, job: Job, state: State, trouble: Trouble | None = None) -> None:
        self._patiently(partial(self._store.end, job, state, trouble))
        self._house.ended(job, state)
        self._house.ring(job)

    def _rest(self, job: Job, error: Exception) -> None:
        _log.warning("a job is tried again: %s", shape_of(error), extra={"reason": type(error).__name__})
        self._patiently(partial(self._store.hand_back, job, wait_s=_REST_S, tries=job.tries))

    def _patiently(self, write: Callable[[], None]) -> None:
        """Write when there is room again, so that a full disk costs no page; until the service stops."""
        while True:
            try:
                return write()
            except BusyError:
                if self._stopping.wait(_REST_S):
                    raise

    def _in_turn(self, work: Callable[[], Result]) -> Result:
        """Return what a piece of work gives, done in the row of requests."""
        with self._hold(alone=False):
            return self._in_bench(work)

    @contextmanager
    def _hold(self, *, alone: bool) -> Iterator[None]:
        """Wait for a place among the pages of jobs, or for all of them."""
        with self._gate:
            self._wish_to_be_alone += alone
            while not self._stopping.is_set() and not self._may_go(alone):
                self._gate.wait(_GATE_S)
            self._wish_to_be_alone -= alone
            if alone and self._stopping.is_set():
                raise CancelledError
            self._is_alone = alone
            self._in_hand += 1
        try:
            yield
        finally:
            with self._gate:
                self._is_alone = False
                self._in_hand -= 1
                self._gate.notify_all()

    def _may_go(self, alone: bool) -> bool:
        if alone:
            return not self._in_hand
        if self._is_alone or self._wish_to_be_alone:
            return False
        return not (self._in_hand and self._house.bench.taken)

    def _in_bench(self, work: Callable[[], Result]) -> Result:
        """Return what a thread that reads makes of a piece of work."""
        bench = self._house.bench
        try:
            return bench.beside(work).result()
        except RuntimeError as error:
            if not bench.is_closed:
                raise
            raise CancelledError from error


class _Turn:
    """A job's document while it is held open: opened and read in threads of the bench, one after the other."""

    def __init__(self, house: House, archive: Archive, job: Job, gone: threading.Event, held: ExitStack) -> None:
        self._house = house
        self._archive = archive
        self._job = job
        self._gone = gone
        self._held = held
        self.count = 0

    def open(self, vault: Vault) -> None:
        wish = self._archive.wish(self._job)
        base = self._house.readers.base.options
        options = asks.options_of_read(wish.request, base)
        self._reader: Reads = self._held.enter_context(self._house.readers.with_options(options))
        content = vault.get(self._job.id)
        self._source = self._held.enter_context(opened(content, options, wish.name))
        self.count = len(self._source)

    def read(self, position: int) -> bytes:
        """Return a page as it is kept. Raises LostError where nobody wants it any more."""
        if self._gone.is_set():
            raise LostError
        image = self._source[position]
        try:
            page, seconds = self._reader.read_page_timed(image, cancel=self._gone)
        except errors.CancelledError as error:
            raise LostError from error
        megapixels = image.width * image.height / 1e6
        self._house.spend(self._job, megapixels)
        self._house.telemetry.page(megapixels, seconds)
        return self._archive.keep_page(self._job.id, position, page, self._reader.generator)


def opened(content: bytes, options: ReaderOptions, name: str) -> Source:
    """Return the pages of a document that was taken already, so that its size is no matter any more."""
    limits = options.limits.with_(max_bytes=max(options.limits.max_bytes, len(content)))
    return sources.open(content, limits, options.load, name=name)


def _of_the_document(error: WorkerError) -> WorkerError:
    """Return an error of a document's own making, which may be told as it is."""
    error.http_status = 422
    return error
