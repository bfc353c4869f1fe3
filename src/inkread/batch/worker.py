"""A process that reads inputs for its parent: `python -m inkread.batch.worker MODULE:READER`.

From stdin come pickles, which only the parent writes: the options, then one job after the other. To stdout goes a line
of JSON for each, for what was read may be hostile and nothing that comes back is ever unpickled.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pickle
import signal
import sys
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from inkread import errors
from inkread.document import Document
from inkread.errors import InkreadError, WorkerError
from inkread.export.json import from_dict, to_dict
from inkread.image import Image
from inkread.options import ReaderOptions

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Job:
    """An input as it travels to a worker. content: a path, address or bytes, or its pages where these are pixels."""

    name: str
    content: str | bytes | list[Image]


class Reads(Protocol):
    """What a worker needs of a Reader, which is made of ReaderOptions."""

    def read(self, source: object, *, name: str) -> Document: ...


def main(target: str) -> None:
    """Read what the parent asks for until it has nothing more to ask, or is gone."""
    _die_with_parent()
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What a library prints must not pass for an answer.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        module, _, name = target.partition(":")
        try:
            reader: Reads = getattr(importlib.import_module(module), name)(pickle.load(jobs))
        except InkreadError as error:
            _tell(answers, _fault(error))
            return
        _tell(answers, {"ready": True})
        while True:
            job: Job = pickle.load(jobs)
            _tell(answers, _answer(reader, job))


def start_message(options: ReaderOptions) -> bytes:
    """Return what tells a worker the options to read with."""
    return pickle.dumps(options)


def understood(line: bytes) -> Document | InkreadError | None:
    """Return what a worker's line says: a document, an error, or None for "ready". Raises ValueError for nonsense."""
    told = json.loads(line)
    if "document" in told:
        try:
            return from_dict(told["document"])
        except InkreadError as error:
            raise ValueError("an answer that is no document") from error
    if "error" in told:
        fault = told["error"]
        kind = getattr(errors, str(fault["kind"]), None)
        is_ours = isinstance(kind, type) and issubclass(kind, InkreadError)
        return (kind if is_ours else InkreadError)(str(fault["message"]), remedy=str(fault["remedy"]))  # type: ignore[misc]
    if told != {"ready": True}:
        raise ValueError("an answer of no known kind")
    return None


def _answer(reader: Reads, job: Job) -> dict[str, Any]:
    try:
        return {"document": to_dict(reader.read(job.content, name=job.name))}
    except InkreadError as error:
        return _fault(error)
    except Exception as error:  # a bug of ours or of a library costs one input, not all of them
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        return _fault(WorkerError(f'reading "{job.name}" failed ({reason})', remedy="please report it"))


def _fault(error: InkreadError) -> dict[str, Any]:
    return {"error": {"kind": type(error).__name__, "message": error.message, "remedy": error.remedy}}


def _tell(answers: BinaryIO, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
    answers.flush()


def _die_with_parent() -> None:
    """End at once where the parent is killed; elsewhere than on Linux, after the input at hand."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1])
