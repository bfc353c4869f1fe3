"""The process: told to end it answers what it accepted, and ends with 0."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

RECEIPT = Path(__file__).resolve().parents[3] / "examples" / "note.jpg"


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_process_that_is_told_to_end_answers_what_it_accepted(tmp_path):
    log = tmp_path / "log"
    command = [sys.executable, "-m", "inkread", "serve", "--port", "0", "--offline"]
    environment = {**os.environ, "INKREAD_HOME": str(tmp_path)}
    with log.open("w") as stderr:
        process = subprocess.Popen(command, stderr=stderr, env=environment)
    try:
        url = address(log)
        content = RECEIPT.read_bytes()

        def ask(_: int) -> int:
            answer = httpx2.post(f"{url}/v1/read", files={"file": ("a.jpg", content)}, timeout=60)
            return answer.status_code

        with ThreadPoolExecutor(3) as clients:
            asked = [clients.submit(ask, number) for number in range(3)]
            wait_for(lambda: "inkread_queue 3.0" in httpx2.get(f"{url}/metrics").text)
            process.send_signal(signal.SIGTERM)
            statuses = [each.result() for each in asked]
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
    assert statuses == [200, 200, 200]
    assert "Traceback" not in log.read_text()


def address(log: Path) -> str:
    """Return where a service is, when it is ready."""
    wait_for(lambda: "serving anybody on port" in log.read_text())
    found = re.search(r"serving anybody on port (\d+)", log.read_text())
    assert found is not None
    url = f"http://127.0.0.1:{found[1]}"

    def is_ready() -> bool:
        try:
            return httpx2.get(f"{url}/health/ready").status_code == 200
        except httpx2.TransportError:
            return False

    wait_for(is_ready)
    return url


def wait_for(condition, limit_s: float = 60.0) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
