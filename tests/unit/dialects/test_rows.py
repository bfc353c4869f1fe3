import warnings

import numpy as np
import pytest

from inkread.dialects import rows
from inkread.dialects.rows import across, corners, in_rgb, language, pictures, reader_where_wished
from inkread.errors import DeviceError, LanguageError
from inkread.geometry import Quad
from inkread.image import Image

BLUE = np.zeros((4, 6, 3), np.uint8)
BLUE[..., 0] = 255


def colour(image: object) -> list[int]:
    assert isinstance(image, Image)
    return image.pixels[0, 0].tolist()


def test_arrays_are_taken_in_the_order_of_opencv_wherever_they_stand():
    assert colour(in_rgb(BLUE)) == [0, 0, 255]
    assert colour(in_rgb({"img": [BLUE]})["img"][0]) == [0, 0, 255]
    assert [colour(image) for image in pictures([BLUE, {"img": BLUE}])] == [[0, 0, 255]] * 2
    assert in_rgb("a path") == "a path"


def test_corners_are_whole_pixels():
    assert corners(Quad.from_points([(1.4, 2.6), (9.5, 2), (9, 8), (1, 8)])) == [[1, 3], [10, 2], [9, 8], [1, 8]]


def test_a_device_that_is_not_there_is_told_once_and_one_that_is_no_device_is_an_error():
    with pytest.warns(UserWarning, match='there is no device "npu:7" here; reading on the processor') as warned:
        reader = reader_where_wished(across(), "npu:7")
    assert len(warned) == 1
    assert reader.options.runtime.device == "cpu"
    with pytest.raises(DeviceError):
        reader_where_wished(across(), "fast")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert reader_where_wished(across(), None).options.runtime.device == "auto"
        assert reader_where_wished(across(), "cpu").options.runtime.device == "cpu"


def test_of_several_devices_one_is_used_and_that_is_told(monkeypatch):
    asked = []
    monkeypatch.setattr(rows, "Reader", lambda options, device: asked.append(device))
    monkeypatch.setattr(rows, "devices", lambda: ("cpu", "gpu:0", "gpu:2"))
    with pytest.warns(UserWarning, match='"gpu:1,2": one Reader uses one device; reading on "gpu:2"'):
        reader_where_wished(across(), "gpu:1,2")
    with pytest.warns(UserWarning, match='there is no device "gpu:1" here'):
        reader_where_wished(across(), "gpu:1")
    reader_where_wished(across(), "gpu")
    monkeypatch.setattr(rows, "devices", lambda: ("cpu", "gpu"))
    reader_where_wished(across(), "gpu:3")
    assert asked == ["gpu:2", "cpu", "gpu:0", "gpu:3"]


def test_languages_have_their_names_or_ours():
    table = {"ch_sim": "zh-Hans"}
    assert [language(name, table) for name in ("ch_sim", "fr", "French", "fra")] == ["zh-Hans", "fr", "fr", "fr"]
    with pytest.raises(LanguageError, match=r"use ch_sim or a tag"):
        language("klingon", table)


def test_nothing_is_left_out_and_lines_go_straight_across():
    assert across().min_confidence == 0
    assert (across().arrange.columns, across().load.web.allow) == ("one", True)
