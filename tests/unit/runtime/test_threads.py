import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inkread.runtime.threads import available_threads

QUOTAS = [("max 100000\n", 8), ("200000 100000\n", 2), ("150000 100000\n", 2), ("120000 100000\n", 1)]
QUOTAS += [("10000 100000\n", 1), ("9900000 100000\n", 8), ("", 8), ("nonsense here\n", 8), ("1 0\n", 8)]


@pytest.fixture(autouse=True)
def eight_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(("quota", "threads"), QUOTAS)
def test_threads_are_capped_by_the_containers_quota(tmp_path, quota, threads):
    written(tmp_path / "cpu.max", quota)
    assert available_threads(tmp_path, tmp_path / "none") == threads


@pytest.mark.parametrize(("limited", "threads"), [("user.slice", 3), ("user.slice/job.scope", 3), ("another", 8)])
def test_the_groups_around_a_process_count_and_no_others(tmp_path, limited, threads):
    own = written(tmp_path / "own", "0::/user.slice/job.scope\n")
    written(tmp_path / limited / "cpu.max", "300000 100000\n")
    assert available_threads(tmp_path, own) == threads


@pytest.mark.parametrize(("quota", "threads"), [("400000", 4), ("-1", 8)])
def test_quotas_of_version_1_count_too(tmp_path, quota, threads):
    own = written(tmp_path / "own", "5:memory:/docker/1f\n4:cpu,cpuacct:/docker/1f\n")
    for folder in ("cpu,cpuacct", "cpu,cpuacct/docker/1f"):
        written(tmp_path / folder / "cpu.cfs_quota_us", quota)
        written(tmp_path / folder / "cpu.cfs_period_us", "100000")
    assert available_threads(tmp_path, own) == threads


def test_without_a_container_the_affinity_counts(tmp_path):
    assert available_threads(tmp_path, tmp_path / "none") == 8


def test_without_affinity_the_processors_count(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert available_threads(tmp_path, tmp_path / "none") == 1


@pytest.mark.skipif(shutil.which("taskset") is None, reason="needs taskset")
def test_taskset_is_obeyed():
    script = "from inkread.runtime.threads import available_threads; print(available_threads())"
    command = ["taskset", "--cpu-list", "0", sys.executable, "-c", script]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "1"
