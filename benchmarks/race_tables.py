"""A race as the tables of docs/benchmarks.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from document import conditions_of, interval, section, table

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


def brief(race: Mapping[str, Any]) -> str:
    """Return the conditions, the engines and the comparisons of a smaller race."""
    peers = [name for name in race["engines"] if name != "inkread"]
    failed = ", ".join(
        f"{name} {sum(each['engines'][name]['errors'] for each in race['sets'])}" for name in race["engines"]
    )
    failures = f"Pictures that ended in an error, with nothing read: {failed}.\n"
    return "\n".join(
        [_conditions(race), failures, _engines(race["engines"]), *(_against(race["sets"], peer) for peer in peers)]
    )


def _conditions(race: Mapping[str, Any]) -> str:
    pictures = sum(each["pictures"] for each in race["sets"])
    of = f"the first {race['limit']} pictures of each set" if race["limit"] else "all pictures of each set"
    threads = race["machine"]["threads_per_engine"]
    return f"{conditions_of(race)} Threads: {threads}. {pictures} pictures: {of}.\n"


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
    return section("Engines", table(head, rows))


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
    return section(title, table(("set", "pictures", *names), rows)) if rows else ""


def _losses(sets: Sequence[Mapping[str, Any]]) -> str:
    rows = list(_lost(sets))
    text = (
        "Where a peer is better and the 95 % interval does not reach inkread's side of zero (for seconds, of one).\n\n"
    )
    return section(
        "Where inkread loses", text + (table(("set", "to", "by"), rows) if rows else "Nowhere in this run.\n")
    )


def _lost(sets: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for each in sets:
        for peer, intervals in each["inkread_against"].items():
            lost = [
                f"{title} {interval(intervals[key], _form(key))}"
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
    return section("inkread against each peer", text + table(head, rows))


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
    return section("Seconds of inkread's stages, mean", table(("set", *names), rows)) if names else ""


def _against(sets: Sequence[Mapping[str, Any]], peer: str) -> str:
    rows = [
        (
            each["set"],
            *(interval(each["inkread_against"][peer][key], _form(key)) for key in COMPARED),
        )
        for each in sets
    ]
    head = ("set", *(title for title, _, _ in COMPARED.values()))
    text = "inkread minus the peer (inkread over the peer for seconds), with the 95 % interval.\n\n"
    return section(f"inkread against {peer}", text + table(head, rows))


def _form(key: str) -> str:
    return ".2f" if key == "seconds_ratio" else "+.2f"


def _not_raced(sets: Mapping[str, str]) -> str:
    return section("Not raced", table(("set", "why"), list(sets.items())))
