"""How many threads this process may keep busy: not how many processors the machine has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from inkread.runtime import groups


def available_threads(mount: Path = groups.MOUNT, own: Path = groups.OWN) -> int:
    """Return the processors of this process's affinity, capped by the quotas of its container.

    mount: where control groups are mounted, of version 1 or 2.  own: the groups that this process is in.
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([count, *(round(quota) for quota in _quotas(mount, own))]))


def _quotas(mount: Path, own: Path) -> Iterator[float]:
    """Yield the processors allowed by this process's group and by each one around it."""
    for folder in groups.folders("cpu", mount, own):
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
