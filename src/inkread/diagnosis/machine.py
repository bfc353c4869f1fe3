"""What holds this machine back: processors, memory, devices and engines."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from inkread.diagnosis.finding import Finding
from inkread.options import RuntimeOptions
from inkread.runtime.open import devices, engines
from inkread.runtime.session import Device
from inkread.runtime.threads import available_threads

# Of the periods in which a container may compute, the share in which it was stopped.
_THROTTLED_SHARE = 0.1
_FEWEST_PERIODS = 50
# A Reader that reads receipts takes 579 MB at most (benchmarks/results/cold.json).
_NEEDED_MB = 700
# Version 1 of control groups writes a number that no machine has where there is no limit.
_NO_LIMIT_MB = 1 << 30
_ENGINES_OF_X86 = "x86_64", "amd64"


@dataclass(frozen=True)
class Machine:
    """What this process may use, and what is there.

    processors: of the machine.  threads: that this process may keep busy.  throttled: the share of its periods in which
    its container stopped it, 0..1.  memory_mb: the container's limit, None for none.  devices: that engines can use.
    has_gpu: a graphics card's driver is loaded, whether an engine can use it or not.
    """

    processors: int = 1
    threads: int = 1
    throttled: float = 0.0
    memory_mb: int | None = None
    devices: tuple[str, ...] = ("cpu",)
    engines: tuple[str, ...] = ("openvino",)
    architecture: str = "x86_64"
    has_gpu: bool = False


def this_machine(groups: Path = Path("/sys/fs/cgroup"), drivers: Path = Path("/proc/driver")) -> Machine:
    """Return what is known of this machine. groups: where control groups are mounted."""
    return Machine(
        processors=os.cpu_count() or 1,
        threads=available_threads(groups),
        throttled=_throttled(groups),
        memory_mb=_memory_mb(groups),
        devices=devices(),
        engines=engines(),
        architecture=platform.machine().lower(),
        has_gpu=(drivers / "nvidia").exists(),
    )


def look_at(machine: Machine, options: RuntimeOptions) -> Iterator[Finding]:
    """Yield what makes reading slow or impossible here, with these options."""
    yield from _of_processors(machine, options)
    if machine.memory_mb is not None and machine.memory_mb < _NEEDED_MB:
        yield Finding(
            "little-memory",
            f"the container may use {machine.memory_mb} MiB; reading takes up to {_NEEDED_MB}",
            "give it more, or set runtime.max_networks: 1 and read smaller pages",
            figures={"memory_mb": machine.memory_mb},
        )
    yield from _of_devices(machine, options)
    yield from _of_engines(machine, options)


def _of_processors(machine: Machine, options: RuntimeOptions) -> Iterator[Finding]:
    threads = machine.threads if options.threads is None else options.threads
    figures: dict[str, float | str] = {"threads": threads, "processors": machine.processors}
    if machine.threads < machine.processors:
        yield Finding(
            "few-threads",
            f"this process may keep {machine.threads} of {machine.processors} processors busy: its container or its "
            "affinity says so",
            "give it more (docker run --cpus, resources.limits.cpu, taskset), or expect it to be as slow as that",
            figures=figures,
        )
    elif threads < machine.threads:
        yield Finding(
            "few-threads",
            f"the options ask for {threads} threads, and {machine.threads} may be used",
            "leave out --threads",
            figures=figures,
        )
    if threads > machine.threads:
        yield Finding(
            "throttled",
            f"{threads} threads share {machine.threads} processors: they wait for each other",
            "leave out --threads",
            figures=figures,
        )
    elif machine.throttled >= _THROTTLED_SHARE:
        yield Finding(
            "throttled",
            f"the container was stopped in {100 * machine.throttled:.0f} % of the periods in which it computed",
            "raise its share of processors, or let fewer processes run in it",
            figures={"throttled": round(machine.throttled, 2)},
        )


def _of_devices(machine: Machine, options: RuntimeOptions) -> Iterator[Finding]:
    device = Device.parse(options.device)
    here = {name.partition(":")[0] for name in machine.devices}
    if device.kind not in ("auto", "cpu") and device.kind not in here:
        yield Finding(
            "no-device",
            f'"{device}" was asked for and is not there; engines can use {", ".join(machine.devices)}',
            "install the device's driver and an engine for it, or read with --device auto",
            figures={"device": device.kind},
        )
    elif machine.has_gpu and (device.kind in ("auto", "cpu") or "gpu" not in here):
        why = "no installed engine can use it" if "gpu" not in here else "it was not asked for"
        yield Finding(
            "unused-gpu",
            f"there is a graphics card here, and reading does not use it: {why}",
            "read with --device gpu:0" if "gpu" in here else "install an engine for it; pages read well without",
        )


def _of_engines(machine: Machine, options: RuntimeOptions) -> Iterator[Finding]:
    is_x86 = machine.architecture in _ENGINES_OF_X86
    if is_x86 and machine.engines and (options.engine == "onnx" or machine.engines[0] == "onnx"):
        remedy = "pip install openvino" if "openvino" not in machine.engines else "leave out --engine"
        yield Finding("slow-engine", "ONNX Runtime reads, which takes twice as long here as OpenVINO", remedy)
    if is_x86 and options.precision == "f32" and "openvino" in machine.engines:
        yield Finding(
            "slow-precision",
            "the options ask for 32-bit arithmetic, which takes about twice as long",
            "leave out --precision: errors stay within 0.1 points on average",
        )


def _throttled(groups: Path) -> float:
    try:
        lines = (groups / "cpu.stat").read_text().split("\n")
    except OSError:
        return 0.0
    counts = {name: int(value) for name, _, value in (line.partition(" ") for line in lines) if value.isdecimal()}
    periods = counts.get("nr_periods", 0)
    return counts.get("nr_throttled", 0) / periods if periods >= _FEWEST_PERIODS else 0.0


def _memory_mb(groups: Path) -> int | None:
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            limit = int((groups / name).read_text()) >> 20
        except (OSError, ValueError):  # not this version of control groups, or "max"
            continue
        return limit if limit < _NO_LIMIT_MB else None
    return None
