"""Networks on ONNX Runtime: where OpenVINO has no wheel, or by choice."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import numpy as np
import onnxruntime as ort

from inkread.errors import ClosedError, DeviceError, ModelError
from inkread.options import Precision, Provider
from inkread.runtime.session import Device, Floats, Network, Pixels, Stop, StoppedError

# What ONNX Runtime can run on, by kind of device, the usual one first.  TensorRT compiles for minutes: only by option.
_PROVIDERS = {
    "cpu": ("CPUExecutionProvider",),
    "gpu": ("CUDAExecutionProvider", "ROCMExecutionProvider", "DmlExecutionProvider", "TensorrtExecutionProvider"),
    "xpu": ("OpenVINOExecutionProvider",),
    "npu": ("CANNExecutionProvider",),
    "mps": ("CoreMLExecutionProvider",),
}
_BY_OPTION = {
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "cann": "CANNExecutionProvider",
}

# What a network takes for each pixel while it runs, bytes; nothing is held afterwards. Measured on the default models:
# detection 211 to 343 at 320 to 1280 px a side; recognition, which gives 18,710 classes every 8 px, 1777 to 2724.
_BYTES_PX = 350
_BYTES_PX_OF_LINES = 2800
_LINE_PX = 48
# How often a network that runs is asked to stop.
_ASK_S = 0.01


def devices() -> tuple[str, ...]:
    """Return the kinds of device that the installed ONNX Runtime was built for."""
    built = ort.get_available_providers()
    return tuple(kind for kind, providers in _PROVIDERS.items() if any(each in built for each in providers))


def _provider(device: Device, wanted: Provider) -> str:
    """Return what to run on. Raises DeviceError where the installed ONNX Runtime was not built for it."""
    built = ort.get_available_providers()
    if wanted != "auto":
        candidates: tuple[str, ...] = (_BY_OPTION[wanted],)
    else:
        candidates = _PROVIDERS.get("cpu" if device.kind == "auto" else device.kind, ())
    found = next((each for each in candidates if each in built), None)
    if found is None:
        what = f'"{device}"' if wanted == "auto" else f'"{wanted}"'
        raise DeviceError(f"this ONNX Runtime does not run on {what}", remedy=f"available: {', '.join(devices())}")
    return found


class OnnxSession:
    """A network run by ONNX Runtime, in float32 on a processor (it has no bf16 path there)."""

    def __init__(
        self, network: Network, *, device: Device, precision: Precision, threads: int, provider: Provider = "auto"
    ) -> None:
        if precision == "bf16":
            raise ModelError("ONNX Runtime has no bf16 on processors", remedy="use precision f32 or engine openvino")
        self._name = network.path.name
        self.description = f"onnxruntime {device} f32"
        self._session: ort.InferenceSession | None = _load(network, device, threads, provider)
        self._input = self._session.get_inputs()[0].name
        # One fused multiply-add per pixel value, in the network's channel order.
        self._scale = (1 / (255 * np.array(network.std))).astype(np.float32)
        self._shift = (-np.array(network.mean) / np.array(network.std)).astype(np.float32)
        self._order = slice(None, None, -1) if network.is_bgr else slice(None)

    def run(self, batch: Pixels | Floats, stop: Stop | None = None) -> Floats:
        """Return the output for one batch, in an array of its own. Raises StoppedError where `stop` says so."""
        if self._session is None:
            raise ClosedError("the session is closed", remedy="open a new Reader")
        values = np.empty((batch.shape[0], 3, *batch.shape[1:3]), np.float32)
        pixels = batch[..., self._order].transpose(0, 3, 1, 2)
        np.multiply(pixels, self._scale[:, None, None], out=values)
        values += self._shift[:, None, None]
        settings = ort.RunOptions()
        try:
            with _stopped_by(stop, settings):
                return np.asarray(self._session.run(None, {self._input: values}, settings)[0])
        except Exception as error:  # the package raises classes of its own for each status, all plain Exceptions
            if settings.terminate:
                raise StoppedError from error
            raise ModelError(f"{self._name} refuses a batch of shape {batch.shape}: {error}") from error

    def run_many(self, batches: Iterable[Pixels | Floats], stop: Stop | None = None) -> Iterator[Floats]:
        """Yield the outputs in order, until `stop` says yes; each run uses all threads."""
        with suppress(StoppedError):
            for batch in batches:
                yield self.run(batch, stop)

    def working_bytes(self, *sizes: tuple[int, int]) -> int:
        """Return about how much memory a picture of one of these sizes takes while it is looked at."""
        of_lines = (_BYTES_PX_OF_LINES if height <= _LINE_PX else _BYTES_PX for height, _ in sizes)
        return max((height * width * each for (height, width), each in zip(sizes, of_lines, strict=True)), default=0)

    def release(self) -> None:
        """Give nothing back: nothing is held."""

    def close(self) -> None:
        """Free the network."""
        self._session = None


@contextmanager
def _stopped_by(stop: Stop | None, settings: ort.RunOptions) -> Iterator[None]:
    """Have a run end early where `stop` says so: a thread asks it, for the run itself does not return before."""
    if stop is None:
        yield
        return
    is_done = threading.Event()

    def ask() -> None:
        while not is_done.wait(_ASK_S):
            if stop():
                settings.terminate = True
                return

    thread = threading.Thread(target=ask, name="inkread-stop", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_done.set()
        thread.join()


def _load(network: Network, device: Device, threads: int, wanted: Provider) -> ort.InferenceSession:
    provider = _provider(device, wanted)
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.inter_op_num_threads = 1
    # The arena grows with every new shape and never shrinks; patterns are of no use where shapes change.
    settings.enable_cpu_mem_arena = False
    settings.enable_mem_pattern = False
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    settings.log_severity_level = 3
    where = [(provider, {"device_id": device.indexes[0]})] if device.indexes else [provider]
    try:
        return ort.InferenceSession(str(network.path), settings, providers=where)
    except Exception as error:  # see run()
        raise ModelError(f'cannot load "{network.path}": {error}') from error
