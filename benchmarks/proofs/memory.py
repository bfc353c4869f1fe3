"""Memory over many pictures: read 5,000 of random sizes and see whether the process goes on growing.

Writes benchmarks/proofs/memory.json: resident memory every 50 pictures, the peak, and the slope after the first fifth
(least squares, KiB a picture): over the last 4,000. The aim is under 10 KiB; the exit code says whether it was met.
With --max-memory-mb 600 the same is read within that limit, which the peak is then held against too: memory_600mb.json.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from inkread import Limits, Reader, ReaderOptions

ROOT = Path(__file__).resolve().parents[2]
AIM_KIB = 10.0


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=5000)
    parser.add_argument("--max-memory-mb", type=int, help="a limit that the Reader is to keep to; none by default")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    limited = f"_{arguments.max_memory_mb}mb" if arguments.max_memory_mb else ""
    output = arguments.output or ROOT / "benchmarks" / "proofs" / f"memory{limited}.json"
    sample = Pillow.open(ROOT / "examples" / "receipt.jpg").convert("RGB")
    random = np.random.default_rng(1)
    seen: list[tuple[int, float]] = []
    start = time.perf_counter()
    options = ReaderOptions(limits=Limits(max_memory_mb=arguments.max_memory_mb))
    with Reader(options) as reader:
        for count in range(1, arguments.pictures + 1):
            size = int(random.integers(100, 700)), int(random.integers(100, 900))
            reader.read(sample.resize(size))
            if count % 50 == 0:
                seen.append((count, resident_mib()))
                print(f"{count:6} pictures {seen[-1][1]:8.1f} MiB", file=sys.stderr, flush=True)
        generator = reader.generator
    later = [(count, mib) for count, mib in seen if count > arguments.pictures / 5]
    slope_kib = float(np.polyfit(*np.array(later).T, 1)[0]) * 1024
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {
        "pictures": arguments.pictures,
        "sizes_px": "uniform, 100-700 x 100-900",
        "slope_kib_per_picture": round(slope_kib, 2),
        "aim_kib_per_picture": AIM_KIB,
        "max_memory_mb": arguments.max_memory_mb,
        "peak_mib": round(peak_mib, 1),
        "resident_mib": [[count, round(mib, 1)] for count, mib in seen],
        "seconds": round(time.perf_counter() - start, 1),
        "generator": generator,
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
    }
    output.write_text(json.dumps(result, indent=1) + "\n")
    print(f"{slope_kib:.1f} KiB a picture after the first fifth (aim: under {AIM_KIB:.0f}), peak {peak_mib:.0f} MiB")
    is_within = arguments.max_memory_mb is None or peak_mib * 2**20 < arguments.max_memory_mb * 1e6
    return 0 if slope_kib < AIM_KIB and is_within else 1


def resident_mib() -> float:
    """Return the resident memory of this process, MiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    sys.exit(main())
