"""Tells those who wait in an event loop that something of a job has changed in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Bell:
    """Rings for a job. Threads ring, coroutines listen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: defaultdict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = defaultdict(set)

    def __len__(self) -> int:
        """How many listen."""
        return sum(map(len, self._listeners.values()))

    def ring(self, job_id: str) -> None:
        with self._lock:
            listeners = list(self._listeners.get(job_id, ()))
        for loop, event in listeners:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    @contextmanager
    def listening(self, job_id: str) -> Iterator[asyncio.Event]:
        """Yield what is set when the bell rings for this job."""
        each = asyncio.get_running_loop(), asyncio.Event()
        with self._lock:
            self._listeners[job_id].add(each)
        try:
            yield each[1]
        finally:
            with self._lock:
                self._listeners[job_id].discard(each)
                if not self._listeners[job_id]:
                    del self._listeners[job_id]
