"""Handwriting told from print and read in its own way, with stages that are fakes."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from inkread.detect.detector import Region
from inkread.document import Line, Word
from inkread.geometry import Box, Quad
from inkread.handwriting import notice_of_handwriting, with_handwriting, with_print
from inkread.image import Image

IMAGE = Image(np.full((400, 300, 3), 255, np.uint8))


def line(text: str, row: int, confidence: float = 0.8) -> Line:
    quad = Quad.from_box(Box(10, 40 * row, 290, 40 * row + 30))
    return Line((Word(text, quad, confidence),), quad, confidence)


class Stages:
    """Finds regions in some rows, and reads "anew" there."""

    def __init__(self, *rows: int) -> None:
        self.rows = rows
        self.detector = self.line_reader = self
        self.looks = 0

    def detect(self, image: Image) -> list[Region]:
        self.looks += 1
        return [Region(line("", row).quad, 0.9) for row in self.rows]

    def read_regions(self, image: Image, quads: Sequence[Quad]) -> list[Line]:
        return [replace(line("anew", 0), quad=quad) for quad in quads]


@pytest.fixture
def told(monkeypatch):
    """Lines with "hand" in their text are written by hand."""

    def styles_of(image: Image, lines: Sequence[Line]) -> list[str]:
        return ["handwriting" if "hand" in each.text else "print" for each in lines]

    monkeypatch.setattr("inkread.handwriting.styles_of", styles_of)


def test_in_handwritten_mode_what_looks_printed_is_read_as_print_where_that_is_surer(told):
    class ForPrint(Stages):
        def read_each(self, image: Image, quads: Sequence[Quad]) -> list[Line]:
            self.asked = [quad.box.top // 40 for quad in quads]
            read = {0: line("as print", 0, 0.9), 2: line("less sure", 2, 0.5), 3: Line((), line("", 3).quad, 0.0)}
            return [read[row] for row in self.asked]

    lines = [line("pnnt", 0, 0.7), line("by hand", 1, 0.4), line("surer", 2, 0.8), line("kept", 3)]
    stages = ForPrint()
    assert [each.text for each in with_print(IMAGE, lines, stages)] == ["as print", "by hand", "surer", "kept"]
    assert stages.asked == [0, 2, 3]
    assert with_print(IMAGE, [lines[1]], stages) == [lines[1]]


@pytest.mark.row("S1-13")
def test_a_page_of_handwriting_that_was_read_as_print_is_told(told):
    """S1-13"""
    (notice,) = notice_of_handwriting(IMAGE, [line("by hand here", 0), line("print", 1)])
    assert notice.kind == "handwriting"
    assert 'mode "handwritten"' in notice.message


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [line("hand", 0, confidence=0.97)],
        [line("hand", 0), line("a letter in print", 1)],
        [line("print", 0)],
    ],
)
def test_nothing_is_told_of_pages_of_print(told, lines):
    assert notice_of_handwriting(IMAGE, lines) == ()


@pytest.mark.row("S1-11")
def test_lines_by_hand_are_read_anew_and_print_stays(told):
    read = with_handwriting(IMAGE, [line("print", 0), line("hand", 2)], Stages(0, 2, 4))
    assert [(each.text, each.style, each.box.top) for each in read] == [
        ("print", "print", 0),
        ("anew", "handwriting", 80),
        ("anew", "handwriting", 160),
    ]


def test_a_line_that_is_not_found_again_stays_as_it_was_read(told):
    read = with_handwriting(IMAGE, [line("by hand", 2), line("hand", 6)], Stages(2))
    assert [(each.text, each.style) for each in read] == [("anew", "handwriting"), ("hand", "handwriting")]


def test_a_page_of_print_is_looked_at_once(told):
    stages = Stages(0)
    (read,) = with_handwriting(IMAGE, [line("print", 0)], stages)
    assert (read.style, stages.looks) == ("print", 0)


def test_places_are_those_of_the_page_where_a_part_was_read(told):
    part = IMAGE.crop(Box(0, 80, 300, 400))
    stages = SimpleNamespace(detector=SimpleNamespace(detect=lambda image: []), line_reader=Stages())
    (kept,) = with_handwriting(part, [line("hand", 3)], stages)
    assert kept.box.top == 120
