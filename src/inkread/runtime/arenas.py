"""How much memory the C library sets aside for threads that are gone: on Linux with glibc, far too much."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache

_M_ARENA_MAX = -8  # malloc.h of glibc


@cache
def limit_arenas(threads: int) -> bool:
    """Let malloc keep one arena for each thread that computes, and return whether that could be said.

    Each Reader's engine starts threads of its own, and glibc gives new threads new arenas, up to eight for each
    processor, which keep what was freed in them: opening, using and closing 7 Readers on two processors grew memory by
    102 MiB, with two arenas by 3 MiB. Arenas that a program's own threads have made before stay. Whoever has set
    MALLOC_ARENA_MAX or the tunable of that name is obeyed.
    """
    is_set = "MALLOC_ARENA_MAX" in os.environ or "malloc.arena_max" in os.environ.get("GLIBC_TUNABLES", "")
    if sys.platform != "linux" or is_set:
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):  # musl has one heap for all
        return False
    return bool(library.mallopt(_M_ARENA_MAX, max(2, threads)))


def give_back() -> bool:
    """Return to the system what was freed and malloc has kept, and whether that could be asked for.

    Batches of ever other shapes leave gaps that no later one fits into: a run of learning grows with its steps. After a
    page of 1280 px was looked at glibc keeps 170 MB.
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None)
    return hasattr(library, "malloc_trim") and bool(library.malloc_trim(0))
