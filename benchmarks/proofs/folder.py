"""A folder read by two processes and by one that is pinned to one core: how much faster is it?

Writes benchmarks/proofs/folder.json. Both read the same pictures, in turn, several times, each in an interpreter of its
own; what is timed is the whole of `Reader.read_many`, the start of processes and networks included, and once more
from the first result on. A machine that is busy with other things gives neither what it would give alone. So beside
each run stands how many processors others kept busy, and one figure more is calculated from processor seconds: how
much faster it would be on two free processors, where the parent's work is waited for and that of the processes halved.
The aim is 1.7 times as fast.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AIM = 1.7
SETS = ("sroie", "wildreceipt")

SCRIPT = """
import json, os, resource, sys, time
start = time.perf_counter()
files, workers, core = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
if core >= 0:
    os.sched_setaffinity(0, {core})
from inkread import Reader
first = 0.0
texts = {}
with Reader() as reader:
    for name, document in reader.read_many(files, max_workers=workers):
        first = first or time.perf_counter()
        texts[name] = str(document)
end = time.perf_counter()
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps({
    "seconds": end - start,
    "rate_after_first": (len(files) - 1) / (end - first),
    "processor_seconds": sum(each.ru_utime + each.ru_stime for each in used),
    "of_these_in_the_parent": used[0].ru_utime + used[0].ru_stime,
    "texts": texts,
}))
"""


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "proofs" / "folder.json")
    arguments = parser.parse_args()
    files = receipts(arguments.pictures)
    cores = sorted(os.sched_getaffinity(0))
    rounds = []
    for _ in range(arguments.rounds):
        one, two = run(files, 1, cores[0]), run(files, 2, -1)
        same = one.pop("texts") == two.pop("texts")
        rounds.append({"one_core": one, "two_processes": two, "same_text": same})
        print(json.dumps(rounds[-1]), file=sys.stderr, flush=True)
    result = {
        "pictures": len(files),
        "cores": len(cores),
        "times_as_fast": median_ratio(rounds, lambda each: each["seconds"], of_one=True),
        "times_as_fast_after_the_first": median_ratio(rounds, lambda each: each["rate_after_first"], of_one=False),
        "times_as_fast_on_free_processors": median_ratio(rounds, free_seconds, of_one=True),
        "same_text": all(each["same_text"] for each in rounds),
        "aim": AIM,
        "rounds": rounds,
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
    }
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    print(
        f"{result['times_as_fast']} times as fast, {result['times_as_fast_after_the_first']} without the start,"
        f" {result['times_as_fast_on_free_processors']} on free processors by calculation"
    )
    return 0 if result["times_as_fast"] >= AIM and result["same_text"] else 1


def free_seconds(measured: dict[str, float]) -> float:
    """Return how long a run would take on free processors, by what it used of them."""
    parent = measured["of_these_in_the_parent"]
    return parent + (measured["processor_seconds"] - parent) / 2  # where there is one process, it is the parent


def receipts(count: int) -> list[str]:
    """Return pictures of receipts from the labelled sets beside the repository, else the example, over and over."""
    data = ROOT.parent / "shared" / "data"
    found = [path for name in SETS for path in sorted((data / name).glob("images/*.jp*g"))][:count]
    example = ROOT / "examples" / "receipt.jpg"
    return [str(path) for path in found + [example] * (count - len(found))]


def run(files: list[str], workers: int, core: int) -> dict[str, object]:
    """Read the files in an interpreter of its own, pinned to a core (-1: to none)."""
    busy = processor_seconds_of_all()
    command = [sys.executable, "-c", SCRIPT, json.dumps(files), str(workers), str(core)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    others = (processor_seconds_of_all() - busy - told["processor_seconds"]) / told["seconds"]
    rounded = {name: round(value, 2) for name, value in told.items() if name != "texts"}
    return {**rounded, "processors_busy_with_others": round(others, 2), "texts": told["texts"]}


def processor_seconds_of_all() -> float:
    """Return how long the processors of this machine have been busy, all together (Linux)."""
    user, nice, system = (int(text) for text in Path("/proc/stat").read_text().split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def median_ratio(rounds: list[dict], value, *, of_one: bool) -> float:  # type: ignore[no-untyped-def,type-arg]
    """Return the median over the rounds of one core's value by the two processes' (or the other way round)."""
    ratios = [value(each["one_core"]) / value(each["two_processes"]) for each in rounds]
    return round(statistics.median(ratios if of_one else [1 / ratio for ratio in ratios]), 2)


if __name__ == "__main__":
    sys.exit(main())
