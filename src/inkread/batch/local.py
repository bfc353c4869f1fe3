"""Parts of a batch read by processes of this machine."""

from __future__ import annotations

import math
import os
from collections.abc import Generator, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from inkread.batch.part_reader import Order
from inkread.batch.processes import Trade, each_done
from inkread.batch.work import Part, PartDone
from inkread.errors import InkreadError, WorkerError
from inkread.options import ReaderOptions
from inkread.runtime.memory import container_mib
from inkread.runtime.threads import available_threads

_PART_READER: Final = "inkread.batch.part_reader:PartReader"
# What a process that reads grows to where no bound is set: 470 to 640 MB over the labelled pages, the child that
# decodes PDFs not included (docs/scale.md).
WORKER_MB: Final = 700
# A page that kills its worker is given up after three of them. So many deaths of one part are the machine's fault: a
# part of killers only dies less often.
_DEATHS: Final = 60


def read_parts(parts: Iterable[Part], order: Order, workers: int) -> Generator[PartDone, None, None]:
    """Yield what becomes of each part, in the order in which they are done.

    order: its options say how many threads each process has. Raises InkreadError where no process can start or a
    result cannot be written; the parts that are done stay.
    """
    threads = order.options.runtime.threads or 1
    trade: Trade[Part] = Trade(_PART_READER, order, threads, lambda part: part, _name, _DEATHS)
    for _, answer in each_done(parts, trade, workers):
        if isinstance(answer, InkreadError):
            raise answer
        if not isinstance(answer, dict):
            raise WorkerError("a worker gave an answer to another question", remedy="please report it")
        yield PartDone.of_dict(answer)


def workers_for(options: ReaderOptions, wanted: int | None, worker_mb: int = WORKER_MB) -> int:
    """Return with how many processes to read: as many as asked for, else as processors and memory allow.

    worker_mb: what one may grow to, MiB.
    """
    if wanted:
        return wanted
    threads = options.runtime.threads or 1
    return max(1, min(available_threads() // threads, int(available_mb() // worker_mb)))


def available_mb(meminfo: Path = Path("/proc/meminfo")) -> float:
    """Return how much memory this process and its children may take, MiB: of the machine, or of its container."""
    free = math.inf
    with suppress(OSError, ValueError, StopIteration):
        lines = meminfo.read_text().splitlines()
        free = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) / 1024
    limit = min(free, container_mib())
    if math.isinf(limit) and hasattr(os, "sysconf"):
        with suppress(OSError, ValueError):
            limit = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
    return limit


def _name(part: Part) -> str:
    return f"part {part.number}"
