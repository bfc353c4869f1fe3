"""Frames as a child that was taken over may write them: none takes memory that was not allowed."""

import contextlib
import io
import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkread.child import wire


def at_once() -> None:
    pass


def frame(header: Any, body: bytes = b"") -> io.BytesIO:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return io.BytesIO(struct.pack("<I", len(text)) + text + body)


def test_a_frame_comes_back_as_it_was_sent() -> None:
    pipe = io.BytesIO()
    arrays = [np.arange(12, dtype=np.float64).reshape(3, 4)[:, ::2], np.zeros((0, 3), np.uint8)]
    wire.send(pipe, {"value": [1]}, arrays, at_once)
    pipe.seek(0)
    header, found = wire.receive(pipe, 1000, at_once)
    assert header["value"] == [1]
    for sent, got in zip(arrays, found, strict=True):
        np.testing.assert_array_equal(sent, got)


@pytest.mark.parametrize(
    "arrays",
    [
        [["uint8", [1 << 40]]],
        [["uint8", [1000, 1000, 1000]]],
        [["float64", [126]]],
        [["uint8", [600]], ["uint8", [600]]],
        [["uint8", [-1]]],
        [["uint8", [0.5]]],
        [["uint8", ["9"]]],
        [["uint8", [1] * 40]],
        [["object", [1]]],
        [["O", [1]]],
        [[["uint8"], [1]]],
        [["uint8", 5]],
        [["uint8"]],
        [["uint8", [1]]] * 17,
        {"uint8": [1]},
        7,
        None,
    ],
)
def test_arrays_of_no_sense_or_beyond_the_limit_are_refused(arrays: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        wire.receive(frame({"arrays": arrays}, bytes(1000)), 1000, at_once)


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b"9" * 5000, b"\xff\xfe", b"{", b'{"value": 1}', b"[]", b"", b'"arrays"']
)
def test_headers_of_no_sense_are_refused(content: bytes) -> None:
    with pytest.raises((ValueError, TypeError, LookupError, RecursionError)):
        wire.receive(frame(content), 1000, at_once)


def test_a_frame_cut_short_is_the_end() -> None:
    with pytest.raises(EOFError):
        wire.receive(frame({"arrays": [["uint8", [100]]]}, bytes(99)), 1000, at_once)


def test_a_header_too_long_is_never_sent_or_read() -> None:
    with pytest.raises(ValueError, match="too long"):
        wire.send(io.BytesIO(), {"value": "x" * (9 << 20)}, (), at_once)
    with pytest.raises(ValueError, match="too long"):
        wire.receive(io.BytesIO(b"\xff\xff\xff\x7f"), 1000, at_once)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_an_error_of_few_kinds(content: bytes) -> None:
    with contextlib.suppress(EOFError, ValueError, TypeError, LookupError):
        wire.receive(io.BytesIO(content), 10_000, at_once)
