"""What an ONNX file says of itself, read without running it and without the onnx package."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from inkread.errors import ModelError, ModelNotFoundError

# Field numbers of onnx.proto3: ModelProto.graph, ModelProto.metadata_props, StringStringEntryProto.key and .value.
_GRAPH = 7
_METADATA = 14
_KEY = 1
_VALUE = 2

# A character list of all of Unicode takes less; a longer entry is damage, and is not read into memory.
_MAX_ENTRY_BYTES = 16 << 20


def onnx_metadata(path: Path | str) -> dict[str, str]:
    """Return the key-value metadata of an ONNX file, such as `character`, the charset of a PP-OCR recogniser.

    Only the outermost fields are read; the graph and its weights are skipped, so this takes well under a millisecond
    of any file and says nothing of weights that a graph keeps in other files.
    Raises ModelNotFoundError where there is no file and ModelError where it is not a whole ONNX model.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            return _read(file, path.stat().st_size)
    except FileNotFoundError as error:
        raise ModelNotFoundError(f'there is no model file "{path}"', remedy="check the path") from error
    except OSError as error:
        raise ModelError(f'cannot read the model file "{path}": {error.strerror or error}') from error
    except _MalformedError as error:
        raise ModelError(f'"{path}" is not a whole ONNX model: {error}', remedy="fetch the file again") from error


class _MalformedError(ValueError):
    """The bytes are no protobuf message of the form expected."""


def _read(file: BinaryIO, size: int) -> dict[str, str]:
    metadata: dict[str, str] = {}
    has_graph = False
    for field, length in _fields(file, size):
        has_graph |= field == _GRAPH and length is not None
        if field == _METADATA and length is not None:
            key, value = _entry(_take(file, length))
            metadata[key] = value
    if not has_graph:
        raise _MalformedError("there is no network in it")
    return metadata


def _entry(data: bytes) -> tuple[str, str]:
    texts = {_KEY: "", _VALUE: ""}
    file = BytesIO(data)
    for field, length in _fields(file, len(data)):
        if field in texts and length is not None:
            try:
                texts[field] = _take(file, length).decode("utf-8")
            except UnicodeDecodeError as error:
                raise _MalformedError("its metadata is not UTF-8") from error
    return texts[_KEY], texts[_VALUE]


def _fields(file: BinaryIO, size: int) -> Iterator[tuple[int, int | None]]:
    """Yield the fields of the message in `file`: their numbers and, of those that hold bytes, the length.

    The file stands at the start of the bytes meanwhile; what the caller does not read is skipped.
    """
    position = file.tell()
    while position < size:
        tag = _varint(file)
        field, wire = tag >> 3, tag & 7
        if field == 0:
            raise _MalformedError(f"field 0 at byte {position}")
        length: int | None = None
        if wire == 0:
            _varint(file)
            end = file.tell()
        elif wire == 2:
            length = _varint(file)
            end = file.tell() + length
        elif wire in (1, 5):
            end = file.tell() + (8 if wire == 1 else 4)
        else:
            raise _MalformedError(f"wire type {wire} at byte {position}")
        if end > size:
            raise _MalformedError(f"field {field} at byte {position:,} ends {end - size:,} bytes after the file")
        yield field, length
        file.seek(end)
        position = end


def _varint(file: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            raise _MalformedError("it ends within a number")
        value |= (byte[0] & 0x7F) << shift
        if not byte[0] & 0x80:
            return value
    raise _MalformedError("a number has more than ten bytes")


def _take(file: BinaryIO, length: int) -> bytes:
    if length > _MAX_ENTRY_BYTES:
        raise _MalformedError(f"a metadata entry of {length:,} bytes")
    return file.read(length)
