"""Many inputs, here or in processes, from where a killed run stopped."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from inkread.document import Document
from inkread.errors import InkreadError
from inkread.load.source import Input
from inkread.logs import label, logger
from inkread.options import ReaderOptions
from inkread.runtime.threads import available_threads

if TYPE_CHECKING:
    from inkread.batch.manifest import Manifest

_log = logger(__name__)

# Each takes some 400 MB: more than this many have to be asked for.
MOST_BY_ITSELF: Final = 8

Result = Document | InkreadError
ReadHere = Callable[[Input], Result]
Progress = Callable[[int, str], None]


def read_many(
    inputs: Iterable[Input],
    read_here: ReadHere,
    options: ReaderOptions,
    *,
    max_workers: int | None = 1,
    progress: Progress | None = None,
    resume: str | Path | None = None,
) -> Iterator[tuple[str, Result]]:
    """Yield the name of each input and what was read; `Reader.read_many` says the rest."""
    with ExitStack() as stack:
        manifest = stack.enter_context(_manifest(resume, options)) if resume is not None else None
        keys: dict[Input, str] = {}
        if manifest is not None:
            inputs = _not_done(inputs, manifest, keys)
        results = results_of(inputs, read_here, options, max_workers)
        stack.callback(results.close)
        for done, (each, result) in enumerate(results, start=1):
            if progress is not None:
                progress(done, each.name)
            _log.debug("input %d done: %s", done, label(each.name))
            yield each.name, result
            # The caller asks for the next one: what was given is in good hands.
            if manifest is not None and (key := keys.pop(each, None)) and not isinstance(result, Exception):
                manifest.finish(key, each.name)


def results_of(
    inputs: Iterable[Input], read_here: ReadHere, options: ReaderOptions, max_workers: int | None
) -> Generator[tuple[Input, Result], None, None]:
    """Yield each input with what was read: in this process, one after the other, or in several, as they are done."""
    workers = processes_for(max_workers, options.runtime.threads)
    if workers == 1:
        for each in inputs:
            yield each, read_here(each)
    else:
        from inkread.batch.processes import read_each  # 5 ms that reading here need not wait for

        yield from read_each(inputs, options, workers=workers)


def processes_for(max_workers: int | None, threads: int | None) -> int:
    """Return how many processes to read with: as many as there are threads, eight at most, unless a number is given."""
    return max_workers or min(threads or available_threads(), MOST_BY_ITSELF)


def _manifest(path: str | Path, options: ReaderOptions) -> Manifest:
    from inkread.batch.manifest import Manifest

    return Manifest(path, options)


def _not_done(inputs: Iterable[Input], manifest: Manifest, keys: dict[Input, str]) -> Iterator[Input]:
    for each in inputs:
        key = manifest.key(each)
        if not manifest.is_done(key):
            keys[each] = key
            yield each
