"""Networks kept open up to a number; the one used longest ago makes room for the next, and opens again when needed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from inkread.errors import ClosedError
from inkread.runtime.session import Floats, Pixels, Session, Stop


class Pool:
    """At most `limit` networks open at once, as far as no more are in use: none is unloaded while it runs.

    limit: None: all that are asked for, until `unload_idle`.
    """

    def __init__(self, limit: int | None) -> None:
        self._limit = limit if limit is not None else sys.maxsize
        self._lock = threading.RLock()
        self._loaded: list[UnloadingSession] = []  # the one used longest ago first

    @property
    def loaded(self) -> int:
        """How many networks are open."""
        return len(self._loaded)

    def session(self, start: Callable[[], Session]) -> UnloadingSession:
        """Return a session that `start` opens, now and again whenever it is needed after having been unloaded."""
        session = UnloadingSession(self, start)
        with session._in_use():  # a model that does not open is told now
            return session

    def unload_idle(self) -> None:
        """Unload all networks that are not running; each opens again when it is next needed."""
        with self._lock:
            for session in [each for each in self._loaded if not each._users]:
                self._unload(session)

    def _take(self, session: UnloadingSession) -> Session:
        """Return a session's network, opened where it is not, and keep it from being unloaded."""
        with self._lock:
            if session._is_closed:
                raise ClosedError("the session is closed", remedy="open a new Reader")
            if session._network is None:
                self._make_room()
                session._network = session._start()
                session._description = session._network.description
            else:
                self._loaded.remove(session)
            self._loaded.append(session)
            session._users += 1
            return session._network

    def _give_back(self, session: UnloadingSession) -> None:
        with self._lock:
            session._users -= 1
            if len(self._loaded) > self._limit and not session._users:  # more were in use than may be kept
                self._unload(session)

    def _make_room(self) -> None:
        idle = [each for each in self._loaded if not each._users]
        for session in idle[: max(0, len(self._loaded) - self._limit + 1)]:
            self._unload(session)

    def _unload(self, session: UnloadingSession) -> None:
        if session._network is not None:
            self._loaded.remove(session)
            session._network.close()
            session._network = None

    def _close(self, session: UnloadingSession) -> None:
        with self._lock:
            session._is_closed = True
            self._unload(session)


class UnloadingSession:
    """A `Session` whose network may be unloaded between two uses."""

    def __init__(self, pool: Pool, start: Callable[[], Session]) -> None:
        self._pool = pool
        self._start = start
        self._network: Session | None = None
        self._description = ""
        self._users = 0
        self._is_closed = False

    @property
    def description(self) -> str:
        """The engine, device and precision that it ran on last."""
        return self._description

    def run(self, batch: Pixels | Floats, stop: Stop | None = None) -> Floats:
        """Return the network's output, as `Session.run` does."""
        with self._in_use() as network:
            return network.run(batch, stop)

    def run_many(self, batches: Iterable[Pixels | Floats], stop: Stop | None = None) -> Iterator[Floats]:
        """Yield the outputs of several batches, as `Session.run_many` does."""
        with self._in_use() as network:
            yield from network.run_many(batches, stop)

    def working_bytes(self, *sizes: tuple[int, int]) -> int:
        """Return how much more memory such pictures take, the network being open: it is opened where it is not."""
        with self._in_use() as network:
            return network.working_bytes(*sizes)

    def release(self) -> None:
        """Give back what the network holds beside itself, where it is open."""
        if self._network is not None:
            self._network.release()

    def close(self) -> None:
        """Free the network for good; closing twice is fine."""
        self._pool._close(self)

    @contextmanager
    def _in_use(self) -> Iterator[Session]:
        network = self._pool._take(self)
        try:
            yield network
        finally:
            self._pool._give_back(self)
