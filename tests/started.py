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


@contextmanager
def service(home: Path, *arguments: str) -> Iterator[str]:
    """Yield the address of a service that is ready. home: its folder, where its log is written too."""
    log = home / "log"
    command = [sys.executable, "-m", "inkread", "serve", "--port", "0", "--offline", *arguments]
    with log.open("w") as stderr:
        process = subprocess.Popen(command, stderr=stderr, env={**os.environ, "INKREAD_HOME": str(home)})
    try:
        yield _ready(log, process)
    finally:
        process.terminate()
        process.wait(30)


def _ready(log: Path, process: subprocess.Popen[bytes]) -> str:
    for _ in range(600):
        time.sleep(0.1)
        assert process.poll() is None, log.read_text()
        if found := re.search(r"serving .* on port (\d+)", log.read_text()):
            url = f"http://127.0.0.1:{found[1]}"
            try:
                if urllib.request.urlopen(f"{url}/health/ready").status == 200:
                    return url
            except urllib.error.URLError:
                continue
    raise TimeoutError(log.read_text())
