"""Our scores against those of the script that defines the rules, on outputs made up from the labels."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import module_of

from inkread import edits
from inkread.metrics.dataset import load_set
from inkread.metrics.scores import Counts, score_picture

# Set: how many of its pictures. All rules and all forms of labels are among them.
SETS = {
    "sroie": 8,
    "wildreceipt": 8,
    "funsd": 4,
    "icdar2015": 20,
    "isri_doe": 4,
    "scribe_mixed": 6,
    "omnidocbench_demo": 9,
    "ehri_typed": 6,
    "copiste_fr_hw": 25,  # two of its polygons cross themselves
    "zh_game_screens": 20,
    "zugferd_invoices": 6,
    "iiit5k": 30,
    "ocrd_lines_de": 20,
}


@dataclass(frozen=True)
class OutputWord:
    text: str
    quad: Sequence[Sequence[float]]


@dataclass(frozen=True)
class OutputLine:
    text: str
    quad: Sequence[Sequence[float]]
    words: tuple[OutputWord, ...] = ()


@pytest.fixture(scope="module")
def reference(shared: Path) -> ModuleType:
    pytest.importorskip("rapidfuzz")
    pytest.importorskip("shapely")
    return module_of(shared / "bench/score.py")


@pytest.mark.parametrize("name", SETS)
def test_scores_are_those_of_the_reference(shared: Path, reference: ModuleType, name: str) -> None:
    folder, limit = shared / "data" / name, SETS[name]
    rows = [json.loads(line) for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    outputs = {row["image"]: _misread(row, random.Random(row["image"])) for row in rows[:limit]}
    expected = reference.score(name, rows, outputs)
    total = sum(
        (_counts(picture, outputs[picture.name]) for picture in load_set(folder, limit=limit).pictures), Counts()
    )
    scores = total.scores
    found = {
        "CER": scores.cer,
        "wordF1": scores.word_f1,
        "spaceF1": scores.space_f1,
        "detH": scores.detection_f1,
        "e2eF1": scores.end_to_end_f1,
    }
    assert {key: value for key, value in found.items() if value is not None} == pytest.approx(
        {key: expected[key] for key in found if key in expected}, abs=0.01
    )
    assert (total.pictures, total.errors) == (expected["images"], expected["errors"])


@given(st.text(alphabet="ab ", max_size=40), st.text(alphabet="ab ", max_size=40))
def test_distance_and_alignment_are_those_of_rapidfuzz(a: str, b: str) -> None:
    levenshtein = pytest.importorskip("rapidfuzz.distance").Levenshtein
    equal = [op for op in levenshtein.opcodes(a, b) if op.tag == "equal"]
    assert edits.distance(a, b) == levenshtein.distance(a, b)
    assert edits.matches(a, b) == [(op.src_start, op.dest_start, op.src_end - op.src_start) for op in equal]


def _counts(picture: Any, output: dict[str, Any]) -> Counts:
    lines = [
        OutputLine(
            line["text"], line["poly"], tuple(OutputWord(word["text"], word["poly"]) for word in line.get("words", ()))
        )
        for line in output["lines"]
    ]
    return score_picture(picture, lines, is_error=bool(output["error"]))


def _misread(row: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Make up an output: lines lost, moved, turned, joined or cut in two, characters wrong, text that is not there."""
    if chance.random() < 0.1:
        return {"lines": [], "seconds": 1.0, "error": "it broke"}
    lines = [
        line
        for number, label in enumerate(row["lines"])
        if chance.random() > 0.1
        for line in _read(label["text"], _bounds(label.get("poly"), number), chance)
    ]
    if lines and chance.random() < 0.5:
        lines.append({"text": "not there", "poly": _tilted((-300, -300, -200, -280), 0.0)})
        lines.append(lines[chance.randrange(len(lines))])
    return {"lines": lines, "seconds": 1.0, "error": None}


def _bounds(polygon: list[list[float]] | None, number: int) -> tuple[float, float, float, float]:
    if not polygon:
        return 0.0, 30.0 * number, 500.0, 30.0 * number + 20
    xs, ys = [x for x, _ in polygon], [y for _, y in polygon]
    return min(xs), min(ys), max(xs), max(ys)


def _read(text: str, bounds: tuple[float, float, float, float], chance: random.Random) -> list[dict[str, Any]]:
    left, top, right, bottom = bounds
    size = max(bottom - top, 4.0)
    top, bottom = top + size * chance.uniform(-0.3, 0.3), top + size * chance.uniform(0.7, 1.3)
    left, right = left + size * chance.uniform(-1, 1), max(right + size * chance.uniform(-1, 1), left + 3 * size)
    wrong = {0: "", 1: "  ", 2: "x", 3: "Ä"}
    read = "".join(wrong.get(chance.randrange(60), char) for char in text) or "?"
    tilt = chance.uniform(-0.05, 0.05)
    middle = (left + right) / 2
    if chance.random() < 0.2:
        half = len(read) // 2
        cuts = [(read[:half], left, middle), (read[half:], middle, right)]
        return [{"text": part, "poly": _tilted((a, top, b, bottom), tilt)} for part, a, b in cuts]
    line: dict[str, Any] = {"text": read, "poly": _tilted((left, top, right, bottom), tilt)}
    if chance.random() < 0.4:
        words = read.split()
        step = (right - left) / max(len(words), 1)
        line["words"] = [
            {"text": word, "poly": _tilted((left + k * step, top, left + (k + 0.9) * step, bottom), tilt)}
            for k, word in enumerate(words)
        ]
    return [line]


def _tilted(bounds: tuple[float, float, float, float], slope: float) -> list[list[float]]:
    left, top, right, bottom = bounds
    fall = slope * (right - left)
    return [[left, top], [right, top + fall], [right, bottom + fall], [left, bottom]]
