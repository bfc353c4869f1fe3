"""What there is to read and how it is shared out: documents cut into parts of some pages, the same in every run.

Nothing here reads or writes a file. A part is the unit of everything that can go wrong: it is given to a worker,
written as one file with a name of its own, and written again with the same name where the worker dies.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from inkread import __version__
from inkread.errors import InkreadError
from inkread.option_set import Options

# How many threads read, and from which cache, changes no result.
_WITHOUT_EFFECT: Final = {"runtime": {"threads", "cache"}}
# Enough that a part's file and its line in the plan cost nothing beside its pages, and few enough that a worker is
# done with one in seconds, so that none waits long for the last ones.
PART_PAGES: Final = 16
# So many parts have one page, so many after them two, and so on: a small folder is shared out evenly too.
_GROWTH_PARTS: Final = 8


def settings_of(options: Options, extras: Sequence[str] = ()) -> str:
    """Return as text all that decides what a page's result is: the version, the options and `extras`."""
    return json.dumps([__version__, options.model_dump_json(exclude=_WITHOUT_EFFECT), *extras])


def configuration_of(options: Options, formats: Sequence[str] = ()) -> str:
    """Return 12 hexadecimal digits of the sha256 of everything that decides what is written for a page."""
    return hashlib.sha256(settings_of(options, sorted(formats)).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Known:
    """A document whose pages are counted.

    name: its path or address.  sha256: of its bytes, hexadecimal.  pages: how many are wanted of it.  size_bytes,
    changed_ns: of its file, by which a change is seen without reading it; changed_ns is 0 for what is no file.
    """

    name: str
    sha256: str
    pages: int
    size_bytes: int = 0
    changed_ns: int = 0

    def is_as_before(self, size_bytes: int, changed_ns: int) -> bool:
        """Whether a file of this size and time of change is taken for the one that was counted."""
        return changed_ns != 0 and (self.size_bytes, self.changed_ns) == (size_bytes, changed_ns)


@dataclass(frozen=True)
class Slice:
    """Pages of a document that follow each other, from `first` to `last`, both of them, from 1."""

    document: Known
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True)
class PageTask:
    """One page to read: the `page`th of the wanted ones of its document, from 1."""

    document: Known
    page: int

    def key(self, configuration: str) -> str:
        """Return what its result is known by: the document's bytes, the page, and how it is read and written."""
        return f"{self.document.sha256}-{self.page}-{configuration}"


@dataclass(frozen=True)
class Part:
    """Some pages that one worker reads one after the other. number: from 1, never given to other pages."""

    number: int
    slices: tuple[Slice, ...]

    def __len__(self) -> int:
        return sum(len(each) for each in self.slices)

    @property
    def tasks(self) -> tuple[PageTask, ...]:
        return tuple(PageTask(each.document, page) for each in self.slices for page in range(each.first, each.last + 1))


@dataclass
class Plan:
    """The parts that were made so far, and what they hold. A part once made stays as it is, whatever comes later.

    part_pages: what parts grow to.
    """

    part_pages: int = PART_PAGES
    parts: int = 0
    pages: int = 0
    names: dict[str, Known] = field(default_factory=dict)
    _planned: dict[str, int] = field(default_factory=dict)  # how many pages of each sha256 have a part

    def recall(self, part: Part) -> None:
        """Take in a part that a run before has made."""
        self.parts = max(self.parts, part.number)
        self.pages += len(part)
        for each in part.slices:
            self.names[each.document.name] = each.document
            self._planned[each.document.sha256] = max(self._planned.get(each.document.sha256, 0), each.last)

    def remember(self, document: Known) -> None:
        """Take in a document whose bytes are those of another one, or which is there already."""
        self.names[document.name] = document

    def is_complete(self, document: Known) -> bool:
        """Whether all pages with these bytes have a part."""
        return self._planned.get(document.sha256, 0) >= document.pages

    def divide(self, documents: Iterable[Known]) -> Iterator[Part | Known]:
        """Yield parts of the pages that have none yet, in order; and a document by itself whose bytes all have one.

        Long documents are cut, short ones share a part. A part is yielded as soon as it is full, the last one at the
        end; it counts as made when it is yielded.
        """
        waiting: list[Slice] = []
        for document in documents:
            done = self._planned.get(document.sha256, 0)
            if done >= document.pages:
                self.remember(document)
                yield document
            while done < document.pages:
                room = self._most_pages - sum(len(each) for each in waiting)
                last = min(document.pages, done + room)
                waiting.append(Slice(document, done + 1, last))
                done = self._planned[document.sha256] = last
                if last - waiting[-1].first + 1 == room:
                    yield self._made(waiting)
                    waiting = []
        if waiting:
            yield self._made(waiting)

    @property
    def _most_pages(self) -> int:
        return min(self.part_pages, 1 + self.parts // _GROWTH_PARTS)

    def _made(self, slices: Sequence[Slice]) -> Part:
        part = Part(self.parts + 1, tuple(slices))
        self.parts += 1
        self.pages += len(part)
        for each in slices:
            self.names[each.document.name] = each.document
        return part


def part_to_dict(part: Part) -> dict[str, Any]:
    """Return a part as JSON can hold it."""
    return {"part": part.number, "slices": [[*_plain(each.document), each.first, each.last] for each in part.slices]}


def document_to_dict(document: Known) -> dict[str, Any]:
    """Return a document whose bytes are in a part under another name, as JSON can hold it."""
    return {"same": _plain(document)}


def of_dict(told: object) -> Part | Known:
    """Return what `part_to_dict` or `document_to_dict` was given. Raises ValueError for anything else."""
    try:
        if "same" in told:  # type: ignore[operator]
            return Known(*told["same"])  # type: ignore[index]
        slices = [Slice(Known(*each[:5]), int(each[5]), int(each[6])) for each in told["slices"]]  # type: ignore[index]
        return Part(int(told["part"]), tuple(slices))  # type: ignore[index]
    except (TypeError, KeyError, IndexError) as error:
        raise ValueError("no line of a plan") from error


def _plain(document: Known) -> list[str | int]:
    return [document.name, document.sha256, document.pages, document.size_bytes, document.changed_ns]


@dataclass(frozen=True)
class Failure:
    """Why a page or a document was not read. kind: the class of the InkreadError."""

    name: str
    page: int | None
    kind: str
    message: str

    @classmethod
    def of(cls, error: InkreadError, name: str, page: int | None = None) -> Failure:
        """Return it for an error."""
        return cls(name, page, type(error).__name__, str(error))

    def to_dict(self) -> dict[str, Any]:
        return {"source": self.name, "page": self.page, "kind": self.kind, "message": self.message}


@dataclass(frozen=True)
class PartDone:
    """What a worker says when it is done with a part.

    read, failed: pages of the part, whenever they were read.  fresh: pages that were read or failed just now.
    is_stopped: the run was asked to stop, and pages of the part are left.  seconds: of each stage, of all pages.
    doubtful: pages to look at.  notices: how many of each kind.  memory_mb: of the process, with its children.
    worker: which process, for people.
    """

    number: int
    read: int = 0
    fresh: int = 0
    is_stopped: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    doubtful: int = 0
    lines: int = 0
    notices: dict[str, int] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    memory_mb: float = 0.0
    worker: str = ""

    @property
    def failed(self) -> int:
        return len(self.failures)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {**vars(self), "failures": [[*vars(each).values()] for each in self.failures]}

    @classmethod
    def of_dict(cls, told: dict[str, Any]) -> PartDone:
        """Return what `to_dict` was given. Raises ValueError for anything else."""
        try:
            return cls(**{**told, "failures": tuple(Failure(*each) for each in told["failures"])})
        except (TypeError, KeyError) as error:
            raise ValueError("no answer about a part") from error
