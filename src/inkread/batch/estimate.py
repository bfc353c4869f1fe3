"""How long a batch will take and how much memory, told from some of its pages."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from inkread.batch.documents import count
from inkread.batch.folder import Folder, opened
from inkread.batch.local import available_mb, read_parts, workers_for
from inkread.batch.part_reader import READER
from inkread.batch.run import Batch
from inkread.batch.work import Known, Part, PartDone, Slice
from inkread.errors import InkreadError, InputError, NothingToReadError
from inkread.load.source import Input
from inkread.options import ReaderOptions

_DOCUMENTS: Final = 48
_PAGES: Final = 24
_PAGES_EACH: Final = 4  # of each worker, at least: all read at once, as they will
_RESAMPLES: Final = 500
_MARGIN: Final = 0.05


@dataclass(frozen=True)
class Estimate:
    """What a batch will take.

    documents: all.  pages: as many as the sampled documents have on average, times documents; exact where all were
    counted.  failed: of the sampled documents and pages.  page_s: seconds that a worker takes for a page while all
    workers read, with the interval in which the mean of all pages lies with a chance of 95 % if the sample is like
    them.  worker_mb: what the largest worker held, MiB.  page_bytes: of the results, without other formats.
    """

    documents: int
    pages: int
    are_all_counted: bool
    sampled: int
    failed: int
    workers: int
    page_s: float
    page_s_from: float
    page_s_to: float
    worker_mb: float
    page_bytes: float
    available_mb: float

    def seconds(self, page_s: float) -> float:
        """Return how long all pages take at so many seconds a page."""
        return self.pages * page_s / self.workers

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it, with what follows from it."""
        rounded = {name: round(each, 4) if isinstance(each, float) else each for name, each in vars(self).items()}
        return {
            **rounded,
            "seconds": round(self.seconds(self.page_s), 1),
            "seconds_from": round(self.seconds(self.page_s_from), 1),
            "seconds_to": round(self.seconds(self.page_s_to), 1),
            "memory_mb": round(self.worker_mb * self.workers),
            "output_bytes": round(self.page_bytes * self.pages),
        }


def estimate(inputs: Sequence[Input], options: ReaderOptions, workers: int | None, reader: str = READER) -> Estimate:
    """Read a sample of the inputs' pages and return what all of them will take.

    workers: as for a batch. Raises NothingToReadError where no sampled document can be read.
    """
    chance = random.Random(0)  # the same sample each time
    documents, refused = _counted(_spread(inputs, _DOCUMENTS), options)
    if not documents:
        raise refused or NothingToReadError("there was nothing to read", remedy="check the inputs")
    with tempfile.TemporaryDirectory(prefix="inkread-plan-") as folder:
        batch = Batch(Path(folder), options, workers=workers, reader=reader)
        order = batch.order()
        count_of_workers = workers_for(order.options, workers)
        wanted = max(_PAGES, _PAGES_EACH * count_of_workers)
        # The first page of each worker loads its networks and is left out: one more for each.
        sample = _sampled(documents, wanted + count_of_workers, chance)
        count_of_workers = min(count_of_workers, len(sample))
        with opened(order.folder, order.configuration, {}, resume=False):
            read = list(read_parts(iter(sample), order, count_of_workers))
        size = _size(order.folder)
    took = _page_seconds(read, leave_out_first=len(read) > count_of_workers)
    if not took:
        first = next((failure for each in read for failure in each.failures), None)
        raise NothingToReadError("no sampled page could be read", remedy=first.message if first else "")
    means = sorted(fmean(chance.choices(took, k=len(took))) for _ in range(_RESAMPLES))
    looked_at = min(len(inputs), _DOCUMENTS)
    pages = sum(each.pages for each in documents)
    return Estimate(
        documents=len(inputs),
        pages=round(pages / looked_at * len(inputs)),
        are_all_counted=looked_at == len(inputs),
        sampled=len(read),
        failed=sum(each.failed for each in read) + looked_at - len(documents),
        workers=workers_for(order.options, workers),
        page_s=fmean(took),
        page_s_from=means[round(_MARGIN / 2 * _RESAMPLES)],
        page_s_to=means[-1 - round(_MARGIN / 2 * _RESAMPLES)],
        worker_mb=max(each.memory_mb for each in read),
        page_bytes=size / len(read),
        available_mb=available_mb(),
    )


def _page_seconds(read: Sequence[PartDone], *, leave_out_first: bool) -> list[float]:
    """Return the seconds of each page that was read, without each worker's first where these are to be left out."""
    seen: set[str] = set()
    seconds = []
    for each in read:
        is_first = each.worker not in seen
        seen.add(each.worker)
        if each.read and not (is_first and leave_out_first):
            seconds.append(sum(each.seconds.values()))
    return seconds


def _counted(inputs: Sequence[Input], options: ReaderOptions) -> tuple[list[Known], InkreadError | None]:
    found: list[Known] = []
    refused: InkreadError | None = None
    for each in inputs:
        try:
            found.append(count(each, options))
        except InputError as error:
            refused = refused or error
    return found, refused


def _sampled(documents: Sequence[Known], wanted: int, chance: random.Random) -> list[Part]:
    """Return parts of one page each: every page of the documents has the same chance, and none comes twice."""
    pages = [(document, page) for document in documents for page in range(1, document.pages + 1)]
    chosen = chance.sample(pages, min(wanted, len(pages)))
    return [Part(number, (Slice(*each, each[1]),)) for number, each in enumerate(chosen, start=1)]


def _spread(inputs: Sequence[Input], wanted: int) -> Sequence[Input]:
    """Return some inputs from all places of the list: what lies together is alike."""
    if len(inputs) <= wanted:
        return inputs
    return [inputs[round((place + 0.5) * len(inputs) / wanted - 0.5)] for place in range(wanted)]


def _size(folder: Folder) -> int:
    return sum(each.stat().st_size for each in (folder.path / "pages").glob("*/part-*"))
