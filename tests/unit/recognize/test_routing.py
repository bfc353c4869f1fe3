from collections.abc import Sequence

import numpy as np
import pytest

from inkread.image import Pixels
from inkread.recognize.ctc import Reading
from inkread.recognize.routing import Route, Router


class Fake:
    """Reads a crop by its grey: with what confidence and text is told for each."""

    def __init__(self, **answers: tuple[str, float]) -> None:
        self._answers = answers
        self.asked: list[int] = []

    def read(self, crops: Sequence[Pixels]) -> list[Reading]:
        self.asked += [int(crop[0, 0, 0]) for crop in crops]
        return [self._read(f"of_{crop[0, 0, 0]}") for crop in crops]

    def _read(self, name: str) -> Reading:
        text, score = self._answers.get(name, ("", 0.0))
        return Reading(text, tuple((0.0, 1.0) for _ in text), (score,) * len(text))


def crop(grey: int) -> Pixels:
    return np.full((40, 100, 3), grey, np.uint8)


@pytest.fixture
def latin() -> Fake:
    return Fake(of_1=("Hello", 0.99), of_2=("ljoJl", 0.4), of_3=("faint", 0.7), of_4=("", 0.0))


@pytest.fixture
def arabic() -> Fake:
    return Fake(of_1=("ااا", 0.95), of_2=("مرحبا", 0.9), of_3=("ـا", 0.5), of_4=("", 0.0))


def test_each_line_is_read_by_the_one_that_is_surest(latin, arabic):
    """Mixed pages: one language ours, another theirs"""
    readings = Router([Route(latin, "en"), Route(arabic, "ar")]).read([crop(k) for k in (1, 2, 3, 4)])
    assert [reading.text for reading in readings] == ["Hello", "مرحبا", "faint", ""]
    assert [reading.language for reading in readings] == ["en", "ar", "en", None]


def test_what_the_first_is_sure_of_costs_nothing_more(latin, arabic):
    Router([Route(latin, "en"), Route(arabic, "ar")]).read([crop(k) for k in (1, 2, 3)])
    assert arabic.asked == [2, 3]


def test_numbers_stay_with_the_first(latin):
    other = Fake(of_3=("١٢ 5", 0.99))
    assert Router([Route(latin, "en"), Route(other, "ar")]).read([crop(3)])[0].text == "faint"


def test_a_first_that_leaves_most_of_a_line_out_is_not_sure(arabic):
    sparse = Fake(of_2=("1", 0.99))
    assert Router([Route(sparse, "en"), Route(arabic, "ar")]).read([crop(2)])[0].text == "مرحبا"


def test_several_languages_of_one_recogniser_are_not_told(latin, arabic):
    readings = Router([Route(latin, None), Route(arabic, "ar")]).read([crop(1)])
    assert readings[0].language is None
