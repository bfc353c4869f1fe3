"""Start and memory: importing, a new process to its first answer, a warm answer, the most memory for one page.

Writes cold.json. Works on what ships with the repository; see benchmarks/README.md for what is measured and how.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import conditions
import document
from conditions import ROOT, BenchmarkError
from PIL import Image as Pillow
from sets import add_output

RECEIPT = ROOT / "examples/receipt.jpg"
PAGE_SIZE = (2480, 3508)  # A4 at 300 dpi

_READ = ["-m", "inkread", str(RECEIPT)]

_IMPORT = "import inkread"
_READER = "from inkread import Reader"
# Arguments: a picture, how often to read it after a first time. Prints the seconds of each.
_WARM = """
import sys, time
from inkread import Reader
with Reader() as reader:
    reader.read(sys.argv[1])
    for _ in range(int(sys.argv[2])):
        start = time.perf_counter()
        reader.read(sys.argv[1])
        print(time.perf_counter() - start)
"""
# Argument: a picture. Prints the most memory that the process held, MB, and how many lines it read.
_MEMORY = """
import sys
from inkread import Reader
with Reader() as reader:
    lines = len(list(reader.read(sys.argv[1]).lines))
from peers import peak_rss_mb
print(peak_rss_mb(), lines)
"""


class Row(NamedTuple):
    """What was measured: the median of `values`, which the target says it must stay under."""

    name: str
    unit: str
    target: float | None
    values: list[float]

    def as_json(self) -> dict[str, Any]:
        """Return the row as cold.json holds it."""
        return {**self._asdict(), "median": median(self.values)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status, which a missed target does not change."""
    parser = argparse.ArgumentParser(prog="scripts/bench cold", description=__doc__)
    parser.add_argument(
        "--starts", type=int, default=7, metavar="N", help="processes that read (7); twice as many import"
    )
    add_output(parser)
    options = parser.parse_args(arguments)
    return document.carry_out("cold", options.output, lambda: measure(options.starts, sys.stderr.write), render)


def measure(starts: int, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as cold.json holds it. Raises BenchmarkError where a process fails."""
    start = {**conditions.start(), **conditions.of_inkread()}
    with tempfile.TemporaryDirectory() as folder:
        page, cache = Path(folder) / "page.png", Path(folder) / "cache"
        _write_page(page)
        rows, kept = _imports(2 * starts + 1, say), _fill(cache)
        rows += _processes(starts, cache, say)
        seconds = _run(["-c", _WARM, str(RECEIPT), str(2 * starts + 1)], cache)
        rows.append(Row("warm answer on the receipt", "s", 0.2, [float(value) for value in seconds.split()]))
        for name, where in (("filled", cache), ("empty", Path(folder) / "none")):
            megabytes, lines = _run(["-c", _MEMORY, str(page)], where).split()
            title = f"most memory for the page, compile cache {name}"
            rows.append(Row(title, "MB", 1000.0, [round(float(megabytes), 1)]))
        files = [kept, _kept(cache)]
    width, height = PAGE_SIZE
    return {
        **start,
        "compiled_files": files,
        "receipt": f"examples/receipt.jpg, {'x'.join(map(str, Pillow.open(RECEIPT).size))} px",
        "page": f"{width}x{height} px, composed of six copies of the receipt, {lines} lines read",
        "rows": [row.as_json() for row in rows],
    }


def _imports(times: int, say: Callable[[str], object]) -> list[Row]:
    """Return the seconds that imports take beyond the start of a bare interpreter, each in turn with it."""
    rows = []
    for name, code, target in ((_IMPORT, _IMPORT, 0.05), (_READER, _READER, None)):
        _run(["-c", code])  # the disk's cache, and bytecode
        beyond = []
        for _ in range(times):
            bare = _seconds(["-c", "pass"])
            beyond.append(_seconds(["-c", code]) - bare)
            say(".")
        rows.append(Row(f"`{name}` beyond a bare interpreter", "s", target, beyond))
    return rows


def _fill(cache: Path) -> int:
    """Fill the compile cache with a first process; return how many files that makes. Raises BenchmarkError for none."""
    _run(_READ, cache)
    kept = _kept(cache)
    if not kept:
        raise BenchmarkError(f'nothing is kept in "{cache}": the compile cache does not follow XDG_CACHE_HOME here')
    return kept


def _kept(cache: Path) -> int:
    return sum(path.is_file() for path in cache.rglob("compiled/*"))


def _processes(times: int, cache: Path, say: Callable[[str], object]) -> list[Row]:
    """Return the seconds of whole processes, with a compile cache that is filled before and with an empty one."""
    filled, empty = [], []
    for _ in range(times):
        filled.append(_seconds(_READ, cache))
        with tempfile.TemporaryDirectory() as folder:
            empty.append(_seconds(_READ, Path(folder)))
        say(".")
    say("\n")
    name = "`python -m inkread examples/receipt.jpg`, compile cache"
    return [Row(f"{name} filled", "s", 1.5, filled), Row(f"{name} empty", "s", None, empty)]


def _write_page(path: Path) -> None:
    """Write a page of A4 at 300 dpi, covered with print: two by three copies of the receipt."""
    page = Pillow.new("RGB", PAGE_SIZE, "white")
    width, height = PAGE_SIZE[0] // 2, PAGE_SIZE[1] // 3
    with Pillow.open(RECEIPT) as receipt:
        receipt.thumbnail((width, height), Pillow.Resampling.LANCZOS)
        for row in range(3):
            for column in range(2):
                page.paste(receipt, (column * width + (width - receipt.width) // 2, row * height))
    page.save(path, compress_level=1)


def _seconds(arguments: Sequence[str], cache: Path | None = None) -> float:
    start = time.perf_counter()
    _run(arguments, cache)
    return time.perf_counter() - start


def _run(arguments: Sequence[str], cache: Path | None = None) -> str:
    """Return what this Python prints in a new process; `cache`: the user's cache folder for it."""
    folders = [str(ROOT / "src"), str(ROOT / "benchmarks")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    if cache is not None:
        environment["XDG_CACHE_HOME"] = str(cache)
    result = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, env=environment, cwd=ROOT
    )
    if result.returncode != 0:
        raise BenchmarkError(f"a process failed: {result.stderr.strip().splitlines()[-1:] or 'it said nothing'}")
    return result.stdout


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown, misses named as such."""
    rows = []
    for row in results["rows"]:
        form = ",.0f" if row["unit"] == "MB" else ".3f"
        lowest, highest = min(row["values"]), max(row["values"])
        target = (
            "" if row["target"] is None else f"< {row['target']:{',.0f' if row['unit'] == 'MB' else 'g'}} {row['unit']}"
        )
        verdict = "" if row["target"] is None else "met" if row["median"] < row["target"] else "**missed**"
        spread = f"{lowest:{form}} to {highest:{form}}" if len(row["values"]) > 1 else ""
        measured = f"{row['median']:{form}} {row['unit']}"
        rows.append((row["name"], target, measured, verdict, spread, str(len(row["values"]))))
    head = ("what", "target", "measured (median)", "", "lowest to highest", "times")
    about = f"{document.conditions_of(results)} {document.inkread_of(results)}"
    pictures = f"The receipt: {results['receipt']}. The page: {results['page']}."
    first, last = results["compiled_files"]
    cache = f"The compile cache held {first} files after the first process and {last} after the last"
    found = "every process found its own." if first == last else "**not every process found its own**."
    return f"{about}\n\n{pictures} {cache}: {found}\n\n{document.table(head, rows)}"


if __name__ == "__main__":
    sys.exit(main())
