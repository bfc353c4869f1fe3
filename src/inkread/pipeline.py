"""The reader: sources in, documents out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

from inkread.arrange.running import with_running_heads
from inkread.batch.many import read_many
from inkread.detect.detector import Region
from inkread.document import Document, Line, Page
from inkread.errors import ClosedError, InkreadError
from inkread.image import Image
from inkread.load import source as sources
from inkread.logs import label, logger
from inkread.options import Mode, Preference, ReaderOptions
from inkread.page_reader import PageReader
from inkread.runtime.allowance import Allowance, Cancel
from inkread.stages import Stages, close_all

_log = logger(__name__)


class Reader:
    """Reads pictures. Networks are loaded when first needed; threads may share one Reader.

        >>> with Reader() as reader:
        ...     print(reader.read("receipt.jpg"))

    language, device, prefer, mode: short forms of the options of these names. Raises OptionError, LanguageError,
    DeviceError or ModelNotFoundError for what is not there, at once and not with the first page.
    """

    def __init__(
        self,
        options: ReaderOptions | None = None,
        *,
        language: str | Sequence[str] | None = None,
        device: str | None = None,
        prefer: Preference | None = None,
        mode: Mode | None = None,
    ) -> None:
        options = options or ReaderOptions()
        if prefer is not None:
            options = options.with_(prefer=prefer)
        if mode is not None:
            options = options.with_(mode=mode)
        if language is not None:
            options = options.with_(language=language)
        if device is not None:
            options = options.with_(runtime=options.runtime.with_(device=device))
        self.options = options
        self.timings: dict[str, float] = {}
        self._stages = Stages(options)
        if options.limits.deadline_s is not None:
            self._stages.open()

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, source: object, *, name: str | None = None, cancel: Cancel | None = None) -> Document:
        """Return everything that one input holds as a Document; a folder's pictures are its pages.

        name: what to call it.  cancel: an event that ends the work when it is set, within the lines at hand. Raises
        InputError where it cannot be read, and CancelledError.
        """
        with sources.open(source, self.options.limits, self.options.load, name=name) as opened:
            return self._read_all(opened, cancel)

    def pages(self, source: object, *, cancel: Cancel | None = None) -> Iterator[Page]:
        """Yield the pages of an input as they are read, one in memory at a time; `cancel` as in `read`.

        Each is what it is by itself: running heads and feet, which only other pages tell, are blocks like others here.
        `arrange.running.with_running_heads` tells them in pages that are kept.
        """
        with sources.open(source, self.options.limits, self.options.load) as opened:
            yield from self._pages(opened, cancel)

    def read_many(
        self,
        source: object,
        *,
        max_workers: int | None = 1,
        progress: Callable[[int, str], None] | None = None,
        resume: str | Path | None = None,
    ) -> Iterator[tuple[str, Document | InkreadError]]:
        """Yield for each input in a folder, pattern, list or generator its name and its Document, or the error it made.

        max_workers: processes that read at once, each with its share of the threads; results come as they are done,
        and closing the iterator ends the processes. 1: this process, in order. None: as many as there are threads, up
        to eight.  progress: called with how many are done and the name of the last.  resume: a file that notes what
        was read, when the next one is asked for; what a run before has noted there is left out. Raises InkreadError
        where processes cannot start or the file cannot be kept.
        """
        inputs = sources.inputs(source, self.options.limits, self.options.load)
        return read_many(
            inputs, self._read_input, self.options, max_workers=max_workers, progress=progress, resume=resume
        )

    def read_lines(self, source: object) -> list[Line]:
        """Return one line for each picture of an input: pictures of a single line or word, without detection."""
        with sources.open(source, self.options.limits, self.options.load) as opened:
            return [self._stages.line_reader.read_whole(image) for image in opened]

    def detect(self, image: Image) -> list[Region]:
        """Return where text is in a picture, without reading it."""
        return self._stages.detector.detect(image)

    def read_page(self, image: Image, *, cancel: Cancel | None = None, deadline_s: float | None = None) -> Page:
        """Return what is read in one picture, or in a part of a page that `Image.crop` gave.

        cancel: as in `read`.  deadline_s: for this page, where that is sooner than `limits.deadline_s`.
        """
        page, self.timings = self.read_page_timed(image, cancel=cancel, deadline_s=deadline_s)
        return page

    def read_page_timed(
        self, image: Image, *, cancel: Cancel | None = None, deadline_s: float | None = None
    ) -> tuple[Page, dict[str, float]]:
        """Return what `read_page` does, and the seconds that each stage took, whoever reads beside this."""
        ends = [each for each in (deadline_s, self.options.limits.deadline_s) if each is not None]
        allowance = Allowance(deadline_s=min(ends, default=None), cancel=cancel, memory=self._stages.memory)
        page, timings = PageReader(self._stages, self.options, allowance).read(image)
        spent = ", ".join(f"{stage} {seconds:.3f} s" for stage, seconds in timings.items())
        cut_off = "; over the limit of regions, cut off" if page.truncated else ""
        _log.info("page %d of %s: %d lines; %s%s", page.number, label(page.source), len(page.lines), spent, cut_off)
        return page, timings

    @property
    def generator(self) -> str:
        """What reads: version, models, engine, device and precision."""
        return self._stages.description

    def with_options(self, options: ReaderOptions, *, beside: Iterable[Reader] = ()) -> Reader:
        """Return a Reader with other options; networks that they do not change are shared.

        beside: further Readers whose networks it may share.
        """
        other = Reader(options)
        for each in (self, *beside):
            other._stages.share(each._stages)
        return other

    def close(self) -> None:
        """Free the networks; closing twice is fine."""
        self._stages.close()

    def _read_input(self, each: sources.Input) -> Document | InkreadError:
        try:
            with each.open() as opened:
                return self._read_all(opened)
        except ClosedError:
            raise
        except InkreadError as error:
            return error

    def _pages(self, opened: sources.Source, cancel: Cancel | None) -> Iterator[Page]:
        limit_s, start = self.options.limits.deadline_s, time.monotonic()
        for image in opened:  # to decode a page is part of the time that it may take
            left_s = None if limit_s is None else limit_s - (time.monotonic() - start)
            yield self.read_page(image, cancel=cancel, deadline_s=left_s)
            start = time.monotonic()

    def _read_all(self, opened: sources.Source, cancel: Cancel | None = None) -> Document:
        pages = tuple(self._pages(opened, cancel))
        if self.options.arrange.running_heads == "auto":
            pages = with_running_heads(pages)
        return Document(pages, opened.name, self.generator)


def read(
    source: object,
    *,
    language: str | Sequence[str] | None = None,
    device: str | None = None,
    mode: Mode | None = None,
) -> Document:
    """Read one input: a path, bytes, an array, a picture, a folder, a pattern or a list of them.

    The Reader behind it is kept for the next call with the same language, device and mode.
    """
    return _kept_reader(language, device, mode).read(source)


def free_resources() -> None:
    """Close every Reader of this process, those behind `read` too: their networks, threads, handles and children go.

    A Reader used afterwards raises ClosedError; `read` makes a new one. Calling it twice is fine.
    """
    with _kept_lock:
        _kept.clear()
    close_all()


_kept: dict[tuple[object, str | None, Mode | None], Reader] = {}
_kept_lock = threading.Lock()


def _kept_reader(language: str | Sequence[str] | None, device: str | None, mode: Mode | None) -> Reader:
    key = (language if language is None or isinstance(language, str) else tuple(language), device, mode)
    with _kept_lock:
        if key not in _kept:
            _kept[key] = Reader(language=language, device=device, mode=mode)
        return _kept[key]
