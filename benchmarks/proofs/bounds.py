"""What a page may take, kept: deadlines, cancelling, memory within a limit and within a container.

Writes benchmarks/proofs/bounds.json. Each part starts a process of its own, so that its peak is its own:

- deadlines: a receipt and a dense page with `deadline_s=0.5`, again and again; how much later each came (s), and
  with how many lines. Aims: 0.1 and 0.3, and a line at least of every page but the first.
- cancelling: the same pages, cancelled at random moments; how long the work went on (s), against the time that a crop
  takes on average. The aim is less than one crop.
- memory: an 8000 x 8000 px plan, grey and in colour, within `max_memory_mb` of 600, more and less, alone and after
  other pages: the most that the process held, what it read of the labels, and what was degraded. The peak must stay
  under the limit.
- container: the same in a control group of 1 GiB with no option at all (Linux, as root, groups of version 1 or 2):
  the group's peak and how often it was hit. Left out, and said so, where no group can be made.

--only deadlines (with cancelling), memory or container runs these alone; the others stay in the JSON.

The dense page is drawn: 78 lines of 8 points, 24 words each, on an A4 page at 200 dpi.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from inkread import Limits, Reader, ReaderOptions
from inkread.errors import CancelledError

ROOT = Path(__file__).resolve().parents[2]
RECEIPT = ROOT / "examples" / "receipt.jpg"
DEADLINE_S, AIMS_S = 0.5, {"receipt": 0.1, "dense": 0.3}
GROUP_BYTES = 1 << 30
BOUNDS = ("deadlines", "memory", "container")
ROOMS = ("Office", "Kitchen", "Storage", "Meeting", "Lobby", "Stair", "Corridor", "Archive", "Server", "Balcony")
WORDS = (
    "the",
    "ledger",
    "of",
    "every",
    "parish",
    "shall",
    "be",
    "kept",
    "by",
    "its",
    "clerk",
    "and",
    "shown",
    "to",
    "any",
)


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="how often each page is read with a deadline, cancelled")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "proofs" / "bounds.json")
    parser.add_argument("--only", nargs="+", default=list(BOUNDS), choices=BOUNDS, help="the others stay in the JSON")
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        print(json.dumps(PARTS[arguments.part[0]](*arguments.part[1:])))
        return 0
    before = json.loads(arguments.output.read_text()) if arguments.output.exists() else {}
    result: dict[str, Any] = {name: before[name] for name in BOUNDS if name in before}
    machine = f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    with tempfile.TemporaryDirectory() as folder:
        pages = drawn(Path(folder))
        for name in arguments.only:
            start = time.perf_counter()
            result[name] = MEASURED[name](pages, arguments.rounds)
            result[name]["seconds"] = round(time.perf_counter() - start, 1)
            result[name]["load"] = [round(each, 1) for each in os.getloadavg()]
            result[name]["machine"] = machine
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    failures = list(missed(result))
    print("\n".join(failures) or "all bounds were kept")
    return 1 if failures else 0


def deadlines(pages: dict[str, Path], rounds: int) -> dict[str, Any]:
    """Return how late pages came, and how soon cancelled work ended."""
    told = {name: part("late", str(pages[name]), str(rounds)) for name in AIMS_S}
    return {"deadline_s": DEADLINE_S, "rounds": rounds, "pages": told}


def memory(pages: dict[str, Path], rounds: int) -> dict[str, Any]:
    """Return what was held within limits."""
    grey, colour, receipt = str(pages["plan"]), str(pages["plan in colour"]), str(RECEIPT)
    runs = (
        (600, [grey]),
        (600, [colour]),
        (600, [receipt, grey, receipt, grey]),
        (720, [receipt, colour, colour]),
        (500, [grey]),
        (350, [receipt, receipt]),
    )
    return {"runs": [part("within", str(limit), *files) for limit, files in runs]}


def container(pages: dict[str, Path], rounds: int) -> dict[str, Any]:
    """Return what a group of 1 GiB held."""
    return in_group(str(pages["plan"]), str(RECEIPT), str(pages["plan in colour"]))


def missed(result: dict[str, Any]) -> Iterator[str]:
    """Yield which aims were not met."""
    for name, page in result.get("deadlines", {}).get("pages", {}).items():
        if page["latest_s"] > AIMS_S[name]:
            yield f"{name}: {page['latest_s']} s after the deadline"
        if not all(page["lines"][1:]):
            yield f"{name}: pages without a line: {page['lines'].count(0)} of {len(page['lines'])}"
        if page["cancelled_median_s"] > page["crop_s"]:
            yield f"{name}: cancelled work went on for {page['cancelled_median_s']} s, a crop takes {page['crop_s']}"
    for each in result.get("memory", {}).get("runs", []):
        if "error" in each or each["peak_mb"] > each["limit_mb"] or each["read"] < each["labels"]:
            yield f"memory: {each}"
    group = result.get("container", {"skipped": ""})
    if "skipped" not in group and (group["hits"] or group["killed"]):
        yield f"container: {group}"


def part(*arguments: str, wrap: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return what a part says that is run in a process of its own."""
    command = [*wrap, sys.executable, str(Path(__file__).resolve()), "--part", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return {"error": (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1][:300]}
    told: dict[str, Any] = json.loads(lines[-1])
    print(told, file=sys.stderr, flush=True)
    return told


def late(path: str, rounds: str) -> dict[str, Any]:
    """Read a page with a deadline, and cancelled at random moments."""
    after, lines, places, after_cancel = [], [], [], []
    chance = random.Random(1)
    with Reader(ReaderOptions(limits=Limits(deadline_s=DEADLINE_S))) as reader:
        for _ in range(int(rounds) + 1):
            start = time.perf_counter()
            page = reader.read(path)[0]
            after.append(time.perf_counter() - start - DEADLINE_S)
            lines.append(len(page.lines))
            places.append(len(page.unread))
    with Reader() as reader:
        reader.read(path)
        start = time.perf_counter()
        whole = reader.read(path)[0]
        whole_s, crop_s = time.perf_counter() - start, reader.timings["recognize"] / max(1, len(whole.lines))
        for _ in range(int(rounds)):
            event, moment = threading.Event(), [0.0]

            def cancel(event: threading.Event = event, moment: list[float] = moment) -> None:
                moment[0] = time.perf_counter()
                event.set()

            timer = threading.Timer(chance.uniform(0.2, 0.8) * whole_s, cancel)
            timer.start()
            with contextlib.suppress(CancelledError):
                reader.read(path, cancel=event)
            if event.is_set():
                after_cancel.append(time.perf_counter() - moment[0])
            timer.cancel()
    return {
        "whole_s": round(whole_s, 3),
        "whole_lines": len(whole.lines),
        "latest_s": round(max(after), 3),
        "median_s": round(median(after), 3),
        "first_s": round(after[0], 3),
        "lines": lines,
        "unread": places,
        "crop_s": round(crop_s, 4),
        "cancelled": len(after_cancel),
        "cancelled_median_s": round(median(after_cancel), 4),
        "cancelled_latest_s": round(max(after_cancel), 4),
    }


def within(limit: str, *paths: str) -> dict[str, Any]:
    """Read pages within a limit of memory, MB; 0: with no limit but the container's."""
    labels = read = 0
    degraded: list[list[str]] = []
    start = time.perf_counter()
    with Reader(ReaderOptions(limits=Limits(max_memory_mb=int(limit) or None))) as reader:
        for path in paths:
            page = reader.read(path)[0]
            degraded.append(list(page.degraded))
            truth = Path(path).with_suffix(".txt")
            wanted = set(truth.read_text().splitlines()) if truth.parent != RECEIPT.parent else set()
            labels += len(wanted)
            read += len(wanted & {line.text for line in page.lines})
    # Not ru_maxrss: that has what the process that started this one held, which has drawn the pages.
    held = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    peak = int(held["VmHWM"].split()[0]) * 1024
    return {
        "limit_mb": int(limit),
        "pages": [Path(path).stem for path in paths],
        "peak_mb": round(peak / 1e6, 1),
        "labels": labels,
        "read": read,
        "degraded": degraded,
        "seconds": round(time.perf_counter() - start, 1),
    }


def in_group(*paths: str) -> dict[str, Any]:
    """Read pages in a control group of 1 GiB, without swap, with no option given."""
    root = Path("/sys/fs/cgroup")
    is_first = (root / "memory").is_dir()
    folder = (root / "memory" if is_first else root) / f"inkread-proof-{os.getpid()}"
    names = ("memory.limit_in_bytes", "memory.max_usage_in_bytes") if is_first else ("memory.max", "memory.peak")
    try:
        folder.mkdir()
        (folder / names[0]).write_text(str(GROUP_BYTES))
    except OSError as error:
        with contextlib.suppress(OSError):
            folder.rmdir()
        return {"skipped": f"no control group can be made here ({error})"}
    try:
        enter = ("sh", "-c", f'echo $$ > {folder}/cgroup.procs; exec "$@"', "sh")
        told = part("within", "0", *paths, wrap=enter)
        peak = int((folder / names[1]).read_text())
        hits, killed = _hits(folder, is_first=is_first)
    finally:
        folder.rmdir()
    return {"bytes": GROUP_BYTES, "peak_bytes": peak, "hits": hits, "killed": killed, **told}


def _hits(folder: Path, *, is_first: bool) -> tuple[int, int]:
    """Return how often a group was at its limit, and how many of its processes were killed for it."""
    if is_first:
        told = dict(line.split() for line in (folder / "memory.oom_control").read_text().splitlines())
        return int((folder / "memory.failcnt").read_text()), int(told.get("oom_kill", 0))
    told = dict(line.split() for line in (folder / "memory.events").read_text().splitlines())
    return int(told["max"]), int(told["oom_kill"])


def drawn(folder: Path) -> dict[str, Path]:
    """Draw the pages; beside each plan stand its labels, a line each."""
    plan, labels = _plan(8000)
    pages = {"receipt": RECEIPT, "dense": folder / "dense.png"}
    _dense(1654, 2339).save(pages["dense"])
    for name, mode in (("plan", "L"), ("plan in colour", "RGB")):
        pages[name] = folder / f"{name}.png"
        plan.convert(mode).save(pages[name])
        pages[name].with_suffix(".txt").write_text("\n".join(labels))
    return pages


def _plan(side: int) -> tuple[Image.Image, list[str]]:
    chance = random.Random(1)
    picture = Image.new("L", (side, side), 255)
    draw, labels = ImageDraw.Draw(picture), []
    for y in range(300, side - 300, 400):
        for x in range(300, side - 500, 640):
            draw.rectangle((x - 100, y - 100, x + 500, y + 260), outline=0, width=6)
            name, area = (
                f"{chance.choice(ROOMS)} {chance.randint(1, 9)}.{chance.randint(10, 99)}",
                chance.uniform(8, 60),
            )
            draw.text((x, y), name, font=_font(chance.choice((28, 36, 44))), fill=0)
            draw.text((x, y + 80), f"{area:.2f} m2", font=_font(24), fill=0)
            labels += [name, f"{area:.2f} m2"]
    return picture, labels


def _dense(width: int, height: int) -> Image.Image:
    chance = random.Random(2)
    picture = Image.new("RGB", (width, height), "white")
    draw, font = ImageDraw.Draw(picture), _font(22)
    for y in range(80, height - 80, 28):
        line = " ".join(chance.choice(WORDS) for _ in range(24))
        draw.text((70, y), line, font=font, fill="black")
    return picture


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


PARTS = {"late": late, "within": within}
MEASURED = {"deadlines": deadlines, "memory": memory, "container": container}

if __name__ == "__main__":
    sys.exit(main())
