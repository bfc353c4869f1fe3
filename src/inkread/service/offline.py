"""A process that can reach nobody: it may listen and answer, and every other way out is an error."""

from __future__ import annotations

import os
import socket
import sys
from typing import Any, Final

# What Python does before it sends anything anywhere, or asks what a name means.
_WAYS_OUT: Final = frozenset(
    {
        "socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname",
        "socket.gethostbyaddr", "socket.getnameinfo",
    }
)  # fmt: skip


class ReachedOutError(OSError):
    """Something in this process tried to reach the network, which `--offline` forbids."""


def forbid_connections() -> None:
    """From now on no socket of this process connects, in any thread; it cannot be taken back. Child processes are told.

    What holds beyond Python, in libraries that open sockets by themselves, is for the container: --network none.
    """
    os.environ["INKREAD_OFFLINE"] = "1"
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _WAYS_OUT:
        return
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and _is_local(arguments):
        return
    raise ReachedOutError(f"{event}: this process is offline")


def _is_local(arguments: tuple[Any, ...]) -> bool:
    """Whether a socket is one between processes of this machine (AF_UNIX), which is no network."""
    return bool(arguments) and getattr(arguments[0], "family", None) == getattr(socket, "AF_UNIX", -1)
