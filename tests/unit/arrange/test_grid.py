from inkread.arrange.grid import ruled_grids, without_open_edges
from inkread.arrange.rules import Rule, Rules


def lines(places, start, end):
    return [Rule(float(at), float(start), float(end)) for at in places]


def fields(grid):
    return [field[:4] for field in grid.fields]


def test_rules_that_cross_make_a_grid():
    (grid,) = ruled_grids(Rules(lines((0, 40, 80), 0, 200), lines((0, 100, 200), 0, 80)), 20.0)
    assert fields(grid) == [(0, 0, 1, 1), (0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, 1)]
    assert tuple(grid.box) == (0, 0, 200, 80)


def test_where_a_rule_is_missing_cells_are_one():
    down = [*lines((0, 200), 0, 80), Rule(100.0, 40.0, 80.0)]
    (grid,) = ruled_grids(Rules(lines((0, 40, 80), 0, 200), down), 20.0)
    assert fields(grid) == [(0, 0, 1, 2), (1, 0, 1, 1), (1, 1, 1, 1)]


def test_a_stroke_that_parts_no_cells_parts_no_rows():
    across = [*lines((0, 40, 80), 0, 200), Rule(20.0, 80.0, 120.0)]
    (grid,) = ruled_grids(Rules(across, lines((0, 100, 200), 0, 80)), 20.0)
    assert fields(grid) == [(0, 0, 1, 1), (0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, 1)]
    assert grid.ys == [0, 40, 80]


def test_cells_that_are_one_make_a_rectangle():
    """A whirl of rules in the upper three rows leaves no cell there; the row below has three."""
    across = [*lines((0, 120, 160), 0, 300), Rule(40.0, 100.0, 300.0), Rule(80.0, 0.0, 200.0)]
    down = [*lines((0, 300), 0, 160), Rule(100.0, 0.0, 40.0), Rule(200.0, 40.0, 120.0), *lines((100, 200), 120, 160)]
    (grid,) = ruled_grids(Rules(across, down), 20.0)
    assert fields(grid) == [(0, 0, 1, 3), (1, 0, 1, 1), (1, 1, 1, 1), (1, 2, 1, 1)]
    assert tuple(grid.fields[0].box) == (0, 0, 300, 120)


def test_a_table_without_outer_rules_is_as_wide_as_those_across():
    (grid,) = ruled_grids(Rules(lines((0, 40, 80), 0, 300), lines((100, 200), 0, 80)), 20.0)
    assert len(grid.xs) == 4
    assert grid.is_open == (True, False, True, False)


def test_open_edges_without_text_are_no_part_of_a_table():
    (grid,) = ruled_grids(Rules(lines((0, 40, 80), 0, 400), lines((100, 200, 300), 0, 80)), 20.0)
    inner = [field for field in grid.fields if field.column in (1, 2)]
    left = without_open_edges(grid, inner)
    assert left.xs == [100, 200, 300]
    assert fields(left) == [(0, 0, 1, 1), (0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, 1)]


def test_edges_of_rules_stay_even_without_text():
    (grid,) = ruled_grids(Rules(lines((0, 40, 80), 0, 200), lines((0, 100, 200), 0, 80)), 20.0)
    assert without_open_edges(grid, grid.fields[:1]).xs == [0, 100, 200]


def test_rules_that_do_not_meet_are_no_grid():
    assert ruled_grids(Rules(lines((0, 40, 80), 0, 200), lines((400, 500), 0, 80)), 20.0) == []
    assert ruled_grids(Rules([], []), 20.0) == []


def test_two_tables_are_two_grids():
    across = lines((0, 40, 80), 0, 200) + lines((300, 340, 380), 0, 200)
    down = lines((0, 100, 200), 0, 80) + lines((0, 100, 200), 300, 380)
    assert len(ruled_grids(Rules(across, down), 20.0)) == 2
