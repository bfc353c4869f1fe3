"""How much memory this process may hold: what it was told, and what its container leaves."""

from __future__ import annotations

import math
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from inkread.errors import LimitError, OptionError
from inkread.options import Limits
from inkread.runtime import groups
from inkread.runtime.arenas import give_back

MB = 1_000_000
# Kept free of a container's memory: for the kernel's own tables, the cache of the files in use (90 MB of libraries are
# mapped), and what an estimate was wrong by.
_SPARED_OF_GROUP = 0.1
# What a process needs to read a receipt in small pieces.
LEAST_MB = 330
# Kept free of what this process may hold: estimates are rounded up, malloc rounds up more.
_SPARED = 16 * MB
# Version 1 says this or a little less where nothing was said.
_NO_LIMIT = 1 << 60


class Holds(Protocol):
    """Holds memory that can be had again: networks that are not running."""

    def unload_idle(self) -> None: ...


@dataclass(frozen=True)
class Memory:
    """The memory that this process may take.

    limit_bytes: the most that it may hold, resident; None: no such limit.  containers: the groups that have one, which
    hold others' memory too.  resident: how much this process holds now, bytes.
    """

    limit_bytes: int | None = None
    containers: tuple[Path, ...] = ()
    resident: Callable[[], int] = lambda: resident_bytes()

    @property
    def is_limited(self) -> bool:
        return self.limit_bytes is not None or bool(self.containers)

    def room(self) -> float:
        """Return how many bytes may still be taken; below 0 where it is too much already, infinite without limits."""
        rooms = [_room_in(folder) for folder in self.containers]
        if self.limit_bytes is not None:
            rooms.append(self.limit_bytes - self.resident() - _SPARED)
        return min(rooms, default=math.inf)

    def require(self, need: float, what: str, *, remedy: str = "scale it down") -> None:
        """See that so many bytes can be taken, unloading what is idle where they cannot.

        Raises LimitError that says what would do.
        """
        if self.room() >= need:
            return
        reclaim()
        if self.room() < need:
            raise self.lacks(need, what, remedy=remedy)

    def lacks(self, need: float, what: str, *, remedy: str = "scale it down") -> LimitError:
        """Return the error for what needs more memory, bytes, than there is."""
        more = max(0.0, need - self.room())
        if self.limit_bytes is None:
            advice = f"give the container {_in_mb(more)} more"
        else:
            advice = f"set limits.max_memory_mb to {math.ceil((self.limit_bytes + more) / MB / 10) * 10} or more"
        message = f"{what} needs {_in_mb(need)} of memory, {_in_mb(more)} more than there is"
        return LimitError(message, remedy=f"{remedy}, or {advice}")


UNLIMITED = Memory()


def memory_of(max_memory_mb: int | None) -> Memory:
    """Return the memory that this process may take: as told, in 10^6 bytes, and never more than its container has."""
    limit = None if max_memory_mb is None else max_memory_mb * MB
    containers = limited_groups()
    return Memory(limit, containers) if limit is not None or containers else UNLIMITED


@cache
def limited_groups(mount: Path = groups.MOUNT, own: Path = groups.OWN) -> tuple[Path, ...]:
    """Return the folders of the groups around this process that have a limit of memory, looked for once."""
    return tuple(dict.fromkeys(folder for folder in groups.folders("memory", mount, own) if _limit_of(folder)))


def container_mib() -> float:
    """Return how much memory the container allows, MiB; infinite without one."""
    return min(((_limit_of(folder) or math.inf) / 2**20 for folder in limited_groups()), default=math.inf)


def memory_share_mb(limits: Limits, workers: int) -> int | None:
    """Return how much each of several processes may hold, 10^6 bytes: its share of what is given, or of the container.

    Raises OptionError where that is too little to read with.
    """
    in_all = limits.max_memory_mb
    if in_all is None and math.isfinite(container_mib()):
        in_all = int((1 - _SPARED_OF_GROUP) * container_mib() * 2**20 / MB)
    if in_all is None or workers == 1:
        return limits.max_memory_mb
    if in_all // workers < LEAST_MB:
        message = f"{workers} processes share {in_all} MB of memory, and each needs some {LEAST_MB}"
        raise OptionError(message, remedy=f"use at most {max(1, in_all // LEAST_MB)}")
    return in_all // workers


def resident_bytes() -> int:
    """Return how much memory this process holds, bytes; where only the most that it ever held is known, that."""
    try:
        import resource
    except ImportError as error:  # Windows
        raise OptionError("max_memory_mb cannot be kept here: this system does not say what a process holds") from error
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return pages * resource.getpagesize()


_holders: weakref.WeakSet[Holds] = weakref.WeakSet()
_lock = threading.Lock()


def reclaimable(holder: Holds) -> None:
    """Have something asked to unload when memory is short, as long as it lives."""
    with _lock:
        _holders.add(holder)


def reclaim() -> None:
    """Unload what is idle in this process, and give back what malloc keeps."""
    with _lock:
        holders = list(_holders)
    for holder in holders:
        holder.unload_idle()
    give_back()


def _room_in(folder: Path) -> float:
    """Return how many bytes a group may still take; its files in the cache give way and do not count."""
    limit = _limit_of(folder)
    if limit is None:
        return math.inf
    try:
        name = "memory.current" if (folder / "memory.current").exists() else "memory.usage_in_bytes"
        used = int((folder / name).read_text())
        files = sum(_cached_files(folder))
    except (OSError, ValueError):
        return math.inf
    return (1 - _SPARED_OF_GROUP) * limit - max(0, used - files)


def _cached_files(folder: Path) -> Iterator[int]:
    names = {"inactive_file", "active_file"}
    stat = [line.split() for line in (folder / "memory.stat").read_text().splitlines()]
    in_all = {"total_" + name for name in names}  # of version 1: with the groups inside
    wanted = in_all if any(name in in_all for name, _ in stat) else names
    yield from (int(value) for name, value in stat if name in wanted)


def _limit_of(folder: Path) -> int | None:
    for name in ("memory.max", "memory.limit_in_bytes"):
        try:
            limit = int((folder / name).read_text())
        except (OSError, ValueError):  # no such group, or "max"
            continue
        return limit if limit < _NO_LIMIT else None
    return None


def _in_mb(count: float) -> str:
    return f"{math.ceil(count / MB):,} MB"
