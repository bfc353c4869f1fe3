"""A document read for a request: decoded in a child, page by page, with a look at the clock between lines."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from inkread.arrange.running import with_running_heads
from inkread.document import Document, Notice, Page
from inkread.errors import CancelledError, LimitError, NeedsJobError
from inkread.image import Image
from inkread.load import source as sources
from inkread.options import ReaderOptions
from inkread.runtime.allowance import Cancel
from inkread.service.work import Leash, late

# Told of every page: its megapixels, and the seconds of each stage.
Account = Callable[[float, Mapping[str, float]], None]


class Reads(Protocol):
    """What the service needs of a Reader."""

    options: ReaderOptions

    @property
    def generator(self) -> str: ...

    def read_page_timed(
        self, image: Image, *, cancel: Cancel | None = None, deadline_s: float | None = None
    ) -> tuple[Page, dict[str, float]]:
        """Return what is read in one picture before the deadline, and the seconds of each stage.

        Raises CancelledError where `cancel` says that nobody waits.
        """

    def with_options(self, options: ReaderOptions, *, beside: Iterable[Any] = ()) -> Reads:
        """Return a reader with other options, which shares what it can with this one and those beside it."""

    def close(self) -> None: ...


@dataclass
class _Variant:
    reader: Reads
    users: int = 0


class Readers:
    """One Reader and its variants for requests with options of their own; all share its networks.

    So many variants are kept, those used last. Raises what Reader raises for a language that nothing reads.
    """

    def __init__(self, base: Reads, most: int) -> None:
        self.base = base
        self._most = most
        self._lock = threading.Lock()
        self._variants: OrderedDict[ReaderOptions, _Variant] = OrderedDict()

    @contextmanager
    def with_options(self, options: ReaderOptions) -> Iterator[Reads]:
        """Yield a reader with these options."""
        # What concerns the opening of files is not the reader's, and a password must not be kept.
        load = self.base.options.load.with_(text_layer=options.load.text_layer)
        key = options.with_(load=load, limits=self.base.options.limits)
        if key == self.base.options:
            yield self.base
            return
        variant = self._taken(key)
        try:
            yield variant.reader
        finally:
            with self._lock:
                variant.users -= 1
                if self._variants.get(key) is not variant and not variant.users:
                    variant.reader.close()

    def _taken(self, key: ReaderOptions) -> _Variant:
        with self._lock:
            variant = self._variants.pop(key, None)
            if variant is None:
                # With the others too: readers of eight languages each had a recogniser of Latin letters, 60 MiB.
                others = [each.reader for each in self._variants.values()]
                variant = _Variant(self.base.with_options(key, beside=others))
            variant.users += 1
            self._variants[key] = variant
            while len(self._variants) > self._most:
                _, old = self._variants.popitem(last=False)
                if not old.users:
                    old.reader.close()
            return variant

    def close(self) -> None:
        """Close all variants and the reader itself."""
        with self._lock:
            for variant in self._variants.values():
                variant.reader.close()
            self._variants.clear()
        self.base.close()


@dataclass(frozen=True)
class Order:
    """What is to be read.

    content: of the file.  max_pages: of this request.  job_pages: of a job; 0 where none are taken.  keep_images: also
    give the pages' pictures.  partial: see ReadRequest.
    """

    content: bytes
    name: str
    options: ReaderOptions
    max_pages: int
    job_pages: int = 0
    keep_images: bool = False
    partial: bool = False


@dataclass(frozen=True)
class Read:
    """What was read. images: the pages' pictures, or none.  pages_wanted: how many pages were asked for."""

    document: Document
    images: Sequence[Image]
    pages_wanted: int

    @property
    def is_partial(self) -> bool:
        return self.pages_read < self.pages_wanted

    @property
    def pages_read(self) -> int:
        """How many pages were read to their end."""
        return sum("partial" not in page.degraded for page in self.document.pages)


def read(readers: Readers, order: Order, leash: Leash, account: Account) -> Read:
    """Read a document.

    Raises InputError where it cannot be read, LimitError where it has too many pages (NeedsJobError where a job takes
    them), DeadlineError where its time is over before it is done - if a part will do, before anything is done.
    """
    options = order.options
    pages: list[Page] = []
    images: list[Image] = []
    with (
        readers.with_options(options) as reader,
        sources.open(order.content, options.limits, options.load, name=order.name) as opened,
    ):
        wanted = len(opened)
        if wanted > order.max_pages:
            raise _too_long(order, wanted)
        for image in opened:
            if leash.is_over and pages and order.partial:
                break
            leash.check()
            page, seconds = _read_page(reader, image, order, leash)
            account(image.width * image.height / 1e6, seconds)
            pages.append(page)
            if order.keep_images:
                images.append(image)
        generator = reader.generator
    if leash.is_over and not order.partial:
        raise late()
    reason = "in the time that there was"
    return Read(whole(pages, wanted, order.name, generator, options, reason), images, wanted)


def _too_long(order: Order, wanted: int) -> LimitError:
    message = f'"{order.name}" has {wanted:,} pages, and a request may ask for {order.max_pages}'
    some = f"ask for some of them: pages=1-{order.max_pages}"
    if wanted > order.job_pages:
        return LimitError(message, remedy=some)
    return NeedsJobError(message, remedy=f"submit it as a job (POST /v1/jobs), or {some}")


def whole(
    pages: Sequence[Page], wanted: int, name: str, generator: str, options: ReaderOptions, reason: str
) -> Document:
    """Return pages as one document. reason: of a part, why it is one."""
    given = tuple(pages)
    if len(pages) < wanted and pages:
        partial = Notice("partial", f"{len(pages)} of {wanted} pages were read {reason}".rstrip())
        given = (*given[:-1], replace(given[-1], notices=(*given[-1].notices, partial)))
    if options.arrange.running_heads == "auto":
        given = with_running_heads(given)
    return Document(given, name, generator)


def _read_page(reader: Reads, image: Image, order: Order, leash: Leash) -> tuple[Page, dict[str, float]]:
    """Read a page: if a part will do, what there is time for, else all of it or nothing."""
    try:
        if order.partial:
            return reader.read_page_timed(image, cancel=leash.gone, deadline_s=leash.left_s)
        return reader.read_page_timed(image, cancel=leash)
    except CancelledError as error:
        raise late() from error
