"""How long looks take in this process: what a size would take, before it is decided on."""

from __future__ import annotations

import threading
from collections import OrderedDict

# A size that was not seen before costs the making of kernels too: 1.5 to 2.2 times as much (640 x 448 to 1600 x 1120
# px, OpenVINO). What the trial says takes its place where there was one.
_NEW_BY_SEEN = 2.0
# Engines keep kernels for some tens of sizes.
_SIZES_KEPT = 32
# A slow look is remembered for some pages: what else the machine does lasts longer than a page.
_FADING = 0.8


class Pace:
    """Seconds a pixel of the network's picture, at sizes seen before and at new ones; none before the first look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen_s_px: float | None = None
        self._new_s_px: float | None = None
        self._sizes: OrderedDict[tuple[int, int], None] = OrderedDict()

    def expected_s(self, size: tuple[int, int]) -> float | None:
        """Return how long a look at this size, (width, height) px, would take; None: nobody knows yet."""
        with self._lock:
            seen, new = self._seen_s_px, self._new_s_px
            if size not in self._sizes:
                seen = new if new is not None else seen and _NEW_BY_SEEN * seen
            return None if seen is None else seen * size[0] * size[1]

    def note(self, size: tuple[int, int], seconds: float, *, is_done: bool = True) -> None:
        """Note how long a look took. One that was stopped, not done, would have taken at least so long."""
        with self._lock:
            is_new = size not in self._sizes
            before = self._new_s_px if is_new else self._seen_s_px
            fading = _FADING if is_done else 1.0
            s_px = max(seconds / (size[0] * size[1]), fading * before if before is not None else 0.0)
            if is_new:
                self._new_s_px = s_px
            else:
                self._seen_s_px = s_px
            self._sizes[size] = None
            self._sizes.move_to_end(size)
            if len(self._sizes) > _SIZES_KEPT:
                self._sizes.popitem(last=False)

    def forget_times(self) -> None:
        """Forget how long looks took, and keep which sizes were seen: a first look warms the engine up."""
        with self._lock:
            self._seen_s_px = self._new_s_px = None
