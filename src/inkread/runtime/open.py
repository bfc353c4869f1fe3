"""Which engine runs a network here."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import platformdirs

from inkread.errors import DeviceError, MissingPackageError
from inkread.options import RuntimeOptions
from inkread.runtime.arenas import limit_arenas
from inkread.runtime.session import Device, Network, Session
from inkread.runtime.threads import available_threads

_PACKAGES = {"openvino": "openvino", "onnx": "onnxruntime", "torch": "torch"}
_INSTALLED_BY = {"openvino": "openvino", "onnx": "inkread[onnx]", "torch": "inkread[train]"}
_KINDS = {
    "openvino": ("auto", "cpu", "gpu", "xpu", "npu"),
    "onnx": ("auto", "cpu", "gpu", "npu", "mps"),
    "torch": ("auto", "cpu", "gpu", "dcu", "mps", "xpu", "npu", "mlu"),
}


def engines() -> tuple[str, ...]:
    """Return the engines that are installed, the preferred first."""
    found = tuple(name for name, package in _PACKAGES.items() if find_spec(package) is not None)
    # Torch reads networks with the package onnx.
    return found if find_spec("onnx") is not None else tuple(name for name in found if name != "torch")


def devices() -> tuple[str, ...]:
    """Return the devices that the installed engines can use: ("cpu", "gpu:0")."""
    return tuple(dict.fromkeys(device for engine in engines() for device in _devices_of(engine)))


def engines_with(device: str) -> tuple[str, ...]:
    """Return the installed engines that can use this device, named as `devices` does."""
    return tuple(engine for engine in engines() if device in _devices_of(engine))


def _devices_of(engine: str) -> tuple[str, ...]:
    if engine == "openvino":
        from inkread.runtime import openvino

        return openvino.devices()
    if engine == "torch":
        from inkread.runtime import torch

        return torch.devices()
    from inkread.runtime import onnx

    return onnx.devices()


def choose_engine(options: RuntimeOptions) -> str:
    """Return the engine to use. Raises MissingPackageError or DeviceError that says what there is."""
    installed = engines()
    if not installed:
        raise MissingPackageError("no engine is installed", remedy="pip install openvino, or inkread[onnx]")
    if options.engine != "auto" and options.engine not in installed:
        raise MissingPackageError(
            f'the engine "{options.engine}" is not installed', remedy=f"pip install {_INSTALLED_BY[options.engine]}"
        )
    device = Device.parse(options.device)
    candidates = installed if options.engine == "auto" else (options.engine,)
    able = [name for name in candidates if device.kind in _KINDS[name] and _has(name, device.kind)]
    if not able:
        raise DeviceError(f'there is no device "{device}" here', remedy=f"available: {', '.join(devices())}")
    return able[0]


def open_session(network: Network, options: RuntimeOptions, *, streams: bool) -> Session:
    """Return a network ready to run; `streams`: many small batches come at once, one thread each is best."""
    engine, device = choose_engine(options), Device.parse(options.device)
    threads = options.threads or available_threads()
    limit_arenas(available_threads())
    if engine == "openvino":
        from inkread.runtime.openvino import OpenVinoSession

        return OpenVinoSession(
            network,
            device=device,
            precision=options.precision,
            threads=threads,
            streams=threads if streams else 1,
            cache=cache_folder() if options.cache else None,
        )
    if engine == "torch":
        from inkread.runtime.torch import open_torch

        return open_torch(
            network, device=device, precision=options.precision, memory_mb=options.device_memory_mb, threads=threads
        )
    from inkread.runtime.onnx import OnnxSession

    return OnnxSession(network, device=device, precision=options.precision, threads=threads, provider=options.provider)


def precision_of(options: RuntimeOptions) -> str:
    """Return the precision that networks will run in here, for people: f32, or bf16 with int8 where it was measured."""
    if options.precision != "auto" or choose_engine(options) != "openvino":
        return options.precision if options.precision != "auto" else "f32"
    from inkread.runtime.openvino import has_8_bit_products, has_bf16

    usual = "bf16" if has_bf16() else "f32"
    return f"{usual}, int8 for measured models" if has_8_bit_products() else usual


def cache_folder() -> Path:
    """Return where compiled networks are kept."""
    return Path(platformdirs.user_cache_dir("inkread")) / "compiled"


def _has(engine: str, kind: str) -> bool:
    kind = "gpu" if kind == "dcu" else kind
    return kind in ("auto", "cpu") or kind in {name.partition(":")[0] for name in _devices_of(engine)}
