"""Threads that read jobs page by page, each page in its turn among the requests that somebody waits for.

A page of a job takes a place in the same row as a request. While requests wait, one page of all jobs is in that row at
a time; where none do, one for each thread that reads. So a long document never holds up a short request by more than a
page, and a flood of requests never stops a document.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Final, Protocol, TypeVar

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
        self._held: dict[str, Job] = {}
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
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def wake(self) -> None:
        """Have the lanes look for work."""
        with self._work:
            self._work.notify_all()

    def renew(self) -> None:
        """Prolong the leases of what is being read."""
        if held := list(self._held.values()):
            self._store.renew(held)

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
                self._held[job.id] = job
                try:
                    self._serve(job)
                finally:
                    self._held.pop(job.id, None)
            except LostError:
                continue
            except BusyError:  # the disk is full
                self._stopping.wait(_REST_S)
            except Exception as error:
                _log.error("a job could not be worked on: %s", shape_of(error))
                self._stopping.wait(_REST_S)

    def _serve(self, job: Job) -> None:
        """Read a job's pages until all are read, its turn is over, or the service stops."""
        try:
            with ExitStack() as held:
                turn = _Turn(self._house, self._archive, job, held)
                if job.tries > self._options.attempts:
                    job = self._give_up(job)
                if job.pages is None or job.position < job.pages:
                    self._in_turn(partial(turn.open, self._vault))
                    if job.pages is None:
                        job = self._opened(job, turn.count)
                    self._read(job, turn)
                else:
                    self._end(job)
        except (CancelledError, QuotaError) as error:
            wait_s = getattr(error, "retry_after_s", None) or 0.0
            self._patiently(lambda: self._store.hand_back(job, wait_s=wait_s))
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

    def _opened(self, job: Job, count: int) -> Job:
        most = self._options.max_pages
        if count > most:
            raise LimitError(
                f"the document has {count:,} pages, and a job may have {most:,}", remedy=f"ask for some: pages=1-{most}"
            )
        self._patiently(lambda: self._store.opened(job, count))
        self._house.ring(job)
        return replace(job, pages=count)

    def _read(self, job: Job, turn: _Turn) -> None:
        assert job.pages is not None
        began = time.monotonic()
        for position in range(job.position, job.pages):
            if self._stopping.is_set():
                self._patiently(partial(self._store.hand_back, job))
                return
            if time.monotonic() - began > self._options.slice_s and self._store.waits():
                self._patiently(partial(self._store.hand_back, job))
                self.wake()
                return
            self._house.pace(job)
            row = self._page(job, turn, position)
            self._patiently(partial(self._store.put_page, job, row))
            self._house.telemetry.job_page("read" if row.body is not None else "failed")
            job = replace(job, position=position + 1, tries=1)
            self._house.ring(job)
        self._end(job)

    def _page(self, job: Job, turn: _Turn, position: int) -> PageRow:
        """Return a page, or why it cannot be read. A failure of the service's own is tried again."""
        for tries in range(job.tries, self._options.attempts + 1):
            try:
                return PageRow(position, self._in_turn(partial(turn.read, position)), None)
            except (CancelledError, LostError):
                raise
            except InputError as error:
                return PageRow(position, None, self._archive.keep_trouble(job.id, error))
            except Exception as error:
                _log.warning("a page of a job failed: %s", shape_of(error), extra={"reason": type(error).__name__})
                if tries >= self._options.attempts:
                    return PageRow(position, None, self._archive.keep_trouble(job.id, error))
                self._stopping.wait(_REST_S / 4)
        raise AssertionError("a page is tried at least once")

    def _give_up(self, job: Job) -> Job:
        """Note that the page at which the process ended so often cannot be read; the others can."""
        error = WorkerError(f"the process that read it ended {job.tries - 1} times", remedy="look at the page")
        if job.pages is None:
            raise _with_status_of_input(error)
        trouble = self._archive.keep_trouble(job.id, _with_status_of_input(error))
        self._patiently(partial(self._store.put_page, job, PageRow(job.position, None, trouble)))
        self._house.telemetry.job_page("failed")
        return replace(job, position=job.position + 1, tries=1)

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
        bench = self._house.bench
        with self._gate:
            while self._in_hand and bench.taken and not self._stopping.is_set():
                self._gate.wait(_GATE_S)
            self._in_hand += 1
        try:
            return bench.beside(work).result()
        except RuntimeError as error:
            if not bench.is_closed:
                raise
            raise CancelledError from error
        finally:
            with self._gate:
                self._in_hand -= 1
                self._gate.notify()


class _Turn:
    """A job's document while it is held open: opened and read in threads of the bench, one after the other."""

    def __init__(self, house: House, archive: Archive, job: Job, held: ExitStack) -> None:
        self._house = house
        self._archive = archive
        self._job = job
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
        """Return a page as it is kept."""
        image = self._source[position]
        page, seconds = self._reader.read_page_timed(image)
        megapixels = image.width * image.height / 1e6
        self._house.spend(self._job, megapixels)
        self._house.telemetry.page(megapixels, seconds)
        return self._archive.keep_page(self._job.id, position, page, self._reader.generator)


def opened(content: bytes, options: ReaderOptions, name: str) -> Source:
    """Return the pages of a document that was taken already, so that its size is no matter any more."""
    limits = options.limits.with_(max_bytes=max(options.limits.max_bytes, len(content)))
    return sources.open(content, limits, options.load, name=name)


def _with_status_of_input(error: WorkerError) -> WorkerError:
    """Return an error of a document's own making, which may be told as it is."""
    error.http_status = 422
    return error
