"""A report of a diagnosis that can be shared: figures and inkread's own words, nothing of the document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from inkread import __version__
from inkread.diagnosis.diagnose import Diagnosis
from inkread.document import Page
from inkread.options import ReaderOptions

# Options whose values are words of inkread's own: paths, patterns and passwords stand in others.
_SHARED = ("prefer", "mode", "min_confidence")
_SHARED_RUNTIME = ("device", "engine", "precision", "threads", "max_networks")


def report(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return a diagnosis as JSON holds it: kinds and figures of what was found, of pages sizes, counts and scores.

    No text, no name of a file or font, no message: these may quote the document.
    """
    return {
        "inkread": __version__,
        "findings": [
            {"kind": each.kind, "page": each.page, "figures": dict(each.figures)} for each in diagnosis.findings
        ],
        "pages": [_page(page) for page in diagnosis.pages],
        "options": _options(diagnosis.options),
        "machine": asdict(diagnosis.machine),
    }


def to_json(diagnosis: Diagnosis) -> str:
    """Return the report as text."""
    return json.dumps(report(diagnosis), indent=2, ensure_ascii=True) + "\n"


def _page(page: Page) -> dict[str, Any]:
    lines = page.lines
    heights = [min(line.quad.width, line.quad.height) for line in lines]
    return {
        "number": page.number,
        "width_px": page.width,
        "height_px": page.height,
        "dpi": page.dpi,
        "turned_deg": page.turned_deg,
        "coverage": page.coverage,
        "lines": len(lines),
        "characters": sum(len(line.text) for line in lines),
        "line_height_px": round(median(heights), 1) if heights else None,
        "confidences": _tenths([line.confidence for line in lines]),
        "of_a_layer": sum(line.origin == "layer" for line in lines),
    }


def _tenths(values: Sequence[float]) -> list[int]:
    """Return how many values lie in each tenth of 0..1."""
    counts = [0] * 10
    for value in values:
        counts[min(9, int(value * 10))] += 1
    return counts


def _options(options: ReaderOptions) -> dict[str, Any]:
    runtime = {name: getattr(options.runtime, name) for name in _SHARED_RUNTIME}
    return {
        **{name: getattr(options, name) for name in _SHARED},
        "languages": [name for name in options.language if len(name) <= 12 and name.replace("-", "").isalpha()],
        "text_layer": options.load.text_layer,
        "turn": options.enhance.turn,
        **runtime,
    }
