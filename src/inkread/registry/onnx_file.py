"""What an ONNX file says of itself, read without running it and without the onnx package."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final

from inkread.errors import ModelError
from inkread.registry.malformed import MalformedError, opened
from inkread.registry.protobuf import Field, fields

# Field numbers of onnx.proto3: of ModelProto, StringStringEntryProto, TensorProto, GraphProto and what types hold.
_GRAPH: Final = 7
_METADATA: Final = 14
_KEY: Final = 1
_VALUE: Final = 2
_EXTERNAL_DATA: Final = 13
_OUTPUT: Final = 12
_OUTPUT_SHAPE: Final = (2, 1, 2)  # ValueInfoProto.type, TypeProto.tensor_type, TypeProto.Tensor.shape
_DIMENSION: Final = 1
_DIMENSION_VALUE: Final = 1

# Where tensors can stand in a model: message -> field -> the message in it.
_PARTS: Final = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse tensor"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse tensor", 23: "sparse tensor"},
    "sparse tensor": {1: "tensor", 2: "tensor"},
}

# A character list of all of Unicode takes less; a longer entry is damage, and is not read into memory.
_MAX_ENTRY_BYTES: Final = 16 << 20
# The default recogniser has some 9,000 fields; a file that needs longer to look through is no network of ours.
_MAX_FIELDS: Final = 3_000_000
_MAX_DEPTH: Final = 40


def onnx_metadata(path: Path | str) -> dict[str, str]:
    """Return the key-value metadata of an ONNX file, such as `character`, the charset of a PP-OCR recogniser.

    Only the outermost fields are read; the graph and its weights are skipped, so this takes well under a millisecond
    of any file and says nothing of weights that a graph keeps in other files.
    Raises ModelNotFoundError where there is no file and ModelError where it is not a whole ONNX model.
    """
    with _mapped(Path(path)) as data:
        return dict(_entry(data, field) for field in _outermost(data) if field.number == _METADATA)


def onnx_weight_files(path: Path | str) -> tuple[str, ...]:
    """Return the names of other files that an ONNX file keeps weights in, each a plain name beside it.

    All of the graph is looked through, its subgraphs too, which takes some 20 ms of the default recogniser.
    Raises ModelError where a name leads out of the folder, ModelNotFoundError where the ONNX file is missing.
    """
    with _mapped(Path(path)) as data:
        names = dict.fromkeys(_external_files(data))
    for name in names:
        if not _is_plain(name) or (Path(path).parent / name).is_symlink():
            raise ModelError(
                f'"{path}" keeps weights in "{name}", which is not beside it', remedy="use a model in one file"
            )
    return tuple(names)


def onnx_classes(path: Path | str) -> int | None:
    """Return the length of the first output's last axis, which is how many classes a recogniser has.

    None where the file leaves it open. Raises like `onnx_metadata`.
    """
    with _mapped(Path(path)) as data:
        for graph in (field for field in _outermost(data) if field.number == _GRAPH):
            for output in _inside(data, graph, _OUTPUT):
                return _last_dimension(data, output)
    return None


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap | bytes]:
    """Map a file that is a whole model, as far as its outermost fields tell; faults become errors that name it."""
    with opened(path, "ONNX") as file:
        if not path.stat().st_size:  # cannot be mapped
            raise MalformedError("there is no network in it")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if not any(field.number == _GRAPH for field in _outermost(data)):
                raise MalformedError("there is no network in it")
            yield data


def _outermost(data: mmap.mmap | bytes) -> list[Field]:
    """Return the fields of the model that hold bytes, all of them whole."""
    return [field for field in fields(data, 0, len(data)) if field.holds_bytes]


def _inside(data: mmap.mmap | bytes, message: Field, number: int) -> Iterator[Field]:
    """Yield the fields of this number in a message, as far as they hold bytes."""
    for field in fields(data, message.start, message.end):
        if field.number == number and field.holds_bytes:
            yield field


def _entry(data: mmap.mmap | bytes, message: Field) -> tuple[str, str]:
    if message.end - message.start > _MAX_ENTRY_BYTES:
        raise MalformedError(f"a metadata entry of {message.end - message.start:,} bytes")
    texts = {_KEY: "", _VALUE: ""}
    for field in fields(data, message.start, message.end):
        if field.number in texts and field.holds_bytes:
            try:
                texts[field.number] = data[field.start : field.end].decode("utf-8")
            except UnicodeDecodeError as error:
                raise MalformedError("its metadata is not UTF-8") from error
    return texts[_KEY], texts[_VALUE]


def _external_files(data: mmap.mmap | bytes) -> Iterator[str]:
    """Yield the locations that tensors anywhere in the model name. An entry without a location is none."""
    looked = 0
    waiting = [("model", 0, len(data), 0)]
    while waiting:
        kind, start, end, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            raise MalformedError(f"more than {_MAX_DEPTH} parts stand in each other")
        for field in fields(data, start, end):
            looked += 1
            if looked > _MAX_FIELDS:
                raise MalformedError(f"more than {_MAX_FIELDS:,} fields")
            if not field.holds_bytes:
                continue
            if kind == "tensor" and field.number == _EXTERNAL_DATA:
                key, value = _entry(data, field)
                if key == "location":
                    yield value
            elif inner := _PARTS.get(kind, {}).get(field.number):
                waiting.append((inner, field.start, field.end, depth + 1))


def _is_plain(name: str) -> bool:
    """Whether a name is that of a file in the same folder, on any system."""
    is_one_part = all(kind(name).name == name for kind in (PurePosixPath, PureWindowsPath))
    return bool(name) and is_one_part and not name.startswith(".") and ":" not in name and "\0" not in name


def _last_dimension(data: mmap.mmap | bytes, output: Field) -> int | None:
    message = output
    for number in _OUTPUT_SHAPE:
        found = next(_inside(data, message, number), None)
        if found is None:
            return None
        message = found
    dimensions = list(_inside(data, message, _DIMENSION))
    if not dimensions:
        return None
    values = [field.value for field in fields(data, dimensions[-1].start, dimensions[-1].end)
              if field.number == _DIMENSION_VALUE and not field.holds_bytes]  # fmt: skip
    return values[-1] if values and values[-1] > 0 else None
