"""What was read: Document > Page > Block > Line > Word > Char, frozen, without pixels.

Text and boxes derive upward from words. Coordinates are page pixels as given (after the EXIF turn); confidences are
0..1. Reading order is the order of blocks and lines; text is in logical order, geometry carries the visual order.
A blank page is a page without blocks.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from inkread.acceptance import Acceptance, accept
from inkread.geometry import Box
from inkread.text_line import Alternative, Char, Edit, Line, Origin, Style, Word

# The names of text_line belong to a document too.
__all__ = [
    "SCHEMA_VERSION",
    "Alternative",
    "Block",
    "BlockKind",
    "Cell",
    "Char",
    "Degradation",
    "Document",
    "Edit",
    "Line",
    "Notice",
    "NoticeKind",
    "Origin",
    "Page",
    "Pair",
    "Style",
    "Table",
    "Word",
    "with_lines",
    "without_uncertain",
]

SCHEMA_VERSION = "1.3"

BlockKind = Literal["paragraph", "heading", "list", "table", "key-value", "caption", "header", "footer", "other"]
NoticeKind = Literal[
    "hidden-text", "layer-replaced", "missed-ink", "missing-letters", "handwriting", "partial", "correction"
]
Degradation = Literal["partial", "hurried", "coarse", "tiled", "as-given"]


@dataclass(frozen=True)
class Cell:
    """A cell of a table: zero-based row and column of its first field, and how many it spans."""

    row: int
    column: int
    box: Box
    lines: tuple[Line, ...] = ()
    row_span: int = 1
    column_span: int = 1

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True)
class Table:
    """The grid of a block of kind "table"."""

    rows: int
    columns: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Block:
    """Lines that belong together.

    table: the grid of a block of kind "table".  level: of a heading, 1 for the highest print, by how many
    times as high as the page's running text it is, so that pages agree without knowing of each other; None for others.
    """

    lines: tuple[Line, ...]
    kind: BlockKind = "paragraph"
    table: Table | None = None
    level: int | None = None

    @cached_property
    def text(self) -> str:
        """The lines' texts; lines that stand beside each other share a row, parted by two spaces."""
        parts: list[str] = []
        for before, line in itertools.pairwise((None, *self.lines)):
            if line is None:
                continue
            if before is not None:
                parts.append("  " if _share_row(before, line) else "\n")
            parts.append(line.text)
        return "".join(parts)

    @cached_property
    def box(self) -> Box:
        return Box.around(line.box for line in self.lines)

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for line in self.lines for word in line.words)


@dataclass(frozen=True)
class Pair:
    """A label of a form and the value that belongs to it, where both stand.

    label: without its colon.  value: its lines parted by line ends.  confidence: of the least sure line of both.
    """

    label: str
    value: str
    label_box: Box
    value_box: Box
    confidence: float


@dataclass(frozen=True)
class Notice:
    """Something about a page that its text does not show.

    hidden-text: a PDF's layer says what nobody can see.  layer-replaced: a line of the layer was not believed and was
    read in the picture.  missed-ink: there is ink that no line covers.  missing-letters: the model lacks letters
    of a language that was asked for.  handwriting: lines that look written by hand were read as print.  partial: pages
    after this one, or lines of it, were not read in time.  correction: it was done without the language model that was
    asked for, which gave no answer.  message: for people.  box: where, if one place.
    """

    kind: NoticeKind
    message: str
    box: Box | None = None


@dataclass(frozen=True)
class Page:
    """One page: its blocks in reading order.

    width, height: px.  number: 1 for the first page of its source.  source: where the picture came from, for people
    and for export; never opened again.  dpi: as the file says, or None.  truncated: a limit cut the page short.
    turned_deg: how far the picture must be turned clockwise to stand upright, 0, 90, 180 or 270; coordinates are those
    of the picture as given.  coverage: the share of the page's ink that lines cover, 0..1; None where not looked for.
    pairs: labels of a form with their values, as they were read; their lines are in the blocks all the same.
    degraded: what a limit of time or memory cost, in the order of the alphabet. partial: not every line was read, or
    none was looked for.  hurried: second looks were left out, or a correction.  coarse: no finer look for small print.
    tiled: text was looked for, or long lines were read, in smaller pieces than usual.  as-given: the picture was not
    cleaned or turned.  unread: the lines that were found and not read before the deadline, without words.
    """

    blocks: tuple[Block, ...]
    width: int
    height: int
    number: int = 1
    source: str = ""
    dpi: float | None = None
    language: str | None = None
    truncated: bool = False
    turned_deg: int = 0
    coverage: float | None = None
    notices: tuple[Notice, ...] = ()
    pairs: tuple[Pair, ...] = ()
    degraded: tuple[Degradation, ...] = ()
    unread: tuple[Line, ...] = ()

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for block in self.blocks for line in block.lines)

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for line in self.lines for word in line.words)

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(block.table for block in self.blocks if block.table is not None)

    @cached_property
    def text(self) -> str:
        return "\n\n".join(block.text for block in self.blocks)

    @property
    def confidence(self) -> float | None:
        """The mean confidence of all characters, or None on a blank page."""
        return _mean_confidence(self.lines)

    def accept(self, max_error: float = 0.01) -> Acceptance:
        """Return the lines that may be trusted, at most `max_error` of their words expected wrong, and those to review.

        Raises OptionError where `max_error` is no number from 0 to 1.
        """
        return accept(self.lines, max_error)

    def raw(self) -> Page:
        """Return the page as it was read, without corrections."""
        return with_lines(self, Line.as_read)

    def corrected(self) -> Page:
        """Return the page with all accepted corrections."""
        return with_lines(self, Line.as_corrected)


@dataclass(frozen=True)
class Document:
    """The pages of one input, in order. `print(document)` gives its text."""

    pages: tuple[Page, ...]
    source: str = ""
    generator: str = ""
    schema_version: str = SCHEMA_VERSION

    def __str__(self) -> str:
        return self.text

    def __len__(self) -> int:
        return len(self.pages)

    def __getitem__(self, index: int) -> Page:
        return self.pages[index]

    def __iter__(self) -> Iterator[Page]:
        return iter(self.pages)

    @cached_property
    def text(self) -> str:
        return "\n\n".join(page.text for page in self.pages)

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for page in self.pages for line in page.lines)

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for line in self.lines for word in line.words)

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(table for page in self.pages for table in page.tables)

    @property
    def confidence(self) -> float | None:
        """The mean confidence of all characters, or None where nothing was read."""
        return _mean_confidence(self.lines)

    def accept(self, max_error: float = 0.01) -> Acceptance:
        """Return the lines of all pages that may be trusted, and those to review, as `Page.accept` does."""
        return accept(self.lines, max_error)

    def raw(self) -> Document:
        """Return the document as it was read, without corrections."""
        return replace(self, pages=tuple(page.raw() for page in self.pages))

    def corrected(self) -> Document:
        """Return the document with all accepted corrections."""
        return replace(self, pages=tuple(page.corrected() for page in self.pages))

    def to_dict(self) -> dict[str, Any]:
        """Return the document in the shape of docs/schema.md: only dicts, lists, strings and numbers."""
        from inkread.export.json import to_dict

        return to_dict(self)

    def to_json(self, *, indent: int | None = 2) -> str:
        """Return the document as JSON text; `export.json.from_json` gives an equal document back."""
        from inkread.export.json import to_json

        return to_json(self, indent=indent)

    def save(self, path: str | Path, format: str | None = None, *, overwrite: bool = False) -> Path:
        """Write the document in a format, that of the path's suffix (.txt, .json, .md, ...) if None; return the path.

        docs/formats.md says what each holds. Raises FormatError for an unknown format and for one that cannot hold
        the document, and OutputError where the file exists (unless `overwrite`), is the document's own source or
        cannot be written. The file appears whole or not at all.
        """
        from inkread.export.save import save

        return save(self, Path(path), format, overwrite=overwrite)


def _share_row(a: Line, b: Line) -> bool:
    """Return whether two lines of one direction stand beside each other, half of the lower one's height in common."""
    if a.is_vertical != b.is_vertical:
        return False
    first, second = (_transposed(a.box), _transposed(b.box)) if a.is_vertical else (a.box, b.box)
    common = min(first.bottom, second.bottom) - max(first.top, second.top)
    are_apart = first.right <= second.left or second.right <= first.left
    return are_apart and common >= 0.5 * min(first.height, second.height)


def _transposed(box: Box) -> Box:
    return Box(box.top, box.left, box.bottom, box.right)


def with_lines(page: Page, change: Callable[[Line], Line | None]) -> Page:
    """Return the page with other lines in the place of its own, in tables too; None leaves one out."""

    def changed(lines: tuple[Line, ...]) -> tuple[Line, ...]:
        return tuple(new for new in map(change, lines) if new is not None)

    def changed_table(table: Table) -> Table:
        return replace(table, cells=tuple(replace(cell, lines=changed(cell.lines)) for cell in table.cells))

    blocks = (
        replace(block, lines=changed(block.lines), table=block.table and changed_table(block.table))
        for block in page.blocks
    )
    return replace(page, blocks=tuple(block for block in blocks if block.lines))


def without_uncertain(page: Page, minimum: float) -> Page:
    """Return the page with only the lines whose confidence is at least `minimum` (0..1), in tables too."""
    certain = with_lines(page, lambda line: line if line.confidence >= minimum else None)
    return replace(certain, pairs=tuple(pair for pair in page.pairs if pair.confidence >= minimum))


def _mean_confidence(lines: tuple[Line, ...]) -> float | None:
    counts = [(line.confidence, sum(len(word.text) for word in line.words)) for line in lines]
    total = sum(count for _, count in counts)
    return sum(confidence * count for confidence, count in counts) / total if total else None
