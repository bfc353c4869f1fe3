import errno
import subprocess
import sys
import threading

import pytest

from inkread.registry import locks as locks_module
from inkread.registry.locks import InUse, held, locked, unused

HOLDER = """
import sys
from pathlib import Path
from inkread.registry.locks import InUse
held = InUse(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"x")
    return path


def is_unused(path) -> bool:
    with unused(path) as answer:
        return answer


def test_a_file_is_in_use_until_the_last_has_closed_it(file):
    first, second = InUse(file), InUse(file)
    first.close()
    assert not is_unused(file)
    second.close()
    assert is_unused(file)


def test_another_process_is_seen_and_its_death_too(file):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert not is_unused(file)
        process.kill()
        process.wait()
    assert is_unused(file)


def test_a_file_that_is_forgotten_is_free(file):
    held = InUse(file)
    del held
    assert is_unused(file)


def test_what_is_not_there_cannot_be_held(tmp_path):
    with pytest.raises(FileNotFoundError):
        InUse(tmp_path / "none")


def test_what_is_removed_while_it_is_taken_is_not_held(file):
    failed = []

    def take() -> None:
        with pytest.raises(FileNotFoundError):
            InUse(file)
        failed.append(True)

    with unused(file):
        taker = threading.Thread(target=take)
        taker.start()
        file.unlink()
    taker.join()
    assert failed


def test_a_file_system_without_locks_guards_nothing_and_stops_nothing(file, tmp_path, monkeypatch):
    def refuse(handle: int, *, shared: bool) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks_module, "_lock", refuse)
    held = InUse(file)
    assert is_unused(file)
    with locked(tmp_path / "one.lock"):
        held.close()


def test_one_at_a_time_holds_a_lock(tmp_path):
    inside, most = [], []

    def work() -> None:
        with locked(tmp_path / "locks" / "one.lock"):
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


def test_a_lock_is_held_by_one_and_refused_to_others_without_waiting(tmp_path):
    path = tmp_path / "folder" / "lock"
    with held(path) as first, held(path) as second:
        assert (first, second) == (True, False)
    with held(path) as again:
        assert again
