import random

import pytest

from inkread.arrange.beside import part, strips
from inkread.arrange.blocks import arrange
from inkread.arrange.frame import Placed
from inkread.document import Line, Word
from inkread.geometry import Box, Quad
from inkread.options import ArrangeOptions

HEIGHT, PITCH = 20, 30


def line(text: str, left: float, top: float, width: float = 160, height: float = HEIGHT) -> Line:
    quad = Quad.from_box(Box(left, top, left + width, top + height))
    return Line((Word(text, quad, 0.9),), quad, 0.9)


def column(name: str, left: float, top: float, count: int, width: float = 160, pitch: float = PITCH) -> list[Line]:
    return [line(f"{name}{i}", left, top + i * pitch, width) for i in range(count)]


def names(name: str, count: int) -> list[str]:
    return [f"{name}{i}" for i in range(count)]


def texts(lines: list[Line]) -> list[str]:
    shuffled = random.Random(7).sample(lines, len(lines))
    return [item.text for block in arrange(shuffled, ArrangeOptions()) for item in block.lines]


def placed(*lines: Line) -> list[Placed]:
    return [Placed(item, item.box) for item in lines]


def test_blocks_of_other_row_heights_are_read_one_after_the_other():
    """A letterhead: an institution's name and address on the left, a person's on the right."""
    lines = [*column("left", 60, 100, 4, pitch=34), *column("right", 700, 110, 4, pitch=28)]
    assert texts(lines) == names("left", 4) + names("right", 4)


def test_a_date_beside_a_list_of_names_does_not_part_the_list():
    lines = [*column("name", 700, 100, 5), line("date", 60, 175)]
    assert texts(lines) == [*names("name", 5), "date"]


def test_a_block_that_begins_higher_is_read_first():
    lines = [*column("to", 60, 195, 3), *column("from", 700, 120, 4)]
    assert texts(lines) == names("from", 4) + names("to", 3)


def test_large_print_beside_an_address_is_a_block_of_its_own():
    lines = [line("BIG", 60, 95, 90, 60), line("FIRM", 60, 160, 90, 60), *column("street", 300, 100, 4)]
    assert texts(lines) == ["BIG", "FIRM", *names("street", 4)]


def test_what_lies_below_a_block_is_read_after_it():
    """The date under a logo comes after the address beside the logo."""
    lines = [line("logo", 60, 105, 300, 60), *column("address", 700, 100, 5), line("date", 60, 260)]
    assert texts(lines) == ["logo", *names("address", 5), "date"]


@pytest.mark.parametrize("shift", [0, 2, -4])
def test_parts_at_one_height_stay_in_their_row(shift):
    lines = [*column("field", 60, 100, 5), *column("value", 700, 100 + shift, 5)]
    assert texts(lines) == [f"{name}{i}" for i in range(5) for name in ("field", "value")]


def test_a_value_that_is_missing_does_not_part_a_table():
    values = column("value", 700, 100, 6)
    lines = [*column("field", 60, 100, 6), *values[:2], *values[4:]]
    assert texts(lines)[:4] == ["field0", "value0", "field1", "value1"]


def test_short_cells_between_rows_stay_in_the_order_of_rows():
    """Prices of a bent receipt, half a line lower than their articles."""
    lines = [*column("article", 60, 100, 3), *column("price", 700, 112, 3, width=50)]
    assert texts(lines) == [f"{name}{i}" for i in range(3) for name in ("article", "price")]


def test_three_blocks_beside_each_other():
    lines = [
        *column("a", 60, 100, 3, pitch=42),
        *column("b", 400, 108, 4, pitch=31),
        *column("c", 800, 116, 3, pitch=37),
    ]
    assert texts(lines) == names("a", 3) + names("b", 4) + names("c", 3)


def test_the_text_around_blocks_beside_each_other_keeps_its_place():
    beside = [*column("left", 60, 200, 4, pitch=34), *column("right", 700, 210, 4, pitch=28)]
    lines = [line("above", 60, 100, 900), *beside, *column("below", 60, 400, 3, width=900)]
    assert texts(lines) == ["above", *names("left", 4), *names("right", 4), *names("below", 3)]


def test_a_block_read_after_a_higher_one_is_a_block_of_the_page():
    lines = [*column("left", 60, 100, 4, pitch=34), *column("right", 700, 110, 4, pitch=28)]
    blocks = arrange(lines, ArrangeOptions())
    assert [[item.text for item in block.lines] for block in blocks] == [names("left", 4), names("right", 4)]


def test_white_across_the_page_ends_a_strip():
    first, second, third = placed(line("a", 60, 100), line("b", 700, 115), line("c", 60, 150))
    assert strips([[first], [second], [third]]) == [[[first], [second]], [[third]]]


def test_no_rows_have_no_strips():
    assert strips([]) == []


def test_one_row_is_never_parted():
    assert part([placed(line("a", 60, 100), line("b", 400, 100), line("c", 800, 100))]) is None


def test_blocks_closer_than_the_gutter_are_not_parted():
    left, right = column("left", 60, 100, 3), column("right", 250, 115, 3)
    assert part([placed(item) for item in (left[0], right[0], left[1], right[1], left[2], right[2])]) is None


def test_the_widest_gutter_parts():
    a, b, c = (placed(*column(*args)) for args in (("a", 60, 100, 3), ("b", 300, 110, 3), ("c", 800, 119, 3)))
    found = part([[item] for item in (*a, *b, *c)])
    assert found is not None
    assert found.first == a + b
    assert found.second == c
