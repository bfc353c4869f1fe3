"""What a service tells of itself: figures, and logs as JSON. Neither holds a document's text, a name or an address."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, Final, TextIO

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from inkread import __version__

request_id: ContextVar[str] = ContextVar("request_id", default="")

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_JOB_SECONDS: Final = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0)
# What the service's own records carry beside their message.
_FIELDS: Final = ("route", "method", "status", "seconds", "bytes", "pages", "megapixels", "client", "reason")


class Telemetry:
    """The figures of one service, as Prometheus reads them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        names = ("route", "method", "status")
        self._requests = Counter("inkread_requests", "Requests answered.", names, registry=self.registry)
        self._seconds = Histogram(
            "inkread_request_seconds", "From a request's headers to the end of its answer.", ("route",),
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._stages = Histogram(
            "inkread_stage_seconds", "Each stage of reading, by page.", ("stage",),
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._pages = Counter("inkread_pages", "Pages read.", registry=self.registry)
        self._megapixels = Counter("inkread_megapixels", "Megapixels read.", registry=self.registry)
        self._refused = Counter("inkread_refused", "Requests refused, by error.", ("kind",), registry=self.registry)
        self._jobs = Counter("inkread_jobs", "Jobs, by what became of them.", ("event",), registry=self.registry)
        self._job_pages = Counter("inkread_job_pages", "Pages of jobs.", ("outcome",), registry=self.registry)
        self._job_seconds = Histogram(
            "inkread_job_seconds", "From a job's submission to its end.", buckets=_JOB_SECONDS, registry=self.registry
        )
        self._hooks = Counter("inkread_webhooks", "Messages sent.", ("outcome",), registry=self.registry)
        self._info = Gauge("inkread_info", "What reads.", ("version", "generator"), registry=self.registry)

    def watch(self, name: str, about: str, value: Callable[[], float]) -> None:
        """Show a value that is asked for when the figures are."""
        Gauge(f"inkread_{name}", about, registry=self.registry).set_function(value)

    def reads(self, generator: str) -> None:
        """Say what reads: models, engine, device."""
        self._info.clear()
        self._info.labels(__version__, generator).set(1)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def refused(self, kind: str) -> None:
        self._refused.labels(kind).inc()

    def page(self, megapixels: float, stages: Mapping[str, float]) -> None:
        self._pages.inc()
        self._megapixels.inc(megapixels)
        for stage, seconds in stages.items():
            self._stages.labels(stage).observe(seconds)

    def job(self, event: str) -> None:
        """Count a job: submitted, done, failed, cancelled, expired."""
        self._jobs.labels(event).inc()

    def job_ended(self, state: str, seconds: float) -> None:
        self.job(state)
        self._job_seconds.observe(seconds)

    def job_page(self, outcome: str) -> None:
        self._job_pages.labels(outcome).inc()

    def hook(self, outcome: str) -> None:
        """Count a message: delivered, refused (and tried again), failed."""
        self._hooks.labels(outcome).inc()

    def text(self) -> bytes:
        """Return all figures in the text format of Prometheus."""
        return generate_latest(self.registry)


class JsonLines(logging.Formatter):
    """One JSON object a line. Of an error its class and place, not its words: they may quote a document."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{record.msecs:03.0f}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            line["request_id"] = request_id.get()
        line |= {name: value for name in _FIELDS if (value := getattr(record, name, None)) is not None}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = shape_of(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True, default=str)


def shape_of(error: BaseException) -> str:
    """Return an error's class and the places it went through, without its message."""
    places = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-8:]]
    return f"{type(error).__name__} at {' > '.join(places)}"


def log_json(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Have this process log as JSON lines on stderr, what uvicorn tells included."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("inkread", "uvicorn.error"):
        logging.getLogger(name).setLevel(level)
