"""A table of how far a batch is: live on a terminal, a line now and then where it is none."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from inkread.batch.report import Progress

# Often enough to see that it goes on, seldom enough for the log of a run of days.
_EVERY_S: Final = 30.0


class BatchTable:
    """Shows the progress of a batch on stderr while the block runs."""

    def __init__(self, every_s: float = _EVERY_S) -> None:
        self._every_s = every_s
        self._live: Live | None = None
        self._progress: Progress | None = None
        self._told = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, progress: Progress) -> None:
        """Show a progress, which may be changed afterwards: a terminal looks at it again by itself."""
        self._progress = progress
        if sys.stderr.isatty():
            self._start()
        elif time.monotonic() - self._told >= self._every_s:
            self._told = time.monotonic()
            self.say(line(progress))

    def say(self, message: str) -> None:
        """Print a line, above the table where there is one."""
        if self._live is not None:
            self._live.console.print(f"inkread: {message}", markup=False, highlight=False)
        else:
            print(f"inkread: {message}", file=sys.stderr, flush=True)

    def _start(self) -> None:
        if self._live is None:
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(stderr=True), get_renderable=self._table, transient=True)
            self._live.start()

    def _table(self) -> Table:
        from rich.table import Table

        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        if self._progress is not None:
            for name, value in rows(self._progress):
                table.add_row(name, value)
        return table


def rows(progress: Progress) -> list[tuple[str, str]]:
    """Return what the table says, a name and a value for each row."""
    planned = f"{progress.planned:,}" if progress.is_planned else f"{progress.planned:,} or more"
    share = f" ({progress.done / progress.planned:.1%})" if progress.planned and progress.is_planned else ""
    found = [
        ("pages", f"{progress.done:,} of {planned}{share}"),
        ("pages a second", f"{progress.pages_per_s:.2f}" if progress.fresh else "-"),
        ("time left", _left(progress)),
        ("failures", f"{progress.failed:,} pages, {progress.documents_failed:,} documents"),
        ("memory", f"{progress.memory_mb:,.0f} MiB"),
        ("workers", f"{progress.workers}"),
    ]
    if progress.note or progress.is_stopping:
        found.append(("", progress.note or "finishing the pages at hand"))
    return found


def line(progress: Progress) -> str:
    """Return the same as one line."""
    return ", ".join(f"{name} {value}" if name else value for name, value in rows(progress))


def _left(progress: Progress) -> str:
    left = progress.left_s
    if left is None:
        return "-"
    told = as_time(left)
    return told if progress.is_planned else f"{told} or more"


def as_time(seconds: float) -> str:
    """Return a length of time for people: "12 s", "3 min 5 s", "2 h 10 min", "4 d 3 h"."""
    whole = round(seconds)
    for size, name, below, below_name in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size:,} {name} {whole % size // below} {below_name}"
    return f"{whole} s"
