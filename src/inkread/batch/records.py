"""What is kept of each page: one record, as a line of JSON or a row of Parquet, in the file of its part."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from inkread.document import Document
from inkread.errors import DamagedInputError, NothingToReadError
from inkread.export.json import from_dict

Table = Literal["jsonl", "parquet"]
# A page is doubtful where more than this share of its lines may have more than this share of wrong words.
DOUBTFUL_LINES: Final = 0.1
DOUBTFUL_ERROR: Final = 0.2


@dataclass(frozen=True)
class PageRecord:
    """The result of one page.

    key: `PageTask.key`.  sha256: of the document.  page: from 1, of the wanted ones.  source: the document's name.
    content: the page as a document of one page, in the shape of docs/schema.md; None where it was not read.
    error: kind and message, where it was not read.  attempts: how often it was begun.  seconds: of each stage.
    review: how many of its lines `Page.accept(0.2)` gives to a person.  left_out: formats that cannot hold the page,
    with the reason.
    """

    key: str
    sha256: str
    page: int
    source: str
    content: Mapping[str, Any] | None = None
    error: tuple[str, str] | None = None
    attempts: int = 1
    seconds: Mapping[str, float] = field(default_factory=dict)
    review: int = 0
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def document(self) -> Document | None:
        """The page as a document of one page."""
        return None if self.content is None else from_dict(self.content)

    @property
    def is_doubtful(self) -> bool:
        """Whether it was read and should be looked at."""
        return self.content is not None and is_doubtful(self.review, self.lines)

    @property
    def lines(self) -> int:
        """How many lines were read."""
        pages = self.content["pages"] if self.content is not None else ()
        return sum(len(block["lines"]) for page in pages for block in page["blocks"])

    @property
    def notices(self) -> list[str]:
        """The kinds of the page's notices, and what a limit of time or memory has cost it."""
        pages = self.content["pages"] if self.content is not None else ()
        kinds = [str(notice["kind"]) for page in pages for notice in page.get("notices", ())]
        return kinds + [f"degraded: {each}" for page in pages for each in page.get("degraded", ())]


def is_doubtful(review: int, lines: int) -> bool:
    """Return whether a page with so many lines, so many of them for a person, is doubtful."""
    return review > DOUBTFUL_LINES * lines


def to_line(record: PageRecord) -> bytes:
    """Return a record as a line of JSON, in ASCII, with its line end."""
    return json.dumps(vars(record), separators=(",", ":")).encode() + b"\n"


def of_line(line: bytes) -> PageRecord:
    """Return the record of a line. Raises ValueError where it is none, or not whole."""
    told = json.loads(line)
    try:
        error = told.pop("error")
        return PageRecord(**told, error=None if error is None else (str(error[0]), str(error[1])))
    except (TypeError, KeyError, IndexError, AttributeError) as failure:
        raise ValueError("no record of a page") from failure


def encode(records: Sequence[PageRecord], table: Table) -> bytes:
    """Return the content of a part's file. Raises MissingPackageError where Parquet needs one."""
    if table == "jsonl":
        return b"".join(to_line(record) for record in records)
    from inkread.batch.parquet import encode_rows

    return encode_rows(records)


def decode(content: bytes, path: Path) -> list[PageRecord]:
    """Return the records of a part's file; `path` is its name. Raises DamagedInputError where they are none."""
    try:
        if path.suffix == ".jsonl":
            return [of_line(line) for line in content.splitlines()]
        from inkread.batch.parquet import decode_rows

        return decode_rows(content)
    except ValueError as error:
        raise DamagedInputError(
            f'"{path}" does not hold results of pages ({error})', remedy="delete it, and run again with --resume"
        ) from error


def read_results(folder: str | Path) -> Iterator[PageRecord]:
    """Yield the record of every page that a batch has written into its folder, in the order of the inputs.

    One part is in memory at a time. Raises NothingToReadError where there are none, DamagedInputError for damaged ones.
    """
    pages = Path(folder) / "pages"
    if not pages.is_dir():
        raise NothingToReadError(f'"{folder}" holds no results of a batch', remedy="give the folder of a batch")
    for path in sorted(pages.glob("*/part-*")):
        yield from decode(path.read_bytes(), path)
