"""Write docs/benchmarks.md again from the results that there are: `scripts/bench tables`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import batch
import calibration
import cascade
import cells
import cold
import correction
import curve
import degraded
import doctor
import document
import extraction
import handwriting
import languages
import levers
import missed_ink
import order
import orientation
import pairs
import precision
import race_tables
import roofline
import taught
from conditions import RESULTS

# Benchmark, and results, of the same name: its part of the document.
SECTIONS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "cold": cold.render,
    "roofline": roofline.render,
    "levers": levers.render,
    "curve": curve.render,
    "precision": precision.render,
    "orientation": orientation.render,
    "doctor": doctor.render,
    "missed_ink": missed_ink.render,
    "degraded": degraded.render,
    "extraction": extraction.render,
    "correction": correction.render,
    "order": order.render,
    "cells": cells.render,
    "pairs": pairs.render,
    "languages": languages.render,
    "handwriting": handwriting.render,
    "taught": taught.render,
    "calibration": calibration.render,
    "cascade": cascade.render,
    "batch": batch.render,
    "avx2": race_tables.brief,
    "race": race_tables.render,
}


def publish_all(results: Path = RESULTS, page: Path = document.DOCUMENT) -> list[str]:
    """Write the section of each benchmark that has results, and the picture of the curve; return their names."""
    written = []
    for name, render in SECTIONS.items():
        file = results / f"{name}.json"
        if file.is_file():
            measured = json.loads(file.read_text(encoding="utf-8"))
            document.publish(name, render(measured), page)
            if name == "curve":
                (page.parent / curve.PICTURE.name).write_text(curve.picture(measured), encoding="utf-8")
            written.append(name)
    return written


def main() -> int:
    """Write all sections."""
    print(f"wrote {', '.join(publish_all())} into {document.DOCUMENT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
