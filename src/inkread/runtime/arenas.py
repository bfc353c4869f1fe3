"""What the C library keeps of memory that was freed: on Linux with glibc, far too much."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # malloc.h of glibc
_LARGE_BYTES = 1 << 17


@cache
def limit_arenas(threads: int) -> bool:
    """Let malloc keep one arena for each thread that computes, and return whether that could be said.

    Each Reader's engine starts threads of its own, and glibc gives new threads new arenas, up to eight for each
    processor, which keep what was freed in them: opening, using and closing 7 Readers on two processors grew memory by
    102 MiB, with two arenas by 3 MiB. Arenas that a program's own threads have made before stay. Whoever has set
    MALLOC_ARENA_MAX or the tunable of that name is obeyed.
    """
    return _set(_M_ARENA_MAX, max(2, threads), "arena_max", "MALLOC_ARENA_MAX")


@cache
def keep_large_apart() -> bool:
    """Have malloc ask the system for each large piece and give it back when it is freed; return whether that was said.

    By itself it stops to do so for pieces as large as one that was freed, up to 32 MiB: what opening a network needs
    for a moment then lies between what stays. A recogniser took 55 MB to open and takes 28. For processes with a limit
    of memory and for services, before a network is opened; pages take as long as before.
    """
    return _set(_M_MMAP_THRESHOLD, _LARGE_BYTES, "mmap_threshold", "MALLOC_MMAP_THRESHOLD_")


def _set(parameter: int, value: int, tunable: str, variable: str) -> bool:
    """Set a parameter of glibc's malloc, unless whoever started this process has, and return whether that was done."""
    is_set = variable in os.environ or f"malloc.{tunable}" in os.environ.get("GLIBC_TUNABLES", "")
    if sys.platform != "linux" or is_set:
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):  # musl has one heap for all
        return False
    return bool(library.mallopt(parameter, value))


def give_back() -> bool:
    """Return to the system what was freed and malloc has kept, and whether that could be asked for.

    Batches of ever other shapes leave gaps that no later one fits into: a run of learning grows with its steps. After a
    page of 1280 px was looked at glibc keeps 170 MB.
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None)
    return hasattr(library, "malloc_trim") and bool(library.malloc_trim(0))
