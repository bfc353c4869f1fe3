"""A batch that is killed again and again: is each page in its output once, and what an undisturbed run reads?

Writes benchmarks/proofs/batch.json. Small pages with a line of text each, single and in files of many, are read by
`inkread batch` undisturbed, and then by runs whose driver or one of whose workers is killed (SIGKILL) at random times;
a driver that was killed is started again with --resume. Rounds are added until all kills are done. With processes of
this machine and with a Ray cluster that outlives its drivers; and on a cluster of two nodes, one of which is killed and
another one added in the middle. Then speed, on receipts, in turn: two workers of one core each beside one, and Ray
beside processes, from when a quarter of the pages is read, and with the start. The aims: every output whole and equal,
1.8 times as fast, Ray within 10 %.

Parts: local and ray (kills), nodes, speed. Those that are run take their place in the JSON, where the others stay: so
the speed can be measured alone, on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from inkread.batch.records import read_results

ROOT = Path(__file__).resolve().parents[2]
AIM_TWO, AIM_RAY = 1.8, 0.9
FILE_PAGES = 50  # of every fifth document
TOKEN = "INKREAD_PROOF"
PARTS = ("local", "ray", "nodes", "speed")


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=100, help="of each engine")
    parser.add_argument("--pictures", type=int, default=96, help="receipts for the speed")
    parser.add_argument("--rounds", type=int, default=3, help="of the speed")
    parser.add_argument("--part", nargs="+", default=list(PARTS), choices=PARTS, help="all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "proofs" / "batch.json")
    arguments = parser.parse_args()
    os.environ[TOKEN] = secrets.token_hex(8)
    before = json.loads(arguments.output.read_text()) if arguments.output.exists() else {}
    result = {name: before[name] for name in PARTS if name in before}
    with tempfile.TemporaryDirectory(prefix="inkread-proof-") as scratch:
        for name, told in carried_out(arguments, Path(scratch)):
            result[name] = told
            arguments.output.write_text(json.dumps({**result, "holds": all_hold(result)}, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    return 0 if all(result[name]["holds"] for name in arguments.part) else 1


def all_hold(result: dict[str, Any]) -> bool:
    return all(name in result and result[name]["holds"] for name in PARTS)


def carried_out(arguments: argparse.Namespace, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each part that was asked for with what it found, as soon as it is done."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    if {"local", "ray", "nodes"} & set(arguments.part):
        pages = draw_pages(folder / "in", arguments.pages)
        whole = folder / "whole"
        seconds = run_to_end([str(pages), "-o", str(whole)])["seconds"]
        expected = read(whole)
        common = {"machine": machine, "pages": len(expected), "undisturbed_s": round(seconds, 1)}
        trial = Trial(pages, folder, expected, arguments.kills, random.Random(arguments.seed))
        if "local" in arguments.part:
            yield "local", {**common, **trial.carry_out([])}
        if "ray" in arguments.part:
            with cluster(cpus=[2]) as (address, _):
                yield "ray", {**common, **trial.carry_out(["--ray", address])}
        if "nodes" in arguments.part:
            yield "nodes", {**common, **nodes(pages, folder, expected)}
    if "speed" in arguments.part:
        yield "speed", {"machine": machine, **speed(arguments.pictures, arguments.rounds, folder)}


def draw_pages(folder: Path, count: int) -> Path:
    """Draw pages of one short line each, no two alike; every fifth document holds fifty of them."""
    folder.mkdir()
    font = ImageFont.load_default(size=26)
    made: list[Pillow.Image] = []
    for number in range(count):
        page = Pillow.new("L", (260, 48), 255)
        ImageDraw.Draw(page).text((8, 8), f"page {number:05} {number * 7919 % 1000:03}", fill=0, font=font)
        made.append(page)
    number = 0
    while made:
        size = FILE_PAGES if number % 5 == 4 and len(made) > FILE_PAGES else 1
        first, *others = made[:size]
        del made[:size]
        if others:
            first.save(folder / f"{number:05}.tif", save_all=True, append_images=others)
        else:
            first.save(folder / f"{number:05}.png")
        number += 1
    return folder


def read(out: Path) -> dict[str, Any]:
    """Return what a batch has written, by key; raises where a page is there twice."""
    found: dict[str, Any] = {}
    for each in read_results(out):
        if each.key in found:
            raise AssertionError(f"{each.key} is there twice")
        found[each.key] = each.content
    return found


def difference(one: Any, another: Any, place: str = "") -> str:
    """Return where two records first differ, and how."""
    if isinstance(one, dict) and isinstance(another, dict) and one.keys() == another.keys():
        pairs = [(f"{place}.{key}", one[key], another[key]) for key in one]
    elif isinstance(one, list) and isinstance(another, list) and len(one) == len(another):
        pairs = [(f"{place}[{index}]", *both) for index, both in enumerate(zip(one, another, strict=True))]
    else:
        return f"{place}: {one!r:.200} or {another!r:.200}"
    return next((difference(a, b, name) for name, a, b in pairs if a != b), "")


def start(arguments: Sequence[str], core: int = -1) -> subprocess.Popen[str]:
    """Start a batch with two workers, or with one that shares a core with its driver."""
    workers = "1" if core >= 0 else "2"
    command = [sys.executable, "-m", "inkread", "batch", *arguments, "--resume", "--json", "--workers", workers]
    pinned = (lambda: os.sched_setaffinity(0, {core})) if core >= 0 else None
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=pinned)


def run_to_end(arguments: Sequence[str], core: int = -1) -> dict[str, Any]:
    """Run a batch and return its report."""
    with start(arguments, core) as process:
        told, faults = process.communicate(timeout=3600)
    if process.returncode:
        raise RuntimeError(f"exit code {process.returncode}: {faults[-2000:]}")
    report: dict[str, Any] = json.loads(told)
    return report


def timed(arguments: Sequence[str], out: Path, count: int, core: int = -1) -> tuple[float, float]:
    """Run a batch; return pages a second from when a quarter of `count` is done to the last one, and from the start."""
    moments = [(time.monotonic(), 0)]
    with start([*arguments, "-o", str(out)], core) as process:
        while process.poll() is None and moments[-1][1] < count:
            time.sleep(0.05)
            if (done := pages_in(out)) > moments[-1][1]:
                moments.append((time.monotonic(), done))
        told, faults = process.communicate(timeout=3600)
    if process.returncode or json.loads(told)["read"] != count:
        raise RuntimeError(f"exit code {process.returncode}: {faults[-2000:]}")
    quarter = next(each for each in moments if each[1] >= count / 4)
    end = moments[-1][0]
    return (count - quarter[1]) / (end - quarter[0]), count / (end - moments[0][0])


@dataclass
class Trial:
    """The same pages read with kills at random, until there were enough."""

    pages: Path
    folder: Path
    expected: dict[str, Any]
    kills: int
    chance: random.Random
    done: dict[str, int] = field(default_factory=dict)

    def carry_out(self, engine: Sequence[str]) -> dict[str, Any]:
        """Return how often what was killed, and whether every output was right."""
        self.done = {"drivers": 0, "workers": 0}
        rounds, wrong, began = 0, [], time.monotonic()
        while sum(self.done.values()) < self.kills:
            rounds += 1
            out = self.folder / f"out-{len(engine)}-{rounds}"
            self._read_with_kills([str(self.pages), "-o", str(out), *engine])
            report = run_to_end([str(self.pages), "-o", str(out), *engine])
            found = read(out)
            lost, other = len(self.expected.keys() - found.keys()), len(found.keys() - self.expected.keys())
            both = sorted(self.expected.keys() & found.keys())
            unlike = [(self.expected[key], found[key]) for key in both if found[key] != self.expected[key]]
            if lost or other or unlike or report["failed"] or report["left"]:
                examples = [difference(one, another) for one, another in unlike[:3]]
                told = {"round": rounds, "lost": lost, "other": other, "unlike": len(unlike), "examples": examples}
                wrong.append(told)
            shutil.rmtree(out)
            say(f"round {rounds}: {self.done}, wrong: {wrong}")
        seconds = round(time.monotonic() - began, 1)
        return {**self.done, "rounds": rounds, "wrong": wrong, "seconds": seconds, "holds": not wrong}

    def _read_with_kills(self, arguments: Sequence[str]) -> None:
        """Read until a run ends by itself, or there were enough kills."""
        while sum(self.done.values()) < self.kills:
            with start(arguments) as process:
                while sum(self.done.values()) < self.kills and self._kill(process, is_here="--ray" not in arguments):
                    pass
                if process.poll() is None:  # enough kills: it may end by itself
                    process.communicate(timeout=3600)
                if process.returncode == 0:
                    return

    def _kill(self, process: subprocess.Popen[str], *, is_here: bool) -> bool:
        """Kill a run's driver or one of its workers at a random moment; return whether it still runs."""
        victim = self.chance.choice(["drivers", "workers", "workers"])
        while process.poll() is None and not workers_of(process.pid, is_here=is_here):
            time.sleep(0.05)
        # Long enough for networks to load and pages to be read, short enough for many kills.
        until = time.monotonic() + self.chance.uniform(0.0, 5.0)
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        if process.poll() is not None:
            return False
        if victim == "drivers":
            process.kill()
            process.wait()
            self.done[victim] += 1
        elif workers := workers_of(process.pid, is_here=is_here):
            with suppress(ProcessLookupError):
                os.kill(self.chance.choice(workers), signal.SIGKILL)
                self.done[victim] += 1
        return process.poll() is None


def workers_of(driver: int, *, is_here: bool) -> list[int]:
    """Return the processes that read for a driver, or in the cluster that this program has started (Linux)."""
    found = []
    ours = f"{TOKEN}={os.environ[TOKEN]}".encode()
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            pid = int(folder.name)
            command = (folder / "cmdline").read_bytes()
            if is_here:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == driver and b"inkread.batch.worker" in command:
                    found.append(pid)
            elif command.startswith(b"ray::_Actor") and ours in (folder / "environ").read_bytes():
                found.append(pid)
    return found


@contextmanager
def cluster(cpus: Sequence[int]) -> Iterator[tuple[str, Any]]:
    """Start a cluster on this machine: a head that reads nothing and a node, each a raylet, for each number."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": 80 << 20})
    try:
        for count in cpus:
            made.add_node(num_cpus=count, object_store_memory=80 << 20)
        yield made.address, made
    finally:
        made.shutdown()


def nodes(pages: Path, folder: Path, expected: dict[str, Any]) -> dict[str, Any]:
    """Read on two nodes of a cluster; kill one after a third of the pages, add another one after two thirds."""
    out = folder / "nodes"
    moments: list[dict[str, Any]] = []
    with cluster(cpus=[1, 1]) as (address, made):
        victim = made.worker_nodes and sorted(made.worker_nodes, key=lambda node: node.unique_id)[0]
        with start([str(pages), "-o", str(out), "--ray", address]) as process:
            for share, what, act in (
                (1 / 3, "a node killed", lambda: made.remove_node(victim, allow_graceful=False)),
                (2 / 3, "a node added", lambda: made.add_node(num_cpus=1, object_store_memory=80 << 20)),
            ):
                while process.poll() is None and pages_in(out) < share * len(expected):
                    time.sleep(0.1)
                moments.append({"what": what, "pages_done": pages_in(out), "is_running": process.poll() is None})
                act()
            told, faults = process.communicate(timeout=3600)
    is_right = process.returncode == 0 and read(out) == expected
    if faults or not told:
        say(f"exit code {process.returncode}: {faults[-2000:]}")
    report = json.loads(told) if told else {}
    is_in_the_middle = all(each["is_running"] for each in moments)
    return {"moments": moments, "seconds": report.get("seconds"), "holds": is_right and is_in_the_middle}


def pages_in(out: Path) -> int:
    """Return how many pages are done, by the summaries of a run."""
    path = out / "done.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return sum(json.loads(line)["read"] for line in lines if line.endswith("}"))


def speed(count: int, rounds: int, folder: Path) -> dict[str, Any]:
    """Read receipts by one worker on one core, by two, and by two on Ray, in turn."""
    pictures = receipts(count, folder / "receipts")
    measured: list[dict[str, Any]] = []
    first = min(os.sched_getaffinity(0))
    ways: dict[str, tuple[list[str], int]] = {"one": ([], first), "two": ([], -1), "ray": (["--ray", "local"], -1)}
    for number in range(rounds):
        rates = {}
        for name, (engine, core) in ways.items():
            out = folder / f"speed-{name}-{number}"
            steady, with_start = timed([str(pictures), *engine], out, count, core)
            rates |= {name: round(steady, 3), f"{name}_with_start": round(with_start, 3)}
        measured.append({"load_average": round(os.getloadavg()[0], 1), **rates})
        say(json.dumps(measured[-1]))
    found = {
        "pictures": count,
        "two_by_one": ratio(measured, "two", "one"),
        "two_by_one_with_start": ratio(measured, "two", "one", "_with_start"),
        "ray_by_local": ratio(measured, "ray", "two"),
        "ray_by_local_with_start": ratio(measured, "ray", "two", "_with_start"),
    }
    holds = found["two_by_one"] >= AIM_TWO and found["ray_by_local"] >= AIM_RAY
    return {**found, "aims": {"two_by_one": AIM_TWO, "ray_by_local": AIM_RAY}, "rounds": measured, "holds": holds}


def ratio(measured: Sequence[dict[str, Any]], name: str, by: str, ending: str = "") -> float:
    """Return the median over the rounds of one rate by another."""
    return round(statistics.median(each[name + ending] / each[by + ending] for each in measured), 3)


def receipts(count: int, folder: Path) -> Path:
    """Return a folder with receipts of the labelled sets beside the repository, else with variations of the example."""
    folder.mkdir()
    data = ROOT.parent / "shared" / "data"
    found = [path for name in ("sroie", "wildreceipt") for path in sorted((data / name).glob("images/*.jp*g"))][:count]
    for number, path in enumerate(found):
        shutil.copy(path, folder / f"{number:04}.jpg")
    with Pillow.open(ROOT / "examples" / "receipt.jpg") as example:
        for number in range(len(found), count):
            example.convert("RGB").resize((example.width - number, example.height)).save(folder / f"{number:04}.jpg")
    return folder


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
