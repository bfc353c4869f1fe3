"""docs/benchmarks.md: results as Markdown, each benchmark's between its own two markers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import conditions
from conditions import ROOT

from inkread.errors import InkreadError

DOCUMENT = ROOT / "docs/benchmarks.md"


def publish(name: str, text: str, document: Path = DOCUMENT) -> None:
    """Put a benchmark's tables between its markers. Raises ValueError where one is missing."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found_begin, rest = document.read_text(encoding="utf-8").partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"{document} needs the lines {begin} and {end} around the tables of {name}")
    document.write_text(f"{before}{begin}\n\n{text}\n{end}{after}", encoding="utf-8")


def carry_out(
    name: str, folder: Path, measure: Callable[[], dict[str, Any]], render: Callable[[Mapping[str, Any]], str]
) -> int:
    """Measure, save and print; return the exit status. The usual folder's results go into the document too."""
    try:
        conditions.make_folder(folder)
        results = measure()
    except (conditions.BenchmarkError, InkreadError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    conditions.save(results, folder / f"{name}.json")
    text = render(results)
    print(text)
    if folder == conditions.RESULTS:
        publish(name, text)
    return 0


def conditions_of(results: Mapping[str, Any]) -> str:
    """Return when, on what and from which commit, as the first words of a paragraph."""
    machine = results["machine"]
    commit = (results["commit"][:12] or "none") + (" with local changes" if results["has_local_changes"] else "")
    units = ", ".join(machine["matrix_units"]) or "no vector units told"
    return (
        f"{results['date']}, commit {commit}. {machine['processor']}, "
        f"{machine['threads_available']} of {machine['cores']} processors ({units}), {machine['memory_gb']} GB, "
        f"{machine['system']}, Python {machine['python']}; load average at the start {results['load_average']:.1f}."
    )


def inkread_of(results: Mapping[str, Any]) -> str:
    """Return what inkread read with, as a sentence after the conditions."""
    versions = ", ".join(f"{package} {version}" for package, version in results["versions"].items())
    return f"{results['model']}; {results['engine']} {results['precision']}, {results['threads']} threads; {versions}."


def section(title: str, body: str) -> str:
    """Return a heading with what belongs to it."""
    return f"### {title}\n\n{body}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table. Raises ValueError for a row that is shorter or longer than the head."""
    if wrong := [row for row in rows if len(row) != len(head)]:
        raise ValueError(f"{len(head)} columns, but a row of {len(wrong[0])}: {wrong[0]}")
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def interval(of: Mapping[str, float] | None, form: str) -> str:
    """Return an estimate with its interval, `1.29 [1.12, 1.55]`; nothing for None."""
    return "" if of is None else f"{of['estimate']:{form}} [{of['low']:{form}}, {of['high']:{form}}]"
