"""The process: told to end it answers what it accepted, and ends with 0."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
import started

NOTE = Path(__file__).resolve().parents[3] / "examples" / "note.jpg"


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_process_that_is_told_to_end_answers_what_it_accepted(tmp_path):
    content = NOTE.read_bytes()
    with started.process(tmp_path) as (url, process), ThreadPoolExecutor(3) as clients:

        def ask(_: int) -> int:
            return httpx2.post(f"{url}/v1/read", files={"file": ("a.jpg", content)}, timeout=60).status_code

        asked = [clients.submit(ask, number) for number in range(3)]
        end = time.monotonic() + 60
        while "inkread_queue 3.0" not in httpx2.get(f"{url}/metrics", timeout=60).text:
            assert time.monotonic() < end
            time.sleep(0.01)
        process.terminate()
        statuses = [each.result() for each in asked]
        assert process.wait(90) == 0
    assert statuses == [200, 200, 200]
    assert "Traceback" not in (tmp_path / "log").read_text()
