"""The parent's side: a Child is called like a function, and whatever becomes of it is an answer or an InkreadError."""

from __future__ import annotations

import contextlib
import signal
import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from inkread import errors
from inkread.child.process import Overdue, Process, memory_mib
from inkread.child.wire import OUT_OF_MEMORY, Answer, receive, send
from inkread.errors import ClosedError, DamagedInputError, InkreadError, LimitError

if TYPE_CHECKING:
    from inkread.child.wire import Array

_MAX_MESSAGE: Final = 1000
_MAX_REASON: Final = 200
# A start takes 0.05-0.3 s; on a machine that swaps or looks into each file it may take many times that.
_START_S: Final = 60.0
# A process that closed its pipes is about to end and to say how; one that does not is ended.
_PATIENCE_S: Final = 2.0
# A decoder that gets no memory aborts like one that found a bug of its own; how much it held tells which it was.
_FULL: Final = 0.6
_MEMORY_WORDS: Final = ("memory", "bad_alloc", "oom")
# What reading an answer that makes no sense may raise.
_NONSENSE: Final = (ValueError, TypeError, LookupError, RecursionError, MemoryError)
_AGAIN: Final = "get the file again from where it came"


@dataclass(frozen=True)
class ChildLimits:
    """What a child may take: processor and clock seconds for each request, MiB of address space, bytes of an answer.

    Linux keeps all of them, macOS those of time and files, Windows only the clock.
    """

    cpu_s: float = 10.0
    wall_s: float = 15.0
    memory_mb: int = 1536
    answer_bytes: int = 1 << 30
    open_files: int = 64


class Child:
    """A running child: `python -m inkread.child TARGET`, with TARGET as MODULE:FUNCTION.

    One call at a time, from any thread; a forked copy of this process must start its own. The child ends with this
    object, with this process and on close().
    """

    def __init__(self, target: str, limits: ChildLimits | None = None) -> None:
        """Start it and do not wait for it. Raises InkreadError where the system starts no process."""
        self.limits = limits or ChildLimits()
        self._lock = threading.Lock()
        self._is_ready = False
        self._process = Process(target)
        self._finalizer = weakref.finalize(self, self._process.end)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can be called: not closed, not ended, and of this process."""
        return self._finalizer.alive and self._process.is_ours and self._process.code is None

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def call(self, request: Mapping[str, Any], arrays: Sequence[Array] = (), *, what: str = "the input") -> Answer:
        """Return the handler's answer; `what` names in messages what the request is about.

        Raises the InkreadError that the handler raised, LimitError where it took too much, DamagedInputError where it
        failed in any other way, ClosedError after close(). The child is closed unless the handler itself answered.
        """
        if not self._process.is_ours:
            raise ClosedError("a forked process cannot use this one's decoder", remedy="open the document in it")
        with self._lock:
            if not self._finalizer.alive:
                raise ClosedError("the process for decoding is closed", remedy="open the document again")
            try:
                if not self._is_ready:
                    self._wake()
                header = {"request": dict(request), "cpu_s": self.limits.cpu_s}
                received, found = self._exchange(header, arrays, self.limits.wall_s)
                told = _error(received["error"], what) if "error" in received else None
            except (Overdue, EOFError, OSError, *_NONSENSE) as error:
                raise self._ending(what, error) from None
            except BaseException:
                self.close()  # an interrupted exchange cannot be taken up again
                raise
        if told is not None:
            raise told
        return Answer(received.get("value"), found)

    def address_space_mib(self) -> float:
        """Return how much address space the child takes now, MiB; 0 where the system does not tell."""
        return memory_mib(self.pid, "VmSize")

    def close(self) -> None:
        """End the child at once; closing twice is fine."""
        self._finalizer()

    def _wake(self) -> None:
        self._exchange({"limits": asdict(self.limits)}, (), _START_S)
        self._is_ready = True

    def _exchange(
        self, header: Mapping[str, Any], arrays: Sequence[Array], seconds: float
    ) -> tuple[dict[str, Any], tuple[Array, ...]]:
        process = self._process
        with process.deadline(seconds) as (until_written, until_read):
            send(process.requests, header, arrays, until_written)
            return receive(process.answers, self.limits.answer_bytes, until_read)

    def _ending(self, what: str, error: BaseException) -> InkreadError:
        """End the child and return why it gave no answer."""
        process = self._process
        code = process.end(_PATIENCE_S if isinstance(error, EOFError | OSError) else 0.0)
        self._finalizer()
        if not self._is_ready:
            how = process.last_words or _how(code)
            return InkreadError(
                f"the process for decoding did not start ({how})",
                remedy="check that this Python can start itself, or decode in this one: isolate = never",
            )
        if isinstance(error, Overdue):
            return _over(f"{self.limits.wall_s:g} s", what, "decode_wall_s")
        if code is None or not isinstance(error, EOFError | OSError):
            return DamagedInputError(f"the decoder gave no sensible answer about {what}", remedy=_AGAIN)
        if code == -_number("SIGXCPU"):
            return _over(f"{self.limits.cpu_s:g} s of processor time", what, "decode_cpu_s")
        if self._ran_out_of_memory(code):
            return _over(f"{self.limits.memory_mb:,} MiB of memory", what, "decode_memory_mb")
        words = f"; {process.last_words}" if process.last_words and code >= 0 else ""
        return DamagedInputError(f"the decoder crashed on {what} ({_how(code)}{words})", remedy=_AGAIN)

    def _ran_out_of_memory(self, code: int) -> bool:
        if code in (OUT_OF_MEMORY, -_number("SIGKILL")):  # the system kills where the machine itself is full
            return True
        said = any(word in self._process.last_words.casefold() for word in _MEMORY_WORDS)
        return code < 0 and (said or self._process.taken_mib > _FULL * self.limits.memory_mb)


def _error(told: Any, what: str) -> InkreadError:
    """Return the error that a child tells of, of a class of inkread.errors whatever it says."""
    facts = told if isinstance(told, dict) else {}
    name, message, remedy = (str(facts.get(key, ""))[:_MAX_MESSAGE] for key in ("kind", "message", "remedy"))
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, InkreadError):
        return kind(message, remedy=remedy)
    reason = " ".join(f"{name}: {message}".split())[:_MAX_REASON]
    return DamagedInputError(f"the decoder failed on {what} ({reason})", remedy=_AGAIN)


def _over(limit: str, what: str, option: str) -> LimitError:
    return LimitError(f"decoding {what} took more than {limit}", remedy=f"raise {option} if you trust the file")


def _how(code: int | None) -> str:
    if code is None:
        return "it did not answer"
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"


def _number(name: str) -> int:
    """Return a signal's number; one that no process ends with where the system has no such signal."""
    return int(getattr(signal, name, 1 << 16))
