"""Pages in vertical writing: columns of em squares, 20 px wide, from right to left."""

from __future__ import annotations

import random

from inkread.arrange.blocks import arrange
from inkread.arrange.mixed import is_column
from inkread.document import Block, Line, Word
from inkread.geometry import Box, Quad
from inkread.options import ArrangeOptions

EM = 20


def column(text: str, left: float, top: float) -> Line:
    quad = Quad.from_box(Box(left, top, left + EM, top + EM * len(text))).turned(1)
    return Line((Word(text, quad, 0.9),), quad, 0.9)


def across(text: str, left: float, top: float, height: float = EM) -> Line:
    quad = Quad.from_box(Box(left, top, left + height * len(text), top + height))
    return Line((Word(text, quad, 0.9),), quad, 0.9)


def columns(names: str, right: float, top: float, length: int = 15) -> list[Line]:
    """Columns side by side from the right, each of one character repeated."""
    return [column(name * length, right - 32 * i - EM, top) for i, name in enumerate(names)]


def blocks(lines: list[Line]) -> tuple[Block, ...]:
    mixed = list(lines)
    random.Random(1).shuffle(mixed)
    return arrange(mixed, ArrangeOptions())


def first_letters(lines: list[Line]) -> str:
    return "".join(line.text[0] for block in blocks(lines) for line in block.lines)


def test_columns_are_read_from_right_to_left():
    assert first_letters(columns("春夏秋冬", 900, 100)) == "春夏秋冬"


def test_tiers_are_read_one_after_the_other():
    assert (
        first_letters(columns("一二三四五六", 900, 100) + columns("七八九十百千", 900, 460))
        == "一二三四五六七八九十百千"
    )


def test_a_headline_across_comes_first_and_the_number_of_the_page_last():
    lines = [*columns("春夏秋冬", 900, 200), across("見出し語", 500, 60, 40), across("12", 480, 700)]
    assert first_letters(lines) == "見春夏秋冬1"
    found = blocks(lines)
    assert (found[0].kind, found[-1].kind) == ("heading", "footer")


def test_a_number_taken_for_a_column_is_no_part_of_the_column_above_it():
    """Its box is higher than wide."""
    lines = [*columns("春夏秋冬", 900, 200), column("7", 820, 700)]
    *_, last = blocks(lines)
    assert (last.text, last.kind) == ("7", "footer")
    assert abs(last.lines[0].quad.angle_deg) < 1


def test_a_last_column_of_one_character_stays_in_the_text():
    lines = [*columns("春夏秋", 900, 200), across("た", 900 - 32 * 3 - EM, 200)]
    assert first_letters(lines) == "春夏秋た"


def test_a_horizontal_box_between_columns_stands_where_it_is():
    lines = [
        *columns("春夏", 900, 200),
        *columns("秋冬", 500, 200),
        across("表の題", 600, 300),
        across("本文本文", 600, 330),
    ]
    assert first_letters(lines) == "春夏表本秋冬"


def test_columns_beside_horizontal_text_are_read_from_the_left():
    body = [across(f"{name}" * 30, 60, 200 + 30 * i) for i, name in enumerate("甲乙丙丁戊己庚辛")]
    assert first_letters([*body, *columns("春夏", 800, 200, 8)]) == "甲乙丙丁戊己庚辛春夏"


def test_a_label_up_the_margin_of_a_latin_page_still_comes_last():
    margin = Quad.from_box(Box(20, 100, 40, 500)).turned(-1)
    label = Line((Word("82092117", margin, 0.9),), margin, 0.9)
    assert first_letters([label, across("Some words", 60, 100), across("in two rows", 60, 130)]) == "Si8"


def test_what_is_vertical_writing():
    assert is_column(column("縦書き", 0, 0))
    assert not is_column(across("縦書き", 0, 0))
    assert not is_column(column("Spine", 0, 0))
    assert not is_column(column("字", 0, 0))
