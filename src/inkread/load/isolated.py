"""Documents decoded in a child process, so that none of them can crash, hang or fill this one."""

from __future__ import annotations

import contextlib
import io
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from pydantic import SecretStr

from inkread.child.caller import Child, ChildLimits
from inkread.errors import ClosedError, DamagedInputError, InkreadError
from inkread.image import Image
from inkread.load.packing import NonsenseError, Packed, unpack
from inkread.option_set import Options
from inkread.options import Limits, LoadOptions
from inkread.runtime.memory import container_mib

_DECODER: Final = "inkread.load.decoder:Decoder"
# Children that wait for the next document; a start with the decoders takes 0.25 s.
_MAX_IDLE: Final = 2
# What decoders lose of memory, and what a document may have left behind, ends after so many documents, or when the
# child's address space without a document has grown to this share of its limit.
_MAX_DOCUMENTS: Final = 200
_GROWN: Final = 0.6
# A child counts in its container's memory, as this process does; with less than the least no decoder starts.
_SHARE_OF_CONTAINER: Final = 0.5
_LEAST_MB: Final = 512
# An answer is a page's pixels and its text.
_TEXT_BYTES: Final = 64 << 20


@dataclass
class _Worker:
    """A child that decodes, and how many documents it has opened."""

    child: Child
    documents: int = 0


class _Idle:
    """The children that wait for a document; shared by all threads."""

    def __init__(self) -> None:
        self.start_anew()

    def start_anew(self) -> None:
        """Forget all children, as a forked process must: they are its parent's."""
        self._lock = threading.Lock()
        self._workers: list[_Worker] = []

    def take(self, limits: ChildLimits) -> _Worker:
        """Return a child with these limits that nobody else uses: one that waited, or a new one."""
        with self._lock:
            for worker in self._workers:
                if worker.child.limits == limits and worker.child.is_alive:
                    self._workers.remove(worker)
                    return worker
        return _Worker(Child(_DECODER, limits))

    def give_back(self, worker: _Worker) -> None:
        """Keep a child for the next document, unless it has served enough."""
        child = worker.child
        is_fit = child.is_alive and worker.documents < _MAX_DOCUMENTS
        if not is_fit or child.address_space_mib() > _GROWN * child.limits.memory_mb:
            child.close()
            return
        with self._lock:
            self._workers.append(worker)
            surplus = self._workers[:-_MAX_IDLE]
            del self._workers[:-_MAX_IDLE]
        for each in surplus:
            each.child.close()


_idle: Final = _Idle()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.start_anew)


class IsolatedFile:
    """The pages of one document, each decoded in a child when it is asked for.

    A page that takes the child with it - too much time, too much memory, a crash - raises its own error; for the next
    page another child opens the document again. May be used by several threads; they wait for each other. `close()`
    frees the document; its child is kept for another one if the last page was reached or none was asked for, as by who
    only counts them, and ended if not.
    """

    def __init__(self, content: BinaryIO, name: str, limits: Limits, options: LoadOptions) -> None:
        """Open `content`, which this object owns from now on, even when it raises.

        What is in memory is sent to the child; a file on disk is opened there by its path.
        """
        self.name = name
        self._content = content
        self._limits = limits
        self._options = options
        self._worker: _Worker | None = None
        self._lock = threading.Lock()
        self._is_closed = False
        self._is_begun = self._is_ended = False
        try:
            self._count = self._open()
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return self._count

    def page(self, index: int) -> Image:
        """Return the page at `index`, from 0. Raises InputError naming the page."""
        what = f'page {index + 1} of "{self.name}"' if self._count > 1 else f'"{self.name}"'
        with self._lock:
            if self._is_closed:
                raise ClosedError(f'"{self.name}" is closed', remedy="open it again")
            if self._worker is None or not self._worker.child.is_alive:
                self._open()
            self._is_begun = True
            with self._trusted(what) as worker:
                value, arrays = worker.child.call({"do": "page", "index": index}, what=what)
                image = unpack(Packed(value, arrays), self.name, self._limits)
            self._is_ended = self._is_ended or index == self._count - 1
        return image

    def close(self) -> None:
        """Free the document; closing twice is fine."""
        with self._lock:
            self._is_closed = True
            worker, self._worker = self._worker, None
            is_done_with = self._is_ended or not self._is_begun
            if worker is not None and is_done_with and worker.child.is_alive:
                with contextlib.suppress(InkreadError):  # what is no longer fit is not kept
                    worker.child.call({"do": "close"})
                _idle.give_back(worker)
            elif worker is not None:
                worker.child.close()
            self._content.close()

    def _open(self) -> int:
        """Have a child open the document; return how many pages it has."""
        self._worker = _idle.take(_child_limits(self._limits))
        self._worker.documents += 1
        options = _plain(self._options) | {"isolate": "never"}
        request = {"do": "open", "name": self.name, "limits": _plain(self._limits), "options": options}
        if isinstance(self._content, io.BytesIO):
            arrays = [np.frombuffer(self._content.getvalue(), np.uint8)]  # which shares them, uncopied
        else:
            arrays = []
            request["path"] = str(Path(self._content.name).absolute())
        what = f'"{self.name}"'
        with self._trusted(what) as worker:
            count = worker.child.call(request, arrays, what=what).value
            if type(count) is not int or not 1 <= count <= self._limits.max_pages:
                raise NonsenseError("no number of pages")
        return count

    @contextlib.contextmanager
    def _trusted(self, what: str) -> Iterator[_Worker]:
        """Give the child; where it answers about `what` as no decoder of ours would, it is ended."""
        assert self._worker is not None
        try:
            yield self._worker
        except NonsenseError as error:
            self._worker.child.close()
            raise DamagedInputError(
                f"the decoder gave no sensible answer about {what} ({error})",
                remedy="get the file again from where it came",
            ) from error


def _child_limits(limits: Limits) -> ChildLimits:
    return ChildLimits(
        cpu_s=limits.decode_cpu_s,
        wall_s=limits.decode_wall_s,
        memory_mb=max(_LEAST_MB, int(min(limits.decode_memory_mb, _SHARE_OF_CONTAINER * container_mib()))),
        answer_bytes=3 * limits.max_pixels + _TEXT_BYTES,
    )


def _plain(options: Options) -> dict[str, Any]:
    """Return options as JSON can hold them, secrets in clear: they go to our own child, through a pipe."""
    return {name: _plain_value(getattr(options, name)) for name in type(options).model_fields}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Options):
        return _plain(value)
    return value.get_secret_value() if isinstance(value, SecretStr) else value
