"""What a child and its parent send each other: a length, JSON of that length, and the raw bytes of arrays.

Nothing is ever unpickled: the child may have been taken over by what it read, so every length and shape is checked
before memory is taken for it.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.generic]

Wait = Callable[[], None]

# The exit code of a child whose memory did not suffice for a message.
OUT_OF_MEMORY: Final = 77
_LENGTH: Final = struct.Struct("<I")
# JSON takes up to thirty times its length in memory, so what is long goes as arrays.
_MAX_HEADER_BYTES: Final = 8 << 20
_MAX_ARRAYS: Final = 16
_MAX_DIMENSIONS: Final = 4
_ITEM_BYTES: Final = {"uint8": 1, "int32": 4, "int64": 8, "float32": 4, "float64": 8}


class Answer(NamedTuple):
    """What a handler answers: a value that JSON can hold, and arrays."""

    value: Any
    arrays: Sequence[Array] = ()


Handler = Callable[[Mapping[str, Any], Sequence["Array"]], Answer]


def send(pipe: IO[bytes], header: Mapping[str, Any], arrays: Sequence[Array], wait: Wait) -> None:
    """Write a header and arrays, calling `wait` before each write. Raises ValueError where the header is too long."""
    described = {**header, "arrays": [[array.dtype.name, list(array.shape)] for array in arrays]}
    text = json.dumps(described).encode()
    if len(text) > _MAX_HEADER_BYTES:
        raise ValueError("the header is too long")
    for part in (memoryview(_LENGTH.pack(len(text)) + text), *map(_raw, arrays)):
        view = part
        while view:
            wait()
            view = view[pipe.write(view) or 0 :]


def _raw(array: Array) -> memoryview:
    import numpy as np

    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def receive(pipe: IO[bytes], most_bytes: int, wait: Wait) -> tuple[dict[str, Any], tuple[Array, ...]]:
    """Return a header and its arrays, of `most_bytes` together; `wait` is called before each read.

    Raises EOFError at the end; ValueError, TypeError, LookupError or RecursionError for what makes no sense.
    """
    start = bytearray(_LENGTH.size)
    _fill(pipe, memoryview(start), wait)
    (length,) = _LENGTH.unpack(start)
    if length > _MAX_HEADER_BYTES:
        raise ValueError("the header is too long")
    text = bytearray(length)
    _fill(pipe, memoryview(text), wait)
    header = json.loads(text)
    described = _described(header, most_bytes)
    if not described:
        return header, ()
    import numpy as np

    arrays = tuple(np.empty(shape, kind) for kind, shape in described)
    for array in arrays:
        if array.size:
            _fill(pipe, array.reshape(-1).view(np.uint8).data, wait)
    return header, arrays


def _described(header: Any, most_bytes: int) -> list[tuple[str, tuple[int, ...]]]:
    """Return type and shape of the arrays that a header announces, if all of them together are within the limit."""
    described: list[tuple[str, tuple[int, ...]]] = []
    total = 0
    if not isinstance(header, dict) or len(header["arrays"]) > _MAX_ARRAYS:
        raise ValueError("no sensible header")
    for kind, shape in header["arrays"]:
        if kind not in _ITEM_BYTES or len(shape) > _MAX_DIMENSIONS:
            raise ValueError("an array of no type or shape that is sent")
        if not all(isinstance(side, int) and 0 <= side <= most_bytes for side in shape):
            raise ValueError("an array of no size")
        total += math.prod(shape) * _ITEM_BYTES[kind]
        described.append((kind, tuple(shape)))
    if total > most_bytes:
        raise ValueError("more than may be sent")
    return described


def _fill(pipe: IO[bytes], view: memoryview, wait: Wait) -> None:
    while view:
        wait()
        count = pipe.readinto(view)  # type: ignore[attr-defined]  # raw files have it, IO does not say so
        if count == 0:
            raise EOFError
        view = view[count or 0 :]
