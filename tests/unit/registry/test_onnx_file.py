import importlib.util
from pathlib import Path

import pytest
from models import part, varint

from inkread.errors import ModelError, ModelNotFoundError
from inkread.registry.onnx_file import onnx_metadata
from inkread.registry.store import Store


def entry(key: str, value: str) -> bytes:
    return part(14, part(1, key.encode()) + part(2, value.encode()))


IR_VERSION = b"\x08\x07"
GRAPH = part(7, b"\xff" * 300)  # what is in a graph is never looked at
WHOLE = IR_VERSION + part(2, b"a producer") + GRAPH + entry("character", "a\nä\n中\n") + entry("empty", "")


def write(folder: Path, data: bytes) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(data)
    return path


def test_the_metadata_of_a_model_is_read_without_its_graph(tmp_path) -> None:
    assert onnx_metadata(write(tmp_path, WHOLE)) == {"character": "a\nä\n中\n", "empty": ""}


def test_a_model_without_metadata_has_none(tmp_path) -> None:
    assert onnx_metadata(str(write(tmp_path, IR_VERSION + GRAPH))) == {}


def test_fields_of_every_kind_are_passed_over(tmp_path) -> None:
    fixed = varint(99 << 3 | 1) + b"8 bytes!" + varint(98 << 3 | 5) + b"four"

    assert onnx_metadata(write(tmp_path, fixed + WHOLE + fixed)) == onnx_metadata(write(tmp_path, WHOLE))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no network in it"),
        (IR_VERSION, "no network in it"),
        (b"<html>not found</html>", "byte"),
        (b"\x00\x00", "field 0"),
        (b"\x0b", "wire type 3"),
        (GRAPH[:-1], "1 bytes after the file"),
        (GRAPH + b"\x08", "ends within a number"),
        (GRAPH + b"\xff" * 11, "more than ten bytes"),
        (GRAPH + part(14, part(1, b"\xff\xfe")), "not UTF-8"),
        (GRAPH + part(14, b"\x0a\x7fshort"), "after the file"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, data, why) -> None:
    with pytest.raises(ModelError, match=f"is not a whole ONNX model.*{why}"):
        onnx_metadata(write(tmp_path, data))


def test_every_cut_of_a_model_is_refused_or_read(tmp_path) -> None:
    for length in range(len(WHOLE)):
        path = write(tmp_path, WHOLE[:length])
        try:
            assert onnx_metadata(path).items() <= {"character": "a\nä\n中\n", "empty": ""}.items()
        except ModelError as error:
            assert "model.onnx" in error.message  # noqa: PT017  # either outcome is right


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path) -> None:
    with pytest.raises(ModelNotFoundError, match="there is no model file"):
        onnx_metadata(tmp_path / "none.onnx")
    with pytest.raises(ModelError, match="cannot read the model file"):
        onnx_metadata(tmp_path)


def test_the_default_recogniser_carries_its_18708_characters(tmp_path) -> None:
    """With the blank and the space these are its 18,710 classes."""
    characters = onnx_metadata(Store(tmp_path).find("PP-OCRv6_small_rec"))["character"].removesuffix("\n").split("\n")

    assert len(characters) == 18_708
    assert {"a", "ß", "ő", "の", "龍"} <= set(characters)


@pytest.mark.skipif(not importlib.util.find_spec("rapidocr_onnxruntime"), reason="needs the PP-OCRv4 files")
def test_the_v4_recogniser_carries_its_6623_characters(tmp_path) -> None:
    characters = onnx_metadata(Store(tmp_path).find("PP-OCRv4_mobile_rec"))["character"].removesuffix("\n").split("\n")

    assert len(characters) == 6_623
