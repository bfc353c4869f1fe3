import struct

import pytest
from packs import CHARSET, PARTS, trained_data

from inkread.errors import ModelError, ModelNotFoundError
from inkread.registry.traineddata import read_trained_data


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_pack_tells_what_it_can_write(tmp_path, order):
    """S0-28: also one of the user's own"""
    assert read_trained_data(trained_data(tmp_path, PARTS, order=order)).characters == {" ", "a", "ب"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"not a pack at all", "does not begin as such a file does"),
        (b"\x18\x00\x00\x00", "it is cut off"),
        (b"PK\x03\x04 a zip", "does not begin"),
        (struct.pack("<i2q", 2, -1, -1), "it is cut off"),
        (struct.pack("<i2q", 2, 30, 25) + bytes(40), "its parts overlap"),
    ],
)
def test_what_is_no_pack_is_refused_before_it_is_loaded(tmp_path, content, why):
    path = tmp_path / "own.traineddata"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=rf'own.traineddata" is no language pack.*{why}.*: get own.traineddata again'):
        read_trained_data(path)


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({21: CHARSET.encode(), 23: b"5"}, "no network, so it is for Tesseract 3"),
        ({17: b"network", 23: b"5"}, "lists no characters"),
        ({17: b"network", 21: b"\xff\xfe", 23: b"5"}, "is no text"),
        ({17: b"network", 21: b"many\na 3", 23: b"5"}, "is no text"),
        ({17: b"network", 21: b"99\na 3 0 a\n", 23: b"5"}, "lists 2 characters of 99"),
    ],
)
def test_a_pack_without_what_it_needs_is_refused(tmp_path, parts, why):
    with pytest.raises(ModelError, match=why):
        read_trained_data(trained_data(tmp_path, parts))


def test_a_pack_that_is_cut_off_is_refused(tmp_path):
    path = trained_data(tmp_path, PARTS)
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(ModelError, match="it is cut off"):
        read_trained_data(path)


def test_a_missing_pack_is_told(tmp_path):
    with pytest.raises(ModelNotFoundError, match="does not exist"):
        read_trained_data(tmp_path / "none.traineddata")
    with pytest.raises(ModelNotFoundError, match="is a folder"):
        read_trained_data(tmp_path)
