"""The process behind a child: started, watched while it works, and ended."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

from inkread.errors import InkreadError

# A page of 12 MB passes in 4 ms through a pipe of 1 MiB, in 10 ms through the usual 64 KiB.
_PIPE_BYTES: Final = 1 << 20
_STDERR_BYTES: Final = 4096
_LOOK_S: Final = 0.05
# What a process needs of the environment to run Python; the rest, keys and tokens among it, is none of its business.
_ENVIRONMENT: Final = ("PATH", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "TEMP", "TMP", "TMPDIR", "TZ", "PYTHONHOME")
_ENVIRONMENT_PREFIXES: Final = ("LD_", "DYLD_", "LC_", "LANG")
# Threads of a library take address space by the dozen of megabytes, and a page is one thread's work.
_ONE_THREAD: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
_CAN_POLL: Final = hasattr(select, "poll") and sys.platform != "win32"

Wait = Callable[[], None]


class Overdue(Exception):  # noqa: N818  # always caught, and told as a LimitError
    """The process did not answer in time."""


class Process:
    """A started `python -m inkread.child TARGET`; ends with `end()`, and at the latest with this process.

    taken_mib: the most address space that it was seen to take since the last deadline was set, MiB; 0 where the system
    does not tell.
    """

    def __init__(self, target: str) -> None:
        """Start it. Raises InkreadError where the system starts no process."""
        self._owner = os.getpid()
        self._started = threading.Event()
        self._fault: OSError | None = None
        self._heard = bytearray()
        self._is_deaf = False
        self.taken_mib = 0.0
        # Linux ends a child when the thread that started it ends, not the process: so this thread lives as long as the
        # child does, and waits for it.
        self._keeper = threading.Thread(target=self._keep, args=(target,), name="inkread-child", daemon=True)
        if getattr(sys, "frozen", False) or not sys.executable:
            # Started again, a frozen program would be itself, and start itself again.
            raise InkreadError(
                "this program cannot start Python for decoding", remedy="decode in its own process: isolate = never"
            )
        self._keeper.start()
        self._started.wait()
        if self._fault is not None:
            raise InkreadError(
                f"the process for decoding did not start ({self._fault.strerror})",
                remedy="free memory or processes, or decode in this one: isolate = never",
            ) from self._fault
        self._prepare_pipes()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def code(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.returncode

    @property
    def is_ours(self) -> bool:
        """Whether this process started it, and is no forked copy of the one that did."""
        return self._owner == os.getpid()

    @property
    def requests(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def answers(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def last_words(self) -> str:
        """The last line of its stderr, printable."""
        lines = self._heard.decode("utf-8", "replace").split("\n")
        line = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return "".join(char for char in line[:200] if char.isprintable())

    @contextlib.contextmanager
    def deadline(self, seconds: float) -> Iterator[tuple[Wait, Wait]]:
        """Give what waits until a request can be written, and until an answer can be read.

        They raise Overdue when these seconds have passed.
        """
        self.taken_mib = 0.0
        if _CAN_POLL:
            last = time.monotonic() + seconds
            yield (
                lambda: self._wait(self.requests, select.POLLOUT, last),
                lambda: self._wait(self.answers, select.POLLIN, last),
            )
            return
        # Without poll a pipe blocks; killing the process ends that.
        overdue = threading.Event()

        def kill() -> None:
            overdue.set()
            self._process.kill()

        timer = threading.Timer(seconds, kill)
        timer.start()
        try:
            yield _at_once, _at_once
        except (EOFError, OSError):
            if overdue.is_set():
                raise Overdue from None
            raise
        finally:
            timer.cancel()

    def end(self, patience_s: float = 0.0) -> int | None:
        """End it and free its pipes; return how it ended by itself within `patience_s`, or None if it had to be killed.

        In a forked copy of the process that started it, only the pipes are closed. Ending twice is fine.
        """
        code = None
        if self.is_ours:
            if patience_s:
                self._keeper.join(patience_s)
            code = self.code
            with contextlib.suppress(OSError):
                self._process.kill()
            if threading.current_thread() is not self._keeper:  # garbage may be collected in any thread
                self._keeper.join(5)
            self._listen()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        return code

    def _keep(self, target: str) -> None:
        try:
            self._process = subprocess.Popen(
                # -P: what lies in the current folder, perhaps beside the document, must not pass for a module of ours.
                [sys.executable, "-P", "-m", "inkread.child", target],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE if _CAN_POLL else subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,  # an interrupt from the keyboard is the parent's to handle
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            self._fault = error
            return
        finally:
            self._started.set()
        self._process.wait()

    def _prepare_pipes(self) -> None:
        if not _CAN_POLL:
            return
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
        if sys.platform == "linux":
            import fcntl

            with contextlib.suppress(OSError):  # more than this user may have
                fcntl.fcntl(self.answers.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def _wait(self, pipe: IO[bytes], event: int, last: float) -> None:
        """Wait for a pipe; meanwhile take in what the process complains of, and look at what it takes."""
        poll = select.poll()
        poll.register(pipe, event)
        while (left := last - time.monotonic()) > 0:
            errors = self._process.stderr
            if errors is not None and not self._is_deaf:
                poll.register(errors, select.POLLIN)
            ready = [number for number, _ in poll.poll(1000 * min(left, _LOOK_S))]
            if pipe.fileno() in ready:
                return
            if ready:
                self._listen()
                if errors is not None and self._is_deaf:
                    poll.unregister(errors)
            self.taken_mib = max(self.taken_mib, memory_mib(self.pid, "VmSize"))
        raise Overdue

    def _listen(self) -> None:
        """Take in what stands in its stderr, and keep the end of it."""
        errors = self._process.stderr
        heard: bytes | None = b""
        if errors is not None:
            with contextlib.suppress(OSError, ValueError):
                heard = errors.read(1 << 20)
        if heard is not None:
            self._is_deaf = not heard
            self._heard = (self._heard + heard)[-_STDERR_BYTES:]


def memory_mib(pid: int, entry: str) -> float:
    """Return an entry of what Linux tells of a process's memory (VmRSS, VmSize), MiB; 0 where nothing is told."""
    try:
        with Path(f"/proc/{pid}/status").open(encoding="ascii", errors="replace") as status:
            return next((int(line.split()[1]) / 1024 for line in status if line.startswith(entry)), 0.0)
    except (OSError, ValueError, IndexError):
        return 0.0


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _ENVIRONMENT or name.upper().startswith(_ENVIRONMENT_PREFIXES)
    }
    # The same modules as here, wherever a script found them; but not those of the current folder, where documents lie.
    ours = Path(__file__).resolve().parents[2]
    here = Path(os.curdir).absolute()
    found = [path for each in sys.path if each and (path := Path(each).absolute()) != here]
    paths = dict.fromkeys(str(path) for path in [*found, ours])
    return {
        **kept,
        **dict.fromkeys(_ONE_THREAD, "1"),
        "PYTHONPATH": os.pathsep.join(paths),
        # Nothing can be written there, but Python would try with every module.
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _at_once() -> None:
    """Pipes that block need no waiting."""
