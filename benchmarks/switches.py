"""Other values for things in inkread's modules, for a while: what benchmarks switch off or watch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from importlib import import_module
from typing import Any

from conditions import BenchmarkError


@contextmanager
def replaced(values: Mapping[str, object]) -> Iterator[None]:
    """Give things in modules other values, and theirs back at the end.

    values: by "module:name" or "module:Class.member". Raises BenchmarkError for a name that is not there: a benchmark
    that changes nothing would report that it makes no difference.
    """
    targets = [(*_owner(place), value) for place, value in values.items()]
    kept = [getattr(owner, name) for owner, name, _ in targets]
    try:
        for owner, name, value in targets:
            setattr(owner, name, value)
        yield
    finally:
        for (owner, name, _), value in zip(targets, kept, strict=True):
            setattr(owner, name, value)


def _owner(place: str) -> tuple[Any, str]:
    """Return what holds the thing, and its name there."""
    module, _, path = place.partition(":")
    *outer, name = path.split(".")
    try:
        owner = reduce(getattr, outer, import_module(module))
        getattr(owner, name)
    except (ImportError, AttributeError) as error:
        raise BenchmarkError(f'there is no "{place}" ({error}): correct the benchmark that replaces it') from error
    return owner, name
