"""The port to neural networks: what every engine gives the stages, whatever runs beneath."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from inkread.errors import ClosedError, DeviceError, nearest

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

# Asked while a network runs: is its answer still wanted?
Stop = Callable[[], bool]

DeviceKind = Literal["auto", "cpu", "gpu", "mps", "npu", "xpu", "mlu"]
_KINDS = ("auto", "cpu", "gpu", "mps", "npu", "xpu", "mlu", "dcu", "gcu")
_DEVICE = re.compile(r"(?P<kind>[a-z]+)(?::(?P<indexes>\d{1,3}(?:,\d{1,3})*))?")


@dataclass(frozen=True)
class Device:
    """A kind of processor and which of them: `gpu:1,2` is Device("gpu", (1, 2)); no index means the first."""

    kind: str
    indexes: tuple[int, ...] = ()

    @staticmethod
    def parse(text: str) -> Device:
        """Read `type[:i[,j]]`. Raises DeviceError that names the nearest kind or shows the form."""
        match = _DEVICE.fullmatch(text.strip().lower())
        if match is None:
            raise DeviceError(
                f'"{text}" is not a device', remedy="write auto, cpu, gpu:0, gpu:1,2, npu:0, xpu or mlu:0"
            )
        if match["kind"] not in _KINDS:
            raise DeviceError(f'there is no kind of device "{match["kind"]}"', remedy=nearest(match["kind"], _KINDS))
        indexes = tuple(int(i) for i in match["indexes"].split(",")) if match["indexes"] else ()
        if len(set(indexes)) != len(indexes):
            raise DeviceError(f'"{text}" names a device twice')
        if match["kind"] in ("auto", "cpu") and indexes not in ((), (0,)):
            raise DeviceError(f'"{text}": there is one {match["kind"]}', remedy=f"write {match['kind']}")
        return Device(match["kind"], indexes)

    def __str__(self) -> str:
        return self.kind + (":" + ",".join(map(str, self.indexes)) if self.indexes else "")


@dataclass(frozen=True)
class Network:
    """A network's file and how pictures become its input.

    mean, std: of pixel values scaled to 0..1, in the network's channel order.  is_bgr: it was trained on BGR.
    classes: of a recogniser, where only these are wanted: its output is then (N, T, classes + 1 + features), their
    probabilities among themselves, their highest score before softmax, and what the last layer makes scores of.
    An engine that cannot do this gives the probabilities of all classes, (N, T, C).
    ranges: of layers that may run in 8-bit integers: name, least and greatest input; what precision int8 needs.
    is_head: only a recogniser's last layer: its input is features, (N, T, D), its output (N, T, C).
    """

    path: Path
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)
    is_bgr: bool = True
    classes: tuple[int, ...] = ()
    ranges: tuple[tuple[str, float, float], ...] = ()
    is_head: bool = False


class StoppedError(Exception):
    """A network was stopped before it had its answer, as it was asked to be; never seen by callers of inkread."""


@runtime_checkable
class Session(Protocol):
    """A network ready to run. Thread-safe; usable until close()."""

    @property
    def description(self) -> str:
        """The engine, device and precision, for people: `openvino cpu bf16`."""
        ...

    def run(self, batch: Pixels | Floats, stop: Stop | None = None) -> Floats:
        """Return the network's output, float32, for a batch of pictures, (N, H, W, 3) uint8 RGB.

        A network that is a head alone takes features instead, (N, T, D) float32.  stop: asked every few milliseconds;
        where it says yes, the network stops and StoppedError is raised.

        Raises ClosedError after close() and ModelError where the network refuses the shape.
        """
        ...

    def run_many(self, batches: Iterable[Pixels | Floats], stop: Stop | None = None) -> Iterator[Floats]:
        """Yield the outputs of several batches in their order; an engine may run some at once.

        A batch is asked for when there is room for it. An output is valid until the next one is taken.  stop: as in
        `run`; where it says yes, there are no more.
        """
        ...

    def working_bytes(self, *sizes: tuple[int, int]) -> int:
        """Return about how much more memory pictures of these sizes take than is held for those seen before, bytes.

        sizes: (height, width) px; one after the other, as many at once as the engine runs.
        """
        ...

    def release(self) -> None:
        """Give back the memory that is held for pictures seen before; the network stays open."""
        ...

    def close(self) -> None:
        """Free the network; closing twice is fine."""
        ...


class FakeSession:
    """A session for tests: a function of the batch instead of a network.

    bytes_px: what a pixel takes, in its own words; held: pixels of the largest picture since the last release.
    """

    description = "fake"

    def __init__(self, answer: Callable[[Any], Floats], *, bytes_px: int = 0) -> None:
        self._answer = answer
        self._bytes_px = bytes_px
        self._is_closed = False
        self.shapes: list[tuple[int, ...]] = []
        self.held = 0

    def run(self, batch: Pixels | Floats, stop: Stop | None = None) -> Floats:
        if self._is_closed:
            raise ClosedError("the session is closed", remedy="open a new Reader")
        if stop is not None and stop():
            raise StoppedError
        self.shapes.append(batch.shape)
        self.held = max(self.held, batch.shape[1] * batch.shape[2])
        return self._answer(batch)

    def run_many(self, batches: Iterable[Pixels | Floats], stop: Stop | None = None) -> Iterator[Floats]:
        for batch in batches:
            if stop is not None and stop():
                return
            yield self.run(batch)

    def working_bytes(self, *sizes: tuple[int, int]) -> int:
        largest = max((height * width for height, width in sizes), default=0)
        return self._bytes_px * max(0, largest - self.held)

    def release(self) -> None:
        self.held = 0

    def close(self) -> None:
        self._is_closed = True
