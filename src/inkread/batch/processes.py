"""Inputs read by several processes at once, each with its share of the threads; results as they come."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from inkread.batch.worker import Job, start_message, understood
from inkread.document import Document
from inkread.errors import InkreadError, WorkerError
from inkread.load.source import Input
from inkread.logs import label, logger
from inkread.options import ReaderOptions
from inkread.runtime.threads import available_threads

_log = logger(__name__)
Result = Document | InkreadError

_IN_FLIGHT: Final = 2  # inputs for each process: one that is read and one that waits, so that none waits for the caller
_TRIES: Final = 2
_READER: Final = "inkread.pipeline:Reader"


def read_each(
    inputs: Iterable[Input], options: ReaderOptions, *, workers: int, target: str = _READER
) -> Generator[tuple[Input, Result], None, None]:
    """Yield each input with its Document or the error it made, in the order in which they are done.

    options: the readers', made anew in each process; their threads are shared out.  target: MODULE:CLASS of the reader.
    `inputs` is walked in this thread, at most two for each process ahead. A process that dies costs its input another
    try, and then a WorkerError. Closing the generator ends the processes. Raises InkreadError where none can start.
    """
    crew = _Crew(options, workers, target)
    asked = 0
    try:
        for each in inputs:
            crew.ask(each)
            asked += 1
            while asked == crew.room or (asked and crew.has_answer):
                asked -= 1
                yield crew.answer()
        while asked:
            asked -= 1
            yield crew.answer()
    finally:
        crew.dismiss()


@dataclass
class _Crew:
    """The processes, each with a thread of this one that talks to it."""

    options: ReaderOptions
    workers: int
    target: str
    room: int = field(init=False)

    def __post_init__(self) -> None:
        threads = self.options.runtime.threads or available_threads()
        runtime = self.options.runtime.with_(threads=max(1, threads // self.workers))
        self._share = self.options.with_(runtime=runtime)
        self.room = _IN_FLIGHT * self.workers
        self._asked: queue.SimpleQueue[Input | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Input, Result] | Exception] = queue.SimpleQueue()
        self._is_over = threading.Event()
        self._processes: list[_Process] = []
        self._threads: list[threading.Thread] = []

    def ask(self, each: Input) -> None:
        """Have an input read; a process is started where all that run have one already."""
        self._asked.put(each)
        if len(self._threads) < self.workers:
            process = _Process(self._share, self.target, self._is_over)
            # Not waited for at the end of the interpreter: the processes end with this one.
            thread = threading.Thread(target=self._talk, args=(process,), name="inkread-worker", daemon=True)
            self._processes.append(process)
            self._threads.append(thread)
            thread.start()

    @property
    def has_answer(self) -> bool:
        return not self._done.empty()

    def answer(self) -> tuple[Input, Result]:
        """Wait for the next input that is done and return it. Raises InkreadError where a process cannot start."""
        done = self._done.get()
        if isinstance(done, Exception):
            raise done
        return done

    def dismiss(self) -> None:
        """End all processes at once and wait until they are gone."""
        self._is_over.set()
        for _ in self._threads:
            self._asked.put(None)
        for process in self._processes:
            process.kill()
        for thread in self._threads:
            thread.join(5)

    def _talk(self, process: _Process) -> None:
        try:
            while not self._is_over.is_set() and (each := self._asked.get()) is not None:
                self._done.put((each, process.read(each)))
        except Exception as error:  # for the thread that waits for answers
            self._done.put(error)
        process.kill()


class _Process:
    """One worker process; started when first needed, and again where it died."""

    def __init__(self, options: ReaderOptions, target: str, is_over: threading.Event) -> None:
        self._options = options
        self._target = target
        self._is_over = is_over
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None

    def read(self, each: Input) -> Result:
        """Return what the worker makes of an input. Raises InkreadError where there can be no worker."""
        try:
            message = pickle.dumps(_job(each))
        except InkreadError as error:
            return error
        how = ""
        for _ in range(_TRIES):
            running = self._started()
            try:
                answer = self._exchange(running, message)
            except (OSError, ValueError, LookupError, TypeError, EOFError):
                how = self.kill()
                _log.info("worker died of %s (%s)", label(each.name), how)
                continue
            assert answer is not None
            return answer
        return WorkerError(
            f'the process that read "{each.name}" died twice ({how})', remedy="read it by itself, or with fewer workers"
        )

    def kill(self) -> str:
        """End the process, if it runs, and return in words how it ended."""
        with self._lock:
            running, self._running = self._running, None
        if running is None:
            return "not started"
        # It may be about to end by itself and to say how: its pipes close first.
        if not self._is_over.is_set():
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(0.5)
        running.kill()
        code = running.wait()
        _log.info("worker %d ended", running.pid)
        for pipe in (running.stdin, running.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def _started(self) -> subprocess.Popen[bytes]:
        if self._running is None:
            command = [sys.executable, "-P", "-m", "inkread.batch.worker", self._target]
            try:
                with self._lock:
                    if self._is_over.is_set():
                        raise EOFError
                    self._running = subprocess.Popen(
                        command,
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        env=_environment(self._options.runtime.threads or 1),
                        start_new_session=True,  # an interrupt from the keyboard is the parent's to handle
                    )
                answer = self._exchange(self._running, start_message(self._options))
            except (OSError, ValueError, LookupError, TypeError, EOFError) as error:
                raise WorkerError(
                    f"a process for reading did not start ({self.kill()})", remedy="use max_workers=1 (--jobs 1)"
                ) from error
            if isinstance(answer, InkreadError):
                raise answer
            _log.info("worker %d started", self._running.pid)
        assert self._running is not None
        return self._running

    def _exchange(self, running: subprocess.Popen[bytes], message: bytes) -> Result | None:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(message)
        running.stdin.flush()
        line = running.stdout.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        return understood(line)


def _job(each: Input) -> Job:
    """Return an input as it travels: pixels where there is nothing else. Raises the InkreadError that it makes."""
    if each.origin is not None:
        return Job(each.name, each.origin)
    with each.open() as opened:
        return Job(each.name, list(opened))


def _environment(threads: int) -> dict[str, str]:
    # The same modules as here, wherever a script found them; but not those of the current folder.
    ours = Path(__file__).resolve().parents[2]
    paths = dict.fromkeys([str(ours), *(str(Path(each).absolute()) for each in sys.path if each)])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OPENCV_FOR_THREADS_NUM": str(threads)}
