"""A Reader without networks: it reads on every page what it is told to, as slowly as it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from inkread.document import Block, Line, Page, Word
from inkread.errors import CancelledError
from inkread.geometry import Box, Quad
from inkread.image import Image
from inkread.options import ReaderOptions
from inkread.runtime.allowance import Cancel


def line(text: str, top: float = 10.0, confidence: float = 0.9) -> Line:
    """A line of one word, 80 x 20 px."""
    quad = Quad.from_box(Box(10.0, top, 90.0, top + 20.0))
    return Line((Word(text, quad, confidence),), quad, confidence)


class FakeReader:
    """Reads `texts`, one line each. before: called before each page is read."""

    def __init__(
        self, options: ReaderOptions, texts: tuple[str, ...] = ("hello",), before: Callable[[], None] | None = None
    ) -> None:
        self.options = options
        self.texts = texts
        self.before = before
        self.read: list[tuple[int, int]] = []
        self.deadlines: list[float | None] = []
        self.variants: list[FakeReader] = []
        self.cancelled = 0
        self.is_closed = False

    @property
    def generator(self) -> str:
        return "fake"

    def read_page_timed(
        self, image: Image, *, cancel: Cancel | None = None, deadline_s: float | None = None
    ) -> tuple[Page, dict[str, float]]:
        """Read a page; its size is noted, and how long it might take."""
        self.deadlines.append(deadline_s)
        if self.before is not None:
            self.before()
        self.read.append((image.width, image.height))
        if cancel is not None and cancel.is_set():
            self.cancelled += 1
            raise CancelledError("reading was cancelled")
        block = Block(tuple(line(text, 10.0 + 30 * i) for i, text in enumerate(self.texts)))
        page = Page((block,), image.width, image.height, number=image.number, source=image.source)
        return page, {"detect": 0.001}

    def with_options(self, options: ReaderOptions, *, beside: Iterable[FakeReader] = ()) -> FakeReader:
        self.variants.append(FakeReader(options, self.texts, self.before))
        return self.variants[-1]

    def close(self) -> None:
        self.is_closed = True


class Brake:
    """Holds pages back until it is let go; at most a minute, so that a test that fails ends."""

    def __init__(self) -> None:
        self.started = threading.Semaphore(0)
        self.go = threading.Event()

    def __call__(self) -> None:
        self.started.release()
        self.go.wait(60)

    def wait(self) -> None:
        """Wait until a page has begun that no wait before was for."""
        assert self.started.acquire(timeout=60), "no page was begun"


def slowly(seconds: float) -> Callable[[], None]:
    """Return what takes so long before each page."""
    return lambda: time.sleep(seconds)
