"""A run that is killed goes on where it stopped: nothing is lost, nothing read twice but what was in hand."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image as Pillow

ROOT = Path(__file__).resolve().parents[2]
INPUTS = 12


def done(manifest: Path) -> list[str]:
    lines = manifest.read_text().splitlines() if manifest.exists() else []
    return [json.loads(line)["name"] for line in lines if line.startswith('{"done"') and line.endswith("}")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve pictures, two of which would go by the same name."""
    receipt = Pillow.open(ROOT / "examples" / "receipt.jpg").convert("RGB")
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(INPUTS - 1):
        receipt.resize((receipt.width // 2 - number, receipt.height // 2)).save(folder / f"{number:02}.png")
    receipt.save(folder / "05.jpg")
    return folder


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_run_goes_on_where_it_stopped(folder: Path) -> None:
    out = folder.parent / "out"
    manifest = out / "inkread-manifest.jsonl"
    command = [sys.executable, "-m", "inkread", "read", str(folder), "-o", str(out), "--resume", "-j", "2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 120
        while len(done(manifest)) < 3 and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        process.kill()
    first = done(manifest)
    assert 3 <= len(first) < INPUTS
    stamps = {path: path.stat().st_mtime_ns for path in out.glob("*.txt")}
    assert len(first) <= len(stamps) <= len(first) + 1
    again = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert again.returncode == 0, again.stderr
    names = done(manifest)
    assert sorted(names) == sorted(str(path) for path in folder.iterdir())
    assert names[: len(first)] == first
    assert len(list(out.glob("*.txt"))) == INPUTS
    assert sum(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items()) >= len(first)
