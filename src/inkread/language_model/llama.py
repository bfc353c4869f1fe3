"""Language models on this machine: GGUF files, run by llama.cpp in a child process (extra `llm`).

The child may crash: what was asked then has no answer, and the next question starts another one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from inkread.child.caller import Child, ChildLimits
from inkread.errors import ClosedError, DamagedInputError, InkreadError, LimitError, ModelError
from inkread.extras import check_installed
from inkread.language_model.model import Message, Schema
from inkread.logs import logger

_CHILD: Final = "inkread.language_model.llama_child:Llama"
# Files are mapped and graphics cards take addresses by the terabyte: the limit of addresses is none.
_MEMORY_MB: Final = 1 << 24
_OPEN_FILES: Final = 256
# A model of 98 MB is as fast with one thread as with two where nothing else runs (14 against 13 ms a token), and ten
# times faster where something else does: threads wait for each other at each layer.
_SMALL_BYTES: Final = 500 << 20
_MOST_CRASHES: Final = 3

_log = logger(__name__)


class LlamaModel:
    """A GGUF model in a child process, loaded at once, shared by threads, which wait for each other."""

    can_score = True

    def __init__(
        self,
        path: Path,
        *,
        name: str = "",
        context_size: int = 4096,
        gpu_layers: int = 0,
        threads: int | None = None,
        timeout_s: float = 120.0,
    ) -> None:
        """Load it. The file was checked before (registry.language_models).

        timeout_s: for one question.  threads: None: one for small models, else as many as there are processors.
        Raises MissingPackageError without the package, ModelError where the model cannot be loaded.
        """
        check_installed("llm")
        self.name = name or path.stem
        self._path = path
        self._threads = threads or (1 if path.stat().st_size < _SMALL_BYTES else _processors())
        self._request = {
            "do": "open",
            "path": str(path),
            "context_size": context_size,
            "gpu_layers": gpu_layers,
            "threads": self._threads,
        }
        self._limits = ChildLimits(
            cpu_s=timeout_s * self._threads + 60, wall_s=timeout_s, memory_mb=_MEMORY_MB, open_files=_OPEN_FILES
        )
        self._lock = threading.Lock()
        self._is_closed = False
        self._crashes = 0
        self._child = self._open()
        self.context_size = context_size

    def scores(self, before: str, options: Sequence[str], after: str) -> list[float]:
        told = self._ask({"do": "scores", "before": before, "options": list(options), "after": after})
        if not isinstance(told, list) or len(told) != len(options) or not all(isinstance(each, float) for each in told):
            raise ModelError(f"{self.name} gave no sensible answer")
        return told

    def complete(self, messages: Sequence[Message], *, max_tokens: int, schema: Schema | None = None) -> str:
        said = [{"role": each.role, "content": each.content} for each in messages]
        asked = {"do": "complete", "messages": said, "max_tokens": max_tokens, "schema": schema}
        return str(self._ask(asked))

    def count_tokens(self, text: str) -> int:
        return int(self._ask({"do": "count", "text": text}))

    def close(self) -> None:
        """End the child: its memory is the system's again at once."""
        self._is_closed = True
        self._child.close()
        self._sweep()

    @property
    def pid(self) -> int:
        """The child's."""
        return self._child.pid

    def _ask(self, request: Mapping[str, Any]) -> Any:
        with self._lock:
            if self._is_closed:
                raise ClosedError(f"{self.name} is closed", remedy="open it again")
            if not self._child.is_alive:
                if self._crashes >= _MOST_CRASHES:
                    raise ModelError(f"{self.name} has ended {self._crashes} times", remedy="use another model")
                self._sweep()
                self._child = self._open()
            try:
                return self._child.call(request, what="text").value
            except (DamagedInputError, LimitError) as error:
                if self._child.is_alive and isinstance(error, LimitError):
                    raise  # told by the model: the text is too long
                self._crashes += not self._child.is_alive
                _log.warning("the language model gave no answer: %s", error.message)
                raise ModelError(f"{self.name} gave no answer ({error.message})", remedy="try another model") from error

    def _open(self) -> Child:
        # For the child's socket, nobody else may look into it. The next child has another one.
        folder = Path(tempfile.mkdtemp(prefix="inkread-"))
        self._folder = folder
        self._sweep = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        child = Child(_CHILD, self._limits)
        try:
            child.call({**self._request, "folder": str(folder)}, what=f'the model "{self._path}"')
        except InkreadError as error:
            child.close()
            self._sweep()
            raise ModelError(
                f'the language model "{self._path}" cannot be loaded ({error.message})',
                remedy="check that llama.cpp runs models of this kind, or use another one",
            ) from error
        _log.info("language model %s opened with %d threads", self.name, self._threads)
        return child


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
