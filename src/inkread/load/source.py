"""Anything that holds pictures as a lazy sequence of page images, or as single inputs one after the other."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np
from PIL import Image as Pillow

from inkread.errors import ClosedError, InputError, NothingToReadError, OptionError, SourceNotFoundError
from inkread.image import Image
from inkread.load import files, paths, pictures, url
from inkread.load.files import Opening, Pages
from inkread.logs import label, logger
from inkread.options import Limits, LoadOptions

_log = logger(__name__)
_DEFAULT_LIMITS: Final = Limits()
_DEFAULT_OPTIONS: Final = LoadOptions()
_MAX_NESTING: Final = 20
_GLOB: Final = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Input:
    """One document of a folder, pattern or list. `open()` gives its Source or raises the InkreadError it makes.

    origin: the path, address or bytes that it is opened from, here or in another process; None for pixels and for what
    cannot be opened.
    """

    name: str
    open: Callable[[], Source]
    origin: str | bytes | None = None


class Source:
    """The page images of one or more documents, in order; at most one page and one document are held at a time.

    `len()`, `source[i]`, iteration, `close()` and `with`. Pages are decoded when asked for, and again when asked for
    again. A Source of a generator can be walked through once, or indexed, not both. Not to be shared by threads.
    """

    def __init__(self, members: Iterable[_Member], name: str) -> None:
        self.name = name
        self._stream: Iterator[_Member] | None = None if isinstance(members, list) else iter(members)
        self._members: list[_Member] = members if isinstance(members, list) else []
        self._held: tuple[_Member, Pages] | None = None
        self._is_closed = False

    def __len__(self) -> int:
        return sum(len(self._pages_of(member)) for member in self._all())

    def __getitem__(self, index: int) -> Image:
        left = index + len(self) if index < 0 else index
        if left >= 0:
            for member in self._all():
                pages = self._pages_of(member)
                if left < len(pages):
                    return pages.page(left)
                left -= len(pages)
        raise IndexError(f'"{self.name}" has no page {index}: it has {len(self)}, counted from 0')

    def __iter__(self) -> Iterator[Image]:
        self._check_open()
        stream, self._stream = self._stream, None
        return self._walk(self._all() if stream is None else stream)

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free what is held; closing twice is fine, using the source afterwards raises ClosedError."""
        self._let_go()
        self._is_closed = True

    def _walk(self, members: Iterable[_Member]) -> Iterator[Image]:
        found = False
        for member in members:
            # Asked for anew at each page: another walk or an index may have taken its place in between.
            for index in range(len(self._pages_of(member))):
                found = True
                yield self._pages_of(member).page(index)
            self._let_go()
        if not found:
            raise _nothing(self.name)

    def _all(self) -> list[_Member]:
        self._check_open()
        if self._stream is not None:
            self._members, self._stream = list(self._stream), None
        if not self._members:
            raise ClosedError(f'"{self.name}" was walked through already', remedy="pass a list to read it twice")
        return self._members

    def _pages_of(self, member: _Member) -> Pages:
        self._check_open()
        if self._held is None or self._held[0] is not member:
            self._let_go()
            self._held = (member, _opened(member))
        return self._held[1]

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held[1].close()

    def _check_open(self) -> None:
        if self._is_closed:
            raise ClosedError(f'"{self.name}" is closed', remedy="open it again")


def open(
    thing: object,
    limits: Limits = _DEFAULT_LIMITS,
    options: LoadOptions = _DEFAULT_OPTIONS,
    *,
    name: str | None = None,
    page_index: int | None = None,
) -> Source:
    """Return the pages of anything that holds pictures as a lazy Source.

    thing: a path, folder, glob pattern, address (where options allow it), bytes, binary stream, array (RGB), Pillow
    image, Image, {"img": one of these}, or a list or generator of these. A stream is read at once, from its start.
    Folders are read in natural order (page2 before page10), without subfolders and without files that are no
    pictures or PDFs. name: what to call it.
    page_index: only this page of each document, from 0; `options.pages` names several, from 1.
    Raises InputError if the first document cannot be read; a later one raises when its turn comes.
    """
    title = name or _title(thing)
    if page_index is not None:
        if page_index < 0:
            raise OptionError(f"page_index is {page_index}", remedy="count pages from 0")
        options = options.with_(pages=str(page_index + 1))
    members: Iterable[_Member] = _members(thing, Opening(limits, options), name)
    if not isinstance(thing, Iterator) or _is_stream(thing):
        members = list(members)
        if not members:
            raise _nothing(title)
    source = Source(members, title)
    if isinstance(members, list):
        source._pages_of(members[0])
    return source


def inputs(thing: object, limits: Limits = _DEFAULT_LIMITS, options: LoadOptions = _DEFAULT_OPTIONS) -> Iterator[Input]:
    """Yield every single document in `thing`, which is anything that `open` takes; one after the other, lazily.

    What is wrong with one of them - a missing file, a folder without pictures, a wrong type - is raised when that one
    is opened, so the others are not lost.
    """
    for member in _members(thing, Opening(limits, options), None):
        yield Input(member.name, _opener(member), member.origin)


@dataclass(frozen=True, eq=False)
class _Member:
    """A document that is not opened yet."""

    name: str
    open: Callable[[], Pages]
    origin: str | bytes | None = None


class _Ready:
    """The one page of a picture that came as pixels."""

    def __init__(self, image: Image) -> None:
        self._image = image

    def __len__(self) -> int:
        return 1

    def page(self, index: int) -> Image:
        return self._image

    def close(self) -> None:
        """Nothing to free: the pixels are the caller's."""


def _opener(member: _Member) -> Callable[[], Source]:
    def opened() -> Source:
        source = Source([member], member.name)
        source._pages_of(member)
        return source

    return opened


def _members(thing: object, opening: Opening, name: str | None, depth: int = 0) -> Iterator[_Member]:
    """Yield the documents in `thing`; `name` replaces a name that pixels, bytes or a single path would get."""
    if depth > _MAX_NESTING:
        yield _failing(name or "list", InputError(f"a list is nested more than {_MAX_NESTING} deep"))
    elif isinstance(thing, str | os.PathLike):
        yield from _members_of_path(os.fspath(thing), opening, name)
    elif isinstance(thing, Mapping):
        yield from _members_of_mapping(thing, opening, name, depth)
    elif (single := _single(thing, opening, name or _title(thing))) is not None:
        yield single
    elif isinstance(thing, Iterable):
        for number, each in enumerate(thing, start=1):
            # Only what has no name of its own is numbered.
            label = f"{_title(each)} {number}" if _is_nameless(each) else None
            yield from _members(each, opening, label, depth + 1)
    else:
        yield _failing(
            _title(thing),
            InputError(
                f"a {type(thing).__name__} is nothing that holds pictures",
                remedy="pass a path, bytes, a binary stream, a numpy array, a Pillow image, or a list of these",
            ),
        )


def _single(thing: object, opening: Opening, name: str) -> _Member | None:
    """Return the document that bytes, a stream or pixels are, or None for everything else."""
    if isinstance(thing, Image):
        return _Member(thing.source or name, lambda: _Ready(thing))
    if isinstance(thing, np.ndarray):
        return _Member(name, lambda: _Ready(pictures.from_array(thing, name=name, limits=opening.limits)))
    if isinstance(thing, Pillow.Image):
        return _Member(name, lambda: _Ready(pictures.from_pillow(thing, opening.limits, name)))
    if _is_stream(thing):
        return _from_stream(thing, opening, name)
    if isinstance(thing, bytes | bytearray | memoryview):
        content = bytes(thing)  # bytes stay what they are; anything else is copied before its owner changes it
        return _Member(name, lambda: files.open_bytes(content, opening, name), content)
    return None


def _from_stream(stream: object, opening: Opening, name: str) -> _Member:
    # At once: the stream may be closed by the time the pages are asked for.
    try:
        content = pictures.read_stream(stream, opening.limits, name)
    except InputError as error:
        return _failing(name, error)
    return _Member(name, lambda: files.open_bytes(content, opening, name), content)


def _members_of_mapping(
    mapping: Mapping[Any, Any], opening: Opening, name: str | None, depth: int
) -> Iterator[_Member]:
    if set(mapping) == {"img"}:
        yield from _members(mapping["img"], opening, name, depth + 1)
        return
    keys = ", ".join(repr(key) for key in mapping) or "no key at all"
    error = InputError(f"a dict with {keys} is nothing to read", remedy='pass {"img": picture}, with no other key')
    yield _failing(name or "dict", error)


def _members_of_path(text: str | bytes, opening: Opening, name: str | None) -> Iterator[_Member]:
    given = os.fsdecode(text)
    if url.is_url(given):
        title = name or url.shown(given)
        yield _Member(title, lambda: _open_url(given, opening, title), given)
        return
    title = name or given
    path = Path(given)
    if not given:
        yield _failing(title, SourceNotFoundError("an empty path names no file", remedy="pass a path"))
    elif paths.is_dir(path):
        yield from _members_of_folder(path, opening)
    elif not paths.exists(path) and _GLOB.search(given):
        yield from _members_of_pattern(given, opening)
    else:
        yield _Member(title, lambda: _open_file(path, opening, title), given)


def _members_of_folder(folder: Path, opening: Opening) -> Iterator[_Member]:
    try:
        names = [entry.name for entry in os.scandir(folder) if not entry.name.startswith(".")]
    except OSError as error:
        yield _failing(str(folder), InputError(f'the folder "{folder}" may not be read ({error.strerror})'))
        return
    found = False
    for each in sorted(names, key=natural):
        path = folder / each
        if pictures.is_picture(path):
            found = True
            yield _file(path, opening)
    if not found:
        yield _failing(str(folder), _nothing(str(folder)))


def _members_of_pattern(pattern: str, opening: Opening) -> Iterator[_Member]:
    # A file that was asked for by its name is read or reported, whatever it holds; folders are not asked for.
    matches = glob.glob(pattern, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
    found = [path for path in sorted(matches, key=natural) if not paths.is_dir(Path(path))]
    if not found:
        error = NothingToReadError(
            f'no file matches "{paths.shortened(pattern)}"', remedy="check the folder and the pattern"
        )
        yield _failing(pattern, error)
    for path in found:
        yield _file(Path(path), opening)


def _file(path: Path, opening: Opening) -> _Member:
    return _Member(str(path), lambda: _open_file(path, opening, str(path)), str(path))


def _open_file(path: Path, opening: Opening, name: str) -> Pages:
    if not paths.exists(path):
        raise paths.not_found(path)
    return files.open_file(path, opening, name)


def _open_url(text: str, opening: Opening, name: str) -> Pages:
    from inkread.load import web  # loads sockets and encryption, which files do not need

    return files.open_bytes(web.fetch(text, opening.options.web), opening, name)


def _opened(member: _Member) -> Pages:
    try:
        pages = member.open()
        _log.info("source %s opened: %d pages", label(member.name), len(pages))
    except InputError as error:
        _log.info("source %s refused: %s", label(member.name), type(error).__name__)
        raise
    return pages


def _failing(name: str, error: InputError) -> _Member:
    def fail() -> Pages:
        raise error

    return _Member(name, fail)


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return the sort key that puts page2 before page10, without regard to case."""
    # int() reads the decimal digits of every script, which is what \d matches.
    parts = re.split(r"(\d+)", name)
    key = tuple((0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in parts if part)
    return (*key, (2, 0, name))


def _nothing(name: str) -> NothingToReadError:
    return NothingToReadError(
        f'"{paths.shortened(name)}" holds no picture',
        remedy="expected PDF, PNG, JPEG, TIFF, WebP, BMP, GIF, JPEG 2000, PNM or AVIF",
    )


def _title(thing: object) -> str:
    """Return what to call a thing in messages and results."""
    if isinstance(thing, str | os.PathLike):
        text = os.fsdecode(thing)
        return url.shown(text) if url.is_url(text) else text
    if isinstance(thing, Image):
        return thing.source or "image"
    if isinstance(thing, Pillow.Image):
        return str(getattr(thing, "filename", "") or "Pillow image")
    if isinstance(thing, np.ndarray):
        return "array"
    if isinstance(thing, Mapping):
        return _title(thing["img"]) if set(thing) == {"img"} else "dict"
    if _is_stream(thing):
        # The name of a file that was opened by its descriptor is a number.
        given = getattr(thing, "name", None)
        return given if isinstance(given, str) and given else "stream"
    return type(thing).__name__


def _is_nameless(thing: object) -> bool:
    return _title(thing) in ("array", "image", "Pillow image", "stream", "bytes", "bytearray", "memoryview")


def _is_stream(thing: object) -> bool:
    return callable(getattr(thing, "read", None))
