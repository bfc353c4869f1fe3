"""What one page may take, and what was left out to keep to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from inkread.document import Degradation
from inkread.errors import CancelledError
from inkread.geometry import Quad
from inkread.runtime.memory import UNLIMITED, Memory


class Cancel(Protocol):
    """Says whether anybody still waits: a threading.Event, or anything with this method."""

    def is_set(self) -> bool: ...


class Allowance:
    """The time and the memory of one page, and whether anybody still waits for it.

    deadline_s: seconds from now; None: as many as it takes.  clock: gives seconds.
    degraded: what was done less well than usual to keep to it.  unread: regions, in page pixels, that were not read.
    """

    def __init__(
        self,
        *,
        deadline_s: float | None = None,
        cancel: Cancel | None = None,
        memory: Memory = UNLIMITED,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.memory = memory
        self._clock = clock
        self._end = None if deadline_s is None else clock() + deadline_s
        self._cancel = cancel
        self._reserve_s = 0.0
        self.degraded: dict[Degradation, None] = {}
        self.unread: list[Quad] = []

    @property
    def is_bound(self) -> bool:
        """Whether there is anything to keep to."""
        return self.may_end or self.memory.is_limited

    @property
    def may_end(self) -> bool:
        """Whether work may have to stop before it is done."""
        return self._end is not None or self._cancel is not None

    @property
    def left_s(self) -> float | None:
        """Seconds that are left for reading, after what is kept for the end; None: as many as it takes."""
        return None if self._end is None else self._end - self._reserve_s - self._clock()

    def keep_for_the_end(self, seconds: float) -> None:
        """Set seconds aside for what is done after the last line was read."""
        self._reserve_s = seconds

    def must_stop(self) -> bool:
        """Return whether the time is up. Raises CancelledError where nobody waits any more."""
        if self._cancel is not None and self._cancel.is_set():
            raise CancelledError("reading was cancelled")
        return self._end is not None and self._clock() >= self._end - self._reserve_s

    def stops(self) -> bool:
        """Return whether to stop, for whatever reason."""
        is_cancelled = self._cancel is not None and self._cancel.is_set()
        return is_cancelled or (self._end is not None and self._clock() >= self._end - self._reserve_s)

    def degrade(self, how: Degradation) -> None:
        """Note what is done less well than usual."""
        self.degraded[how] = None


# No bounds; nothing is ever noted in it.
FREE = Allowance()
