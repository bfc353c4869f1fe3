"""The life of a service: 2,000 requests, and memory, open files and threads are back to where they were.

Pictures of every size, files of several pages, every format, both endpoints, files that cannot be read and clients that
go away, four at a time. Writes benchmarks/proofs/service_life.json: what the process held after the first tenth, which
opens what is opened once, and at the end, and how memory grew over the second half (least squares, KiB a request).
The exit code says whether the aims were met. In short: --requests 120, which is too few for the aim of memory.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import platform
import socket
import sys
import time
import urllib.parse
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from PIL import Image as Pillow
from service import resident_mib, serving

ROOT = Path(__file__).resolve().parents[2]
AIM_KIB = 10.0
CLIENTS = 4
FORMATS = ("json", "text", "markdown", "hocr", "alto", "page", "tsv", "docx", "pdf", "annotated", "picture")
# So many requests hold every kind, and open what is opened once: networks, threads of engines.
WARM = 90
# What parts of a page are guessed to be in comes by chance, and the words of a language stay: 8 to 30 MiB. All are
# asked for at first, so that no language that is met late counts as growth.
LEXICA = ("de", "en", "es", "eu", "fr", "it", "lv", "nl", "pt")
# Of the threads some are made when they are first needed, and a connection may still be closing.
SPARE_THREADS = 2
SPARE_FILES = 2


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "proofs" / "service_life.json")
    arguments = parser.parse_args()
    whole = Pillow.open(ROOT / "examples" / "receipt.jpg").convert("RGB")
    with serving() as (url, process):
        result = live(url, process.pid, whole, arguments.requests)
    result["aims"] = {"slope_kib_per_request": AIM_KIB, "files": SPARE_FILES, "threads": SPARE_THREADS}
    result["machine"] = f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    first, last = result["at_first"], result["at_last"]
    result["met"] = {
        "memory": result["slope_kib_per_request"] < AIM_KIB,
        "files": last["files"] <= first["files"] + SPARE_FILES,
        "threads": last["threads"] <= first["threads"] + SPARE_THREADS,
        "children": last["children"] <= first["children"],
        "errors": "500" not in result["answers"],
    }
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result["met"]))
    return 0 if all(result["met"].values()) else 1


def live(url: str, pid: int, whole: Pillow.Image, count: int) -> dict[str, Any]:
    """Send requests and return what the process held on the way."""
    answers: Counter[str] = Counter()
    seen: list[tuple[int, float]] = []
    start = time.perf_counter()
    step = max(1, count // 40)
    with httpx2.Client(timeout=120) as http, ThreadPoolExecutor(CLIENTS) as clients:

        def ask(number: int) -> str:
            return send(http, url, whole, number)

        for language in LEXICA:
            answers[open_lexicon(http, url, whole, language)] += 1
        first: dict[str, int] = {}
        for begin in range(0, count, step):
            answers.update(clients.map(ask, range(begin, min(count, begin + step))))
            done = min(count, begin + step)
            if not first and done >= max(WARM, count / 10):
                first = held(pid)
            seen.append((done, resident_mib(pid)))
            print(f"{done:6} requests {seen[-1][1]:8.1f} MiB {held(pid)}", file=sys.stderr, flush=True)
    last = settled(pid, first)
    second_half = np.array([each for each in seen if each[0] > count / 2]).T
    return {
        "requests": count,
        "answers": dict(sorted(answers.items())),
        "at_first": first,
        "at_last": last,
        "slope_kib_per_request": round(float(np.polyfit(*second_half, 1)[0]) * 1024, 2),
        "resident_mib": [[done, round(mib, 1)] for done, mib in seen],
        "seconds": round(time.perf_counter() - start, 1),
    }


def send(http: httpx2.Client, url: str, whole: Pillow.Image, number: int) -> str:
    """Send one of the requests that services see, and return how it was answered."""
    kind = number % 10
    if kind == 9:
        return leave(url)
    if kind == 8:
        return str(http.post(f"{url}/v1/read", files={"file": ("a.png", b"\x89PNG\r\n\x1a\n damaged")}).status_code)
    content = picture(whole, np.random.default_rng(number))
    if kind == 7:
        body = {"image": as_base64(content)}
        return str(http.post(f"{url}/ocr", json=body).status_code)
    form = {"format": FORMATS[number % len(FORMATS)], "correct": ("never", "lexicon")[number % 2]}
    return str(http.post(f"{url}/v1/read", files={"file": ("a.png", content)}, data=form).status_code)


def open_lexicon(http: httpx2.Client, url: str, whole: Pillow.Image, language: str) -> str:
    """Have a page corrected in a language."""
    form = {"format": "text", "language": language, "correct": "lexicon"}
    stream = io.BytesIO()
    whole.save(stream, "JPEG")
    return str(http.post(f"{url}/v1/read", files={"file": ("a.jpg", stream.getvalue())}, data=form).status_code)


def picture(whole: Pillow.Image, random: np.random.Generator) -> bytes:
    """Return a part of a page as PNG."""
    width, height = (int(random.integers(100, 400)) for _ in range(2))
    left, top = int(random.integers(0, whole.width - width)), int(random.integers(0, whole.height - height))
    stream = io.BytesIO()
    whole.crop((left, top, left + width, top + height)).save(stream, "PNG")
    return stream.getvalue()


def as_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def leave(url: str) -> str:
    """Begin a request and go away before it is complete."""
    where = urllib.parse.urlsplit(url)
    with socket.create_connection((where.hostname, where.port)) as line:
        line.sendall(b"POST /ocr HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000\r\n\r\n{")
    return "gone"


def held(pid: int) -> dict[str, int]:
    """Return how many files, threads and children a process has (Linux)."""
    own = Path(f"/proc/{pid}")
    children = (own / "task" / str(pid) / "children").read_text().split()
    return {
        "files": len(list((own / "fd").iterdir())),
        "threads": len(list((own / "task").iterdir())),
        "children": len(children),
    }


def settled(pid: int, first: dict[str, int]) -> dict[str, int]:
    """Return what a process holds when its connections are closed, or half a minute later."""
    for _ in range(60):
        time.sleep(0.5)
        if all(value <= first[name] for name, value in held(pid).items()):
            break
    return held(pid)


if __name__ == "__main__":
    sys.exit(main())
