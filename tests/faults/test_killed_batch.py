"""A batch survives what stops it: the short form of benchmarks/proofs/batch.py, and a disk that is full."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image as Pillow

from inkread.batch.records import read_results

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src")}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@pytest.mark.parametrize("engine", ["local", "ray"])
def test_drivers_and_workers_killed_at_random_leave_each_page_once(tmp_path: Path, engine: str) -> None:
    if engine == "ray":
        pytest.importorskip("ray", reason="needs the package ray: pip install inkread[ray]")
    kills = {"local": 3, "ray": 2}[engine]
    proof = str(ROOT / "benchmarks" / "proofs" / "batch.py")
    command = [sys.executable, proof, "--output", str(tmp_path / "proof.json"), "--seed", "1"]
    short = ["--pages", "60", "--kills", str(kills), "--part", engine]
    told = subprocess.run([*command, *short], env=ENVIRONMENT, capture_output=True, text=True, timeout=400, check=False)
    assert told.returncode == 0, told.stderr[-2000:]
    found = json.loads((tmp_path / "proof.json").read_text())
    assert found[engine]["pages"] == 60
    assert found[engine]["drivers"] + found[engine]["workers"] == kills
    assert found[engine]["wrong"] == []


def test_a_disk_that_takes_no_more_is_told_and_the_run_goes_on_when_it_does(tmp_path: Path) -> None:
    """The limit of a file's size stands in for the disk."""
    (tmp_path / "in").mkdir()
    with Pillow.open(ROOT / "examples" / "receipt.jpg") as receipt:
        for number in range(12):
            receipt.crop((0, 0, receipt.width, 120 + number)).save(tmp_path / "in" / f"{number}.png")
    command = [sys.executable, "-m", "inkread", "batch", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "-w", "1"]

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500, resource.RLIM_INFINITY))

    full = subprocess.run(
        command, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False, preexec_fn=limit
    )
    assert full.returncode == 17, full.stderr
    assert "File too large" in full.stderr or "file too large" in full.stderr
    assert len(full.stderr.splitlines()) == 1
    again = subprocess.run(
        [*command, "--resume", "--json"], env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False
    )
    told = json.loads(again.stdout)
    assert (again.returncode, told["read"], told["left"]) == (0, 12, 0)
    assert len({each.key for each in read_results(tmp_path / "out")}) == 12
