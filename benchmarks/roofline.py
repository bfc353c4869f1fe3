"""How near the networks come to what this machine can do: arithmetic and bytes against measured peaks.

Writes roofline.json. Needs OpenVINO; see benchmarks/README.md for what is measured and how.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any, NamedTuple

import conditions
import document
import numpy as np
from conditions import ROOT, BenchmarkError
from network_cost import cost_of
from PIL import Image as Pillow
from sets import add_output
from switches import replaced

from inkread import Reader
from inkread.registry.catalog import Task, load_catalog
from inkread.registry.store import Store
from inkread.runtime.open import open_session
from inkread.runtime.session import Network, Session
from inkread.runtime.threads import available_threads

# Task, height and width of the picture, how many are given at once: a page, and lines as they come.
WORKLOADS: Sequence[tuple[Task, int, int, int]] = (
    ("detection", 960, 960, 1),
    ("detection", 1280, 960, 1),
    ("recognition", 48, 320, 16),
    ("recognition", 48, 640, 16),
)
BYTES = {"f32": 4, "bf16": 2, "int8": 1}
# A 3 x 3 convolution of so many channels, both ways, on a map of this side: 19 GFLOP on 8 MB, near enough to a product
# of matrices; one of 2048 x 2048 reached four fifths of it in f32 and bf16.
_PEAK_CHANNELS, _PEAK_SIDE_PX = 512, 64
_COPY_MB = 256


class Opened(NamedTuple):
    """A network as the product opened it: what it asked for, the openvino.Model that was compiled, the session."""

    network: Network
    model: Any
    session: Session


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench roofline", description=__doc__)
    parser.add_argument("--repeats", type=int, default=15, metavar="N", help="times that each thing is run (15)")
    add_output(parser)
    options = parser.parse_args(arguments)
    return document.carry_out("roofline", options.output, lambda: measure(options.repeats, sys.stderr.write), render)


def measure(repeats: int, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as roofline.json holds it."""
    start = {**conditions.start(), **conditions.of_inkread()}
    if not start["engine"].startswith("openvino"):
        raise BenchmarkError("the roofline is measured with OpenVINO, which is not installed here")
    say("peaks ")
    from inkread.runtime.openvino import has_bf16

    known = [precision for precision in BYTES if precision != "bf16" or has_bf16()]
    peaks = {precision: _peak_gflops(precision, repeats) for precision in known}
    bandwidth = _bandwidth_gb_s(repeats)
    say("networks ")
    with Reader() as reader:
        opened = _opened(reader)
        rows = [_row(opened, workload, repeats) for workload in WORKLOADS]
    say("\n")
    for row in rows:
        row["bound_arithmetic_ms"] = row["gflop"] / peaks[row["precision"]] * 1e3
        row["bound_bytes_ms"] = (row["weights_mb"] + row["activations_mb"]) / bandwidth
        row["fraction"] = max(row["bound_arithmetic_ms"], row["bound_bytes_ms"]) / row["measured_ms"]
    return {**start, "peak_gflops": peaks, "bandwidth_gb_s": bandwidth, "rows": rows}


def _opened(reader: Reader) -> list[Opened]:
    """Read a picture and return the networks that were opened for it."""
    from inkread.runtime import openvino as adapter

    opened: list[Opened] = []
    models: list[Any] = []
    make_model: Any = getattr(adapter, "_model", None)  # where it is no longer there, `replaced` says so

    def model_noted(*given: Any, **named: Any) -> Any:
        models.append(make_model(*given, **named))
        return models[-1]

    def session_noted(network: Network, *given: Any, **named: Any) -> Session:
        session = open_session(network, *given, **named)
        opened.append(Opened(network, models[-1], session))
        return session

    places = {"inkread.stages:open_session": session_noted, "inkread.runtime.openvino:_model": model_noted}
    with replaced(places):
        reader.read(ROOT / "examples/receipt.jpg")
    return opened


def _row(opened: Sequence[Opened], workload: tuple[Task, int, int, int], repeats: int) -> dict[str, Any]:
    import openvino as ov

    task, height, width, count = workload
    card = load_catalog().default(task)
    path = Store().find(card)
    found = [each for each in opened if each.network.path == path and not getattr(each.network, "is_head", False)]
    if len(found) != 1:
        raise BenchmarkError(f"{len(found)} sessions of {card.name} were opened for the receipt, not one")
    in_file = cost_of(ov.Core().read_model(path), [1, 3, height, width])
    as_run = cost_of(found[0].model, [1, height, width, 3])
    precision = found[0].session.description.split()[-1]  # "openvino cpu bf16"
    if precision not in BYTES:
        raise BenchmarkError(f'no peak is measured for "{found[0].session.description}", only for {", ".join(BYTES)}')
    weights, activations = as_run.megabytes(BYTES[precision])
    return {
        "network": card.name,
        "height_px": height,
        "width_px": width,
        "pictures_at_once": count,
        "precision": precision,
        "gflop_in_file": in_file.gflop,
        "gflop": as_run.gflop,
        "macs_by_kind": as_run.kinds,
        "weights_mb": weights,
        "activations_mb": activations,
        "measured_ms": _network_ms(found[0].session, height, width, count, repeats),
    }


def _network_ms(session: Session, height: int, width: int, count: int, repeats: int) -> float:
    """Return the median ms for one picture, `count` of them given at once."""
    with Pillow.open(ROOT / "examples/receipt.jpg") as receipt:
        picture = np.asarray(receipt.convert("RGB").resize((width, height)))[None]
    batches = [picture] * count
    return median(_times(lambda: [None for _ in session.run_many(batches)], repeats)) / count * 1e3


def _peak_gflops(precision: str, repeats: int) -> float:
    """Return the GFLOP a second of a large convolution in its fastest run; for int8, thousand million operations.

    Raises BenchmarkError where the engine runs it in another precision than was meant.
    """
    import openvino as ov

    settings: dict[str, object] = {"INFERENCE_PRECISION_HINT": "f32" if precision == "int8" else precision}
    settings |= {"INFERENCE_NUM_THREADS": available_threads(), "NUM_STREAMS": 1}
    compiled = ov.Core().compile_model(_large_convolution(precision), "CPU", settings)
    ran = [
        node.get_rt_info()["runtimePrecision"].astype(str)
        for node in compiled.get_runtime_model().get_ops()
        if node.get_rt_info()["layerType"].astype(str) == "Convolution"
    ]
    if ran != ["u8" if precision == "int8" else precision]:
        raise BenchmarkError(f"the convolution for the peak in {precision} ran in {', '.join(ran) or 'nothing'}")
    request = compiled.create_infer_request()
    shape = (1, _PEAK_CHANNELS, _PEAK_SIDE_PX, _PEAK_SIDE_PX)
    values = np.ones(shape, np.uint8 if precision == "int8" else np.float32)
    seconds = min(_times(lambda: request.infer({0: values}, share_inputs=True), repeats))
    return 2 * 9 * _PEAK_CHANNELS**2 * _PEAK_SIDE_PX**2 / seconds / 1e9


def _large_convolution(precision: str) -> Any:
    """Return an openvino.Model of one 3 x 3 convolution; for int8 with what makes OpenVINO run it in whole numbers."""
    import openvino as ov
    from openvino import opset13 as op

    random, channels, side = np.random.default_rng(0), _PEAK_CHANNELS, _PEAK_SIDE_PX
    weights_shape, pads = (channels, channels, 3, 3), [1, 1]
    if precision != "int8":
        picture = op.parameter([1, channels, side, side], ov.Type.f32)
        weights = op.constant(random.standard_normal(weights_shape).astype(np.float32))
        return ov.Model([op.convolution(picture, weights, [1, 1], pads, pads, [1, 1])], [picture], "peak")

    def steps(values: Any, most: float) -> Any:
        low, high = np.float32(0), np.float32(most)
        return op.fake_quantize(values, low, high, low, high, 256)

    picture = op.parameter([1, channels, side, side], ov.Type.u8)
    whole = op.convert(op.constant(random.integers(-127, 127, weights_shape, dtype=np.int8)), "f32")
    weights = op.multiply(whole, np.full((channels, 1, 1, 1), 0.01, np.float32))
    values = steps(op.convert(picture, "f32"), 2.55)
    product = op.relu(op.convolution(values, weights, [1, 1], pads, pads, [1, 1]))
    return ov.Model([steps(product, 255.0)], [picture], "peak")


def _bandwidth_gb_s(repeats: int) -> float:
    """Return GB read and written in a second by copies of large arrays, one a thread, the fastest of the runs."""
    threads = available_threads()
    source = [np.ones(_COPY_MB * 1_000_000 // 8) for _ in range(threads)]
    target = [np.empty_like(each) for each in source]
    with ThreadPoolExecutor(threads) as pool:
        seconds = min(_times(lambda: list(pool.map(np.copyto, target, source)), repeats))
    return threads * 2 * _COPY_MB / 1e3 / seconds


def _times(work: Callable[[], object], repeats: int) -> list[float]:
    """Return the seconds of each of `repeats` runs, after one that does not count."""
    work()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return seconds


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    peaks = ", ".join(f"{peak:,.0f} in {name}" for name, peak in results["peak_gflops"].items())
    rows = [
        (
            row["network"],
            f"{row['height_px']} x {row['width_px']}",
            row["precision"],
            f"{row['gflop_in_file']:.2f}",
            f"{row['gflop']:.2f}",
            f"{row['weights_mb']:.1f}",
            f"{row['activations_mb']:.1f}",
            f"{row['bound_arithmetic_ms']:.1f}",
            f"{row['bound_bytes_ms']:.1f}",
            f"{row['measured_ms']:.1f}",
            f"{row['fraction']:.0%}",
        )
        for row in results["rows"]
    ]
    head: tuple[str, ...] = (
        "network",
        "height x width, px",
        "precision",
        "GFLOP in the file",
        "GFLOP as run",
        "weights, MB",
        "activations, MB",
    )
    head += ("bound by arithmetic, ms", "bound by bytes, ms", "measured, ms", "bound / measured")
    about = f"{document.conditions_of(results)} {document.inkread_of(results)}"
    measured = (
        f"Measured peaks, {results['threads']} threads: {peaks} (GFLOP a second; thousand million operations in int8); "
        f"{results['bandwidth_gb_s']:.1f} GB a second read and written in copies."
    )
    return f"{about}\n\n{measured}\n\n{document.table(head, rows)}"


if __name__ == "__main__":
    sys.exit(main())
