"""Hostile files, each plain and with three seeded mutations, decoded in a child: what becomes of them.

Writes benchmarks/proofs/hostile.json: outcomes by group and the slowest files. Files: those of tests/hostile.py; with
`--collection`, also a folder of third-party files with an index.jsonl, and the files that its make_synthetic.py makes.
Of each file up to three pages are decoded, with the default limits. The exit code is 1 unless every file ends in pages
or an InkreadError within the limits, and this process keeps its memory and its children.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from inkread.errors import InkreadError
from inkread.load import isolated, source
from inkread.options import Limits, LoadOptions

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import hostile  # noqa: E402

LIMITS = Limits()
ISOLATED = LoadOptions(isolate="always")
MUTATIONS, PAGES, AT_ONCE, SLOWEST = 3, 3, 2, 15
# An open and three pages may each take the wall limit; a start of the child and a busy machine come on top.
LONGEST_S = (PAGES + 1) * LIMITS.decode_wall_s + 10
# Pages in hand: two threads with a page of 100 Mpx each.
MOST_GROWN_MIB = 1024


class File(NamedTuple):
    """A file of a group, made when asked for; mutation 0 is the file as it is."""

    group: str
    name: str
    make: Callable[[], bytes]
    mutation: int
    expected: tuple[str, ...]


class Result(NamedTuple):
    """What became of a file: "pages", the class of an InkreadError, or what must never be."""

    file: File
    outcome: str
    message: str
    seconds: float


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--collection", type=Path, default=ROOT.parent / "shared/nasty")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/proofs/hostile.json")
    parser.add_argument("--every", type=int, default=1, help="only each n-th file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = [*own(), *third_party(arguments.collection, Path(folder))][:: arguments.every]
        start, before = time.perf_counter(), resident_mib()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            results = list(pool.map(read, files))
        seconds = time.perf_counter() - start
    close_idle()
    found = {**counted(results), "seconds": round(seconds, 1), "parent_grew_mib": round(resident_mib() - before)}
    found |= {
        "parent_peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        "children_left": children(),
        "limits": {name: getattr(LIMITS, name) for name in ("decode_cpu_s", "decode_wall_s", "decode_memory_mb")},
        "pages_of_a_file": PAGES,
        "mutations": MUTATIONS,
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}",
    }
    arguments.output.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    wrong = len(found["unforeseen"]) + len(found["too_long"]) + len(found["not_as_expected"]) + found["children_left"]
    print(f"{len(results)} files: {found['outcomes']}; {wrong} not as they must")
    return 1 if wrong or found["parent_grew_mib"] > MOST_GROWN_MIB else 0


def own() -> Iterator[File]:
    """Yield our own files and their mutations."""
    for case in hostile.cases():
        yield from mutations("own", case.name, case.make, case.outcomes)


def third_party(collection: Path, folder: Path) -> Iterator[File]:
    """Yield the files of a collection, and those that its generator makes in `folder`."""
    if not collection.is_dir():
        return
    for line in (collection / "index.jsonl").read_text().splitlines():
        name = json.loads(line)["file"]
        yield from mutations("third party", name, (collection / name).read_bytes)
    subprocess.run(
        [sys.executable, str(collection / "make_synthetic.py"), str(folder)], check=True, capture_output=True
    )
    for path in sorted(folder.iterdir()):
        yield from mutations("generator", path.name, path.read_bytes)


def mutations(group: str, name: str, make: Callable[[], bytes], expected: tuple[str, ...] = ()) -> Iterator[File]:
    for mutation in range(MUTATIONS + 1):
        yield File(group, name, make, mutation, expected if mutation == 0 else ())


def read(file: File) -> Result:
    """Open a file and decode its first pages."""
    content = file.make()
    if file.mutation:
        # One seed for each kind of damage, another for each file.
        seed = MUTATIONS * (sum(file.name.encode()) % 1000) + file.mutation
        content = hostile.mutated(content, seed)
    start, message = time.perf_counter(), ""
    try:
        with source.open(content, LIMITS, ISOLATED, name=file.name) as opened:
            for index in range(min(len(opened), PAGES)):
                opened[index]
        outcome = "pages"
    except InkreadError as error:
        outcome, message = type(error).__name__, str(error)
    except Exception as error:  # what the proof looks for
        outcome, message = f"unforeseen {type(error).__name__}", str(error)
    seconds = time.perf_counter() - start
    if seconds > 5:
        print(f"{seconds:6.1f} s  {file.name} ({file.mutation}): {outcome} {message}", file=sys.stderr, flush=True)
    return Result(file, outcome, message, seconds)


def counted(results: list[Result]) -> dict[str, object]:
    """Return the counts, the slowest files and whatever must never be."""
    groups = sorted({result.file.group for result in results})
    slowest = sorted(results, key=lambda result: -result.seconds)
    return {
        "files": len(results),
        "outcomes": dict(Counter(result.outcome for result in results).most_common()),
        "groups": {
            group: dict(Counter(result.outcome for result in results if result.file.group == group).most_common())
            for group in groups
        },
        "crashes_of_the_child": sum("the decoder crashed" in result.message for result in results),
        "ended_by_a_limit": dict(
            Counter(option for result in results for option in ("decode_cpu_s", "decode_wall_s", "decode_memory_mb")
                    if f"raise {option}" in result.message)
        ),
        "unforeseen": [told(result) for result in results if result.outcome.startswith("unforeseen")],
        "too_long": [told(result) for result in results if result.seconds > LONGEST_S],
        "not_as_expected": [
            told(result) for result in results
            if not is_expected(result)
        ],
        "slowest": [told(result) for result in slowest[:SLOWEST]],
    }  # fmt: skip


def is_expected(result: Result) -> bool:
    """Return whether a file became what it must; on a busy machine the clock may end what would have become pages."""
    expected = result.file.expected
    return not expected or result.outcome in expected or ("pages" in expected and "decode_wall_s" in result.message)


def told(result: Result) -> dict[str, object]:
    return {
        "file": result.file.name,
        "mutation": result.file.mutation,
        "seconds": round(result.seconds, 1),
        "outcome": result.outcome,
        "message": result.message,
    }


def close_idle() -> None:
    for worker in isolated._idle._workers:
        worker.child.close()


def children() -> int:
    """Return how many processes of ours still run."""
    own_id = os.getpid()
    found = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            found += int(status.read_text().rpartition(")")[2].split()[1]) == own_id
        except (OSError, ValueError):
            continue
    return found


def resident_mib() -> float:
    """Return the resident memory of this process, MiB (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


if __name__ == "__main__":
    sys.exit(main())
