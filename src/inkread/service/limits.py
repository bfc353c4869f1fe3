"""What keeps one client from taking everything: shares that fill up again with time, and memory for bodies."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from inkread.errors import BusyError, QuotaError

# Who has not asked for longest is forgotten: his share was full again anyway, or an address is one of a flood.
_MOST_KEYS: Final = 10_000
_MINUTE_S: Final = 60.0


@dataclass
class _Share:
    left: float
    at: float


class Buckets:
    """A share of something for each client, which fills up again at a steady rate and holds at most a minute of it.

    What was taken may be known only afterwards: a share may then be below zero, and fills up from there. So the rate
    holds exactly over time, whatever one request costs.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._shares: OrderedDict[str, _Share] = OrderedDict()

    def take(self, key: str, per_minute: float, amount: float = 1.0) -> None:
        """Take from a share. Raises QuotaError, with when to come again, where less than `amount` is left."""
        with self._lock:
            share = self._filled(key, per_minute)
            needed = min(amount, per_minute)
            if share.left < needed:
                raise self._over(share, needed, per_minute)
            share.left -= amount

    def check(self, key: str, per_minute: float, *, spare: float = 0.0) -> None:
        """Raise QuotaError where nothing is left; spare: nothing but this part of a minute's share."""
        with self._lock:
            share = self._filled(key, per_minute)
            if share.left <= spare * per_minute:
                raise self._over(share, spare * per_minute, per_minute)

    def spend(self, key: str, per_minute: float, amount: float) -> None:
        """Take what was used, even if that is more than was left."""
        with self._lock:
            self._filled(key, per_minute).left -= amount

    def _filled(self, key: str, per_minute: float) -> _Share:
        now = self._clock()
        share = self._shares.pop(key, None) or _Share(per_minute, now)
        share.left = min(per_minute, share.left + (now - share.at) * per_minute / _MINUTE_S)
        share.at = now
        self._shares[key] = share
        while len(self._shares) > _MOST_KEYS:
            self._shares.popitem(last=False)
        return share

    def _over(self, share: _Share, needed: float, per_minute: float) -> QuotaError:
        wait_s = (needed - share.left) * _MINUTE_S / per_minute
        return QuotaError(
            "this client has asked for more than its share of a minute",
            remedy=f"wait {wait_s:.0f} s, or have the quota raised",
            retry_after_s=max(wait_s, 1.0),
        )


class Memory:
    """How many bytes the bodies of all requests may take together; used by the event loop alone."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.taken = 0

    def take(self, count: int) -> None:
        """Reserve bytes. Raises BusyError where there are not so many left."""
        if self.taken + count > self._most:
            raise BusyError("too many requests are held in memory", remedy="try again soon", retry_after_s=2.0)
        self.taken += count

    def give_back(self, count: int) -> None:
        self.taken -= count
