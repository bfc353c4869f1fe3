"""Work done by several processes at once, each with its share of the threads; results as they come."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Generic, TypeVar

from inkread.batch.messages import Answer, Job, understood
from inkread.document import Document
from inkread.errors import InkreadError, WorkerError
from inkread.load.source import Input
from inkread.logs import label, logger
from inkread.options import ReaderOptions
from inkread.runtime.memory import memory_share_mb
from inkread.runtime.threads import available_threads

_log = logger(__name__)
Result = Document | InkreadError
Given = TypeVar("Given")

_IN_FLIGHT: Final = 2  # jobs for each process: one that is done and one that waits, so that none waits for the caller
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
    threads = options.runtime.threads or available_threads()
    limits = options.limits.with_(max_memory_mb=memory_share_mb(options.limits, workers))
    share = options.with_(runtime=options.runtime.with_(threads=max(1, threads // workers)), limits=limits)
    trade: Trade[Input] = Trade(target, share, share.runtime.threads or 1, _job, lambda each: each.name)
    for each, answer in each_done(inputs, trade, workers):
        assert isinstance(answer, Document | InkreadError)
        yield each, answer


@dataclass(frozen=True)
class Trade(Generic[Given]):
    """What a crew does with what it is given.

    target: MODULE:CLASS whose object does it, made of `settings`, which travel as a pickle.  threads: of each process.
    job: what travels for one of the things given, as a pickle; may raise InkreadError.  name: what it is called in
    messages.  tries: how many processes may die of it.
    """

    target: str
    settings: object
    threads: int
    job: Callable[[Given], object]
    name: Callable[[Given], str]
    tries: int = _TRIES


def each_done(
    things: Iterable[Given], trade: Trade[Given], workers: int
) -> Generator[tuple[Given, Answer], None, None]:
    """Yield each thing with what was made of it, in the order in which they are done; `read_each` says the rest."""
    crew = _Crew(trade, workers)
    asked = 0
    try:
        for each in things:
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
class _Crew(Generic[Given]):
    """The processes, each with a thread of this one that talks to it."""

    trade: Trade[Given]
    workers: int
    room: int = field(init=False)

    def __post_init__(self) -> None:
        self.room = _IN_FLIGHT * self.workers
        self._asked: queue.SimpleQueue[Given | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Given, Answer] | Exception] = queue.SimpleQueue()
        self._is_over = threading.Event()
        self._processes: list[_Process[Given]] = []
        self._threads: list[threading.Thread] = []

    def ask(self, each: Given) -> None:
        """Have a thing done; a process is started where all that run have one already."""
        self._asked.put(each)
        if len(self._threads) < self.workers:
            process = _Process(self.trade, self._is_over)
            # Not waited for at the end of the interpreter: the processes end with this one.
            thread = threading.Thread(target=self._talk, args=(process,), name="inkread-worker", daemon=True)
            self._processes.append(process)
            self._threads.append(thread)
            thread.start()

    @property
    def has_answer(self) -> bool:
        return not self._done.empty()

    def answer(self) -> tuple[Given, Answer]:
        """Wait for the next thing that is done and return it. Raises InkreadError where a process cannot start."""
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

    def _talk(self, process: _Process[Given]) -> None:
        try:
            while not self._is_over.is_set() and (each := self._asked.get()) is not None:
                self._done.put((each, process.do(each)))
        except Exception as error:  # for the thread that waits for answers
            self._done.put(error)
        process.kill()


class _Process(Generic[Given]):
    """One worker process; started when first needed, and again where it died."""

    def __init__(self, trade: Trade[Given], is_over: threading.Event) -> None:
        self._trade = trade
        self._is_over = is_over
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None

    def do(self, each: Given) -> Answer:
        """Return what the worker makes of a thing. Raises InkreadError where there can be no worker."""
        try:
            message = pickle.dumps(self._trade.job(each))
        except InkreadError as error:
            return error
        name, how = self._trade.name(each), ""
        for _ in range(self._trade.tries):
            running = self._started()
            try:
                answer = self._exchange(running, message)
            except (OSError, ValueError, LookupError, TypeError, EOFError):
                how = self.kill()
                _log.info("worker died of %s (%s)", label(name), how)
                continue
            assert answer is not None
            return answer
        often = "twice" if self._trade.tries == _TRIES else f"{self._trade.tries} times"
        return WorkerError(
            f'the process that read "{name}" died {often} ({how})', remedy="read it by itself, or with fewer workers"
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
            command = [sys.executable, "-P", "-m", "inkread.batch.worker", self._trade.target]
            try:
                with self._lock:
                    if self._is_over.is_set():
                        raise EOFError
                    self._running = subprocess.Popen(
                        command,
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        env=environment(self._trade.threads),
                        start_new_session=True,  # an interrupt from the keyboard is the parent's to handle
                    )
                answer = self._exchange(self._running, pickle.dumps(self._trade.settings))
            except (OSError, ValueError, LookupError, TypeError, EOFError) as error:
                raise WorkerError(
                    f"a process for reading did not start ({self.kill()})", remedy="use max_workers=1 (--jobs 1)"
                ) from error
            if isinstance(answer, InkreadError):
                raise answer
            _log.info("worker %d started", self._running.pid)
        assert self._running is not None
        return self._running

    def _exchange(self, running: subprocess.Popen[bytes], message: bytes) -> Answer | None:
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


def environment(threads: int) -> dict[str, str]:
    """Return the environment of a process with so many threads.

    It finds the same modules as this one, wherever a script found them; but not those of the current folder.
    """
    ours = Path(__file__).resolve().parents[2]
    paths = dict.fromkeys([str(ours), *(str(Path(each).absolute()) for each in sys.path if each)])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OPENCV_FOR_THREADS_NUM": str(threads)}
