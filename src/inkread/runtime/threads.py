"""How many threads this process may keep busy: not how many processors the machine has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def available_threads(groups: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> int:
    """Return the processors of this process's affinity, capped by the quotas of its container.

    groups: where control groups are mounted, of version 1 or 2.  own: the groups that this process is in.
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([count, *(round(quota) for quota in _quotas(groups, own))]))


def _quotas(groups: Path, own: Path) -> Iterator[float]:
    """Yield the processors allowed by this process's group and by each one around it."""
    for folder in _folders(groups, own):
        for read in (_of_version_2, _of_version_1):
            try:
                yield read(folder)
            except (OSError, ValueError, ZeroDivisionError):
                continue  # no limit, or not a group of that version


def _of_version_2(folder: Path) -> float:
    quota, period = (folder / "cpu.max").read_text().split()[:2]  # "max 100000" or "150000 100000"
    return int(quota) / int(period)


def _of_version_1(folder: Path) -> float:
    quota = int((folder / "cpu.cfs_quota_us").read_text())
    if quota <= 0:
        raise ValueError("no limit")
    return quota / int((folder / "cpu.cfs_period_us").read_text())


def _folders(groups: Path, own: Path) -> Iterator[Path]:
    """Yield the folders of the groups that limit processors, from the mount down to this process's own.

    Inside a container the mount itself is the container's group, and the path that the system tells may lead nowhere.
    """
    yield groups
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)  # "0::/user.slice" or "4:cpu,cpuacct:/docker/1f2e"
        if controllers and "cpu" not in controllers.split(","):
            continue
        folder = groups / controllers if controllers else groups
        yield folder
        for part in Path(path).parts[1:]:
            folder = folder / part
            yield folder
