import math
from pathlib import Path

import pytest

from inkread.errors import LimitError, OptionError
from inkread.options import Limits
from inkread.runtime import memory
from inkread.runtime.memory import MB, UNLIMITED, Memory, limited_groups, memory_of, memory_share_mb, reclaimable

GIB = 1 << 30
# What was given, MB; what the container has, MiB; what each of four processes may hold.
SHARES = [(1400, math.inf, 350), (None, 1600.0, 377), (None, math.inf, None)]


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def group(folder: Path, *, limit: str, used: int, files: int = 0) -> Path:
    """A group of version 2."""
    written(folder / "memory.max", limit + "\n")
    written(folder / "memory.current", f"{used}\n")
    written(folder / "memory.stat", f"anon {used - files}\ninactive_file {files // 2}\nactive_file {files // 2}\n")
    return folder


class Idle:
    """Something that gives memory back when it is asked to."""

    def __init__(self) -> None:
        self.held = 300 * MB

    def unload_idle(self) -> None:
        self.held = 0


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No container, and nobody else's networks."""
    monkeypatch.setattr(memory, "limited_groups", tuple)
    monkeypatch.setattr(memory, "_holders", set())


def test_without_limits_there_is_no_end_of_room(alone):
    assert memory_of(None) is UNLIMITED
    assert UNLIMITED.room() == math.inf
    assert not UNLIMITED.is_limited


def test_a_limit_leaves_what_is_not_held_less_a_little(alone):
    held = 150 * MB
    room = Memory(400 * MB, resident=lambda: held).room()
    assert 200 * MB < room < 250 * MB


def test_a_process_knows_what_it_holds():
    assert 5 * MB < memory.resident_bytes() < 100_000 * MB


def test_a_containers_memory_is_the_default(tmp_path):
    folder = group(tmp_path, limit=str(GIB), used=400 * MB, files=100 * MB)
    assert limited_groups(tmp_path, tmp_path / "none") == (folder,)
    assert Memory(containers=(folder,)).room() == pytest.approx(0.9 * GIB - 300 * MB)


@pytest.mark.parametrize("text", ["max", "9223372036854771712", "nonsense"])
def test_a_group_that_says_nothing_is_no_limit(tmp_path, text):
    group(tmp_path, limit=text, used=400 * MB)
    assert limited_groups(tmp_path, tmp_path / "none") == ()


def test_groups_of_version_1_count_with_the_groups_inside(tmp_path):
    own = written(tmp_path / "own", "4:memory:/docker/1f\n5:cpu:/other\n")
    folder = tmp_path / "memory" / "docker" / "1f"
    written(folder / "memory.limit_in_bytes", str(GIB))
    written(folder / "memory.usage_in_bytes", str(500 * MB))
    written(folder / "memory.stat", f"active_file 0\ntotal_inactive_file {50 * MB}\ntotal_active_file {50 * MB}\n")
    assert limited_groups(tmp_path, own) == (folder,)
    assert Memory(containers=(folder,)).room() == pytest.approx(0.9 * GIB - 400 * MB)


def test_of_a_limit_and_a_container_the_narrower_holds(tmp_path):
    folder = group(tmp_path, limit=str(GIB), used=900 * MB)
    both = Memory(5_000 * MB, (folder,), resident=lambda: 100 * MB)
    assert both.room() < 100 * MB


def test_what_is_idle_is_unloaded_where_room_is_short(alone):
    idle = Idle()
    reclaimable(idle)
    Memory(500 * MB, resident=lambda: 100 * MB + idle.held).require(200 * MB, "decoding")
    assert idle.held == 0


def test_what_is_idle_stays_where_there_is_room(alone):
    idle = Idle()
    reclaimable(idle)
    Memory(900 * MB, resident=lambda: 100 * MB + idle.held).require(200 * MB, "decoding")
    assert idle.held


def test_what_does_not_fit_says_what_would_do(alone):
    with pytest.raises(
        LimitError, match=r"decoding needs 500 MB of memory, 216 MB more .* limits.max_memory_mb to 620 or more"
    ):
        Memory(400 * MB, resident=lambda: 100 * MB).require(500 * MB, "decoding")


def test_in_a_container_it_says_how_much_more_to_give(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_holders", set())
    with pytest.raises(LimitError, match="give the container"):
        Memory(containers=(group(tmp_path, limit=str(GIB), used=900 * MB),)).require(500 * MB, "decoding")


@pytest.mark.parametrize(
    ("given", "container", "share"), [(1400, math.inf, 350), (None, 1600.0, 377), (None, math.inf, None)]
)
def test_processes_share_what_there_is(monkeypatch, given, container, share):
    monkeypatch.setattr(memory, "container_mib", lambda: container)
    assert memory_share_mb(Limits(max_memory_mb=given), 4) == share


def test_more_processes_than_memory_for_them_are_refused(monkeypatch):
    monkeypatch.setattr(memory, "container_mib", lambda: math.inf)
    with pytest.raises(OptionError, match="use at most 3"):
        memory_share_mb(Limits(max_memory_mb=1000), 4)
