"""From nothing to the first text: a new environment, installed by pip, reads the sample; how long, and how large is it?

Writes benchmarks/proofs/first_result.json. Packages come from wherever pip gets them here, without its cache. The size
is that of all packages but pip and setuptools, with the compiled Python that pip adds. The aims are two minutes and
500 MB; the exit code says whether both were met.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AIM_S, AIM_MB = 120.0, 500.0
NOT_OURS = ("pip", "setuptools", "_distutils_hack", "pkg_resources")


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "proofs" / "first_result.json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "environment"
        steps = {
            "make": [sys.executable, "-m", "venv", environment],
            "install": [environment / "bin/pip", "install", "--quiet", "--no-cache-dir", ROOT],
            "read": [environment / "bin/inkread", ROOT / "examples/receipt.jpg"],
        }
        seconds, text = {}, ""
        for name, command in steps.items():
            start = time.perf_counter()
            # Isolated: nothing of this environment's Python path.
            done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"})
            seconds[name], text = round(time.perf_counter() - start, 1), done.stdout
        (packages,) = environment.glob("lib/python*/site-packages")
        sizes = {path.name: size_mb(path) for path in packages.iterdir() if not path.name.startswith(NOT_OURS)}
        compiled = sum(size_mb(path) for path in packages.rglob("__pycache__"))
    total = sum(sizes.values())
    is_right = "TOTAL EUR" in text
    result = {
        "seconds": seconds,
        "seconds_in_all": round(sum(seconds.values()), 1),
        "aim_seconds": AIM_S,
        "megabytes": round(total, 1),
        "megabytes_of_compiled_python": round(compiled, 1),
        "aim_megabytes": AIM_MB,
        "largest": {name: round(size, 1) for name, size in sorted(sizes.items(), key=lambda each: -each[1])[:8]},
        "is_read": is_right,
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
    }
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    print(
        f"{result['seconds_in_all']} s (aim: {AIM_S:.0f}), {total:.0f} MB (aim: {AIM_MB:.0f}), {compiled:.0f} of them "
        "compiled Python"
    )
    return 0 if is_right and result["seconds_in_all"] < AIM_S and total < AIM_MB else 1


def size_mb(path: Path) -> float:
    """Return the bytes of a file, or of all files of a folder, in MB (10^6)."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(each.stat().st_size for each in files) / 1e6


if __name__ == "__main__":
    sys.exit(main())
