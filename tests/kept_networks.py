"""Networks that stay open from one test to the next.

A Reader takes 0.9 s of processor time to open its networks and to close them, and half of that to read a page.
"""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from inkread.errors import ClosedError
from inkread.options import RuntimeOptions
from inkread.runtime.open import open_session
from inkread.runtime.session import Floats, Network, Pixels, Session, Stop
from inkread.runtime.threads import available_threads

# Two Readers with options of their own, or three.
_MOST = 10


@dataclass
class _Kept:
    session: Session
    users: int = 0


class KeptNetworks:
    """Opens each network once, and closes those used longest ago where they become many."""

    def __init__(self) -> None:
        self._kept: dict[object, _Kept] = {}
        self._lock = threading.Lock()

    def open(self, network: Network, options: RuntimeOptions, *, streams: bool) -> Session:
        """Return a session, as `runtime.open.open_session` does; closing it leaves the network open for the next."""
        file = network.path.stat()
        key = (network, file.st_ino, file.st_mtime_ns, options, streams, available_threads())
        with self._lock:
            kept = self._kept.pop(key, None) or _Kept(open_session(network, options, streams=streams))
            self._kept[key] = kept  # behind all others
            kept.users += 1
            idle = [each for each, of in self._kept.items() if not of.users]
            for other in idle[: max(0, len(self._kept) - _MOST)]:
                self._kept.pop(other).session.close()
        return _Borrowed(kept)

    def close(self) -> None:
        for kept in self._kept.values():
            kept.session.close()
        self._kept.clear()


class _Borrowed:
    """A session of which only the borrowing ends."""

    def __init__(self, kept: _Kept) -> None:
        self._kept = kept
        self._is_closed = False

    @property
    def description(self) -> str:
        return self._kept.session.description

    def run(self, batch: Pixels | Floats, stop: Stop | None = None) -> Floats:
        return self._open().run(batch, stop)

    def run_many(self, batches: Iterable[Pixels | Floats], stop: Stop | None = None) -> Iterator[Floats]:
        yield from self._open().run_many(batches, stop)

    def working_bytes(self, *sizes: tuple[int, int]) -> int:
        return self._open().working_bytes(*sizes)

    def release(self) -> None:
        self._kept.session.release()

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._kept.users -= 1

    def _open(self) -> Session:
        if self._is_closed:
            raise ClosedError("the session is closed", remedy="open a new Reader")
        return self._kept.session
