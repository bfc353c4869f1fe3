"""A batch from its inputs to its report: planned as it runs, each page in the output once, whatever happens."""

from __future__ import annotations

import json
import queue
import secrets
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from inkread.batch import local
from inkread.batch.documents import count, name_of
from inkread.batch.folder import DoneFile, Folder, PlanFile, opened
from inkread.batch.part_reader import READER, Order, summary
from inkread.batch.records import Table
from inkread.batch.report import Progress, Report, Tally
from inkread.batch.work import PART_PAGES, Failure, Known, Part, PartDone, Plan, configuration_of
from inkread.document import Document, Page
from inkread.errors import InkreadError, InputError, MissingPackageError, OptionError
from inkread.export.formats import encode, format_of
from inkread.export.save import write
from inkread.extras import check_installed
from inkread.load.source import Input
from inkread.options import ReaderOptions

if TYPE_CHECKING:
    from inkread.batch.ray import Cluster

# Parts planned before they can be read: some hours of work for a machine, some megabytes of memory.
_AHEAD: Final = 10_000
_TRIES: Final = 2
_POLL_S: Final = 0.2

Watch = Callable[[Progress], None]


@dataclass(frozen=True)
class Batch:
    """What is to be done with some inputs.

    folder: of the results.  formats: of a file for each page, beside the records.  table: how records are kept.
    workers: processes that read; None: as many as processors and memory allow.  worker_mb: what one may grow to, MiB.
    part_pages: what the pages of a part grow to.  resume: whether the folder may hold results, which are kept.
    cluster: where workers are; None: here.
    """

    folder: Path
    options: ReaderOptions
    formats: tuple[str, ...] = ()
    table: Table = "jsonl"
    workers: int | None = None
    worker_mb: int = local.WORKER_MB
    part_pages: int = PART_PAGES
    resume: bool = False
    cluster: Cluster | None = None
    reader: str = READER

    def order(self) -> Order:
        """Return what every worker is told."""
        runtime = self.options.runtime
        one = self.options.with_(runtime=runtime.with_(threads=runtime.threads or 1))
        names = tuple(format_of(name).name for name in self.formats)
        configuration = configuration_of(self.options, [*names, self.table])
        folder = Folder(self.folder.absolute(), self.table)
        return Order(folder, one, configuration, secrets.token_hex(8), names, self.reader)


class Stop:
    """The wish to end a run after the pages at hand. May be asked from a signal's handler."""

    def __init__(self) -> None:
        self.is_asked = False
        self._folder: Folder | None = None

    def ask(self) -> None:
        """Have the run end; what is left is for a run with `resume`."""
        self.is_asked = True
        if self._folder is not None:
            self._folder.ask_to_stop()

    def reaches(self, folder: Folder) -> None:
        """Have workers that see this folder asked too."""
        self._folder = folder
        if self.is_asked:
            folder.ask_to_stop()


def run(inputs: Iterable[Input], batch: Batch, *, watch: Watch | None = None, stop: Stop | None = None) -> Report:
    """Read all pages of the inputs into a folder and return what came of it, which is in its report.json too.

    watch: called with the progress now and then.  stop: ends the run early.
    A bad page or document is in the report and stops nothing. Raises InkreadError where nothing can be read at all, for
    a folder that cannot be used, and where workers cannot start or write; what was done then stays, and a run with
    `resume` goes on from there.
    """
    _check(batch)
    order = batch.order()
    stop = stop or Stop()
    settings = {
        "options": json.loads(batch.options.model_dump_json(exclude={"runtime": {"threads", "cache"}})),
        "formats": sorted(order.formats),
        "table": batch.table,
    }
    with opened(order.folder, order.configuration, settings, resume=batch.resume):
        stop.reaches(order.folder)
        one = _Run(batch, order, stop, watch or (lambda progress: None))
        report = one.carry_out(inputs)
        write(
            order.folder.path / "report.json", json.dumps(report.to_dict(), indent=1).encode() + b"\n", overwrite=True
        )
    return report


def _check(batch: Batch) -> None:
    """Refuse before the first page what would fail with each."""
    if batch.part_pages < 1 or (batch.workers is not None and batch.workers < 1):
        raise OptionError("a batch needs at least one worker, and one page in a part", remedy="give numbers from 1")
    if batch.table == "parquet":
        check_installed("parquet")
    blank = Document((Page((), 1, 1),))
    for name in batch.formats:
        if not format_of(name).needs_pixels:
            try:
                encode(blank, name)
            except MissingPackageError:
                raise
            except InkreadError:
                continue  # a format that cannot hold a blank page


@dataclass
class _Run:
    """One run, from the plan of earlier ones to its report."""

    batch: Batch
    order: Order
    stop: Stop
    watch: Watch
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self._plan = Plan(self.batch.part_pages)
        self._plan_file = PlanFile(self.order.folder)
        self._done_file = DoneFile(self.order.folder)
        here = local.workers_for(self.order.options, self.batch.workers, self.batch.worker_mb)
        self.progress = Progress(workers=self.batch.workers or here)

    def carry_out(self, inputs: Iterable[Input]) -> Report:
        """Read what is left of earlier runs, and then what the inputs hold."""
        left = self._recalled()
        planner = _Planner(inputs, self)
        planner.start()
        try:
            with closing(self._pool(self._parts(left, planner))) as answers:
                for done in answers:
                    self._take(done)
                    self.watch(self.progress)
        finally:
            planner.end()
        self.progress.is_stopping = self.stop.is_asked
        self.watch(self.progress)
        if planner.first_error is not None and not self._plan.parts:
            raise planner.first_error
        return self.tally.report(self.progress)

    def planned(self, documents: Iterator[Known]) -> Iterator[Part]:
        """Yield the parts of documents, each in the plan's file before it is given out."""
        for each in self._plan.divide(documents):
            self._plan_file.add(each)
            self.progress.planned, self.progress.documents = self._plan.pages, len(self._plan.names)
            if isinstance(each, Part):
                yield each

    def is_known(self, name: str) -> Known | None:
        """Return what is known of a document whose pages all have a part."""
        known = self._plan.names.get(name)
        return known if known is not None and self._plan.is_complete(known) else None

    def _pool(self, parts: Iterator[Part]) -> Generator[PartDone, None, None]:
        if self.batch.cluster is None:
            return local.read_parts(parts, self.order, self.progress.workers)
        from inkread.batch import ray

        return ray.read_parts(parts, self.order, self.batch.cluster, self.batch.workers, self.progress)

    def _recalled(self) -> list[Part]:
        """Take in the plan of earlier runs; return the parts that are not done, or have pages that failed."""
        summaries = self._done_file.read()
        left = []
        for each in self._plan_file.read():
            if isinstance(each, Known):
                self._plan.remember(each)
                continue
            self._plan.recall(each)
            if not self.order.folder.is_done(each.number):
                left.append(each)
                continue
            done = summaries.get(each.number)
            if done is None:  # killed between the part and its summary
                done = summary(each.number, self.order.folder.read_part(each.number))
                self._done_file.add(done)
            self._count(done)
            if done.failed:
                left.append(each)
        self.progress.planned, self.progress.documents = self._plan.pages, len(self._plan.names)
        self.progress.before = self.progress.done
        return left

    def _parts(self, left: Sequence[Part], planner: _Planner) -> Iterator[Part]:
        for each in left:
            if self.stop.is_asked:
                return
            yield each
        while not self.stop.is_asked:
            try:
                found = planner.parts.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if found is None:
                self.progress.is_planned = True
                return
            if isinstance(found, Exception):
                raise found
            yield found

    def _take(self, done: PartDone) -> None:
        self.progress.take(done)
        if not done.is_stopped:
            self._count(done)
            self._done_file.add(replace(done, worker="", memory_mb=0.0, fresh=0))

    def _count(self, done: PartDone) -> None:
        before = self.tally.parts.get(done.number)
        self.tally.parts[done.number] = done
        self.progress.read += done.read - (before.read if before else 0)
        self.progress.failed += done.failed - (before.failed if before else 0)


class _Planner(threading.Thread):
    """Counts documents and makes parts of them, while others are read. parts: made ones, then None or an exception."""

    def __init__(self, inputs: Iterable[Input], run: _Run) -> None:
        super().__init__(name="inkread-planner", daemon=True)
        self.parts: queue.Queue[Part | Exception | None] = queue.Queue(_AHEAD)
        self.first_error: InkreadError | None = None
        self._inputs = inputs
        self._run = run
        self._is_over = threading.Event()

    def run(self) -> None:
        """Plan until there is nothing more, or `end` is called."""
        try:
            for part in self._run.planned(self._documents()):
                self._give(part)
            self._give(None)
        except Exception as error:  # for the thread that waits for parts
            self._give(error)

    def end(self) -> None:
        """Stop planning and wait until that is so."""
        self._is_over.set()
        self.join()

    def _documents(self) -> Iterator[Known]:
        for each in self._inputs:
            if self._is_over.is_set() or self._run.stop.is_asked:
                return
            before = self._run.is_known(name_of(each))
            try:
                known = self._counted(each, before)
            except InkreadError as error:  # a package that a format needs is one too
                self.first_error = self.first_error or error
                self._run.tally.refused.append(Failure.of(error, each.name))
                self._run.progress.documents_failed += 1
                continue
            if known is not before:
                yield known

    def _counted(self, each: Input, before: Known | None) -> Known:
        for _ in range(_TRIES - 1):
            with suppress(InputError):
                return count(each, self._run.order.options, before)
        return count(each, self._run.order.options, before)

    def _give(self, each: Part | Exception | None) -> None:
        while not self._is_over.is_set():
            try:
                self.parts.put(each, timeout=_POLL_S)
            except queue.Full:
                continue
            return
