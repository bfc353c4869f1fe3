"""Which engine, precision, threads and batches read fastest on this machine: measured once, kept as options.

First every engine and precision with all threads, then fewer threads and larger batches for the fastest of them. All
are measured in turn, twice, and the shorter time counts: whoever else uses the machine disturbs all alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from inkread import edits
from inkread.errors import DeviceError, InkreadError, ModelError, OptionError
from inkread.logs import logger
from inkread.options import Precision, ReaderOptions, RuntimeOptions
from inkread.pipeline import Reader
from inkread.runtime.open import engines
from inkread.runtime.threads import available_threads

Pixels = npt.NDArray[np.uint8]
_log = logger(__name__)

_PRECISIONS: dict[str, tuple[Precision, ...]] = {"openvino": ("f32", "bf16", "int8"), "onnx": ("f32",)}
_BATCHES = (4, 16)
_TURNS = 2
_WORDS = "the quick brown fox jumps over 13 lazy dogs while 24.90 EUR remain to be paid by Friday"
# Characters that may be read otherwise than in f32, per cent: what bf16 changes on labelled sets is below it.
MOST_DIFFERENT = 0.5


@dataclass(frozen=True)
class Trial:
    """One way to run the networks. seconds: for a page, median of the pages.  different: characters, per cent, that
    were read otherwise than in f32."""

    runtime: RuntimeOptions
    seconds: float
    different: float


def tune(
    pages: Sequence[Pixels],
    options: ReaderOptions | None = None,
    *,
    most_different: float = MOST_DIFFERENT,
    measure: Callable[[ReaderOptions, Sequence[Pixels]], tuple[float, str]] | None = None,
    on_trial: Callable[[Trial], None] = lambda trial: None,
) -> tuple[Trial, ...]:
    """Return what was tried, the best first. options: of everything else.  measure: seconds for a page and its text.

    What this machine cannot do is passed over. Raises OptionError without pages, DeviceError where nothing runs.
    """
    if not pages:
        raise OptionError("there is no page to measure with", remedy="give pictures")
    options, measured = options or ReaderOptions(), measure or _measured
    reference = _text(options, pages, measured)
    tried: dict[RuntimeOptions, Trial] = {}

    def run(candidates: Iterable[RuntimeOptions]) -> None:
        new = [each for each in candidates if each not in tried]
        times: dict[RuntimeOptions, list[float]] = {}
        texts: dict[RuntimeOptions, str] = {}
        for _ in range(_TURNS):
            for each in new:
                try:
                    seconds, texts[each] = measured(options.with_(runtime=each), pages)
                    times.setdefault(each, []).append(seconds)
                except (ModelError, DeviceError) as error:
                    _log.info("passed over: %s", type(error).__name__)
        for each, found in times.items():
            different = 100 * edits.distance(reference, texts[each]) / max(len(reference), 1)
            tried[each] = Trial(each, min(found), round(different, 2))
            on_trial(tried[each])

    everywhere, threads = options.runtime, available_threads()
    run(
        everywhere.with_(engine=engine, precision=precision, threads=threads)
        for engine in engines()
        for precision in _PRECISIONS.get(engine, ())
    )
    if not tried:
        raise DeviceError("no engine runs here", remedy="inkread doctor tells what is installed")
    best = _sorted(tried.values(), most_different)[0].runtime
    run(best.with_(threads=count) for count in sorted({1, max(1, threads // 2)}))
    best = _sorted(tried.values(), most_different)[0].runtime
    run(best.with_(batch=batch) for batch in _BATCHES)
    return _sorted(tried.values(), most_different)


def _sorted(trials: Iterable[Trial], most_different: float) -> tuple[Trial, ...]:
    """Return trials by their time; those that read otherwise come last."""
    return tuple(sorted(trials, key=lambda trial: (trial.different > most_different, trial.seconds)))


def _text(options: ReaderOptions, pages: Sequence[Pixels], measured: Callable[..., tuple[float, str]]) -> str:
    for engine in engines():
        try:
            return measured(options.with_(runtime=options.runtime.with_(engine=engine, precision="f32")), pages)[1]
        except InkreadError as error:
            _log.info("passed over: %s", type(error).__name__)
    raise DeviceError("no engine runs here", remedy="inkread doctor tells what is installed")


def _measured(options: ReaderOptions, pages: Sequence[Pixels]) -> tuple[float, str]:
    """Return the median seconds for a page, once everything is open, and what was read."""
    with Reader(options) as reader:
        text = "\n".join(reader.read(page).text for page in pages)  # opens networks, and compiles their shapes
        times = []
        for page in pages:
            start = time.perf_counter()
            reader.read(page)
            times.append(time.perf_counter() - start)
    return statistics.median(times), text


def sample_page() -> Pixels:
    """Return a drawn page of two columns of text, for those who have none at hand."""
    page = Pillow.new("RGB", (1240, 1754), "white")
    brush = ImageDraw.Draw(page)
    words = _WORDS.split()
    for column in range(2):
        for row in range(44):
            first = (row * 5 + column * 3) % len(words)
            text = " ".join((words * 2)[first : first + 5 + row % 3])
            brush.text((70 + 580 * column, 60 + 38 * row), text, "black", ImageFont.load_default(22))
    return np.asarray(page)
