"""From nothing to the first text: a new environment reads the sample; how long, and how large is it?

Writes benchmarks/proofs/first_result.json. Three ways: pip; uv, which compiles no Python beforehand; pip with the
versions of deploy/small.txt. Packages come from wherever pip and uv get them here, without their caches. The size is
that of all packages but pip and setuptools, after the first text; what is compiled is that of the same packages. The
aims are two minutes and 500 MB; the exit code says whether each way is within two minutes and deploy/small.txt within
500 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
AIM_S, AIM_MB = 120.0, 500.0
NOT_OURS = ("pip", "setuptools", "_distutils_hack", "pkg_resources", "distutils-precedence")
# What lies there, by the beginnings of names.
PARTS = {
    "OpenVINO": ("openvino",),
    "OpenCV": ("cv2", "opencv"),
    "numpy": ("numpy",),
    "models": ("ocrust",),
    "Pillow": ("PIL", "pillow"),
    "pikepdf, lxml": ("pikepdf", "lxml"),
    "PDFium": ("pypdfium2",),
    "inkread": ("inkread",),
    "others": ("",),
}
# Where packages come from, and whom to trust.
NETWORK = ("PIP_", "UV_", "SSL_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
SMALL = ROOT / "deploy" / "small.txt"


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "proofs" / "first_result.json")
    arguments = parser.parse_args()
    uv = shutil.which("uv")
    ways = {"pip": pip(), "uv": uv_(uv) if uv else None, "pip, small": pip("-c", str(SMALL))}
    measured = {name: measure(steps) for name, steps in ways.items() if steps}
    result = {
        "aim_seconds": AIM_S,
        "aim_megabytes": AIM_MB,
        "ways": measured,
        "machine": f"{platform.machine()}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}",
    }
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    for name, way in measured.items():
        print(
            f"{name:12}{way['seconds_in_all']:7} s (aim: {AIM_S:.0f}), {way['megabytes']} MB (aim: {AIM_MB:.0f}), "
            f"{way['megabytes_of_compiled_python']} of them compiled Python"
        )
    fast = all(way["is_read"] and way["seconds_in_all"] < AIM_S for way in measured.values())
    return 0 if fast and measured["pip, small"]["megabytes"] < AIM_MB else 1


def pip(*more: str) -> dict[str, list[str]]:
    """Return the steps of pip, {environment} to be filled in."""
    return {
        "make": [sys.executable, "-m", "venv", "{environment}"],
        "install": ["{environment}/bin/pip", "install", "--quiet", "--no-cache-dir", str(ROOT), *more],
        "read": ["{environment}/bin/inkread", str(ROOT / "examples" / "receipt.jpg")],
    }


def uv_(uv: str) -> dict[str, list[str]]:
    """Return the steps of uv."""
    python = ["--python", "{environment}/bin/python"]
    return {
        "make": [uv, "venv", "--quiet", "--python", sys.executable, "{environment}"],
        "install": [uv, "pip", "install", "--quiet", "--no-cache", *python, str(ROOT)],
        "read": pip()["read"],
    }


def measure(steps: dict[str, list[str]]) -> dict[str, Any]:
    """Return how long each step took and what lies on the disk afterwards."""
    seconds, text = {}, ""
    with tempfile.TemporaryDirectory() as folder:
        for name, command in steps.items():
            filled = [word.replace("{environment}", f"{folder}/environment") for word in command]
            start = time.perf_counter()
            # Isolated: nothing of this environment's Python path, nor a home's caches; but the network as it is here.
            environment = {"PATH": "/usr/bin:/bin", "HOME": folder}
            environment |= {name: value for name, value in os.environ.items() if name.startswith(NETWORK)}
            done = subprocess.run(filled, capture_output=True, text=True, check=True, env=environment)
            seconds[name], text = round(time.perf_counter() - start, 1), done.stdout
        (packages,) = Path(folder, "environment").glob("lib/python*/site-packages")
        ours = [path for path in packages.iterdir() if not path.name.startswith(NOT_OURS)]
        sizes = dict.fromkeys(PARTS, 0.0)
        for path in ours:
            sizes[part_of(path.name)] += size_mb(files_of(path))
        compiled = size_mb(file for path in ours for file in files_of(path) if file.suffix == ".pyc")
    return {
        "seconds": seconds,
        "seconds_in_all": round(sum(seconds.values()), 1),
        "megabytes": round(sum(sizes.values()), 1),
        "megabytes_of_compiled_python": round(compiled, 1),
        "parts": {name: round(size, 1) for name, size in sizes.items()},
        "is_read": "TOTAL EUR" in text,
    }


def part_of(name: str) -> str:
    """Return which part a file or folder of the packages belongs to."""
    return next(part for part, beginnings in PARTS.items() if name.startswith(beginnings))


def files_of(path: Path) -> list[Path]:
    """Return a file, or all files of a folder."""
    return [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]


def size_mb(files: Iterable[Path]) -> float:
    """Return the bytes of files, in MB (10^6)."""
    return sum(file.stat().st_size for file in files) / 1e6


if __name__ == "__main__":
    sys.exit(main())
