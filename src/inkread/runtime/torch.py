"""Networks on whatever torch runs on: GPUs, and with its plug-ins NPUs and MLUs; within a bound of memory.

Where a device has no room, a batch is halved; a single picture that does not fit is computed by the processor, with one
warning and a counter.  A device that fails is an error of its own: what it computed cannot be trusted.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any, Final, Protocol

import numpy as np
import torch
from torch import Tensor

from inkread.errors import ClosedError, DeviceError, ModelError
from inkread.logs import logger
from inkread.options import Precision
from inkread.runtime.graph import GraphModule
from inkread.runtime.session import Device, Floats, Network, Pixels, Stop, StoppedError

_log = logger(__name__)

# What torch calls our kinds of device, and the package that it needs for it.
_NAMES: Final = {"gpu": "cuda", "dcu": "cuda", "xpu": "xpu", "mps": "mps", "npu": "npu", "mlu": "mlu"}
_PLUG_INS: Final = {"npu": "torch_npu", "mlu": "torch_mlu"}
# Pictures of one size that are computed together: lines come one by one, and an accelerator is made for many.
_TOGETHER: Final = 16
_MIB: Final = 1 << 20
# What a network takes of the host for each pixel, bytes: not measured here, as much as lines take on ONNX Runtime.
_BYTES_PX: Final = 2800


class NoRoomError(Exception):
    """A device has too little memory for a batch."""


class Place(Protocol):
    """A network on one device."""

    name: str

    def compute(self, batch: Pixels | Floats) -> Floats:
        """Return the output for a batch. Raises NoRoomError, DeviceError where the device fails, ModelError."""
        ...


def devices() -> tuple[str, ...]:
    """Return the devices that torch can use here: ("cpu", "gpu:0", "gpu:1")."""
    found = ["cpu"]
    for kind in _NAMES:
        if kind != "dcu":
            found += [f"{kind}:{index}" for index in range(_count(kind))]
    return tuple(found)


def _count(kind: str) -> int:
    """Return how many devices of a kind are here."""
    name = _NAMES[kind]
    if kind in _PLUG_INS:
        if find_spec(_PLUG_INS[kind]) is None:
            return 0
        __import__(_PLUG_INS[kind])
    module = getattr(torch, name, None)
    if module is None or not module.is_available():
        return 0
    return int(module.device_count()) if hasattr(module, "device_count") else 1


def torch_device(device: Device, index: int = 0) -> torch.device:
    """Return torch's device. Raises DeviceError where there is no such kind, or not so many of it."""
    if device.kind in ("auto", "cpu"):
        return torch.device("cpu")
    count = _count(device.kind) if device.kind in _NAMES else 0
    if not count:
        raise DeviceError(f'torch finds no "{device.kind}" here', remedy=f"available: {', '.join(devices())}")
    if index >= count:
        raise DeviceError(
            f'there is no "{device.kind}:{index}", there are {count} of it', remedy=f"available: {', '.join(devices())}"
        )
    return torch.device("mps") if device.kind == "mps" else torch.device(_NAMES[device.kind], index)


class TorchPlace:
    """A network on one of torch's devices."""

    def __init__(self, network: Network, device: torch.device, precision: Precision, memory_mb: int | None) -> None:
        self.name = str(device)
        self._network, self._device = network, device
        self._half = _half(device, precision)
        if memory_mb is not None and device.type == "cuda":
            total = torch.cuda.get_device_properties(device).total_memory
            torch.cuda.set_per_process_memory_fraction(min(1.0, memory_mb * _MIB / total), device)
        with _translated(self.name):
            self._module = GraphModule.load(network.path).eval().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's types do not know it

    def compute(self, batch: Pixels | Floats) -> Floats:
        """Return the output, float32."""
        with _translated(self.name, self._network.path.name), torch.inference_mode():
            values = self._input(torch.from_numpy(np.ascontiguousarray(batch)).to(self._device))
            if self._half is None:
                output = self._module(values)
            else:
                with torch.autocast(self._device.type, self._half):
                    output = self._module(values)
            return np.asarray(output.float().cpu().numpy())

    def _input(self, batch: Tensor) -> Tensor:
        """Return pictures, (N, H, W, 3), as the network wants them, (N, 3, H, W)."""
        network = self._network
        values = batch.permute(0, 3, 1, 2).float()
        if network.is_bgr:
            values = values.flip(1)
        mean = torch.tensor(network.mean, device=self._device)[:, None, None]
        std = torch.tensor(network.std, device=self._device)[:, None, None]
        return ((values / 255 - mean) / std).contiguous(memory_format=torch.channels_last)


class TorchSession:
    """A network on one or several places, which share what there is to do.

    open_spare: makes the place for what fits nowhere else, when it is first needed.
    spilled: how many batches it had to compute.
    """

    def __init__(self, places: Sequence[Place], open_spare: Callable[[], Place], *, precision: str = "f32") -> None:
        self.description = f"torch {', '.join(place.name for place in places)} {precision}"
        self.spilled = 0
        self._count = len(places)
        self._free: queue.SimpleQueue[Place] = queue.SimpleQueue()
        for place in places:
            self._free.put(place)
        self._open_spare = open_spare
        self._spare: Place | None = None
        self._too_large: dict[str, int] = {}
        self._lock = threading.Lock()
        self._is_closed = False

    def run(self, batch: Pixels | Floats, stop: Stop | None = None) -> Floats:
        """Return the output for a batch, computed where there is room for it.

        stop: asked before, not while it is computed; where it says yes, StoppedError is raised.
        """
        if self._is_closed:
            raise ClosedError("the session is closed", remedy="open a new Reader")
        if stop is not None and stop():
            raise StoppedError
        place = self._free.get()
        try:
            return self._computed(place, batch)
        finally:
            self._free.put(place)

    def run_many(self, batches: Iterable[Pixels | Floats], stop: Stop | None = None) -> Iterator[Floats]:
        """Yield the outputs in order, until `stop` says yes; pictures of one size together, on all places."""
        waiting: deque[tuple[Future[Floats], int]] = deque()
        with ThreadPoolExecutor(self._count) as threads:
            for group in _alike(batches):
                if stop is not None and stop():
                    return
                together: Pixels | Floats = np.concatenate(group) if len(group) > 1 else group[0]  # type: ignore[assignment]  # one kind in all
                waiting.append((threads.submit(self.run, together), len(group)))
                if len(waiting) > self._count:  # no further ahead than the places are: outputs take memory
                    yield from _parted(*waiting.popleft())
            while waiting:
                yield from _parted(*waiting.popleft())

    def working_bytes(self, *sizes: tuple[int, int]) -> int:
        """Return about how much memory of the host a picture of one of these sizes takes."""
        return max((_BYTES_PX * height * width for height, width in sizes), default=0)

    def release(self) -> None:
        """Give nothing back: nothing is held for pictures seen before."""

    def close(self) -> None:
        """Free the network on all places."""
        self._is_closed = True
        while not self._free.empty():
            self._free.get()
        self._spare = None

    def _computed(self, place: Place, batch: Pixels | Floats) -> Floats:
        size = batch.size
        if size < self._too_large.get(place.name, size + 1):
            try:
                return place.compute(batch)
            except NoRoomError:
                # Larger ones are not tried again: running out of memory takes longer than computing.
                self._too_large[place.name] = size
        if len(batch) > 1:
            half = len(batch) // 2
            return np.concatenate([self._computed(place, batch[:half]), self._computed(place, batch[half:])])
        return self._spilled(place, batch)

    def _spilled(self, place: Place, batch: Pixels | Floats) -> Floats:
        with self._lock:
            if self._spare is None:
                self._spare = self._open_spare()
                _log.warning(
                    "%s has no room for a picture of %d x %d px: it and such others are computed by the processor",
                    place.name, batch.shape[2], batch.shape[1],
                )  # fmt: skip
            self.spilled += 1
            try:
                return self._spare.compute(batch)
            except NoRoomError as error:
                raise ModelError(
                    f"neither {place.name} nor the processor has room for a picture of {batch.shape[2]} x "
                    f"{batch.shape[1]} px",
                    remedy="lower detect.max_side_px or raise runtime.device_memory_mb",
                ) from error


def open_torch(
    network: Network, *, device: Device, precision: Precision, memory_mb: int | None = None, threads: int = 0
) -> TorchSession:
    """Return a network on all devices that were named. Raises DeviceError where one is not there.

    threads: of the processor; 0: as torch has them.
    """
    if threads:
        torch.set_num_threads(threads)
    found = [torch_device(device, index) for index in device.indexes or (0,)]
    places = [TorchPlace(network, each, precision, memory_mb) for each in found]
    half = _half(found[0], precision)
    shown = "f32" if half is None else str(half).removeprefix("torch.")
    return TorchSession(places, lambda: TorchPlace(network, torch.device("cpu"), "f32", None), precision=shown)


def _half(device: torch.device, precision: Precision) -> torch.dtype | None:
    """Return the half precision that products are computed in; None: in single precision."""
    if precision == "int8":
        raise ModelError("torch runs no networks in 8-bit integers here", remedy="use precision bf16 or f32")
    if precision == "f32" or (precision == "auto" and device.type == "cpu"):
        return None
    # Older GPUs have float16 alone.
    has_bf16 = device.type != "cuda" or torch.cuda.is_bf16_supported()
    return torch.bfloat16 if has_bf16 else torch.float16


class _translated:  # noqa: N801  # a context manager, used like a function
    """Torch's errors as ours."""

    def __init__(self, place: str, model: str = "the network") -> None:
        self._place, self._model = place, model

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
            raise NoRoomError(str(error)) from error
        if isinstance(error, RuntimeError):
            if "can't allocate memory" in str(error) or "out of memory" in str(error):
                raise NoRoomError(str(error)) from error
            if isinstance(error, torch.AcceleratorError) or " error:" in str(error).lower()[:40]:
                raise DeviceError(
                    f"{self._place} has failed: {str(error).splitlines()[0]}",
                    remedy="start again; read with device cpu if it stays so",
                ) from error
            raise ModelError(f"{self._model} refuses this shape: {str(error).splitlines()[0]}") from error


def _alike(batches: Iterable[Pixels | Floats]) -> Iterator[list[Pixels | Floats]]:
    """Yield batches of one shape that follow each other, not too many together."""
    group: list[Pixels | Floats] = []
    for batch in batches:
        if group and (group[-1].shape != batch.shape or len(group) * len(batch) >= _TOGETHER):
            yield group
            group = []
        group.append(batch)
    if group:
        yield group


def _parted(done: Future[Floats], count: int) -> Iterator[Floats]:
    output = done.result()
    step = len(output) // count
    yield from (output[k * step : (k + 1) * step] for k in range(count))
