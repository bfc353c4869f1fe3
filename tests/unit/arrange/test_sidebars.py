from __future__ import annotations

import random

from inkread.arrange.blocks import arrange
from inkread.arrange.frame import place
from inkread.arrange.sidebars import find_sides
from inkread.document import Line, Word
from inkread.geometry import Box, Quad
from inkread.options import ArrangeOptions


def line(text: str, left: float, top: float, width: float, height: float = 20) -> Line:
    quad = Quad.from_box(Box(left, top, left + width, top + height))
    return Line((Word(text, quad, 0.9),), quad, 0.9)


def column(left: float, *, name: str = "text", top: float = 200, count: int = 20) -> list[Line]:
    """Running text of 400 px, a line every 26 px."""
    return [line(f"{name}{i}", left, top + 26 * i, 400 if i % 5 != 4 else 180) for i in range(count)]


def notes(left: float, *, pitch: float, top: float = 205, count: int = 12) -> list[Line]:
    """Names with figures beside them."""
    return [
        each
        for i in range(count)
        for each in (line(f"name{i}", left, top + pitch * i, 100), line(f"{i}.5", left + 140, top + pitch * i, 40))
    ]


def read(lines: list[Line]) -> list[str]:
    mixed = list(lines)
    random.Random(2).shuffle(mixed)
    return [each.text for block in arrange(mixed, ArrangeOptions()) for each in block.lines]


def texts(lines: list[Line]) -> list[str]:
    return [each.text for each in lines]


def test_figures_beside_a_column_of_text_are_read_after_it():
    text, figures = column(60), notes(490, pitch=37)
    assert read([*text, *figures]) == texts([*text, *figures])


def test_notes_left_of_a_column_of_text_are_read_before_it():
    text, figures = column(400), notes(60, pitch=37)
    assert read([*text, *figures]) == texts([*figures, *text])


def test_what_runs_across_stands_above_and_below():
    text, figures = column(60), notes(490, pitch=37)
    title, foot = line("title", 60, 120, 600), line("foot", 60, 760, 600)
    assert read([foot, *text, *figures, title]) == texts([title, *text, *figures, foot])


def test_prices_stay_beside_their_articles():
    articles = [line(f"article{i}", 60, 200 + 30 * i, 400) for i in range(20)]
    prices = [line(f"{i}.50", 500, 201 + 30 * i, 60) for i in range(20)]
    assert read([*articles, *prices]) == [
        text for pair in zip(articles, prices, strict=True) for text in texts([*pair])
    ]


def test_few_lines_are_no_column():
    """A field of several lines beside numbers of a table."""
    placed, _ = place([*column(60, count=6), *notes(490, pitch=37, count=6)])
    assert find_sides(placed) is None


def test_the_sides_hold_every_line_once():
    lines = [line("title", 60, 120, 600), *column(60), *notes(490, pitch=37)]
    placed, _ = place(lines)
    sides = find_sides(placed)
    assert sides is not None
    assert [len(side) for side in sides] == [1, 20, 24, 0]
    assert {id(item) for side in sides for item in side} == {id(item) for item in placed}
