"""Locks between processes on plain files; whoever dies gives his up, whatever it dies of.

A lock is on an open file, so the kernel frees it with the process. Where there is no flock (Windows) a reader locks
one byte of many, and a writer all of them.
"""

from __future__ import annotations

import errno
import os
import sys
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_POLL_S: Final = 0.05
_TRIES: Final = 20
_BINARY: Final = getattr(os, "O_BINARY", 0)
_READERS: Final = 1 << 20

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int, *, shared: bool) -> None:
        """Lock, or raise OSError at once. Beyond the end of the file, where nobody reads or writes."""
        place = os.getpid() % _READERS if shared else 0
        os.lseek(handle, (1 << 40) + place, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1 if shared else _READERS)

else:
    import fcntl

    def _lock(handle: int, *, shared: bool) -> None:
        """Lock, or raise OSError at once."""
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


def _try_lock(handle: int, *, shared: bool) -> bool:
    """Return whether the lock is ours; a file system that knows no locks gives any, and guards nothing."""
    try:
        _lock(handle, shared=shared)
    except OSError as error:
        return error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
    return True


class InUse:
    """A model file that is in use: nobody who asks for it `unused` gets it until this is closed or the process ends.

    Raises FileNotFoundError where it is not there, or is removed meanwhile.
    """

    def __init__(self, path: Path) -> None:
        handle = os.open(path, os.O_RDONLY | _BINARY)
        self._close = weakref.finalize(self, os.close, handle)
        for _ in range(_TRIES):  # whoever removes it holds it for a moment
            if _try_lock(handle, shared=True):
                break
            time.sleep(_POLL_S)
        try:
            is_there = os.path.samestat(path.stat(), os.fstat(handle))
        except OSError:
            is_there = False
        if not is_there:
            self.close()
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))

    def close(self) -> None:
        """Give the file free. May be called twice."""
        self._close()


@contextmanager
def unused(path: Path) -> Iterator[bool]:
    """Yield whether nobody holds the file with `InUse`; while the block runs, nobody can begin to."""
    try:
        handle = os.open(path, os.O_RDWR | _BINARY)
    except PermissionError:
        handle = os.open(path, os.O_RDONLY | _BINARY)
    try:
        yield _try_lock(handle, shared=False)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait until no other process or thread holds the lock of this name, then hold it; its file is left there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        while not _try_lock(handle, shared=False):
            time.sleep(_POLL_S)
        yield
    finally:
        os.close(handle)


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Yield whether the lock of this name is ours, without waiting; its file is left there.

    A file system that knows no locks gives it to anybody.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        yield _try_lock(handle, shared=False)
    finally:
        os.close(handle)
