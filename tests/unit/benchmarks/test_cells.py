from __future__ import annotations

import random

import cells
from cells import draw, render

MARKUP = "<table><tr><td rowspan='2'>a b</td><td colspan=2>c</td></tr><tr><td>d</td><td></td></tr></table>"


def test_markup_becomes_cells_with_their_places():
    table = cells._table_of(MARKUP)
    assert (table.rows, table.columns) == (2, 3)
    assert [(each.row, each.column, each.row_span, each.column_span, each.text) for each in table.cells] == [
        (0, 0, 2, 1, "a b"),
        (0, 1, 1, 2, "c"),
        (1, 1, 1, 1, "d"),
        (1, 2, 1, 1, ""),
    ]


def test_a_table_that_was_not_found_is_worth_nothing():
    assert cells._likeness(None, cells._table_of(MARKUP)) == {"teds": 0.0, "structure": 0.0, "cells": 4}


def test_a_drawn_table_is_the_same_for_a_seed_and_covers_its_grid():
    table, pixels = draw(random.Random(3))
    again, same = draw(random.Random(3))
    assert table == again
    assert (pixels == same).all()
    assert sum(cell.row_span * cell.column_span for cell in table.cells) == table.rows * table.columns
    assert pixels.min() < 100


def test_the_text_says_how_many_cells_are_right(conditions):
    text = render(
        {
            **conditions,
            "labelled": [{"picture": "a.png", "cells": 9, "teds": 0.5, "structure": 1.0}],
            "labelled_pages": 3,
            "found": 2,
            "rendered": [{"cells": 20, "right": 19, "tables": 1}],
            "without": {"letters": {"pages": 5, "found": {"b.png": 1}}},
        }
    )
    assert "| a.png | 9 | 0.500 | 1.000 |" in text
    assert "19 of 20 (95.0 %)" in text
    assert "Tables found on 5 pages that have none: 1 (letters 1)." in text
