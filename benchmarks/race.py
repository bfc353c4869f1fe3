"""Race inkread against its peers: every engine reads the same picture in turn, and all are scored by the same rules.

Writes race.json and the tables of docs/benchmarks.md. See benchmarks/README.md for what is measured and how.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, median
from typing import Any

import conditions
import document
import race_tables
from conditions import RESULTS, BenchmarkError
from environments import cache_folder, python_of
from sets import add_arguments, labels_hash, load_sets, turns
from workers import Worker

from inkread.errors import InkreadError
from inkread.metrics.dataset import LabelledPicture, LabelledSet
from inkread.metrics.intervals import Interval, paired_difference, paired_ratio_of_medians
from inkread.metrics.scores import COUNT_NAMES, FIGURES, Counts, score_picture

COMPARED = ("cer", "word_f1", "space_f1", "end_to_end_f1")
COMPARED_BY_LINES = ("cer",)  # again without anybody's word boxes: where labels are words, these are worth points

# Engine: the environment that it runs in; None is inkread's own, the one that runs this file.
ENVIRONMENTS: Mapping[str, str | None] = {
    "inkread": None,
    "rapidocr-onnxruntime": "rapidocr",
    "rapidocr-openvino": "rapidocr",
    "faster-paddle-small": "faster-paddle",
    "faster-paddle-tiny": "faster-paddle",
    "tesseract": "tesseract",
}

# Set: the script of its text, which tells Tesseract its languages; the other engines read both with one model.
SETS: Mapping[str, str] = {
    "sroie": "latin",
    "wildreceipt": "latin",
    "funsd": "latin",
    "icdar2015": "latin",
    "isri_doe": "latin",
    "scribe_mixed": "latin",
    "omnidocbench_demo": "chinese",
    "ehri_typed": "latin",
    "copiste_fr_hw": "latin",
    "stanford_memorials": "latin",
    "hooker_en_hw": "latin",
    "cremma_mss_20": "latin",
    "zugferd_invoices": "latin",
    "iiit5k": "latin",
    "icdar2013_words": "latin",
    "zh_game_screens": "chinese",
    "uw3_lines_en": "latin",
    "ocrd_lines_de": "latin",
}
NOT_RACED: Mapping[str, str] = {
    "jstor_ar_lines": "Arabic: no engine's default model reads it",
    "sanskrit_shreelipi_lines": "Devanagari: no engine's default model reads it",
    "rapidocr_multilang": "eight single lines, six of them in scripts that no engine's default model reads",
}


@dataclass(frozen=True)
class Plan:
    """What is raced. limit: only the first pictures of each set, or None for all."""

    engines: tuple[str, ...]
    sets: tuple[LabelledSet, ...]
    limit: int | None
    outputs: Path


@dataclass(frozen=True)
class Answer:
    """What one engine made of one picture. counts_by_lines: as if it had given no boxes of words."""

    counts: Counts
    counts_by_lines: Counts
    seconds: float
    stages: Mapping[str, float]


@dataclass
class Track:
    """One engine's answers to the pictures of one set, in the set's order."""

    answers: list[Answer] = field(default_factory=list)

    @property
    def counts(self) -> list[Counts]:
        return [answer.counts for answer in self.answers]

    @property
    def counts_by_lines(self) -> list[Counts]:
        return [answer.counts_by_lines for answer in self.answers]

    @property
    def seconds(self) -> list[float]:
        return [answer.seconds for answer in self.answers]


@dataclass(frozen=True)
class OutputWord:
    """A word as a worker sends it."""

    text: str
    quad: Sequence[Sequence[float]]


@dataclass(frozen=True)
class OutputLine:
    """A line as a worker sends it; without words where the engine gives lines only."""

    text: str
    quad: Sequence[Sequence[float]]
    words: tuple[OutputWord, ...] = ()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the race of the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    file = options.output / f"{options.name}.json"
    try:
        conditions.make_folder(options.output)
        race = run(_plan(options), sys.stderr.write)
    except (BenchmarkError, InkreadError) as error:
        print(f"race: {error}", file=sys.stderr)
        return 1
    conditions.save(race, file)
    print(f"wrote {file}")
    if options.output == RESULTS:
        document.publish(options.name, race_tables.render(race) if options.name == "race" else race_tables.brief(race))
        print(f"wrote {document.DOCUMENT}")
    return 0


def run(plan: Plan, say: Callable[[str], object]) -> dict[str, Any]:
    """Run the race and return everything measured, as race.json holds it. Raises BenchmarkError."""
    pythons = {name: _python(name) for name in plan.engines}
    plan.outputs.mkdir(parents=True, exist_ok=True)
    start = conditions.start()
    tracks: dict[str, dict[str, Track]] = {}
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(Worker(name, python, plan.outputs / f"{name}.log"))
            for name, python in pythons.items()
        }
        warm_up = plan.sets[0].pictures[0]
        warm_up_s = {name: workers[name].read(warm_up.path, SETS[plan.sets[0].name])["seconds"] for name in workers}
        about = {name: worker.about() for name, worker in workers.items()}
        for labelled in plan.sets:
            say(f"{labelled.name}: {len(labelled.pictures)} pictures ")
            tracks[labelled.name] = _race_set(labelled, workers, plan.outputs, say)
        engines = {
            name: {
                **about[name],
                "init_s": worker.init_s,
                "first_picture_s": warm_up_s[name],
                "peak_rss_mb": worker.peak_rss_mb,
                "restarts": worker.restarts,
            }
            for name, worker in workers.items()
        }
    return {
        **start,
        "machine": {**start["machine"], "threads_per_engine": "each engine's default"},
        "limit": plan.limit,
        "engines": engines,
        "sets": [_summarize(labelled, tracks[labelled.name]) for labelled in plan.sets],
        "not_raced": dict(NOT_RACED),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench race", description=__doc__)
    parser.add_argument(
        "--engines", nargs="+", choices=list(ENVIRONMENTS), default=list(ENVIRONMENTS), metavar="ENGINE"
    )
    parser.add_argument("--name", choices=["race", "avx2"], default="race", help="the file and part of the document")
    add_arguments(parser, list(SETS), limit=None)
    return parser


def _plan(options: argparse.Namespace) -> Plan:
    sets = load_sets(options.data, options.sets, options.limit)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return Plan(tuple(dict.fromkeys(options.engines)), sets, options.limit, cache_folder() / "runs" / stamp)


def _python(engine: str) -> Path:
    environment = ENVIRONMENTS[engine]
    return Path(sys.executable) if environment is None else python_of(environment)


def _race_set(
    labelled: LabelledSet, workers: Mapping[str, Worker], outputs: Path, say: Callable[[str], object]
) -> dict[str, Track]:
    tracks = {name: Track() for name in workers}
    with ExitStack() as stack:
        files = {
            name: stack.enter_context((outputs / f"{labelled.name}.{name}.jsonl").open("w", encoding="utf-8"))
            for name in workers
        }
        for number, picture in enumerate(labelled.pictures):
            for name in turns(list(workers), number):
                answer = workers[name].read(picture.path, SETS[labelled.name])
                print(json.dumps({"image": picture.name, **answer}, ensure_ascii=False), file=files[name])
                tracks[name].answers.append(_scored(picture, answer))
            say(".")
    say("\n")
    return tracks


def _scored(picture: LabelledPicture, answer: Mapping[str, Any]) -> Answer:
    lines = [
        OutputLine(
            line["text"], line["poly"], tuple(OutputWord(word["text"], word["poly"]) for word in line.get("words", ()))
        )
        for line in answer["lines"]
    ]
    is_error = answer["error"] is not None
    counts = score_picture(picture, lines, is_error=is_error)
    by_lines = counts
    if any(line.words for line in lines):
        by_lines = score_picture(picture, [replace(line, words=()) for line in lines], is_error=is_error)
    return Answer(counts, by_lines, answer["seconds"], answer["stages"])


def _summarize(labelled: LabelledSet, tracks: Mapping[str, Track]) -> dict[str, Any]:
    summary = {
        "set": labelled.name,
        "labels_sha256": labels_hash(labelled),
        "pictures": len(labelled.pictures),
        "names": [picture.name for picture in labelled.pictures],
        "engines": {name: _result(track) for name, track in tracks.items()},
    }
    own = tracks.get("inkread")
    if own is not None:
        summary["inkread_against"] = {
            name: _compared(own, track) for name, track in tracks.items() if name != "inkread"
        }
    return summary


def _result(track: Track) -> dict[str, Any]:
    total, by_lines = sum(track.counts, Counts()), sum(track.counts_by_lines, Counts())
    stages = dict.fromkeys(name for answer in track.answers for name in answer.stages)
    return {
        "errors": total.errors,
        **asdict(total.scores),
        **{f"{name}_by_lines": FIGURES[name](by_lines) for name in COMPARED_BY_LINES},
        "seconds_mean": fmean(track.seconds),
        "seconds_median": median(track.seconds),
        "stages_mean": {name: fmean(answer.stages.get(name, 0.0) for answer in track.answers) for name in stages},
        "per_picture": _columns(track),
    }


def _columns(track: Track) -> dict[str, list[float]]:
    """Return the seconds and counts of each picture, in the order of the set's names; no column for what is always 0.

    All figures and intervals of the set can be worked out from them again.
    """
    columns: dict[str, list[float]] = {"seconds": [round(seconds, 4) for seconds in track.seconds]}
    for name in COUNT_NAMES:
        values: list[float] = [getattr(counts, name) for counts in track.counts]
        if name != "pictures" and any(values):  # "pictures" is 1 for each
            columns[name] = values
    by_lines: list[float] = [counts.edits for counts in track.counts_by_lines]
    if by_lines != columns.get("edits", []) and any(by_lines):
        columns["edits_by_lines"] = by_lines
    return columns


def _compared(own: Track, peer: Track) -> dict[str, Any]:
    intervals: dict[str, Interval | None] = {
        name: paired_difference(own.counts, peer.counts, FIGURES[name]) for name in COMPARED
    }
    for name in COMPARED_BY_LINES:
        intervals[f"{name}_by_lines"] = paired_difference(own.counts_by_lines, peer.counts_by_lines, FIGURES[name])
    intervals["seconds_ratio"] = paired_ratio_of_medians(own.seconds, peer.seconds)
    return {name: None if interval is None else interval._asdict() for name, interval in intervals.items()}


if __name__ == "__main__":
    sys.exit(main())
