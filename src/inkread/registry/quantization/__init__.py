"""What a network's layers take in, measured once, so that they can run in 8-bit integers: one JSON file a model."""

from __future__ import annotations

import importlib.resources
import json
from functools import lru_cache


@lru_cache(maxsize=8)
def activation_ranges(model: str) -> tuple[tuple[str, float, float], ...]:
    """Return for each layer that may run in 8 bits its name in the network, and the least and greatest input.

    Empty for a model that nobody measured.  The ranges come from `scripts/calibrate.py`; layers that 8 bits would
    hurt are not among them.
    """
    file = importlib.resources.files(__name__) / f"{model}.json"
    if not file.is_file():
        return ()
    ranges = json.loads(file.read_text(encoding="utf-8"))["ranges"]
    return tuple((layer, float(least), float(greatest)) for layer, (least, greatest) in ranges.items())
