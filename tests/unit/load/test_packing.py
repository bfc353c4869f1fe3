"""Pages survive being packed; what a taken-over decoder may send in their place is refused."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkread.document import Line, Word
from inkread.geometry import Point, Quad
from inkread.image import Image, LayerLine
from inkread.load.packing import NonsenseError, Packed, pack, unpack
from inkread.options import Limits


def quad(left: float, top: float) -> Quad:
    return Quad(Point(left, top), Point(left + 9, top), Point(left + 9, top + 4), Point(left, top + 4))


def word(text: str, left: float = 1.25) -> Word:
    steps = [(n / max(1, len(text)), (n + 1) / max(1, len(text))) for n in range(len(text))]
    return Word(text, quad(left, 2), 0.5, tuple(steps), (0.25,) * len(text))


def image(*layer: LayerLine) -> Image:
    pixels = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    return Image(pixels, source="a.pdf", number=7, dpi=200.5, layer=layer, is_layer_cut=True)


LAYER = (
    LayerLine(Line((word("naïve"), word("\U0001f600", 12.0)), quad(0, 0), 1.0, origin="layer"), "ABCDEF+Times"),
    LayerLine(Line((), quad(5, 5), 0.0), is_hidden=True),
    LayerLine(Line((Word("words only", quad(3, 3), 1.0),), quad(3, 3), 1.0, origin="layer")),
)


def sent(packed: Packed) -> Packed:
    return Packed(json.loads(json.dumps(packed.value)), packed.arrays)


def assert_same(one: Image, other: Image) -> None:
    for each in dataclasses.fields(Image):
        a, b = getattr(one, each.name), getattr(other, each.name)
        assert np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b, each.name


@pytest.mark.parametrize("layer", [(), LAYER, LAYER[1:2]])
def test_every_field_of_a_page_survives(layer: tuple[LayerLine, ...]) -> None:
    page = image(*layer)
    assert_same(unpack(sent(pack(page)), "a.pdf", Limits()), page)


@given(st.lists(st.lists(st.text(max_size=6), max_size=3), max_size=3))
def test_any_text_survives(texts: list[list[str]]) -> None:
    page = image(*(LayerLine(Line(tuple(map(word, line)), quad(1, 1), 1.0)) for line in texts))
    assert_same(unpack(sent(pack(page)), "a.pdf", Limits()), page)


def test_a_page_without_resolution_has_none() -> None:
    page = dataclasses.replace(image(), dpi=None)
    assert unpack(sent(pack(page)), "a.pdf", Limits()).dpi is None


def changed(change: Callable[[dict[str, Any], list[Any]], object]) -> Packed:
    value, arrays = sent(pack(image(*LAYER)))
    other = [array.copy() for array in arrays]
    change(value, other)
    return Packed(value, other)


@pytest.mark.parametrize(
    "change",
    [
        lambda value, arrays: value.update(number=0),
        lambda value, arrays: value.update(number="7"),
        lambda value, arrays: value.update(dpi=float("nan")),
        lambda value, arrays: value.update(dpi=-1),
        lambda value, arrays: value.update(dpi="200"),
        lambda value, arrays: value.update(words=["a"]),
        lambda value, arrays: value.update(words=[1, 2, 3]),
        lambda value, arrays: value.update(words=None),
        lambda value, arrays: value.update(lines=[[]] * 3),
        lambda value, arrays: value.update(lines=value["lines"][:2]),
        lambda value, arrays: value["lines"][0].__setitem__(0, 5),
        lambda value, arrays: value["lines"][0].__setitem__(2, "elsewhere"),
        lambda value, arrays: value["lines"][0].__setitem__(3, 3),
        lambda value, arrays: value["lines"][0].__setitem__(3, -1),
        lambda value, arrays: value.pop("lines"),
        lambda value, arrays: arrays.__setitem__(0, np.zeros((4, 5), np.uint8)),
        lambda value, arrays: arrays.__setitem__(0, np.zeros((4, 5, 4), np.uint8)),
        lambda value, arrays: arrays.__setitem__(0, np.zeros((0, 5, 3), np.uint8)),
        lambda value, arrays: arrays.__setitem__(0, np.zeros((4, 5, 3), np.float64)),
        lambda value, arrays: arrays.__setitem__(0, np.zeros((40, 5, 3), np.uint8)),
        lambda value, arrays: arrays[1].__setitem__((0, 0), np.inf),
        lambda value, arrays: arrays[2].__setitem__(0, np.nan),
        lambda value, arrays: arrays[3].__setitem__((0, 0), 2**62),
        lambda value, arrays: arrays[3].__setitem__((0, 0), -1),
        lambda value, arrays: arrays.__setitem__(3, arrays[3].astype(np.float64) / 0.0),
        lambda value, arrays: arrays.__setitem__(4, arrays[4][:-1]),
        lambda value, arrays: arrays.__setitem__(5, arrays[5][:, None]),
        lambda value, arrays: arrays.pop(),
        lambda value, arrays: arrays.clear(),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero|invalid value:RuntimeWarning")
def test_what_contradicts_itself_is_refused(change: Callable[[dict[str, Any], list[Any]], object]) -> None:
    with pytest.raises(NonsenseError):
        unpack(changed(change), "a.pdf", Limits(max_pixels=100))
