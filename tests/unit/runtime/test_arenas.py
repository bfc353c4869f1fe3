import ctypes
import sys

import pytest

from inkread.runtime.arenas import limit_arenas

SCRIPT = """
import threading
from pathlib import Path
from inkread.runtime.arenas import limit_arenas
assert limit_arenas(2) == {said}
barrier = threading.Barrier(16)
def work():
    barrier.wait()
    held = [bytearray(2000) for _ in range(200)]
    barrier.wait()
threads = [threading.Thread(target=work) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print("done")
"""

is_glibc = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "gnu_get_libc_version")


@pytest.mark.skipif(not is_glibc, reason="needs glibc")
def test_the_number_of_arenas_can_be_said_and_threads_go_on_working(run_python, monkeypatch):
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    assert run_python(SCRIPT.format(said=True)) == "done\n"


@pytest.mark.parametrize(("name", "value"), [("MALLOC_ARENA_MAX", "4"), ("GLIBC_TUNABLES", "glibc.malloc.arena_max=4")])
def test_who_has_set_it_is_obeyed(run_python, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert run_python(SCRIPT.format(said=False)) == "done\n"


def test_other_systems_are_left_alone(monkeypatch):
    limit_arenas.cache_clear()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not limit_arenas(3)
    limit_arenas.cache_clear()


def test_freed_memory_is_given_back_where_the_library_can():
    from inkread.runtime.arenas import give_back

    assert give_back() in (True, False)


LARGE = """
import ctypes
from inkread.runtime.arenas import give_back, keep_large_apart
from inkread.runtime.memory import resident_bytes
assert keep_large_apart() == {said}
library = ctypes.CDLL(None)
library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
def taken(count):
    piece = library.malloc(count)
    ctypes.memset(piece, 1, count)
    return piece
library.free(taken(30 << 20))  # from now on, by itself, pieces of this size are kept
before = resident_bytes()
piece = taken(20 << 20)
wall = ctypes.c_void_p(library.malloc(4096))  # what stays lies behind it
library.free(piece)
print((resident_bytes() - before) >> 20)
"""


@pytest.mark.skipif(not is_glibc, reason="needs glibc")
def test_large_pieces_are_given_back_when_they_are_freed(run_python, monkeypatch):
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    monkeypatch.delenv("MALLOC_MMAP_THRESHOLD_", raising=False)
    assert int(run_python(LARGE.format(said=True))) <= 1
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", str(32 << 20))
    run_python(LARGE.format(said=False))  # who has set it is obeyed
