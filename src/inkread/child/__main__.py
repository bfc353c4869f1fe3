"""The child's side: `python -m inkread.child MODULE:FUNCTION` serves requests from stdin until it ends.

FUNCTION is called once for a handler, and the handler for each request: handler(request, arrays) -> Answer.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from inkread.child.wire import OUT_OF_MEMORY, Handler, receive, send
from inkread.errors import InkreadError

if TYPE_CHECKING:
    from inkread.child.wire import Array

Tell = Callable[[Mapping[str, Any], Sequence["Array"]], None]

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38


def main(arguments: Sequence[str]) -> None:
    """Serve requests from stdin until it ends."""
    # What a library prints must not pass for an answer: answers go to a copy of stdout, prints to stderr.
    requests, answers = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)

    def tell(header: Mapping[str, Any], arrays: Sequence[Array]) -> None:
        send(answers, header, arrays, _no_wait)

    try:
        first, _ = receive(requests, 0, _no_wait)
        _confine(first["limits"])
        module, _, function = arguments[0].partition(":")
        handler: Handler = getattr(importlib.import_module(module), function)()
        tell({"value": "ready"}, ())
        while True:
            _serve(handler, *receive(requests, sys.maxsize, _no_wait), tell)
    except EOFError:
        return


def _serve(handler: Handler, header: Mapping[str, Any], arrays: Sequence[Array], tell: Tell) -> None:
    """Answer one request. A function, so that nothing of it is held while the next one is awaited."""
    _allow(header["cpu_s"])
    try:
        answer = handler(header["request"], arrays)
    except Exception as error:
        _tell_error(error, tell)
    else:
        tell({"value": answer.value}, answer.arrays)


def _tell_error(error: Exception, tell: Tell) -> None:
    if isinstance(error, MemoryError) or isinstance(error.__cause__, MemoryError):
        os._exit(OUT_OF_MEMORY)  # nothing that needs memory, such as a message, is sure to work any more
    told = {"kind": type(error).__name__, "message": str(error)}
    if isinstance(error, InkreadError):
        told |= {"message": error.message, "remedy": error.remedy}
    tell({"error": told}, ())


def _no_wait() -> None:
    """The child's pipes block, so it need not wait for them."""


def _confine(limits: Mapping[str, int]) -> None:
    """Take away from this process what decoding does not need; what a platform lacks is left out."""
    if sys.platform == "win32":
        return
    import resource

    for which, most in (
        (resource.RLIMIT_AS, limits["memory_mb"] << 20),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
    ):
        _, hard = resource.getrlimit(which)
        capped = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(OSError, ValueError):  # macOS keeps no limit of address space
            resource.setrlimit(which, (capped, capped))
    if sys.platform == "linux":
        import ctypes

        system = ctypes.CDLL(None)
        for name, value in (
            (_PR_SET_PDEATHSIG, signal.SIGKILL),
            (_PR_SET_DUMPABLE, 0),
            (_PR_SET_NO_NEW_PRIVS, 1),
        ):
            system.prctl(name, int(value), 0, 0, 0)


def _allow(cpu_s: float) -> None:
    """Allow this process so many more seconds of processor time.

    Only the soft limit: nobody without privileges could raise a hard one for the next request.
    """
    if sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    most = math.ceil(time.process_time() + cpu_s)
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    main(sys.argv[1:])
