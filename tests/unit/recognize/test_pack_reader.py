import numpy as np
import pytest

from inkread.recognize.pack_reader import PackReader
from inkread.runtime.line_engine import FakeLineEngine, Symbol


def line(ink: int = 0, ground: int = 255, height: int = 40, width: int = 200) -> np.ndarray:
    pixels = np.full((height, width, 3), ground, np.uint8)
    pixels[height // 4 : -height // 4, 20:-20:4] = ink
    return pixels


def test_characters_come_with_places_in_the_crop_and_scores():
    # The engine sees the 20 px that hold ink, a px more on either side, and a border of 2 px: a tenth.
    symbols = (Symbol("ab", 0.9, 2, 102), Symbol(" ", 0.5, 102, 102), Symbol("c", 0.8, 152, 202))
    engine = FakeLineEngine(lambda _: symbols)
    (reading,) = PackReader(engine).read([line()])
    assert reading.text == "ab c"
    assert reading.columns == ((0.0, 0.5), (0.0, 0.5), (0.5, 0.5), (0.75, 1.0))
    assert reading.scores == (0.9, 0.9, 0.5, 0.8)
    assert engine.shapes == [(26, 204)]


def test_places_outside_the_line_are_at_its_edge():
    engine = FakeLineEngine(lambda _: (Symbol("a", 0.9, 0, 400),))
    assert PackReader(engine).read([line()])[0].columns == ((0.0, 1.0),)


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (250, 20)])
def test_the_engine_sees_dark_ink_on_a_light_ground(ink, ground):
    seen = []

    def answer(picture: np.ndarray) -> tuple[Symbol, ...]:
        seen.append(picture)
        return ()

    assert PackReader(FakeLineEngine(answer)).read([line(ink, ground)])[0].text == ""
    assert seen[0][0, 0] > 200
    assert seen[0].min() < 60


def test_presentation_forms_become_letters():
    engine = FakeLineEngine(lambda _: (Symbol("ﻻ", 0.9, 2, 202),))
    assert PackReader(engine).read([line()])[0].text == "لا"


def test_a_high_crop_is_reduced():
    engine = FakeLineEngine(lambda _: ())
    PackReader(engine).read([line(height=160, width=800)])
    assert engine.shapes[0][0] < 100
