"""Processes that read: every input gets one answer, whatever becomes of the process; none outlives its reader."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from inkread.batch.many import MOST_BY_ITSELF, processes_for
from inkread.batch.processes import Result, read_each
from inkread.document import Document
from inkread.errors import DamagedInputError, InkreadError, OptionError, SourceNotFoundError, WorkerError
from inkread.load.source import inputs
from inkread.options import ReaderOptions, RuntimeOptions

TARGET = "fake_reader:Fake"
OPTIONS = ReaderOptions(runtime=RuntimeOptions(threads=5))


def results(things: object, workers: int = 2) -> dict[str, Result]:
    return {each.name: result for each, result in read_each(inputs(things), OPTIONS, workers=workers, target=TARGET)}


def pid_of(result: Result) -> int:
    assert isinstance(result, Document), result
    return int(result.generator.split()[0])


def is_gone(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_every_input_gets_one_answer_whatever_it_is(tmp_path: Path) -> None:
    things = [b"a", np.zeros((4, 5), np.uint8), "none.png", tmp_path / "none.png", b"damaged", b"bug", {"img": b"c"}]
    found = results(things)
    documents = {each.source for each in found.values() if isinstance(each, Document)}
    path = str(tmp_path / "none.png")
    assert documents == {
        "bytes 1 a", "array 2 [(4, 5, 3)]", "none.png 'none.png'", f"{path} {path!r}", "bytes 7 c",
    }  # fmt: skip
    assert isinstance(found["bytes 5"], DamagedInputError)
    assert str(found["bytes 5"]) == "it is torn: mend it"
    assert isinstance(found["bytes 6"], WorkerError)
    assert "TypeError: no such thing" in str(found["bytes 6"])
    assert len(found) == len(things)


@pytest.mark.row("S0-40")
def test_threads_are_shared_out_among_the_processes() -> None:
    found = list(results([b"wait 0.3"] * 4).values())
    assert {each.generator.split()[1] for each in found if isinstance(each, Document)} == {"2"}
    assert len({pid_of(each) for each in found}) == 2


def test_a_process_that_dies_costs_its_input_an_error_and_nothing_else() -> None:
    found = results([b"a", b"die", b"b", b"die", b"c", b"d"])
    assert {name for name, each in found.items() if isinstance(each, WorkerError)} == {"bytes 2", "bytes 4"}
    assert "died twice (signal 9)" in str(found["bytes 2"])
    assert sum(isinstance(each, Document) for each in found.values()) == 4


def test_an_input_whose_process_was_killed_is_tried_again(tmp_path: Path) -> None:
    found = results([b"a", f"die-once {tmp_path / 'mark'}".encode()])
    assert all(isinstance(each, Document) for each in found.values())


@pytest.mark.row("S0-42")
def test_a_generator_is_not_drained_and_closing_ends_the_processes() -> None:
    asked = []

    def endless() -> Iterator[bytes]:
        while True:
            asked.append(1)
            yield b"a"

    reading = read_each(inputs(endless()), OPTIONS, workers=2, target=TARGET)
    pids = {pid_of(next(reading)[1]) for _ in range(5)}
    reading.close()
    assert len(asked) <= 5 + 4
    assert all(is_gone(pid) for pid in pids)


def test_a_slow_source_holds_back_no_result() -> None:
    given = []

    def slow() -> Iterator[bytes]:
        for number in range(3):
            given.append(number)
            yield b"a"
            time.sleep(1.0)

    reading = read_each(inputs(slow()), OPTIONS, workers=2, target=TARGET)
    next(reading)
    assert len(given) < 3
    reading.close()


def test_results_come_as_they_are_done() -> None:
    names = list(results([b"wait 1.5", b"a", b"b"]))
    assert names[-1] == "bytes 1"


def test_a_source_that_fails_ends_the_processes_and_is_heard() -> None:
    def failing() -> Iterator[bytes]:
        yield b"a"
        raise RuntimeError("the camera is gone")

    with pytest.raises(RuntimeError, match="camera"):
        list(read_each(inputs(failing()), OPTIONS, workers=2, target=TARGET))


def test_what_keeps_a_reader_from_starting_is_raised_once() -> None:
    with pytest.raises(OptionError, match="nothing pleases it"):
        list(read_each(inputs([b"a"] * 9), OPTIONS, workers=2, target="fake_reader:Refusing"))
    with pytest.raises(WorkerError, match="did not start"):
        list(read_each(inputs([b"a"]), OPTIONS, workers=1, target="no_such_module:Fake"))


def test_an_input_that_cannot_be_opened_is_an_error_here() -> None:
    (found,) = results([17]).values()
    assert isinstance(found, InkreadError)
    assert not isinstance(found, WorkerError | SourceNotFoundError)


def test_processes_are_as_many_as_threads_but_not_too_many() -> None:
    assert processes_for(3, 1) == 3
    assert processes_for(None, 2) == 2
    assert processes_for(None, 100) == MOST_BY_ITSELF


# No `if __name__ == "__main__"`, which other ways of starting processes need.
SCRIPT = f"""
import itertools, signal
from inkread.batch.processes import read_each
from inkread.load.source import inputs
from inkread.options import ReaderOptions
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs the tests may ignore it
things = itertools.chain([b"a", b"b"], itertools.repeat(b"wait 60"))
for each, result in read_each(inputs(things), ReaderOptions(), workers=2, target="{TARGET}"):
    print(result.generator.split()[0], flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a worker ends after its input")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_no_process_outlives_a_script_that_is_killed_or_interrupted(
    tmp_path: Path, fake_reader: Path, number: signal.Signals
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(fake_reader), *sys.path])}
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        pids = [int(process.stdout.readline()) for _ in range(2)]
        process.send_signal(number)
        process.wait(20)
    assert all(is_gone(pid) for pid in pids)


def test_reading_in_processes_gives_what_reading_here_gives(run_python: Callable[[str], str]) -> None:
    """Of a script without a guard, with the real reader."""
    example = Path(__file__).resolve().parents[3] / "examples" / "receipt.jpg"
    script = f"""
import inkread
with inkread.Reader() as reader:
    here = dict(reader.read_many([{str(example)!r}]))
    there = dict(reader.read_many([{str(example)!r}], max_workers=2))
print([str(each) for each in here.values()] == [str(each) for each in there.values()], list(here) == list(there))
"""
    assert run_python(script).split() == ["True", "True"]
