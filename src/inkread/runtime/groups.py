"""The control groups that this process is in: what its container allows, and who else is in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def folders(controller: str, mount: Path = MOUNT, own: Path = OWN) -> Iterator[Path]:
    """Yield the folders of the groups that limit a resource, from the mount down to this process's own.

    controller: cpu or memory.  mount: where groups are mounted, of version 1 or 2.  own: the groups that this process
    is in. Inside a container the mount itself is the container's group, and the path that the system tells may lead
    nowhere.
    """
    yield mount
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)  # "0::/user.slice" or "4:cpu,cpuacct:/docker/1f2e"
        if controllers and controller not in controllers.split(","):
            continue
        folder = mount / controllers if controllers else mount
        yield folder
        for part in Path(path).parts[1:]:
            folder = folder / part
            yield folder
