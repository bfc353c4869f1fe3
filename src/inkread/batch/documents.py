"""Documents of a batch: counted by whoever plans, opened by the workers, and never another than was counted."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

from inkread.batch import objects
from inkread.batch.work import Known, PageTask
from inkread.errors import DamagedInputError, InputError
from inkread.image import Image
from inkread.load import source as sources
from inkread.load import url
from inkread.load.source import Input, Source
from inkread.options import ReaderOptions


def name_of(each: Input) -> str:
    """Return what an input is called in a plan: the whole path of a file, wherever a worker stands; or an address."""
    origin = each.origin
    if not isinstance(origin, str):
        return each.name
    return origin if _is_address(origin) else str(Path(origin).absolute())


def count(each: Input, options: ReaderOptions, before: Known | None = None) -> Known:
    """Return what is known of an input: the sha256 of its bytes, and how many pages are wanted of it.

    before: what was known of an input of this name; returned where its file has not changed since, unopened.
    Raises InputError where the input cannot be opened.
    """
    origin = each.origin
    if not isinstance(origin, str):
        each.open().close()  # raises what is wrong with it
        raise InputError(f'"{each.name}" is neither file nor address', remedy="give a batch paths and addresses")
    path = Path(origin)
    if not _is_address(origin) and path.is_file():
        size, changed = _stamp(path)
        if before is not None and before.is_as_before(size, changed):
            return before
        with each.open() as opened:
            return Known(name_of(each), _sha256(path), len(opened), size, changed)
    if not _is_address(origin):
        each.open().close()
        raise InputError(f'"{each.name}" is no plain file', remedy="give a batch files and addresses")
    content = _fetched(origin, options)
    with sources.open(content, options.limits, options.load, name=each.name) as opened:
        return Known(origin, hashlib.sha256(content).hexdigest(), len(opened), len(content))


class Opened:
    """The document that a worker reads, open from one page to the next. May be used by several threads in turn."""

    def __init__(self, options: ReaderOptions) -> None:
        self._options = options
        self._held: tuple[str, Source] | None = None
        self._lock = threading.Lock()

    def page(self, task: PageTask) -> Image:
        """Return a page, decoded. Raises InputError where it cannot be had, or its document is another by now."""
        document = task.document
        with self._lock:
            if self._held is None or self._held[0] != document.sha256:
                self._let_go()
                self._held = document.sha256, self._source(document)
            try:
                return self._held[1][task.page - 1]
            except IndexError as error:
                raise _changed(document) from error
            except InputError:
                self._let_go()  # opened anew when it is tried again
                raise

    def close(self) -> None:
        """Close the document that is open."""
        with self._lock:
            self._let_go()

    def _source(self, document: Known) -> Source:
        if _is_address(document.name):
            content = _fetched(document.name, self._options)
            if hashlib.sha256(content).hexdigest() != document.sha256:
                raise _changed(document)
            name = url.shown(document.name)
            return sources.open(content, self._options.limits, self._options.load, name=name)
        path = Path(document.name)
        source = sources.open(str(path), self._options.limits, self._options.load)
        try:
            if not document.is_as_before(*_stamp(path)) and _sha256(path) != document.sha256:
                raise _changed(document)
        except BaseException:
            source.close()
            raise
        return source

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held[1].close()


def _is_address(name: str) -> bool:
    return url.is_url(name) or objects.is_object(name)


def _fetched(address: str, options: ReaderOptions) -> bytes:
    if objects.is_object(address):
        return objects.fetch(address, options.limits.max_bytes)
    from inkread.load import web  # loads sockets and encryption, which files do not need

    return web.fetch(address, options.load.web)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        about = path.stat()
    except OSError as error:
        raise InputError(f'"{path}" cannot be looked at ({error.strerror})') from error
    return about.st_size, about.st_mtime_ns


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f'"{path}" cannot be read ({error.strerror})') from error


def _changed(document: Known) -> DamagedInputError:
    return DamagedInputError(
        f'"{document.name}" has changed since it was planned', remedy="run again: what it is now is planned anew"
    )
