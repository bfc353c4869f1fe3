"""What a job has read, as a document with its pages' pictures: pages from their rows, pictures from the file again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import overload

from inkread.document import Page
from inkread.errors import NothingToReadError
from inkread.image import Image
from inkread.load.source import Source
from inkread.options import LoadOptions, ReaderOptions
from inkread.service import asks
from inkread.service.jobs.archive import Archive, Wish
from inkread.service.jobs.job import Job
from inkread.service.jobs.lanes import opened
from inkread.service.jobs.store import JobStore
from inkread.service.jobs.vault import Vault
from inkread.service.reading import Read, whole
from inkread.service.work import Leash


@dataclass(frozen=True)
class Result:
    """What a job has read, and its document's content, which is empty where no pictures were asked for."""

    read: Read
    content: bytes
    wish: Wish


class PageNumbers:
    """Some pages by their numbers, from 1: "1-3,7,10-"; all of them where nothing is said."""

    def __init__(self, ranges: str | None) -> None:
        """Raise OptionError where these are no ranges."""
        checked = LoadOptions(pages=ranges).pages
        self.is_all = checked is None
        self._ranges = [self._parsed(part) for part in "".join((checked or "1-").split()).split(",")]

    def __contains__(self, number: int) -> bool:
        return any(first <= number <= last for first, last in self._ranges)

    @staticmethod
    def _parsed(part: str) -> tuple[float, float]:
        first, dash, last = part.partition("-")
        return float(first), float(last) if last else math.inf if dash else float(first)


class _Pictures(Sequence[Image]):
    """The pictures of a job's pages, each decoded when it is asked for."""

    def __init__(self, source: Source, positions: Sequence[int], leash: Leash) -> None:
        self._source = source
        self._positions = positions
        self._leash = leash

    def __len__(self) -> int:
        return len(self._positions)

    @overload
    def __getitem__(self, index: int) -> Image: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Image]: ...
    def __getitem__(self, index: int | slice) -> Image | Sequence[Image]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        self._leash.check()
        return self._source[self._positions[index]]


class Results:
    """Gives what jobs have read."""

    def __init__(self, store: JobStore, vault: Vault, archive: Archive) -> None:
        self._store = store
        self._vault = vault
        self._archive = archive

    @contextmanager
    def result(
        self, job: Job, base: ReaderOptions, leash: Leash, numbers: PageNumbers, *, pictures: bool
    ) -> Iterator[Result]:
        """Yield what a job has read until now; its pictures, where they are asked for, are there in the block.

        Raises NothingToReadError where none of the pages was read.
        """
        wish = self._archive.wish(job)
        options = asks.options_of_read(wish.request, base)
        pages: list[Page] = []
        positions: list[int] = []
        generator = ""
        for row in self._store.pages(job.id):
            leash.check()
            if row.body is not None:
                page, generator = self._archive.page(job.id, row.position, row.body)
                if page.number in numbers:
                    pages.append(page)
                    positions.append(row.position)
        if not pages:
            raise NothingToReadError("none of these pages was read", remedy="ask how far the job is, and why")
        wanted = (job.pages or len(pages)) if numbers.is_all else len(pages)
        document = whole(pages, wanted, wish.name, generator, options, "" if job.is_ended else "so far")
        if not pictures:
            yield Result(Read(document, (), wanted), b"", wish)
            return
        content = self._vault.get(job.id)
        with opened(content, options, wish.name) as source:
            yield Result(Read(document, _Pictures(source, positions, leash), wanted), content, wish)
