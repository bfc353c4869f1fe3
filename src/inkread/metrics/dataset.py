"""Labelled sets of pictures: a folder with `labels.jsonl`, one picture a line, and the rules that the set is scored by.

A line: {"image": path in the folder, "lines": [{"text", "poly": [[x, y], …] or null, "ignore"?}], "lang"?,
"granularity"?: "word" where labels are words, "incomplete"?: true where the picture has text without a label}.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkread.errors import DamagedInputError, NothingToReadError, OptionError, SourceNotFoundError
from inkread.metrics.regions import Region

LABELS = "labels.jsonl"
ILLEGIBLE = "###"  # what labels of scene text say where nobody can read it


@dataclass(frozen=True)
class Rules:
    """How text is compared: letter case and spaces.

    spaces: whether the set's labels have meaningful spaces; where not, they are removed and words are characters.
    """

    fold_case: bool = False
    spaces: bool = True


# Receipts and words whose labels are in capitals are compared without case; labels that were typed without spaces,
# and Chinese, are compared without them.
SET_RULES: Mapping[str, Rules] = {
    "sroie": Rules(fold_case=True),
    "iiit5k": Rules(fold_case=True),
    "wildreceipt": Rules(spaces=False),
    "zh_game_screens": Rules(spaces=False),
    "omnidocbench_demo": Rules(spaces=False),
}
MIXED_SETS = frozenset({"omnidocbench_demo"})  # their English pictures keep spaces


@dataclass(frozen=True)
class Label:
    """A line or word that a person wrote down. region: None where only its text is known.

    is_scored: False where the label only says that text of any kind may be here.
    """

    text: str
    region: Region | None
    is_scored: bool = True


@dataclass(frozen=True)
class LabelledPicture:
    """A picture with its labels in reading order.

    name: as in the labels' file.  are_words: labels are words, not lines.  is_complete: all text is labelled.
    """

    name: str
    path: Path
    labels: tuple[Label, ...]
    rules: Rules = Rules()
    language: str | None = None
    are_words: bool = False
    is_complete: bool = True


@dataclass(frozen=True)
class LabelledSet:
    """The pictures of a folder."""

    name: str
    folder: Path
    pictures: tuple[LabelledPicture, ...]


def find_sets(folder: Path) -> tuple[Path, ...]:
    """Return the folder if it holds a labels.jsonl, else its subfolders that do, by name.

    Raises SourceNotFoundError where there is no such folder, NothingToReadError where there are no labels.
    """
    if not folder.is_dir():
        raise SourceNotFoundError(f'there is no folder "{folder}"', remedy=f"name a folder that holds {LABELS}")
    if (folder / LABELS).is_file():
        return (folder,)
    found = tuple(sorted(labels.parent for labels in folder.glob(f"*/{LABELS}")))
    if not found:
        raise NothingToReadError(
            f'neither "{folder}" nor a folder in it has a {LABELS}', remedy="write one line of labels for each picture"
        )
    return found


def load_set(folder: Path, *, limit: int | None = None) -> LabelledSet:
    """Return the labelled pictures of a folder, only the first `limit` of them if given.

    Raises SourceNotFoundError without labels.jsonl, DamagedInputError (with the line's number) for a malformed line,
    NothingToReadError if it is empty, OptionError for a limit under 1.
    """
    if limit is not None and limit < 1:
        raise OptionError(f"limit is {limit}", remedy="give a number of pictures from 1")
    file = folder / LABELS
    try:
        content = file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise SourceNotFoundError(f'there is no "{file}"', remedy="name a folder with labels") from None
    except UnicodeDecodeError as error:
        raise DamagedInputError(f'"{file}" is not UTF-8 text ({error})', remedy="save it as UTF-8") from error
    name = folder.resolve().name
    numbered = [(number, line) for number, line in enumerate(content.split("\n"), start=1) if line.strip()]
    rows = [(number, _parse(file, number, line)) for number, line in numbered]
    if not rows:
        raise NothingToReadError(f'"{file}" has no labels', remedy="write one line of labels for each picture")
    is_complete = not any(row.get("incomplete") for _, row in rows)
    pictures = tuple(_picture(file, number, row, name, is_complete) for number, row in rows[:limit])
    return LabelledSet(name, folder, pictures)


def rules_of(set_name: str, language: str | None) -> Rules:
    """Return how a picture of this set and language is compared: the default rules for a set we do not know."""
    rules = SET_RULES.get(set_name, Rules())
    return Rules(fold_case=rules.fold_case) if set_name in MIXED_SETS and language == "en" else rules


def _parse(file: Path, number: int, line: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise _malformed(file, number, f"is no JSON ({error})") from error
    if not isinstance(row, dict):
        raise _malformed(file, number, "is no JSON object")
    if not isinstance(row.get("image"), str) or not isinstance(row.get("lines"), list):
        raise _malformed(file, number, 'needs "image" (a path) and "lines" (a list)')
    return row


def _picture(file: Path, number: int, row: Mapping[str, Any], set_name: str, is_complete: bool) -> LabelledPicture:
    labels = tuple(_label(file, number, k, label) for k, label in enumerate(row["lines"], start=1))
    labels = tuple(label for label in labels if label.text or not label.is_scored)  # nothing written, nothing meant
    language = row.get("lang")
    return LabelledPicture(
        name=row["image"],
        path=file.parent / row["image"],
        labels=labels,
        rules=rules_of(set_name, language),
        language=language if isinstance(language, str) else None,
        are_words=row.get("granularity") == "word",
        is_complete=is_complete,
    )


def _label(file: Path, number: int, place: int, label: object) -> Label:
    if not isinstance(label, dict) or not isinstance(label.get("text"), str):
        raise _malformed(file, number, f'has label {place} without a "text"')
    points = label.get("poly")
    try:
        region = Region.from_points(points) if points else None
    except (TypeError, ValueError) as error:
        raise _malformed(file, number, f'has label {place} with a wrong "poly" ({error})') from error
    text = label["text"]
    return Label(text, region, is_scored=not label.get("ignore") and text != ILLEGIBLE)


def _malformed(file: Path, number: int, what: str) -> DamagedInputError:
    return DamagedInputError(f'line {number} of "{file}" {what}', remedy="correct or remove that line")
