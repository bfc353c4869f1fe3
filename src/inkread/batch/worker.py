"""A process that works for its parent: `python -m inkread.batch.worker MODULE:CLASS`.

From stdin come pickles, which only the parent writes: what the class is made of (a Reader's options), then one job
after the other. To stdout goes a line of JSON for each, for what was read may be hostile and nothing that comes back is
ever unpickled.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pickle
import signal
import sys
from typing import Any, BinaryIO, Protocol

from inkread.batch.messages import Job, fault
from inkread.document import Document
from inkread.errors import InkreadError, WorkerError
from inkread.export.json import to_dict

_PR_SET_PDEATHSIG = 1


class Reads(Protocol):
    """What a worker needs of a Reader, which is made of ReaderOptions."""

    def read(self, source: object, *, name: str) -> Document: ...


class Does(Protocol):
    """What a worker needs for jobs of any other kind: what it returns, JSON can hold."""

    def do(self, job: Any) -> dict[str, Any]: ...


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
            hand: Reads | Does = getattr(importlib.import_module(module), name)(pickle.load(jobs))
        except InkreadError as error:
            _tell(answers, {"error": fault(error)})
            return
        _tell(answers, {"ready": True})
        while True:
            _tell(answers, _answer(hand, pickle.load(jobs)))


def _answer(hand: Reads | Does, job: object) -> dict[str, Any]:
    name = job.name if isinstance(job, Job) else type(job).__name__
    try:
        if isinstance(job, Job):
            return {"document": to_dict(hand.read(job.content, name=job.name))}  # type: ignore[union-attr]
        return {"done": hand.do(job)}  # type: ignore[union-attr]
    except InkreadError as error:
        return {"error": fault(error)}
    except Exception as error:  # a bug of ours or of a library costs one job, not all of them
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        return {"error": fault(WorkerError(f'reading "{name}" failed ({reason})', remedy="please report it"))}


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
