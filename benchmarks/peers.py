"""One engine as a long-lived worker: `python peers.py ENGINE`, JSON lines in and out.

Runs in the engine's own environment, so this file needs the standard library only, and imports nothing of the project.

out: {"ready": true, "init_s"} or {"error"}        once, when the engine is loaded
in:  {"path", "script": "latin" | "chinese"}       a picture
out: {"lines": [{"text", "poly", "words"?: [{"text", "poly"}]}], "seconds", "stages", "peak_rss_mb", "error"}
in:  {"about": true}
out: {"model", "precision", "versions"}

seconds: wall time from the file's path to the engine's own result; turning that into JSON is not counted.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

TESSDATA_FOLDERS = (os.environ.get("TESSDATA_PREFIX", ""), "/usr/share/tesseract-ocr/5/tessdata")
TESSERACT_LANGUAGES = {"latin": "eng", "chinese": "chi_sim+eng"}
TESSERACT_REMEDY = "apt-get install tesseract-ocr tesseract-ocr-eng tesseract-ocr-chi-sim"


@dataclass(frozen=True)
class Engine:
    """An engine that is loaded.

    read: path and script to the engine's own result.  lines: that result as in the protocol.  about: model, precision
    and versions, asked for after a first read.  stages: name to seconds of the last read, where the engine tells.
    """

    read: Callable[[str, str], Any]
    lines: Callable[[Any], list[dict[str, Any]]]
    about: Callable[[], dict[str, Any]]
    stages: Callable[[], dict[str, float]] = dict


def inkread() -> Engine:
    from inkread import Reader

    reader = Reader()

    def lines(document: Any) -> list[dict[str, Any]]:
        return [
            {
                "text": line.text,
                "poly": [list(point) for point in line.quad],
                "words": [{"text": word.text, "poly": [list(point) for point in word.quad]} for word in line.words],
            }
            for line in document.lines
        ]

    def about() -> dict[str, Any]:
        # "inkread 0.1.0 (detector, recogniser; engine device precision)"
        models, _, runtime = reader.generator.partition("(")[2].rstrip(")").partition("; ")
        return {"model": models, "precision": runtime, "versions": _versions("inkread", "openvino")}

    return Engine(lambda path, _: reader.read(path), lines, about, lambda: dict(getattr(reader, "timings", {})))


def rapidocr_onnxruntime() -> Engine:
    from rapidocr import RapidOCR

    about = {"model": "PP-OCRv6 small", "precision": "fp32", "versions": _versions("rapidocr", "onnxruntime")}
    return _rapidocr(RapidOCR(params={"Global.log_level": "error"}), about)


def rapidocr_openvino() -> Engine:
    import openvino
    from rapidocr import EngineType, RapidOCR

    engines = {f"{stage}.engine_type": EngineType.OPENVINO for stage in ("Det", "Cls", "Rec")}
    about = {
        "model": "PP-OCRv6 small",
        "precision": openvino.Core().get_property("CPU", "INFERENCE_PRECISION_HINT").to_string(),
        "versions": _versions("rapidocr", "openvino"),
    }
    return _rapidocr(RapidOCR(params={"Global.log_level": "error", **engines}), about)


def _rapidocr(reader: Callable[[str], Any], about: dict[str, Any]) -> Engine:
    def lines(result: Any) -> list[dict[str, Any]]:
        if result.txts is None:
            return []
        return [{"text": text, "poly": box.tolist()} for box, text in zip(result.boxes, result.txts, strict=True)]

    return Engine(lambda path, _: reader(path), lines, lambda: about)


def faster_paddle_small() -> Engine:
    return _faster_paddle("small")


def faster_paddle_tiny() -> Engine:
    return _faster_paddle("tiny")


def _faster_paddle(size: str) -> Engine:
    from faster_paddle import OcrEngine

    reader = OcrEngine(model_size=size)

    def lines(result: Any) -> list[dict[str, Any]]:
        found = []
        for bound in result["bounds"].values():
            (left, top), (right, bottom) = bound["topLeftCoord"], bound["bottomRightCoord"]
            found.append({"text": bound["text"], "poly": _upright(left, top, right, bottom)})
        return found

    about = {"model": f"PP-OCRv6 {size}", "precision": "fp32", "versions": _versions("faster-paddle")}
    return Engine(lambda path, _: reader.ocr(Path(path).read_bytes()), lines, lambda: about)


def tesseract() -> Engine:
    import tesserocr

    folder = next((name for name in TESSDATA_FOLDERS if Path(name, "eng.traineddata").is_file()), None)
    if folder is None or not Path(folder, "chi_sim.traineddata").is_file():
        raise FileNotFoundError(f"Tesseract's eng and chi_sim data are not installed: {TESSERACT_REMEDY}")
    readers = {
        script: tesserocr.PyTessBaseAPI(path=folder, lang=languages, psm=tesserocr.PSM.AUTO)
        for script, languages in TESSERACT_LANGUAGES.items()
    }

    def read(path: str, script: str) -> list[dict[str, Any]]:
        from PIL import Image

        with Image.open(path) as picture:
            readers[script].SetImage(picture.convert("RGB"))
        readers[script].Recognize()
        return list(_tesseract_lines(readers[script].GetIterator()))

    about = {
        "model": "eng; chi_sim+eng for sets in Chinese",
        "precision": "int8 (Debian packs the fast data)",
        "versions": {**_versions("tesserocr"), "tesseract": tesserocr.tesseract_version().split()[1]},
    }
    return Engine(read, list, lambda: about)


def _tesseract_lines(iterator: Any) -> Iterator[dict[str, Any]]:
    import tesserocr

    line_level, word_level = tesserocr.RIL.TEXTLINE, tesserocr.RIL.WORD
    line: dict[str, Any] = {}
    for place in tesserocr.iterate_level(iterator, word_level) if iterator is not None else ():
        if place.IsAtBeginningOf(line_level):
            if line.get("text"):
                yield line
            line = _tesseract_part(place, line_level) | {"words": []}
        word = _tesseract_part(place, word_level)
        if word:
            line["words"].append(word)
    if line.get("text"):
        yield line


def _tesseract_part(place: Any, level: int) -> dict[str, Any]:
    """Return a line or word as in the protocol; nothing of an area without text."""
    try:
        text = place.GetUTF8Text(level).strip()
    except RuntimeError:
        return {}
    box = place.BoundingBox(level)
    return {"text": text, "poly": _upright(*box)} if text and box else {}


def _upright(left: float, top: float, right: float, bottom: float) -> list[list[float]]:
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def _versions(*packages: str) -> dict[str, str]:
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except ModuleNotFoundError:  # run from a source tree
            found[package] = getattr(sys.modules.get(package), "__version__", "unknown")
    return found


ENGINES: dict[str, Callable[[], Engine]] = {
    "inkread": inkread,
    "rapidocr-onnxruntime": rapidocr_onnxruntime,
    "rapidocr-openvino": rapidocr_openvino,
    "faster-paddle-small": faster_paddle_small,
    "faster-paddle-tiny": faster_paddle_tiny,
    "tesseract": tesseract,
}


def answer(engine: Engine, request: dict[str, str]) -> dict[str, Any]:
    """Read one picture. Whatever the engine raises is its result: it reads nothing there, and the race goes on."""
    result: Any = None
    error: str | None = None
    start = time.perf_counter()
    try:
        result = engine.read(request["path"], request["script"])
    except Exception as failure:
        error = f"{type(failure).__name__}: {failure}"[:300]
    seconds = time.perf_counter() - start
    lines = engine.lines(result) if error is None else []
    return {
        "lines": lines,
        "seconds": seconds,
        "stages": engine.stages() if error is None else {},
        "peak_rss_mb": peak_rss_mb(),
        "error": error,
    }


def serve(name: str, requests: TextIO, answers: TextIO) -> int:
    """Load an engine and answer as long as there are requests; return the exit status."""
    start = time.perf_counter()
    try:
        engine = ENGINES[name]()
    except Exception as failure:
        _say(answers, {"error": f"{type(failure).__name__}: {failure}"})
        return 1
    _say(answers, {"ready": True, "init_s": time.perf_counter() - start})
    for line in requests:
        request = json.loads(line)
        _say(answers, engine.about() if "about" in request else answer(engine, request))
    return 0


def peak_rss_mb() -> float:
    """Return the most memory that this process has held, MB of 1,000,000 bytes."""
    try:
        status = Path("/proc/self/status").read_text()
    except FileNotFoundError:  # macOS, where the unit is bytes
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    # Not ru_maxrss: on Linux a new process inherits the peak of the one that started it.
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


def _say(answers: TextIO, message: dict[str, Any]) -> None:
    print(json.dumps(message, ensure_ascii=False), file=answers, flush=True)


def _die_with_parent() -> None:
    """A stopped worker cannot notice that the race has gone, so the kernel ends it (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def main() -> int:
    _die_with_parent()
    # Libraries print, from Python and from C: they get the error stream, the protocol keeps the real one.
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
    return serve(sys.argv[1], requests, answers)


if __name__ == "__main__":
    sys.exit(main())
