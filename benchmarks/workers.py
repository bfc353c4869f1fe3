"""The race's side of a worker: start it, ask it, hold it still while another one reads."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from conditions import BenchmarkError

PEERS = Path(__file__).parent / "peers.py"
START_LIMIT_S = 300.0
READ_LIMIT_S = 300.0  # the slowest peer takes some 10 s for the largest picture


class WorkerDiedError(BenchmarkError):
    """A worker ended, or was ended because it took too long."""


class Worker:
    """One engine in its own process.

    Between two requests the process is stopped, so that it cannot spin or tidy up while another engine is timed.
    """

    def __init__(self, engine: str, python: Path, log: Path) -> None:
        self.engine = engine
        self.restarts = 0
        self.peak_rss_mb = 0.0
        self._command = [str(python), str(PEERS), engine]
        self._log = log
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process, stopped or not."""
        self._process.kill()
        self._process.communicate()

    def about(self) -> dict[str, Any]:
        """Return the engine's model, precision and versions. Raises WorkerDiedError."""
        return self._turn({"about": True})

    def read(self, path: Path, script: str) -> dict[str, Any]:
        """Return what the engine makes of a picture.

        A worker that ends without an answer is started again, and the answer is an error in place of lines.
        """
        start = time.perf_counter()
        try:
            answer = self._turn({"path": str(path.resolve()), "script": script})
        except WorkerDiedError as failure:
            seconds = time.perf_counter() - start
            self.close()
            self.restarts += 1
            self._start()
            return {"lines": [], "seconds": seconds, "stages": {}, "error": str(failure)}
        self.peak_rss_mb = max(self.peak_rss_mb, answer["peak_rss_mb"])
        return answer

    def _turn(self, request: dict[str, Any]) -> dict[str, Any]:
        os.kill(self._process.pid, signal.SIGCONT)
        answer = self._exchange(json.dumps(request), READ_LIMIT_S)
        os.kill(self._process.pid, signal.SIGSTOP)
        return answer

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8"
            )
        try:
            hello = self._exchange(None, START_LIMIT_S)
        except WorkerDiedError as failure:
            self.close()
            raise BenchmarkError(f"{self.engine} cannot be set up ({failure}): see {self._log}") from failure
        if "error" in hello:
            self.close()
            raise BenchmarkError(f"{self.engine} cannot be set up: {hello['error']}")
        self.init_s: float = hello["init_s"]
        os.kill(self._process.pid, signal.SIGSTOP)

    def _exchange(self, request: str | None, limit_s: float) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        watchdog = threading.Timer(limit_s, self._process.kill)
        watchdog.start()
        try:
            if request is not None:
                self._process.stdin.write(request + "\n")
                self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watchdog.cancel()
        if not line:
            raise WorkerDiedError(f"the worker of {self.engine} ended with status {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer
