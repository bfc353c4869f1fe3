"""Batches: pages a second with one worker and with all, on Ray and without, what a driver can keep up with, and memory.

Writes batch.json, from which docs/scale.md plans. Every run is a driver in an interpreter of its own that reads into a
new folder; the ways of reading take turns. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import conditions
import document
from conditions import ROOT, BenchmarkError
from PIL import Image as Pillow
from sets import add_arguments

SETS = ("sroie", "isri_doe")
BLANK = 3200  # pages for the driver alone: parts of up to 16
PLANNED = 1_000_000  # pages of a plan that a run recalls
PAGES_OF_A_DRIVER = 10_000_000  # single pictures whose names a driver remembers in some 5 GB

# Arguments: JSON of what to read. Prints JSON of the report and of the driver's memory.
DRIVER = """
import json, resource, sys
from pathlib import Path
asked = json.loads(sys.argv[1])
if asked["core"] is not None:
    import os
    os.sched_setaffinity(0, {asked["core"]})
from inkread.batch.run import Batch, run
from inkread.load.source import inputs
from inkread.options import ReaderOptions
cluster = None
if asked["ray"]:
    from inkread.batch.ray import Cluster
    cluster = Cluster()
batch = Batch(
    Path(asked["out"]), ReaderOptions(), workers=asked["workers"], cluster=cluster, resume=True, reader=asked["reader"]
)
report = run(inputs(asked["folder"]), batch).to_dict()
del report["failures"]
report["driver_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(report))
"""


class Blank:
    """Reads nothing, at once: what is left is the driver's work, decoding and writing."""

    generator = "blank"

    def __init__(self, options: object) -> None:
        pass

    def read_page_timed(self, image: Any) -> tuple[Any, dict[str, float]]:
        from inkread.document import Page

        return Page((), image.width, image.height, source=image.source), {}

    def close(self) -> None:
        pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench batch", description=__doc__)
    add_arguments(parser, SETS, limit=24)
    parser.add_argument("--rounds", type=int, default=3, help="of each way, in turn (3)")
    options = parser.parse_args(arguments)
    measured: dict[str, Any] = {}

    def measure_once() -> dict[str, Any]:
        measured.update(measure(options, sys.stderr.write))
        return measured

    code = document.carry_out("batch", options.output, measure_once, render)
    if not code and options.output == conditions.RESULTS:
        document.publish("batch-plan", render_plan(measured), ROOT / "docs/scale.md")
    return code


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as batch.json holds it. Raises BenchmarkError."""
    begun = {**conditions.start(), **conditions.of_inkread()}
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="inkread-bench-") as scratch:
        folder = Path(scratch)
        sets = {name: _pictures(options.data / name, options.limit, folder / name) for name in options.sets}
        ways = _ways(cores)
        reading = {}
        for name, pictures in sets.items():
            runs: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
            for _ in range(options.rounds):
                for way, asked in ways.items():
                    runs[way].append(_run(folder, pictures, **asked))
                    say(f"{name}, {way}: {_rate(runs[way][-1]):.2f} pages/s\n")
            reading[name] = {way: _summary(each) for way, each in runs.items()}
        blanks = _blank_pages(folder / "blank", BLANK)
        drivers = {
            way: _summary([_run(folder, blanks, **{**asked, "reader": "batch:Blank", "core": None})])
            for way, asked in ways.items()
            if way != "one core"
        }
        return {
            **begun,
            "cores": cores,
            "pages": options.limit,
            "reading": reading,
            "drivers": drivers,
            "planning": _planning(next(iter(sets.values())), folder),
            "recall": _recall(folder / "recalled"),
        }


def _ways(cores: int) -> dict[str, dict[str, Any]]:
    plain = {"workers": cores, "ray": False, "core": None, "reader": "inkread.pipeline:Reader"}
    ways = {"one core": {**plain, "workers": 1, "core": min(os.sched_getaffinity(0))}, "all cores": plain}
    if importlib.util.find_spec("ray"):
        ways["all cores, Ray"] = {**plain, "ray": True}
    return ways


def _run(folder: Path, pictures: Path, **asked: Any) -> dict[str, Any]:
    """Read a folder of pictures in a new interpreter; return the report, with the bytes of the results."""
    out = folder / "out"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "benchmarks")])}
    told = json.dumps({"folder": str(pictures), "out": str(out), **asked})
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, told], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        raise BenchmarkError(f"a driver failed: {done.stderr.strip().splitlines()[-1:]}")
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    report["bytes"] = sum(path.stat().st_size for path in out.glob("pages/*/*"))
    shutil.rmtree(out)
    return report


def _rate(report: Mapping[str, Any]) -> float:
    """Return pages a second from the first part on, which has one page: networks and clusters start before."""
    return float((report["fresh"] - 1) / (report["seconds"] - report["first_s"]))


def _summary(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    rates = [round(_rate(each), 3) for each in reports]
    return {
        "pages_per_s": round(median(rates), 3),
        "all_pages_per_s": rates,
        "first_s": round(median(each["first_s"] for each in reports), 2),
        "workers_mb": round(max(each["peak_mb"] for each in reports)),
        "driver_mb": round(max(each["driver_mb"] for each in reports)),
        "page_bytes": round(median(each["bytes"] / each["fresh"] for each in reports)),
    }


def _pictures(source: Path, limit: int, folder: Path) -> Path:
    found = sorted(path for path in (source / "images").iterdir() if path.suffix.lower() in (".jpg", ".png", ".tif"))
    if not found:
        raise BenchmarkError(f"no pictures in {source}: name the folder of the labelled sets with --data")
    folder.mkdir()
    for path in found[:limit]:
        shutil.copy(path, folder)
    return folder


def _blank_pages(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        page = Pillow.new("L", (40, 40), 255)
        page.putpixel((number % 40, number // 40 % 40), 0)
        page.putpixel((number // 1600, 39), 9)
        page.save(folder / f"{number:05}.png")
    return folder


def _planning(pictures: Path, folder: Path) -> dict[str, float]:
    """Return how many documents a second are counted: receipts, and PDFs of one page each."""
    from inkread.batch.documents import count
    from inkread.load.source import inputs
    from inkread.options import ReaderOptions

    pdfs = folder / "pdfs"
    pdfs.mkdir()
    for number, path in enumerate(sorted(pictures.iterdir())):
        with Pillow.open(path) as picture:
            picture.convert("L").save(pdfs / f"{number}.pdf")
    rates = {}
    for name, where in (("pictures_per_s", pictures), ("pdfs_per_s", pdfs)):
        times, sizes = [], 0
        for each in (*inputs(str(where)), *inputs(str(where))):  # the first ones start what decodes PDFs
            start = time.perf_counter()
            sizes += count(each, ReaderOptions()).size_bytes
            times.append(time.perf_counter() - start)
        rates[name] = round(1 / median(times), 1)
    return rates


def _recall(out: Path) -> dict[str, float]:
    """Return what a run costs that goes on with a plan of a million pages, all of them done."""
    from inkread.batch.folder import DoneFile, Folder, PlanFile
    from inkread.batch.work import Known, Part, PartDone, Plan

    folder = Folder(out)
    out.mkdir()
    plan = PlanFile(folder)
    done = DoneFile(folder)
    documents = (Known(f"archive/box-{n // 1000:05}/page-{n:08}.png", f"{n:064x}", 1, 10**6, 1) for n in range(PLANNED))
    plan.add = lambda each, _lines=plan._lines: _lines.add(_plain(each), sync=False)  # type: ignore[method-assign]
    for each in Plan().divide(documents):
        if isinstance(each, Part):
            plan.add(each)
            done.add(PartDone(each.number, read=len(each), seconds={"detect": 1.0, "recognize": 2.0}, lines=900))
            path = folder.part_path(each.number)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    script = """
import resource, sys, time
from pathlib import Path
from inkread.batch.run import Batch, Stop, _Run
from inkread.options import ReaderOptions
batch = Batch(Path(sys.argv[1]), ReaderOptions(), workers=1, resume=True)
start = time.perf_counter()
run = _Run(batch, batch.order(), Stop(), print)
left = run._recalled()
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, len(left))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    told = subprocess.run(
        [sys.executable, "-c", script, str(out)], capture_output=True, text=True, check=True, env=environment
    ).stdout.split()
    if int(told[2]):
        raise BenchmarkError("parts were left of a plan that was done")
    plan_bytes = (out / "plan.jsonl").stat().st_size
    return {"seconds": round(float(told[0]), 1), "driver_mb": round(float(told[1])), "plan_bytes": plan_bytes}


def _plain(each: Any) -> dict[str, Any]:
    from inkread.batch.work import part_to_dict

    return part_to_dict(each)


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    head = ("pages", "with", "pages a second", "times one core", "until the first part", "workers, MiB", "driver, MiB")
    rows = []
    for name, ways in results["reading"].items():
        one = ways["one core"]["pages_per_s"]
        for way, each in ways.items():
            times = f"{each['pages_per_s'] / one:.2f}"
            rows.append((name, way, f"{each['pages_per_s']:.2f}", times, *_rest(each)))
    for way, each in results["drivers"].items():
        rows.append(("blank, nothing read", way, f"{each['pages_per_s']:.0f}", "", *_rest(each)))
    planning, recall = results["planning"], results["recall"]
    sizes = {name: ways["all cores"]["page_bytes"] for name, ways in results["reading"].items()}
    told = ", ".join(f"{size / 1000:.0f} KB ({name})" for name, size in sizes.items())
    about = f"{document.conditions_of(results)} {document.inkread_of(results)}"
    return (
        f"{about}\n\n{results['pages']} pages of each set; medians.\n\n{document.table(head, rows)}\n"
        f"Results take {told} a page. A driver counts {planning['pictures_per_s']:.0f} pictures of the first set or "
        f"{planning['pdfs_per_s']:.0f} PDFs of one page a second while nothing is read. Going on with a plan of "
        f"{PLANNED:,} pages that are done takes {recall['seconds']:.1f} s and {recall['driver_mb']:.0f} MiB; the plan "
        f"has {recall['plan_bytes'] / 1e6:.0f} MB."
    )


def render_plan(results: Mapping[str, Any]) -> str:
    """Return what follows from the results for archives of three sizes, as Markdown: docs/scale.md says how."""
    driver = min(each["pages_per_s"] for each in results["drivers"].values())
    planned = min(results["planning"].values())
    recalled = results["recall"]
    rows = []
    for name, ways in results["reading"].items():
        at_once = ways["all cores"]
        core = at_once["pages_per_s"] / results["cores"]
        for pages, cores in ((10**4, 8), (10**6, 64), (10**9, 10_000)):
            rows.append(
                (
                    name,
                    f"{pages:,}",
                    f"{pages / core / 3600:,.0f}",
                    f"{cores:,}: {_time(pages / core / cores)}",
                    f"{cores * at_once['workers_mb'] / results['cores'] / 1024:,.0f} GiB",
                    f"{pages * at_once['page_bytes'] / 1e9:,.1f} GB",
                    f"{max(1, -(-int(cores * core) // int(min(driver, planned))), -(-pages // PAGES_OF_A_DRIVER)):,}",
                )
            )
    head = ("pages like", "pages", "core hours", "cores: time", "memory of workers", "results", "drivers")
    return (
        f"{document.conditions_of(results)}\n\n{document.table(head, rows)}\n"
        f"A core reads {_per_core(results)} pages a second while all cores read. A driver counted {planned:,.0f} "
        f"documents and passed on {driver:,.0f} pages a second, with the workers on the same {results['cores']} cores. "
        f"For a million pages it holds {recalled['driver_mb']:,} MiB and goes on after {recalled['seconds']:.0f} s; "
        f"the plan has {recalled['plan_bytes'] / 1e6:,.0f} MB."
    )


def _per_core(results: Mapping[str, Any]) -> str:
    rates = {name: ways["all cores"]["pages_per_s"] / results["cores"] for name, ways in results["reading"].items()}
    return " and ".join(f"{rate:.2f} ({name})" for name, rate in rates.items())


def _time(seconds: float) -> str:
    from inkread.cli.batch_table import as_time

    return as_time(seconds)


def _rest(each: Mapping[str, Any]) -> tuple[str, str, str]:
    return f"{each['first_s']:.1f} s", f"{each['workers_mb']:,}", f"{each['driver_mb']:,}"


if __name__ == "__main__":
    sys.exit(main())
