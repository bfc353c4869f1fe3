import pytest

from inkread.document import Cell, Line, Table, Word
from inkread.geometry import Box, Quad
from inkread.metrics.tables import teds

BOX = Box(0, 0, 1, 1)


def table(*rows: tuple[str, ...]) -> Table:
    cells = []
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            quad = Quad.from_box(BOX)
            lines = (Line((Word(text, quad, 1.0),), quad, 1.0),) if text else ()
            cells.append(Cell(r, c, BOX, lines))
    return Table(len(rows), max(map(len, rows)), tuple(cells))


FRUIT = table(("Item", "Price"), ("Apple", "1.20"), ("Pear", "0.90"))


def test_equal_tables_are_wholly_alike():
    assert teds(FRUIT, FRUIT) == 1.0


def test_a_wrong_character_costs_its_share_of_the_cell():
    other = table(("Item", "Price"), ("Appla", "1.20"), ("Pear", "0.90"))
    assert teds(other, FRUIT) == pytest.approx(1 - 0.2 / 10)
    assert teds(other, FRUIT, structure_only=True) == 1.0


def test_a_missing_row_costs_the_row_and_its_cells():
    assert teds(table(("Item", "Price"), ("Apple", "1.20")), FRUIT) == pytest.approx(1 - 3 / 10)


def test_it_is_the_same_both_ways():
    other = table(("Item",), ("Apple", "1.20", "x"))
    assert teds(other, FRUIT) == pytest.approx(teds(FRUIT, other))


def test_spans_are_part_of_the_structure():
    cells = (Cell(0, 0, BOX, column_span=2), Cell(1, 0, BOX), Cell(1, 1, BOX))
    plain = (Cell(0, 0, BOX), Cell(1, 0, BOX), Cell(1, 1, BOX))
    assert teds(Table(2, 2, cells), Table(2, 2, plain)) == pytest.approx(1 - 1 / 6)


def test_white_space_is_no_difference():
    assert teds(table(("a b",), ("c",)), table(("ab",), ("c",))) == 1.0
