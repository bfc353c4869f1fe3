"""What a network's layers take in, measured once, so that they can run in 8-bit integers: one JSON file a model."""

from __future__ import annotations

import importlib.resources
import json
from functools import lru_cache

from inkread.registry.catalog import ModelCard

Ranges = tuple[tuple[str, float, float], ...]


def activation_ranges(card: ModelCard) -> Ranges:
    """Return for each layer that may run in 8 bits its name in the network, and the least and greatest input.

    Empty for a model that nobody measured, and for another file under its name: ranges belong to weights.  They come
    from `scripts/calibrate.py`; layers that 8 bits would hurt are not among them.
    """
    measured = _measured().get(card.files[0].sha256 or "") if card.files else None
    return measured or ()


@lru_cache(maxsize=1)
def _measured() -> dict[str, Ranges]:
    """Return the ranges by the sha256 of the file that they were measured with."""
    found: dict[str, Ranges] = {}
    for file in importlib.resources.files(__name__).iterdir():
        if file.name.endswith(".json"):
            record = json.loads(file.read_text(encoding="utf-8"))
            ranges = ((layer, float(least), float(greatest)) for layer, (least, greatest) in record["ranges"].items())
            found[record["sha256"]] = tuple(ranges)
    return found
