"""How far a batch is, while it runs and when it ends."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from inkread.batch.work import Failure, PartDone

# The rate is that of the last parts: networks load at the start, and pages differ.
_RECENT: Final = 200
_MOST_FAILURES: Final = 1000


@dataclass
class Progress:
    """What a run has done so far; changed as parts are done, and looked at by whoever shows it.

    planned: pages with a part.  is_planned: no more will come.  before: pages that were done when the run began.
    read, failed: pages, those of runs before included.  fresh: pages of this run.  first_s: when its first part was
    done, s from its start.  worker_mb: memory of each worker when it was last heard of, MiB.  note: what the run waits
    for, for people; empty for nothing.
    """

    workers: int
    planned: int = 0
    is_planned: bool = False
    documents: int = 0
    before: int = 0
    read: int = 0
    failed: int = 0
    fresh: int = 0
    documents_failed: int = 0
    is_stopping: bool = False
    note: str = ""
    peak_mb: float = 0.0
    worker_mb: dict[str, float] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    first_s: float = 0.0
    _recent: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=_RECENT))

    @property
    def done(self) -> int:
        """Pages that were read or failed."""
        return self.read + self.failed

    @property
    def memory_mb(self) -> float:
        """What all workers together held when they were last heard of, MiB."""
        return sum(self.worker_mb.values())

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.started

    @property
    def pages_per_s(self) -> float:
        """Pages of this run by the second: of its last parts; 0 before the first one."""
        if not self._recent:
            return 0.0
        since, before = self._recent[0] if len(self._recent) == _RECENT else (self.started, 0)
        return (self.fresh - before) / max(self._recent[-1][0] - since, 1e-6)

    @property
    def left_s(self) -> float | None:
        """How long what is planned will still take, s; None where that is not known yet."""
        rate = self.pages_per_s
        return (self.planned - self.done) / rate if rate else None

    def take(self, done: PartDone) -> None:
        """Take in what a worker has said."""
        self.fresh += done.fresh
        self.first_s = self.first_s or self.elapsed_s
        self._recent.append((time.monotonic(), self.fresh))
        if done.worker:
            # A process that was replaced is no longer there: as many count as there are workers.
            self.worker_mb.pop(done.worker, None)
            self.worker_mb[done.worker] = done.memory_mb
            while len(self.worker_mb) > self.workers:
                del self.worker_mb[next(iter(self.worker_mb))]
            self.peak_mb = max(self.peak_mb, self.memory_mb)


@dataclass(frozen=True)
class Report:
    """What a batch has come to.

    documents, pages: planned, over all runs.  read, failed, left: pages; left ones are for a run with --resume.
    fresh: pages of this run.  seconds: this run's; first_s: of them, until its first part was done.  stage_seconds: of
    workers, over all runs.  doubtful: pages of which more than a tenth of the lines are for a person, by
    `Page.accept(0.2)`.  notices: how many of each kind.  failures: the first thousand, of documents and pages.
    """

    documents: int
    pages: int
    read: int
    failed: int
    left: int
    fresh: int
    documents_failed: int
    is_interrupted: bool
    seconds: float
    first_s: float
    workers: int
    peak_mb: float
    stage_seconds: dict[str, float]
    lines: int
    doubtful: int
    notices: dict[str, int]
    failures: tuple[Failure, ...]

    @property
    def pages_per_s(self) -> float:
        return self.fresh / self.seconds if self.seconds else 0.0

    @property
    def is_clean(self) -> bool:
        """Whether everything was read."""
        return not (self.failed or self.left or self.documents_failed)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            **vars(self),
            "pages_per_s": round(self.pages_per_s, 3),
            "failures": [each.to_dict() for each in self.failures],
        }


@dataclass
class Tally:
    """The parts that are done, each counted once, however often it was written."""

    parts: dict[int, PartDone] = field(default_factory=dict)
    refused: list[Failure] = field(default_factory=list)

    def report(self, progress: Progress) -> Report:
        """Return what all parts come to."""
        seconds: Counter[str] = Counter()
        notices: Counter[str] = Counter()
        for part in self.parts.values():
            seconds.update(part.seconds)
            notices.update(part.notices)
        return Report(
            documents=progress.documents,
            pages=progress.planned,
            read=progress.read,
            failed=progress.failed,
            left=progress.planned - progress.done,
            fresh=progress.fresh,
            documents_failed=len(self.refused),
            is_interrupted=progress.is_stopping,
            seconds=round(progress.elapsed_s, 3),
            first_s=round(progress.first_s, 3),
            workers=progress.workers,
            peak_mb=round(progress.peak_mb, 1),
            stage_seconds={stage: round(value, 3) for stage, value in seconds.items()},
            lines=sum(part.lines for part in self.parts.values()),
            doubtful=sum(part.doubtful for part in self.parts.values()),
            notices=dict(notices),
            failures=tuple(self._failures()[:_MOST_FAILURES]),
        )

    def _failures(self) -> Sequence[Failure]:
        return [*self.refused, *(each for _, part in sorted(self.parts.items()) for each in part.failures)]
