"""Labelled lines and pages to learn from, in the formats of this field; what is wrong with them is told beforehand.

Formats, told by their content: `image<TAB>text`, a line of text each; `image<TAB>[{"transcription", "points"}, ...]`,
a page each, as PaddleOCR has it for detectors; `labels.jsonl`, as `inkread eval` reads it.  Paths count from the folder
of the file that names them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from inkread.errors import DamagedInputError, NothingToReadError, OptionError, SourceNotFoundError
from inkread.geometry import Point, Quad
from inkread.recognize.charset import Charset

_FILES: Final = ("labels.jsonl", "labels.txt", "label.txt", "Label.txt", "rec_gt.txt", "rec_gt_train.txt")
_ILLEGIBLE: Final = ("###", "*")
_SHOWN: Final = 12
# Labels beside each other are of one document, and of one hand, as a rule: they go to the same side of a split.
_BLOCK: Final = 40

Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class LabelledLine:
    """A picture of one line, or one of a page, and its text.

    quad: where it lies on the picture; None: it is the picture.  file, number: which label says so.
    """

    picture: Path
    text: str
    quad: Quad | None
    file: Path
    number: int


@dataclass(frozen=True)
class LabelledPage:
    """A picture with the polygons of its lines, in its pixels; ignored: where nobody can say what is written."""

    picture: Path
    lines: tuple[Corners, ...]
    ignored: tuple[Corners, ...]
    file: Path
    number: int


class BatchPlan(NamedTuple):
    """Which lines or pages make a batch: pairs of source and index. number: of the batch in its round."""

    turn: int
    number: int
    members: tuple[tuple[int, int], ...]


def decoded(label: LabelledLine | LabelledPage) -> npt.NDArray[np.uint8]:
    """Return a label's picture, (H, W, 3) RGB. Raises DamagedInputError with the label where it cannot be decoded."""
    try:
        with Pillow.open(label.picture) as file:
            return np.asarray(file.convert("RGB"))
    except (OSError, ValueError) as error:
        raise DamagedInputError(
            f'line {label.number} of "{label.file}" names "{label.picture}", which cannot be decoded ({error})',
            remedy="correct or remove that line",
        ) from error


@dataclass(frozen=True)
class _Row:
    """One line of a file of labels. labels: pairs of text and corners; None: the picture is the line."""

    number: int
    picture: Path
    text: str
    labels: tuple[tuple[str, Corners | None], ...] | None


def load_lines(source: Path) -> tuple[LabelledLine, ...]:
    """Return the lines of a folder with labels, or of a file of labels.

    Raises SourceNotFoundError where a picture or the labels are missing, DamagedInputError, which names the line,
    where a label is wrong or a picture cannot be opened, NothingToReadError where there is no line.
    """
    file = labels_file(source)
    found = [line for row in _rows(file) for line in _lines(file, row)]
    if not found:
        raise NothingToReadError(f'"{file}" has no text', remedy="write image<TAB>text, a line for each picture")
    _check_pictures(file, [(line.number, line.picture) for line in found])
    return tuple(found)


def load_pages(source: Path) -> tuple[LabelledPage, ...]:
    """Return the pages of a folder with labels, or of a file of labels. Raises like `load_lines`."""
    file = labels_file(source)
    found = []
    for row in _rows(file):
        if row.labels is None:
            raise _fault(file, row.number, "has text and no places", "a detector learns from points or poly")
        places = [(text, corners) for text, corners in row.labels if corners is not None]
        read = tuple(corners for text, corners in places if text not in _ILLEGIBLE)
        ignored = tuple(corners for text, corners in places if text in _ILLEGIBLE)
        found.append(LabelledPage(row.picture, read, ignored, file, row.number))
    _check_pictures(file, [(page.number, page.picture) for page in found])
    return tuple(found)


def labels_file(source: Path) -> Path:
    """Return the file of labels that a folder holds, or the file itself."""
    if source.is_file():
        return source
    if not source.is_dir():
        raise SourceNotFoundError(f'there is no "{source}"', remedy="name a folder with labels, or their file")
    found = next((source / name for name in _FILES if (source / name).is_file()), None)
    if found is None:
        raise SourceNotFoundError(f'"{source}" has no labels', remedy=f"it should hold one of {', '.join(_FILES)}")
    return found


def check_characters(lines: Sequence[LabelledLine], charset: Charset, *, leave_out: bool) -> tuple[LabelledLine, ...]:
    """Return the lines that a charset can write. leave_out: drop the others instead of raising DamagedInputError."""
    known = set("".join(charset.symbols))
    unknown: Counter[str] = Counter()
    kept, first = [], None
    for line in lines:
        missing = [char for char in line.text if char not in known]
        unknown.update(missing)
        if not missing:
            kept.append(line)
        elif first is None:
            first = line
    if first is not None and not leave_out:
        shown = " ".join(f"{char} ({count})" for char, count in unknown.most_common(_SHOWN))
        raise DamagedInputError(
            f"{len(lines) - len(kept)} of {len(lines)} labels have characters that the model cannot write: {shown}"
            f'; the first is line {first.number} of "{first.file}"',
            remedy="--add-characters teaches them, --leave-out-unknown goes on without these lines",
        )
    if not kept:
        raise NothingToReadError("no label is left that the model can write", remedy="--add-characters teaches more")
    return tuple(kept)


def missing_characters(lines: Sequence[LabelledLine], charset: Charset) -> str:
    """Return the characters of labels that a charset lacks, in the order of their code points."""
    known = set("".join(charset.symbols))
    return "".join(sorted({char for line in lines for char in line.text if char not in known}))


def split(lines: Sequence[Any], share: float, seed: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return what to learn from and what to hold back, `share` of it, in blocks of labels that stand side by side.

    Raises OptionError where there are too few for both.
    """
    if len(lines) < 2:
        raise OptionError(
            "there is one labelled line, and one must be held back to measure on", remedy="give more labels"
        )
    size = max(1, min(_BLOCK, round(len(lines) * share / 2)))
    blocks = [lines[start : start + size] for start in range(0, len(lines), size)]
    count = min(len(blocks) - 1, max(1, round(len(blocks) * share)))
    held = set(np.random.default_rng(seed).permutation(len(blocks))[:count].tolist())
    learnt = tuple(line for k, block in enumerate(blocks) if k not in held for line in block)
    return learnt, tuple(line for k, block in enumerate(blocks) if k in held for line in block)


def _rows(file: Path) -> Iterator[_Row]:
    try:
        content = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DamagedInputError(f'"{file}" is not UTF-8 text ({error})', remedy="save it as UTF-8") from error
    except OSError as error:
        raise SourceNotFoundError(f'cannot read "{file}": {error.strerror or error}') from error
    is_json = file.suffix == ".jsonl"
    for number, line in enumerate(content.split("\n"), start=1):
        if line.strip():
            yield _json_row(file, number, line) if is_json else _tabbed_row(file, number, line.removesuffix("\r"))


def _tabbed_row(file: Path, number: int, line: str) -> _Row:
    name, tab, text = line.partition("\t")
    if not tab or not name:
        raise _fault(file, number, "is not image<TAB>text")
    if not text.strip():
        raise _fault(file, number, "has an empty label", "write the text, or remove the line")
    if text.lstrip().startswith("[{") or text.strip() == "[]":
        return _Row(number, file.parent / name, "", _places(file, number, text, "transcription", "points"))
    return _Row(number, file.parent / name, text.strip(), None)


def _json_row(file: Path, number: int, line: str) -> _Row:
    row = _parsed(file, number, line)
    if not isinstance(row, dict) or not isinstance(row.get("image"), str):
        raise _fault(file, number, 'needs "image", a path')
    picture = file.parent / row["image"]
    if isinstance(row.get("text"), str):
        if not row["text"].strip():
            raise _fault(file, number, "has an empty label", "write the text, or remove the line")
        return _Row(number, picture, row["text"].strip(), None)
    lines = row.get("lines")
    if not isinstance(lines, list):
        raise _fault(file, number, 'needs "lines", a list, or "text"')
    shown = [{**each, "text": "###"} if isinstance(each, dict) and each.get("ignore") else each for each in lines]
    return _Row(number, picture, "", _checked_places(file, number, shown, "text", "poly"))


def _places(file: Path, number: int, text: str, label: str, points: str) -> tuple[tuple[str, Corners | None], ...]:
    return _checked_places(file, number, _parsed(file, number, text), label, points)


def _checked_places(
    file: Path, number: int, found: Any, label: str, points: str
) -> tuple[tuple[str, Corners | None], ...]:
    places = []
    for k, each in enumerate(found, start=1):
        if not isinstance(each, dict) or not isinstance(each.get(label), str):
            raise _fault(file, number, f'has place {k} without a "{label}"')
        places.append((each[label].strip(), _corners(file, number, k, each.get(points))))
    return tuple(places)


def _corners(file: Path, number: int, place: int, points: Any) -> Corners | None:
    if points is None:
        return None
    try:
        corners = tuple((float(x), float(y)) for x, y in points)
    except (TypeError, ValueError) as error:
        raise _fault(file, number, f"has place {place} with wrong points ({error})") from error
    if len(corners) < 3 or not np.isfinite(corners).all():
        raise _fault(file, number, f"has place {place} with {len(corners)} points or endless ones")
    return corners


def _lines(file: Path, row: _Row) -> Iterator[LabelledLine]:
    if row.labels is None:
        yield LabelledLine(row.picture, row.text, None, file, row.number)
        return
    with_text = [(text, corners) for text, corners in row.labels if text and text not in _ILLEGIBLE]
    if len(with_text) == 1 and with_text[0][1] is None:
        yield LabelledLine(row.picture, with_text[0][0], None, file, row.number)
        return
    for text, corners in with_text:
        if corners is not None:
            yield LabelledLine(row.picture, text, _quad(corners), file, row.number)


def _quad(corners: Corners) -> Quad:
    """Return the quad of a line: its four corners, or of a polygon the rectangle around it that lies as it does."""
    if len(corners) == 4:
        # The first side is the one that text runs along. Some sets (WildReceipt) name it at the bottom and go round the
        # other way: read like that, lines would be mirrored.
        turns = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, (*corners[1:], corners[0]), strict=True))
        return Quad(*(Point(x, y) for x, y in (corners if turns >= 0 else corners[::-1])))
    import cv2

    from inkread.detect.heatmap import upright_order

    rectangle = cv2.boxPoints(cv2.minAreaRect(np.asarray(corners, np.float32)))
    return upright_order(np.asarray(rectangle, np.float32))


def _check_pictures(file: Path, pictures: Sequence[tuple[int, Path]]) -> None:
    """Raise for the first picture that is not there or that cannot be opened; only their heads are read."""
    missing = [(number, path) for number, path in pictures if not path.is_file()]
    if missing:
        number, path = missing[0]
        raise SourceNotFoundError(
            f'line {number} of "{file}" names "{path}", which is not there ({len(missing)} such)',
            remedy="correct or remove these lines",
        )
    for path, number in {path: number for number, path in reversed(pictures)}.items():
        try:
            with Pillow.open(path) as picture:
                if min(picture.size) < 1:
                    raise OSError("it is empty")
        except (OSError, ValueError, Pillow.DecompressionBombError) as error:
            raise _fault(file, number, f'names "{path}", which is no picture ({error})') from error


def _parsed(file: Path, number: int, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise _fault(file, number, f"is no JSON ({error})") from error


def _fault(file: Path, number: int, what: str, remedy: str = "correct or remove that line") -> DamagedInputError:
    return DamagedInputError(f'line {number} of "{file}" {what}', remedy=remedy)
