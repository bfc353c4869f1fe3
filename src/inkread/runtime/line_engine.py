"""The port to engines that read whole lines, whatever runs beneath: not networks that give probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from inkread.errors import ClosedError

Grey = npt.NDArray[np.uint8]


class Symbol(NamedTuple):
    """A character that an engine read, or a space between two words.

    confidence: 0..1.  left, right: where it stands, px of the picture's width.
    """

    text: str
    confidence: float
    left: float
    right: float


@runtime_checkable
class LineEngine(Protocol):
    """Reads pictures of single lines. Thread-safe; usable until close()."""

    @property
    def description(self) -> str:
        """The engine and its language pack, for people: `tesseract ara`."""
        ...

    def read(self, pictures: Sequence[Grey]) -> list[tuple[Symbol, ...]]:
        """Return for each picture, (H, W) uint8, its characters in logical order.

        Raises ClosedError after close() and ModelError where the engine cannot read at all.
        """
        ...

    def close(self) -> None:
        """Free the engine; closing twice is fine."""
        ...


class FakeLineEngine:
    """An engine for tests: a function of the picture instead of a program."""

    description = "fake"

    def __init__(self, answer: Callable[[Grey], tuple[Symbol, ...]]) -> None:
        self._answer = answer
        self._is_closed = False
        self.shapes: list[tuple[int, ...]] = []

    def read(self, pictures: Sequence[Grey]) -> list[tuple[Symbol, ...]]:
        if self._is_closed:
            raise ClosedError("the engine is closed", remedy="open a new Reader")
        self.shapes += [picture.shape for picture in pictures]
        return [self._answer(picture) for picture in pictures]

    def close(self) -> None:
        self._is_closed = True
