"""A child that does every kind of harm on command: each ends in an answer or in an error that says what happened."""

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from inkread.child.caller import Child, ChildLimits
from inkread.errors import ClosedError, DamagedInputError, InkreadError, LimitError

TESTS = Path(__file__).resolve().parents[2]
TARGET = "saboteurs:Saboteur"
LIMITS = ChildLimits(cpu_s=1, wall_s=20, memory_mb=600)

linux = pytest.mark.skipif(sys.platform != "linux", reason="a limit that only Linux keeps")
unix = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")


@pytest.fixture(autouse=True)
def _saboteurs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TESTS))


@pytest.fixture
def child() -> Iterator[Child]:
    with Child(TARGET, LIMITS) as started:
        yield started


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pid: int, within_s: float = 10.0) -> bool:
    last = time.monotonic() + within_s
    while is_running(pid) and time.monotonic() < last:
        time.sleep(0.02)
    return not is_running(pid)


def test_values_and_arrays_go_there_and_back(child: Child) -> None:
    arrays = [np.arange(6, dtype=np.int32).reshape(2, 3), np.zeros((0, 4)), np.float32([[0.5]]).T]
    value = {"text": "naïve \ud800 \u2028", "numbers": [1, 2.5, None, True]}
    answer = child.call({"do": "echo", "value": value}, arrays)
    assert answer.value == value
    assert [array.dtype for array in answer.arrays] == [array.dtype for array in arrays]
    for sent, got in zip(arrays, answer.arrays, strict=True):
        np.testing.assert_array_equal(sent, got)


def test_a_large_array_passes_both_ways(child: Child) -> None:
    sent = np.random.default_rng(0).integers(0, 255, (5000, 1000, 3), dtype=np.uint8)
    np.testing.assert_array_equal(child.call({"do": "echo", "value": None}, [sent]).arrays[0], sent)


def test_what_a_handler_raises_is_raised_here(child: Child) -> None:
    with pytest.raises(LimitError, match="too much of it: take less"):
        child.call({"do": "refuse"})
    with pytest.raises(DamagedInputError, match=r"decoder failed on \"a\.png\" \(KeyError: 'no such thing'\): get"):
        child.call({"do": "throw"}, what='"a.png"')
    assert child.call({"do": "echo", "value": 3}).value == 3


@unix
@pytest.mark.parametrize(
    ("do", "message"),
    [
        ("abort", r'the decoder crashed on "scan.pdf" \(SIGABRT\): get the file again'),
        ("fault", r'the decoder crashed on "scan.pdf" \(SIGSEGV\)'),
        ("exit", r'the decoder crashed on "scan.pdf" \(exit code 3\)'),
        ("leave", r'the decoder crashed on "scan.pdf" \(exit code 1; bye\)'),
        ("complain_and_exit", r'crashed on "scan.pdf" \(exit code 3; the disk is on fire\[31m\)'),
    ],
)
def test_a_decoder_that_ends_is_a_damaged_input(child: Child, do: str, message: str) -> None:
    with pytest.raises(DamagedInputError, match=message):
        child.call({"do": do}, what='"scan.pdf"')
    assert not child.is_alive
    with pytest.raises(ClosedError):
        child.call({"do": "echo", "value": 1})


@unix
def test_the_processor_limit_ends_a_loop(child: Child) -> None:
    with pytest.raises(LimitError, match=r'"a\.jpg" took more than 1 s of processor time: raise decode_cpu_s'):
        child.call({"do": "spin"}, what='"a.jpg"')
    assert gone(child.pid)


@unix
def test_the_processor_limit_is_of_each_request() -> None:
    with Child(TARGET, ChildLimits(cpu_s=1, wall_s=20)) as child:
        for _ in range(4):
            child.call({"do": "work", "seconds": 0.6})


def test_the_clock_ends_what_hangs() -> None:
    with Child(TARGET, ChildLimits(wall_s=0.5)) as child:
        start = time.monotonic()
        with pytest.raises(LimitError, match=r"took more than 0\.5 s: raise decode_wall_s if you trust the file"):
            child.call({"do": "sleep", "seconds": 60})
        assert time.monotonic() - start < 10
        assert gone(child.pid)


@linux
@pytest.mark.parametrize("do", ["eat", "eat_and_abort"])
def test_the_memory_limit_is_told_even_where_the_decoder_aborts(child: Child, do: str) -> None:
    with pytest.raises(LimitError, match=r"took more than 600 MiB of memory: raise decode_memory_mb"):
        child.call({"do": do, "mib": 400})


@linux
def test_a_child_that_the_system_kills_was_out_of_memory(child: Child) -> None:
    child.call({"do": "echo", "value": 1})
    threading.Timer(0.3, os.kill, (child.pid, signal.SIGKILL)).start()
    with pytest.raises(LimitError, match="of memory"):
        child.call({"do": "sleep", "seconds": 10})


def test_what_a_decoder_prints_is_neither_answer_nor_seen(child: Child, capfd: pytest.CaptureFixture[str]) -> None:
    assert child.call({"do": "print_much", "mib": 200}).value == "printed"
    assert capfd.readouterr() == ("", "")


@unix
@pytest.mark.parametrize(
    "content",
    [
        "ffffffff",  # a header of 4 GiB
        "05000000" + b"hello".hex(),
        "02000000" + b"[]".hex(),
        "02000000" + b"{}".hex(),
        "00000000",
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(child: Child, content: str) -> None:
    with pytest.raises(DamagedInputError, match=r'no sensible answer about "a\.pdf"'):
        child.call({"do": "bytes_instead", "hex": content}, what='"a.pdf"')
    assert gone(child.pid)


def test_an_answer_beyond_its_limit_is_refused_before_memory_is_taken() -> None:
    with (
        Child(TARGET, ChildLimits(answer_bytes=1000)) as child,
        pytest.raises(DamagedInputError, match="no sensible answer"),
    ):
        child.call({"do": "pixels", "shape": [100, 100, 3]})


@linux
def test_a_child_is_confined(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET_TOKEN", "x")
    with Child(TARGET, LIMITS) as other:
        facts = other.call({"do": "facts"}).value
    assert facts["limits"] == {"AS": 600 << 20, "FSIZE": 0, "CORE": 0, "NOFILE": 64}
    assert facts["dumpable"] == 0
    assert "A_SECRET_TOKEN" not in facts["environment"]
    assert "" not in facts["path"]
    assert os.getcwd() not in facts["path"]  # noqa: PTH109


def test_a_child_goes_with_its_object() -> None:
    child = Child(TARGET)
    child.call({"do": "echo", "value": 1})
    pid = child.pid
    del child
    gc.collect()
    assert gone(pid)


def test_closing_ends_the_child_at_once_and_twice_is_fine(child: Child) -> None:
    child.close()
    child.close()
    assert not is_running(child.pid)


@linux
def test_a_child_outlives_the_thread_that_started_it() -> None:
    with ThreadPoolExecutor(1) as pool:
        child = pool.submit(Child, TARGET).result()
        pool.submit(child.call, {"do": "echo", "value": 1}).result()
    time.sleep(0.2)
    with child:
        assert child.call({"do": "echo", "value": 2}).value == 2


@linux
@pytest.mark.parametrize("do", ["echo", "sleep"])
def test_a_child_goes_with_its_parent(run_python, do: str) -> None:
    """However the parent ends, and even while the child is busy."""
    script = f"""
        import os, sys, threading
        sys.path.insert(0, {str(TESTS)!r})
        from inkread.child.caller import Child
        child = Child("saboteurs:Saboteur")
        child.call({{"do": "echo", "value": 1}})
        threading.Thread(target=child.call, args=({{"do": {do!r}, "value": 1, "seconds": 60}},), daemon=True).start()
        print(child.pid, flush=True)
        os._exit(0)
    """
    assert gone(int(run_python("\n".join(line.strip() for line in script.splitlines()))))


@linux
def test_a_forked_copy_neither_uses_nor_ends_the_child(child: Child) -> None:
    child.call({"do": "echo", "value": 1})
    pid = os.fork()
    if pid == 0:
        try:
            child.call({"do": "echo", "value": 2})
        except ClosedError:
            child.close()
            os._exit(7)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    assert child.call({"do": "echo", "value": 3}).value == 3


def test_threads_call_one_after_the_other(child: Child) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: child.call({"do": "echo", "value": n}).value, range(100)))
    assert answers == list(range(100))


def test_an_interrupt_ends_the_child_whose_answer_is_pending(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    child.call({"do": "echo", "value": 1})
    monkeypatch.setattr("inkread.child.caller.receive", interrupt)
    with pytest.raises(KeyboardInterrupt):
        child.call({"do": "echo", "value": 1})
    assert not child.is_alive


@pytest.mark.parametrize("target", ["no_such_module:X", "saboteurs:NoSuchName"])
def test_a_target_that_is_not_there_did_not_start(target: str) -> None:
    with Child(target) as child, pytest.raises(InkreadError, match=r"did not start \(.*Error: .*\): check that"):
        child.call({})


def test_a_python_that_is_not_there_did_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(InkreadError, match=r"did not start \(No such file or directory\): .* isolate = never"):
        Child(TARGET)


@pytest.mark.parametrize("change", [("frozen", True), ("executable", ""), ("executable", None)])
def test_a_program_that_is_no_python_never_starts_itself(
    monkeypatch: pytest.MonkeyPatch, change: tuple[str, object]
) -> None:
    monkeypatch.setattr(sys, *change, raising=False)
    with pytest.raises(InkreadError, match="cannot start Python for decoding: decode in its own process"):
        Child(TARGET)


@linux
def test_no_descriptor_or_process_is_left() -> None:
    def count() -> int:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    before = count()
    for do in ("echo", "exit"):
        with Child(TARGET) as child:
            try:
                child.call({"do": do, "value": 1})
            except DamagedInputError:
                continue
    gc.collect()
    assert count() == before
