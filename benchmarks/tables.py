"""Write a race as the tables of docs/benchmarks.md: `scripts/bench tables` does it again from race.json."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks/results"
DOCUMENT = ROOT / "docs/benchmarks.md"
BEGIN, END = "<!-- race: begin -->", "<!-- race: end -->"

# Key in race.json: title, the better direction, decimals.
FIGURES: Mapping[str, tuple[str, Callable[..., float], int]] = {
    "cer": ("Character error rate, % (lower is better)", min, 2),
    "cer_by_lines": ("Character error rate without anybody's word boxes, % (lower is better)", min, 2),
    "word_f1": ("Word F1, % (higher is better)", max, 1),
    "space_f1": ("Space F1, % (higher is better)", max, 1),
    "detection_f1": ("Detection F1 at IoU 0.5, % (higher is better)", max, 1),
    "end_to_end_f1": ("End-to-end F1, % (higher is better)", max, 1),
    "seconds_median": ("Seconds per picture, median (lower is better)", min, 3),
}
COMPARED: Mapping[str, tuple[str, int, float]] = {  # title, the sign of a loss, no difference
    "cer": ("CER", 1, 0.0),
    "cer_by_lines": ("CER without word boxes", 1, 0.0),
    "word_f1": ("word F1", -1, 0.0),
    "space_f1": ("space F1", -1, 0.0),
    "end_to_end_f1": ("end-to-end F1", -1, 0.0),
    "seconds_ratio": ("seconds, ratio", 1, 1.0),
}


def publish(race: Mapping[str, Any]) -> None:
    """Put the race's tables between the markers of the document. Raises ValueError where a marker is missing."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{DOCUMENT} needs the lines {BEGIN} and {END} around its tables")
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{render(race)}\n{END}{after}", encoding="utf-8")


def render(race: Mapping[str, Any]) -> str:
    """Return the race as Markdown."""
    has_inkread = "inkread" in race["engines"]
    parts = [_conditions(race)]
    if has_inkread:
        parts += [_losses(race["sets"]), _standings(race["sets"])]
    parts.append(_engines(race["engines"]))
    parts += [_figure(race, key) for key in FIGURES]
    if has_inkread:
        parts.append(_stages(race["sets"]))
        peers = [name for name in race["engines"] if name != "inkread"]
        parts += [_against(race["sets"], peer) for peer in peers]
    parts.append(_not_raced(race["not_raced"]))
    return "\n".join(part for part in parts if part)


def _conditions(race: Mapping[str, Any]) -> str:
    machine = race["machine"]
    pictures = sum(each["pictures"] for each in race["sets"])
    of = f"the first {race['limit']} pictures of each set" if race["limit"] else "all pictures of each set"
    commit = (race["commit"][:12] or "none") + (" with local changes" if race["has_local_changes"] else "")
    units = ", ".join(machine["matrix_units"]) or "no vector units told"
    return (
        f"{race['date']}, commit {commit}. {machine['processor']}, "
        f"{machine['threads_available']} of {machine['cores']} processors ({units}), {machine['memory_gb']} GB, "
        f"{machine['system']}, Python {machine['python']}; load average at the start {race['load_average']:.1f}. "
        f"Threads: {machine['threads_per_engine']}. {pictures} pictures: {of}.\n"
    )


def _engines(engines: Mapping[str, Any]) -> str:
    rows = [
        (
            name,
            ", ".join(f"{package} {version}" for package, version in engine["versions"].items()),
            engine["model"],
            engine["precision"],
            f"{engine['init_s']:.2f}",
            f"{engine['first_picture_s']:.2f}",
            f"{engine['peak_rss_mb']:,.0f}",
            str(engine["restarts"]),
        )
        for name, engine in engines.items()
    ]
    head = ("engine", "versions", "model", "precision", "load, s", "first picture, s", "peak memory, MB", "crashes")
    return _section("Engines", _table(head, rows))


def _figure(race: Mapping[str, Any], key: str) -> str:
    title, better, decimals = FIGURES[key]
    names = list(race["engines"])
    rows = []
    for each in race["sets"]:
        values = [each["engines"][name][key] for name in names]
        known = [value for value in values if value is not None]
        if known and (key != "cer_by_lines" or values != [each["engines"][name]["cer"] for name in names]):
            best = f"{better(known):.{decimals}f}"
            cells = ["" if value is None else f"{value:.{decimals}f}" for value in values]
            rows.append((each["set"], str(each["pictures"]), *(f"**{c}**" if c == best else c for c in cells)))
    return _section(title, _table(("set", "pictures", *names), rows)) if rows else ""


def _losses(sets: Sequence[Mapping[str, Any]]) -> str:
    rows = list(_lost(sets))
    text = (
        "Where a peer is better and the 95 % interval does not reach inkread's side of zero (for seconds, of one).\n\n"
    )
    return _section(
        "Where inkread loses", text + (_table(("set", "to", "by"), rows) if rows else "Nowhere in this run.\n")
    )


def _lost(sets: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for each in sets:
        for peer, intervals in each["inkread_against"].items():
            lost = [
                f"{title} {_interval(intervals[key], is_ratio=key == 'seconds_ratio')}"
                for key, (title, _, _) in COMPARED.items()
                if intervals[key] and _verdict(key, intervals[key]) == "worse"
            ]
            if lost:
                yield each["set"], peer, "; ".join(lost)


def _standings(sets: Sequence[Mapping[str, Any]]) -> str:
    """Return on how many sets inkread is better, undecided and worse, for each peer and figure."""
    peers = list(dict.fromkeys(peer for each in sets for peer in each["inkread_against"]))
    rows = [(peer, *(_standing(sets, peer, key) for key in COMPARED)) for peer in peers]
    text = "On how many sets inkread is better / undecided / worse: undecided where the 95 % interval holds both.\n\n"
    head = ("peer", *(title for title, _, _ in COMPARED.values()))
    return _section("inkread against each peer", text + _table(head, rows))


def _standing(sets: Sequence[Mapping[str, Any]], peer: str, key: str) -> str:
    intervals = [each["inkread_against"][peer][key] for each in sets]
    verdicts = Counter(_verdict(key, interval) for interval in intervals if interval is not None)
    return " / ".join(str(verdicts[verdict]) for verdict in ("better", "undecided", "worse"))


def _verdict(key: str, interval: Mapping[str, float]) -> str:
    """Return how inkread stands by an interval: better, worse or undecided."""
    _, sign, nothing = COMPARED[key]
    low, high = sorted(sign * (interval[end] - nothing) for end in ("low", "high"))
    return "worse" if low > 0 else "better" if high < 0 else "undecided"


def _stages(sets: Sequence[Mapping[str, Any]]) -> str:
    stages = {each["set"]: each["engines"]["inkread"]["stages_mean"] for each in sets}
    names = list(dict.fromkeys(name for times in stages.values() for name in times))
    rows = [(name, *(f"{times.get(stage, 0):.3f}" for stage in names)) for name, times in stages.items()]
    return _section("Seconds of inkread's stages, mean", _table(("set", *names), rows)) if names else ""


def _against(sets: Sequence[Mapping[str, Any]], peer: str) -> str:
    rows = [
        (
            each["set"],
            *(_interval(each["inkread_against"][peer][key], is_ratio=key == "seconds_ratio") for key in COMPARED),
        )
        for each in sets
    ]
    head = ("set", *(title for title, _, _ in COMPARED.values()))
    text = "inkread minus the peer (inkread over the peer for seconds), with the 95 % interval.\n\n"
    return _section(f"inkread against {peer}", text + _table(head, rows))


def _interval(interval: Mapping[str, float] | None, *, is_ratio: bool) -> str:
    if interval is None:
        return ""
    form = ".2f" if is_ratio else "+.2f"
    return f"{interval['estimate']:{form}} [{interval['low']:{form}}, {interval['high']:{form}}]"


def _not_raced(sets: Mapping[str, str]) -> str:
    return _section("Not raced", _table(("set", "why"), list(sets.items())))


def _section(title: str, body: str) -> str:
    return f"### {title}\n\n{body}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> int:
    """Write the tables of the race that is in race.json."""
    publish(json.loads((RESULTS / "race.json").read_text(encoding="utf-8")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
