"""Networks on OpenVINO: processors with or without bf16, Intel graphics and NPUs."""

from __future__ import annotations

import contextlib
import os
import platform
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np

from inkread.errors import ClosedError, DeviceError, ModelError
from inkread.options import Precision
from inkread.runtime import rewrite
from inkread.runtime.quiet_openvino import ColorFormat, PrePostProcessor, op, ov
from inkread.runtime.session import Device, Floats, Network, Pixels, Stop, StoppedError

# Kernels of one kind kept for shapes seen before, for each network: by default many thousands are, and memory grows
# with every new size of page. A detector runs one batch at a time, of nearly any size; pages of mixed sizes cost 1 %
# more with 100 than with 1000. A recogniser's widths are few, and 400 hold them all. benchmarks/proofs/memory.py says
# what is left of the growth.
_KERNELS_KEPT = 400
_KERNELS_KEPT_OF_ONE_STREAM = 50

# What a network holds for each pixel of the largest picture that it has seen, in each stream, bytes. Measured on the
# default models, with what was held before given back: detection 113 to 126 in bf16 and 211 to 236 in f32, at 640 to
# 1280 px a side; recognition 140 in int8 with bf16 and 176 to 235 in f32, at 320 to 1664 px.
_HELD_BYTES_PX = {"int8": 150, "bf16": 150, "f32": 240}
# And kernels: 8 to 18 MB while those for a size are made that was not seen before, of which 1 to 8 stay.
_KERNEL_BYTES = 18_000_000
_KERNEL_BYTES_KEPT = 8_000_000
# How often a network that runs is asked to stop: it does so after the layer at hand, within some milliseconds.
_ASK_MS = 5

# OpenVINO's threads do not survive a fork, and a child can start new ones only if the parent has ended none of them,
# or all: it ends all with its core, which goes with the last session.
_END_THREADS = {"FORCE_TBB_TERMINATE": True}

_DEVICE_NAMES = {"cpu": "CPU", "gpu": "GPU", "xpu": "GPU", "npu": "NPU"}


_core_lock = threading.RLock()
# While it compiles, OpenVINO sets the process's locale to "C" and then back to what it was: two threads at once would
# leave it at "C", and every text file that is opened without an encoding in ASCII.
_compiling = threading.Lock()
# While it is called for the first time, what joins it to Python makes tables, for which it wants Python's lock while it
# holds its own: two threads that do so at once may wait for each other for ever (seen once, by the stacks of both).
_rewriting = threading.Lock()


@cache
def _new_core() -> ov.Core:
    core = ov.Core()
    core.set_property(_END_THREADS)
    one = np.ones(1, np.float32)
    _ = op.constant(one).data, ov.Tensor(one).data  # makes the tables of arrays, see _rewriting
    return core


def _core() -> ov.Core:
    with _core_lock:  # two threads that open networks share one
        return _new_core()


class _Threads:
    """What becomes of OpenVINO's threads: how many sessions hold them, and whether they can start here."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.sessions = 0
        self.some_ended = False
        self.lost = False

    def open(self) -> None:
        with self.lock:
            if self.lost:
                raise DeviceError(
                    "OpenVINO cannot start in this process: it was forked after one of several Readers was closed",
                    remedy='start processes with multiprocessing\'s "spawn", or close all Readers before',
                )
            self.sessions += 1

    def close(self) -> None:
        with self.lock:
            self.sessions -= 1
            self.some_ended = self.sessions > 0
            if not self.sessions:
                _new_core.cache_clear()

    def after_fork(self) -> None:
        global _core_lock, _compiling, _rewriting
        _core_lock, _compiling, _rewriting = threading.RLock(), threading.Lock(), threading.Lock()
        self.lock = threading.Lock()
        self.lost = self.lost or self.some_ended


_threads = _Threads()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_threads.after_fork)


def devices() -> tuple[str, ...]:
    """Return the devices that OpenVINO can use here, in inkread's words: ("cpu", "gpu:0")."""
    names = []
    for name in _core().available_devices:
        kind, _, index = name.partition(".")
        names.append(kind.lower() + (f":{index}" if index else "" if kind == "CPU" else ":0"))
    return tuple(names)


def has_bf16() -> bool:
    """Return whether the processor multiplies bfloat16 by itself, and may."""
    limit = _instruction_limit()
    may = not limit or any(name in limit for name in ("BF16", "FP16", "AMX"))
    return may and "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def has_8_bit_products() -> bool:
    """Return whether the processor is known to add products of 8-bit integers without overflow (VNNI), and may.

    Without that 8 bits cost more accuracy: 0.25 points of character errors on five sets, held to AVX2.
    """
    limit = _instruction_limit()
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return has_bf16() and platform.machine().lower() in ("x86_64", "amd64")  # such processors have both
    return (not limit or "VNNI" in limit or has_bf16()) and ("avx512_vnni" in flags or "avx_vnni" in flags)


def _instruction_limit() -> str:
    """Return the instructions that oneDNN is held to, in capitals; empty for none."""
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    return "" if limit in ("ALL", "DEFAULT") else limit


class OpenVinoSession:
    """A network compiled by OpenVINO.

    streams: how many batches may run at once, each on its share of the threads.
    """

    def __init__(
        self, network: Network, *, device: Device, precision: Precision, threads: int, streams: int, cache: Path | None
    ) -> None:
        self._name = network.path.name
        target = _target(device)
        numbers = _numbers(network, target, precision)
        self.description = f"openvino {device} {numbers}"
        self._in_flight = streams + 1 if streams > 1 else 1
        self._bytes_px = streams * _HELD_BYTES_PX.get(numbers, _HELD_BYTES_PX["f32"])
        self._held_px = 0
        self._sizes: set[tuple[int, int]] = set()
        self._idle: list[ov.InferRequest] = []
        self._ending: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._compiled: ov.CompiledModel | None = None
        _threads.open()
        try:
            self._compiled = _compile(network, target, numbers, threads, streams, cache)
        finally:
            if self._compiled is None:
                _threads.close()

    def run(self, batch: Pixels | Floats, stop: Stop | None = None) -> Floats:
        """Return the output for one batch, in an array of its own. Raises StoppedError where `stop` says so."""
        # Copied while run_many still holds the request: once that is given back, another thread may write into it.
        outputs = [each.copy() for each in self.run_many([batch], stop)]
        if not outputs:
            raise StoppedError
        return outputs[0]

    def run_many(self, batches: Iterable[Pixels | Floats], stop: Stop | None = None) -> Iterator[Floats]:
        """Yield the outputs in order, with as many batches under way as there are streams, until `stop` says yes."""
        waiting = iter(batches)
        # With its batch, which the engine reads where it lies.
        running: deque[tuple[ov.InferRequest, Pixels | Floats]] = deque()
        try:
            while True:
                for batch in islice(waiting, self._in_flight - len(running)):
                    running.append((self._start(batch), batch))
                if not running:
                    return
                request, _ = running[0]
                if stop is not None and self._is_stopped(request, stop):
                    return
                yield self._finish(request)
                self._give_back(running.popleft()[0])
        finally:
            if running:
                self._let_end(running)

    def working_bytes(self, *sizes: tuple[int, int]) -> int:
        """Return about how much more memory batches of these sizes take than is held, kernels for new ones included."""
        largest = max((height * width for height, width in sizes), default=0)
        new = len(set(sizes) - self._sizes)
        kernels = _KERNEL_BYTES + (new - 1) * _KERNEL_BYTES_KEPT if new else 0
        return self._bytes_px * max(0, largest - self._held_px) + kernels

    def release(self) -> None:
        """Give back what is held for batches seen before; batches under way in other threads keep theirs."""
        self._wait_for_ends()
        with self._lock:
            if self._compiled is not None:
                self._idle.clear()
                self._compiled.release_memory()
            self._held_px = 0

    def close(self) -> None:
        """Free the network. Batches under way in other threads end first, by their own references."""
        self._wait_for_ends()
        with self._lock:
            is_open = self._compiled is not None
            self._compiled = None
            self._idle.clear()
        if is_open:
            _threads.close()

    def __del__(self) -> None:
        if hasattr(self, "_compiled"):
            self.close()

    def _start(self, batch: Pixels | Floats) -> ov.InferRequest:
        with self._lock:
            if self._compiled is None:
                raise ClosedError("the session is closed", remedy="open a new Reader")
            request = self._idle.pop() if self._idle else self._compiled.create_infer_request()
            size = batch.shape[1], batch.shape[2]
            self._sizes.add(size)
            self._held_px = max(self._held_px, size[0] * size[1])
        try:
            request.start_async({0: batch}, share_inputs=True)
        except RuntimeError as error:
            raise ModelError(f"{self._name} refuses a batch of shape {batch.shape}: {_first_line(error)}") from error
        return request

    def _finish(self, request: ov.InferRequest) -> Floats:
        try:
            request.wait()
        except RuntimeError as error:
            raise ModelError(f"{self._name} failed: {_first_line(error)}") from error
        return np.asarray(request.get_output_tensor(0).data)

    def _give_back(self, request: ov.InferRequest) -> None:
        with self._lock:
            if self._compiled is not None:
                self._idle.append(request)

    def _let_end(self, requests: Iterable[tuple[ov.InferRequest, Pixels | Floats]]) -> None:
        """Let batches that nobody waits for end by themselves.

        They cannot be cancelled: layers that did not run keep the shapes of another batch, and the next one fails on
        them (OpenVINO 2026.4, "Argument shapes are inconsistent"), or worse. A detection takes 0.1 to 0.5 s to its end.
        """
        ending = threading.Thread(target=self._settle, args=(tuple(requests),), name="inkread-ending")
        with self._lock:
            self._ending = [each for each in self._ending if each.is_alive()]
            self._ending.append(ending)
            ending.start()

    def _settle(self, requests: Iterable[tuple[ov.InferRequest, Pixels | Floats]]) -> None:
        for request, _ in requests:
            with contextlib.suppress(RuntimeError):  # its result is not wanted, nor why there is none
                request.wait()
                self._give_back(request)

    def _wait_for_ends(self) -> None:
        with self._lock:
            ending = tuple(self._ending)
        for each in ending:
            if each is not threading.current_thread():  # which may hold the last reference to this session
                each.join()

    def _is_stopped(self, request: ov.InferRequest, stop: Stop) -> bool:
        """Wait for a request, and return whether it is not wanted any more before it is done."""
        try:
            while not request.wait_for(_ASK_MS):
                if stop():
                    return True
        except RuntimeError as error:
            raise ModelError(f"{self._name} failed: {_first_line(error)}") from error
        return False


def _target(device: Device) -> str:
    if device.kind == "auto":
        return "CPU"
    if device.kind not in _DEVICE_NAMES:
        raise DeviceError(f'OpenVINO does not run on "{device}"', remedy=f"available here: {', '.join(devices())}")
    if len(device.indexes) > 1:
        raise DeviceError(f'"{device}": one Reader uses one device', remedy="make a Reader for each")
    name = _DEVICE_NAMES[device.kind]
    if name != "CPU":
        index = device.indexes[0] if device.indexes else 0
        available = _core().available_devices
        name = next((known for known in (f"{name}.{index}", name if index == 0 else "") if known in available), "")
    if not name:
        raise DeviceError(f'there is no device "{device}" here', remedy=f"available: {', '.join(devices())}")
    return name


def _numbers(network: Network, target: str, precision: Precision) -> Precision:
    """Return what a network computes with here: int8 only where it has ranges, bf16 where the processor has it."""
    is_measured = target == "CPU" and bool(network.ranges)
    if is_measured and (precision == "int8" or (precision == "auto" and has_8_bit_products())):
        return "int8"
    return precision if precision in ("bf16", "f32") else _beside_int8(target)


def _beside_int8(target: str) -> Precision:
    return "bf16" if target == "CPU" and has_bf16() else "f32"


def _compile(
    network: Network, target: str, precision: Precision, threads: int, streams: int, cache: Path | None
) -> ov.CompiledModel:
    hint = _beside_int8(target) if precision == "int8" else precision
    settings: dict[str, object] = {"INFERENCE_PRECISION_HINT": hint}
    if target == "CPU":
        settings |= {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": streams,
            "ENABLE_CPU_PINNING": False,
            "CPU_RUNTIME_CACHE_CAPACITY": _KERNELS_KEPT if streams > 1 else _KERNELS_KEPT_OF_ONE_STREAM,
        }
    if cache is not None:
        settings["CACHE_DIR"] = str(cache)
    try:
        with _rewriting:
            model = _named_alike(_model(network, precision, hint))
        with _compiling:
            return _core().compile_model(model, target, settings)
    except RuntimeError as error:
        raise ModelError(f'cannot load "{network.path}": {_first_line(error)}') from error


def _model(network: Network, precision: Precision, hint: Precision) -> ov.Model:
    """Return what is compiled of a network: rewritten for speed, and with pictures as its input."""
    model = _core().read_model(network.path)
    if network.is_head:
        head = rewrite.head_alone(model)
        if head is None:
            raise ModelError(f'"{network.path}" does not end in a layer that can run alone')
        return head
    if network.classes:
        model = rewrite.narrow_head(model, network.classes)
    if hint == "f32":
        model = rewrite.normalise_by_products(model)
    if precision == "int8":
        model = rewrite.in_8_bits(model, network.ranges)
    return _with_pixels_in(rewrite.upsample_by_pixels(rewrite.scale_once(model)), network)


def _named_alike(model: ov.Model) -> ov.Model:
    """Return the model with names that depend on it alone.

    New nodes are named by a count of the process, and the compile cache finds a model by its names: without this
    it would compile anew, and grow, whenever networks are opened in another order.
    """
    for number, node in enumerate(model.get_ordered_ops()):
        node.set_friendly_name(f"node {number}")
    for kind, ends in (("input", model.inputs), ("output", model.outputs)):
        for number, end in enumerate(ends):
            end.get_tensor().set_names({f"{kind} {number}"})
    return model


def _with_pixels_in(model: ov.Model, network: Network) -> ov.Model:
    """Return the network with uint8 RGB pictures, (N, H, W, 3), as its input: normalisation runs inside."""
    processor = PrePostProcessor(model)
    source = processor.input(0)
    source.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC")).set_color_format(ColorFormat.RGB)
    steps = source.preprocess().convert_element_type(ov.Type.f32)
    if network.is_bgr:
        steps = steps.convert_color(ColorFormat.BGR)
    steps.mean([255 * value for value in network.mean]).scale([255 * value for value in network.std])
    source.model().set_layout(ov.Layout("NCHW"))
    return processor.build()


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
