"""Tesseract: language packs (.traineddata), its own and anybody's, behind our detector and order.

It runs in child processes, one for each thread: the library aborts the process that it is in where a pack or a picture
meets a fault of its own, keeps every processor busy with threads that help nobody, and cannot be shared by threads.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from inkread.child.caller import Child, ChildLimits
from inkread.errors import ClosedError, DamagedInputError, InkreadError, LimitError, ModelError
from inkread.extras import check_installed
from inkread.logs import logger
from inkread.runtime.line_engine import Grey, Symbol

_CHILD: Final = "inkread.runtime.tesseract_child:Lines"
# A line takes 0.02-0.2 s; so many go in one request that asking costs nothing, and two processes finish together.
_LINES_AT_ONCE: Final = 8
# For one request. A pack takes 20-150 MiB of memory; 2 GiB of addresses is beyond any, and ends one that runs wild.
_LIMITS: Final = ChildLimits(cpu_s=120.0, wall_s=240.0, memory_mb=2048, answer_bytes=64 << 20)
# Tesseract reads several packs for a name with this in it, and takes away others for one with that.
_SPECIAL: Final = "+~"
# A line may meet a fault of the library's; where so many do that follow each other, the fault is the pack's.
_MOST_FAILURES: Final = 5

_log = logger(__name__)


class Tesseract:
    """Reads lines with a language pack in child processes, started when first needed. Thread-safe."""

    def __init__(self, pack: Path, threads: int) -> None:
        """Take the pack, which was checked before. Raises MissingPackageError without Tesseract."""
        check_installed("tesseract")
        name = pack.name.partition(".")[0]
        if any(char in name for char in _SPECIAL):
            raise ModelError(
                f'the language pack "{pack}" has one of {" ".join(_SPECIAL)} in its name, which Tesseract reads as '
                "several packs",
                remedy="rename the file",
            )
        self.description = f"tesseract {name}"
        self._pack = pack
        self._name = name
        self._places: queue.SimpleQueue[Child | None] = queue.SimpleQueue()
        for _ in range(threads):
            self._places.put(None)  # a child that is not started yet
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="inkread-tesseract")
        self._threads = threads
        self._lock = threading.Lock()
        self._is_closed = False
        self._failures = 0

    def read(self, pictures: Sequence[Grey]) -> list[tuple[Symbol, ...]]:
        """Return the characters of each line; a line that makes the library crash, twice, has none, and is told.

        Raises ModelError where the pack cannot be opened, and where it makes the library crash on line after line.
        """
        if self._is_closed:
            raise ClosedError("the engine is closed", remedy="open a new Reader")
        count = max(1, min(_LINES_AT_ONCE, -(-len(pictures) // self._threads)))
        parts = [pictures[start : start + count] for start in range(0, len(pictures), count)]
        if len(parts) == 1:
            return self._read_part(parts[0])
        return [line for lines in self._pool.map(self._read_part, parts) for line in lines]

    def close(self) -> None:
        """End the child processes."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        self._pool.shutdown()
        while not self._places.empty():
            child = self._places.get()
            if child is not None:
                child.close()

    def _read_part(self, pictures: Sequence[Grey]) -> list[tuple[Symbol, ...]]:
        try:
            lines = self._ask(pictures)
        except (DamagedInputError, LimitError) as error:
            if len(pictures) == 1:
                self._note_failure(pictures[0], error)
                return [()]
        else:
            self._failures = 0
            return lines
        # One of them has ended the process: each by itself, so that the others are read.
        return [line for picture in pictures for line in self._read_part([picture])]

    def _note_failure(self, picture: Grey, error: InkreadError) -> None:
        """Tell of a line that cannot be read. Raises ModelError where it is the last of many."""
        height, width = picture.shape
        _log.warning("%s could not read a line of %d x %d px: %s", self.description, width, height, error.message)
        self._failures += 1
        if self._failures >= _MOST_FAILURES:
            raise ModelError(
                f'Tesseract ends on one line after the other with the language pack "{self._pack}" ({error.message})',
                remedy=f"get {self._pack.name} again from where it came",
            ) from error

    def _ask(self, pictures: Sequence[Grey]) -> list[tuple[Symbol, ...]]:
        """Have a child read lines. Raises what it died of, and ModelError where it cannot open the pack."""
        child = self._places.get()
        try:
            if child is None or not child.is_alive:
                child = self._open()
            what = f"lines of text with {self.description}"
            return _symbols(child.call({"do": "read"}, pictures, what=what).value, len(pictures))
        finally:
            self._places.put(child)

    def _open(self) -> Child:
        child = Child(_CHILD, _LIMITS)
        try:
            request = {"do": "open", "folder": str(self._pack.parent), "name": self._name}
            version = child.call(request, what=f'the language pack "{self._pack}"').value
        except (DamagedInputError, LimitError) as error:
            child.close()
            raise ModelError(
                f'Tesseract ends on the language pack "{self._pack}" ({error.message})',
                remedy=f"get {self._pack.name} again from where it came",
            ) from error
        except InkreadError:
            child.close()
            raise
        _log.info("%s opened, version %s", self.description, version)
        return child


def _symbols(told: Any, count: int) -> list[tuple[Symbol, ...]]:
    """Return a child's answer, checked: it may have been taken over by a pack."""
    try:
        lines = [tuple(_symbol(*each) for each in line) for line in told]
    except (TypeError, ValueError) as error:
        raise DamagedInputError("Tesseract gave no sensible answer") from error
    if len(lines) != count:
        raise DamagedInputError("Tesseract gave no sensible answer")
    return lines


def _symbol(text: object, confidence: float, left: float, right: float) -> Symbol:
    if not isinstance(text, str):
        raise TypeError("no text")
    return Symbol(text, min(1.0, max(0.0, float(confidence))), float(left), float(right))
