"""The worker's side of a batch: the pages of a part read one after the other, and written as one file."""

from __future__ import annotations

import importlib
import os
import platform
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Protocol

from inkread.batch.documents import Opened
from inkread.batch.folder import Folder, Lines, disk_refuses
from inkread.batch.page_files import PageFiles
from inkread.batch.records import DOUBTFUL_ERROR, PageRecord
from inkread.batch.work import Failure, PageTask, Part, PartDone
from inkread.document import Document, Page
from inkread.errors import (
    ClosedError,
    InkreadError,
    MissingPackageError,
    ModelIntegrityError,
    ModelNotFoundError,
    OptionError,
    OutputError,
    WorkerError,
)
from inkread.export.json import to_dict
from inkread.image import Image
from inkread.options import ReaderOptions

READER: Final = "inkread.pipeline:Reader"
# A page that fails is read once more: a network, a disk or a decoder's child may have been at fault.
_TRIES: Final = 2
# A process that dies takes the pages with it that were begun. They are read again one by one; a page that dies alone
# this often is given up. With the first death these are three processes for the worst page there can be.
_LONELY_DEATHS: Final = 2
# Of the disk, of what is installed, of a worker that is closed: no page is at fault, and the next one would fail too.
_NOT_OF_A_PAGE: Final = (
    OutputError,
    ModelNotFoundError,
    ModelIntegrityError,
    MissingPackageError,
    OptionError,
    ClosedError,
)


@dataclass(frozen=True)
class Order:
    """What all workers of a run are told.

    run: names the run, so that deaths in another one are not held against a page.  formats: of the files beside the
    records.  configuration: part of every key.  reader: MODULE:CLASS, made of the options.
    """

    folder: Folder
    options: ReaderOptions
    configuration: str
    run: str
    formats: tuple[str, ...] = ()
    reader: str = READER


class Reads(Protocol):
    """What a part reader needs of a Reader, which is made of ReaderOptions."""

    @property
    def generator(self) -> str: ...

    def read_page_timed(self, image: Image) -> tuple[Page, dict[str, float]]: ...

    def close(self) -> None: ...


class PartReader:
    """Reads parts, each into its file. Raises, when made, what keeps a Reader from being made."""

    def __init__(self, order: Order) -> None:
        module, _, name = order.reader.partition(":")
        self._order = order
        self._reader: Reads = getattr(importlib.import_module(module), name)(order.options)
        self._opened = Opened(order.options)
        self._files = PageFiles(order.folder.files, order.formats)

    def do(self, part: Part) -> dict[str, Any]:
        """Read a part and return its PartDone as a dict.

        What is there of it already is kept, but for pages that failed in an earlier run. Raises OutputError where the
        results cannot be written, and what every page would fail of; what is wrong with a page is in its record.
        """
        try:
            return self.read(part).to_dict()
        except OSError as error:
            raise disk_refuses(self._order.folder.path, error) from error
        except OutputError as error:
            if isinstance(error.__cause__, OSError):  # told as for a single file, where there is nothing to go on with
                raise disk_refuses(self._order.folder.path, error.__cause__) from error
            raise

    def read(self, part: Part) -> PartDone:
        """Do the same and return the PartDone."""
        folder = self._order.folder
        if not (folder.path / "inkread-batch.json").exists():
            raise OutputError(
                f'the worker does not see "{folder.path}"',
                remedy="give a folder that every machine has",
            )
        journal = _Journal(folder.begun_path(part.number), self._order.run)
        records = {each.key: each for each in folder.read_part(part.number) if each.error is None}
        records.update(journal.records)
        left = [task for task in part.tasks if task.key(self._order.configuration) not in records]
        fresh = 0
        for record in self._records(left, journal):
            records[record.key] = record
            fresh += 1
        keys = [task.key(self._order.configuration) for task in part.tasks]
        is_stopped = any(key not in records for key in keys)
        done = [records[key] for key in keys if key in records]
        if not is_stopped:
            folder.write_part(part.number, done)
        return replace(summary(part.number, done), fresh=fresh, is_stopped=is_stopped, **_of_this_process())

    def close(self) -> None:
        """Free the networks and the document that is open."""
        self._opened.close()
        self._reader.close()

    def _records(self, tasks: Sequence[PageTask], journal: _Journal) -> Iterator[PageRecord]:
        """Yield the record of each page, noted in the journal, until the run is asked to stop."""
        # Alone: after a death nothing is decoded ahead, so that it is known which page it was.
        pool = nullcontext() if journal.has_deaths else ThreadPoolExecutor(1, "inkread-decode")
        with pool as ahead:
            decoded: Future[Image] | None = None
            for task, following in zip(tasks, [*tasks[1:], None], strict=False):
                if self._order.folder.is_stopping:
                    if decoded is not None:
                        decoded.cancel()
                    return
                key = task.key(self._order.configuration)
                if (deaths := journal.lonely_deaths(key)) >= _LONELY_DEATHS:
                    record = self._given_up(task, key, deaths)
                else:
                    journal.begin(key)
                    image = decoded
                    record, decoded = self._record(task, key, image, following, ahead)
                journal.finish(record)
                yield record

    def _record(
        self,
        task: PageTask,
        key: str,
        decoded: Future[Image] | None,
        following: PageTask | None,
        ahead: ThreadPoolExecutor | None,
    ) -> tuple[PageRecord, Future[Image] | None]:
        """Return a page's record, and the page after it as it is being decoded meanwhile."""
        upcoming: Future[Image] | None = None
        error: InkreadError | None = None
        for attempt in range(1, _TRIES + 1):
            start = time.perf_counter()
            try:
                image = decoded.result() if decoded is not None else self._opened.page(task)
                waited = time.perf_counter() - start
                if ahead is not None and following is not None and upcoming is None:
                    upcoming = ahead.submit(self._opened.page, following)
                page, seconds = self._reader.read_page_timed(image)
                return self._read(task, key, page, image, {"decode": waited, **seconds}, attempt), upcoming
            except _NOT_OF_A_PAGE:
                raise
            except InkreadError as failure:
                error = failure
            except Exception as failure:  # a bug of ours or of a library costs one page
                reason = " ".join(f"{type(failure).__name__}: {failure}".split())[:200]
                error = WorkerError(f'reading "{task.document.name}" failed ({reason})', remedy="please report it")
            decoded = None
            if upcoming is not None:  # one document is open at a time, and not for two threads
                upcoming.exception()
        assert error is not None
        return self._failed(task, key, error, _TRIES), upcoming

    def _read(
        self, task: PageTask, key: str, page: Page, image: Image, seconds: dict[str, float], attempt: int
    ) -> PageRecord:
        document = Document((page,), task.document.name, self._reader.generator)
        try:
            content = to_dict(document)
        except OutputError as error:  # a number that JSON cannot hold
            return self._failed(task, key, error, attempt)
        start = time.perf_counter()
        left_out = self._files.write(task, document, image)
        seconds["files"] = time.perf_counter() - start
        return PageRecord(
            key=key,
            sha256=task.document.sha256,
            page=task.page,
            source=task.document.name,
            content=content,
            attempts=attempt,
            seconds={stage: round(value, 4) for stage, value in seconds.items()},
            review=len(page.accept(DOUBTFUL_ERROR).review),
            left_out=left_out,
        )

    def _failed(self, task: PageTask, key: str, error: InkreadError, attempts: int) -> PageRecord:
        told = (type(error).__name__, str(error))
        return PageRecord(key, task.document.sha256, task.page, task.document.name, error=told, attempts=attempts)

    def _given_up(self, task: PageTask, key: str, deaths: int) -> PageRecord:
        error = WorkerError(
            f'the process that read page {task.page} of "{task.document.name}" died {deaths + 1} times',
            remedy="read it by itself; with --max-memory-mb, if it was killed for memory",
        )
        return self._failed(task, key, error, deaths + 1)


@dataclass
class _Journal:
    """What was begun and done of a part, page by page, so that no page is read twice because a worker died.

    records: what was read, by key; pages that failed in another run are left out, to be tried again.
    has_deaths: pages were begun in this run, and neither done nor stopped.
    """

    path: Path
    run: str
    records: dict[str, PageRecord] = field(default_factory=dict)
    has_deaths: bool = False

    def __post_init__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lines = Lines(self.path)
        begun: Counter[str] = Counter()
        lonely: Counter[str] = Counter()
        for told in self._lines.read():
            with suppress(TypeError, KeyError, ValueError):
                if "begun" in told and told["run"] == self.run:
                    begun[told["begun"]] += 1
                    lonely[told["begun"]] += bool(told["alone"])
                elif "key" in told:
                    record = PageRecord(**told)
                    if record.error is None:
                        self.records[record.key] = record
        self._lonely = lonely
        self.has_deaths = any(key not in self.records for key in begun)

    def lonely_deaths(self, key: str) -> int:
        """Return how often a process died that read this page and nothing else."""
        return self._lonely[key]

    def begin(self, key: str) -> None:
        """Note that a page is being read."""
        self._lines.add({"begun": key, "run": self.run, "alone": self.has_deaths}, sync=False)

    def finish(self, record: PageRecord) -> None:
        """Note what was read."""
        self._lines.add(vars(record), sync=False)


def summary(number: int, records: Sequence[PageRecord]) -> PartDone:
    """Return what there is to say about a part with these records."""
    seconds: Counter[str] = Counter()
    notices: Counter[str] = Counter()
    for record in records:
        seconds.update(record.seconds)
        notices.update(record.notices)
    return PartDone(
        number,
        read=sum(record.content is not None for record in records),
        seconds={stage: round(value, 4) for stage, value in seconds.items()},
        doubtful=sum(record.is_doubtful for record in records),
        lines=sum(record.lines for record in records),
        notices=dict(notices),
        failures=tuple(
            Failure(record.source, record.page, *record.error) for record in records if record.error is not None
        ),
    )


def _of_this_process() -> dict[str, Any]:
    return {"memory_mb": round(memory_mb(os.getpid()), 1), "worker": f"{platform.node()}:{os.getpid()}"}


def memory_mb(pid: int) -> float:
    """Return how much memory a process and its children hold, MiB; 0 where the system does not tell (Linux does)."""
    total = 0.0
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        total = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                total += memory_mb(int(child))
    return total
