"""A service in a process of its own, on loopback, with its real reader."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Networks open within a second or two; on a machine with ten times too much to do it takes a minute.
_LONGEST_START_S = 180.0
_LONGEST_END_S = 90.0


@contextmanager
def service(home: Path, *arguments: str) -> Iterator[str]:
    """Yield the address of a service that is ready. home: its folder, where its log is written too."""
    with process(home, *arguments) as (url, _):
        yield url


@contextmanager
def process(home: Path, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Yield the address of a service that is ready, and its process, which is told to end if it has not."""
    log = home / "log"
    command = [sys.executable, "-m", "inkread", "serve", "--port", "0", "--offline", *arguments]
    with log.open("w") as stderr:
        started = subprocess.Popen(command, stderr=stderr, env={**os.environ, "INKREAD_HOME": str(home)})
    try:
        yield _ready(log, started), started
        started.terminate()
        started.wait(_LONGEST_END_S)
    finally:
        started.kill()
        started.wait()


def _ready(log: Path, started: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + _LONGEST_START_S
    while time.monotonic() < end:
        time.sleep(0.1)
        assert started.poll() is None, log.read_text()
        if found := re.search(r"serving .* on port (\d+)", log.read_text()):
            url = f"http://127.0.0.1:{found[1]}"
            try:
                if urllib.request.urlopen(f"{url}/health/ready", timeout=5).status == 200:
                    return url
            except (urllib.error.URLError, TimeoutError):
                continue
    raise TimeoutError(log.read_text())
