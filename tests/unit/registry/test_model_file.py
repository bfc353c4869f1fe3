import struct

import pytest
from models import entry, gguf, number, part, tensor, tiny_onnx

from inkread.errors import ModelError, ModelNotFoundError
from inkread.recognize.ngrams import NGrams
from inkread.registry.gguf_file import gguf_header
from inkread.registry.model_file import check_classes, check_model_file
from inkread.registry.onnx_file import onnx_classes, onnx_weight_files

HEAD = b"GGUF" + struct.pack("<I", 3)


def write(folder, data: bytes, name: str = "model.onnx"):
    path = folder / name
    path.write_bytes(data)
    return path


def sparse(inner: bytes) -> bytes:
    return part(15, part(1, inner))


def in_attribute(inner: bytes) -> bytes:
    return part(1, part(5, part(5, inner)))


def in_branch(inner: bytes) -> bytes:
    return part(1, part(5, part(6, part(5, inner))))


@pytest.mark.parametrize("wrap", [lambda inner: part(5, inner), sparse, in_attribute, in_branch])
def test_weights_elsewhere_are_found_wherever_a_graph_can_hold_them(tmp_path, wrap):
    path = write(tmp_path, tiny_onnx(graph=wrap(tensor("weights.data"))))
    assert onnx_weight_files(path) == ("weights.data",)
    with pytest.raises(ModelError, match=r'keeps weights in "weights.data", which is not there'):
        check_model_file(path)
    write(tmp_path, b"", "weights.data")
    check_model_file(path)


def test_weights_of_functions_and_training_are_found_too(tmp_path):
    for field in (part(25, part(7, part(5, part(5, tensor("f"))))), part(20, part(1, part(5, tensor("f"))))):
        assert onnx_weight_files(write(tmp_path, tiny_onnx() + field)) == ("f",)


@pytest.mark.parametrize(
    "name", ["../x", "/etc/hostname", "a/b", "..", ".", "", ".hidden", "C:\\x", "a\\b", "c:x", "x\0y", "\\\\host\\x"]
)
def test_weights_outside_the_folder_are_refused(tmp_path, name):
    with pytest.raises(ModelError, match="which is not beside it"):
        onnx_weight_files(write(tmp_path, tiny_onnx(graph=part(5, tensor(name)))))


def test_a_link_to_weights_is_refused(tmp_path):
    (tmp_path / "w").symlink_to("/etc/hostname")
    with pytest.raises(ModelError, match="not beside it"):
        onnx_weight_files(write(tmp_path, tiny_onnx(graph=part(5, tensor("w")))))


def test_a_graph_nested_without_end_is_refused(tmp_path):
    graph = b""
    for _ in range(60):
        graph = part(1, part(5, part(6, graph)))
    with pytest.raises(ModelError, match="stand in each other"):
        onnx_weight_files(write(tmp_path, tiny_onnx(graph=graph)))


def test_classes_are_read_from_the_first_output(tmp_path):
    assert onnx_classes(write(tmp_path, tiny_onnx(classes=18_710))) == 18_710
    assert onnx_classes(write(tmp_path, tiny_onnx())) is None
    assert onnx_classes(write(tmp_path, number(1, 8) + part(7, part(12, part(1, b"y"))))) is None
    assert onnx_classes(write(tmp_path, part(7, b""))) is None


def test_characters_must_make_the_classes(tmp_path):
    path = write(tmp_path, tiny_onnx(classes=4))
    check_classes(path, "a\nb\n", has_space=True)
    check_classes(path, "a\nb\nc", has_space=False)
    check_classes(write(tmp_path, tiny_onnx(), "open.onnx"), "a", has_space=True)
    with pytest.raises(ModelError, match="has 4 classes, its 1 characters make 3 with the blank and the space"):
        check_classes(path, "a", has_space=True)


def test_a_whole_gguf_tells_what_it_is(tmp_path):
    header = gguf_header(write(tmp_path, gguf(), "m.gguf"))
    assert (header.architecture, header.license, header.context_length, header.tensors) == (
        "llama",
        "apache-2.0",
        512,
        1,
    )


def test_every_cut_of_a_gguf_is_refused(tmp_path):
    whole = gguf()
    for length in range(0, len(whole), 3):
        with pytest.raises(ModelError, match="is not a whole GGUF model"):
            gguf_header(write(tmp_path, whole[:length], "m.gguf"))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (HEAD + struct.pack("<QQ", 2**63, 2**60), "tensors"),
        (HEAD + struct.pack("<QQ", 0, 1) + struct.pack("<Q", 2**64 - 1) + b"x", "a text of"),
        (HEAD + struct.pack("<QQ", 1, 0) + struct.pack("<Q", 1) + b"w" + struct.pack("<I", 4)
         + struct.pack("<QQQQ", *[2**32] * 4) + struct.pack("<IQ", 0, 0), "its tensors need"),
        (HEAD + struct.pack("<QQ", 1, 0) + struct.pack("<Q", 1) + b"w" + struct.pack("<I", 9), "dimensions"),
        (HEAD + struct.pack("<QQ", 0, 1) + struct.pack("<Q", 1) + b"k" + struct.pack("<I", 99), "unknown type"),
        (HEAD + struct.pack("<QQ", 0, 1) + struct.pack("<Q", 1) + b"k" + struct.pack("<IIQ", 9, 8, 2**60), "a list of"),
        (HEAD + struct.pack("<QQ", 0, 1) + struct.pack("<Q", 1) + b"k" + struct.pack("<IIQ", 9, 4, 2**60), "a list of"),
        (b"GGUF" + struct.pack("<I", 1) + bytes(16), "version 1"),
        (b"GGML" + bytes(30), "does not begin"),
    ],
)  # fmt: skip
def test_a_gguf_that_lies_is_refused(tmp_path, data, why):
    with pytest.raises(ModelError, match=why):
        check_model_file(write(tmp_path, data, "m.gguf"))


def test_a_missing_gguf_is_told(tmp_path):
    with pytest.raises(ModelNotFoundError, match="there is no model file"):
        gguf_header(tmp_path / "none.gguf")
    with pytest.raises(ModelError, match="cannot read"):
        check_model_file(tmp_path / "none.bin")


def test_metadata_of_a_tensor_is_no_metadata_of_the_model(tmp_path):
    path = write(tmp_path, tiny_onnx(graph=part(5, part(13, entry("length", "3")))))
    assert onnx_weight_files(path) == ()


def test_ngrams_beside_a_model_are_no_pickle(tmp_path):
    path = tmp_path / "words.npz"
    NGrams.from_logarithms({"en": ({" ": -1.0, "a": -1.0}, {})}).write(path)
    check_model_file(path)
    with pytest.raises(ModelError, match="a zip that holds one"):
        check_model_file(path.rename(tmp_path / "words.bin"))
