import cv2
import numpy as np
import pytest

from inkread.document import Line, Word
from inkread.enhance.sheets import by_sheet, find_sheets
from inkread.geometry import Box, Point, Quad
from inkread.image import Image

TABLE, PAPER = 70, 235
LEFT = [(40, 30), (280, 50), (270, 370), (30, 350)]
RIGHT = [(340, 60), (560, 40), (580, 360), (350, 380)]


def photo(*sheets, size=(400, 600), table=TABLE) -> Image:
    """Sheets with rows of print on a table."""
    pixels = np.full((*size, 3), table, np.uint8)
    for sheet in sheets:
        cv2.fillConvexPoly(pixels, np.array(sheet, np.int32), (PAPER, PAPER, PAPER))
        x, y = np.min(sheet, axis=0) + 30
        for row in range(8):
            cv2.putText(pixels, "some print", (x, y + 30 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (20, 20, 20), 2)
    return Image(pixels)


def line(x: float, y: float) -> Line:
    quad = Quad.from_box(Box(x, y, x + 40, y + 10))
    return Line((Word("word", quad, 1.0),), quad, 1.0)


def test_the_corners_of_a_sheet_are_found():
    (quad,) = find_sheets(photo(LEFT))
    assert np.allclose(quad, LEFT, atol=4)


@pytest.mark.row("S0-33")
def test_each_sheet_is_found_from_the_left():
    left, right = find_sheets(photo(RIGHT, LEFT))
    assert left.box.right < right.box.left


@pytest.mark.parametrize("pixels", [np.full((300, 200, 3), 255, np.uint8), np.zeros((300, 200, 3), np.uint8)])
def test_a_picture_of_one_colour_has_no_sheets(pixels):
    assert find_sheets(Image(pixels)) == []


def test_a_scan_that_paper_fills_has_no_sheets():
    assert find_sheets(photo([(0, 0), (600, 0), (600, 400), (0, 400)])) == []


def test_pale_paper_on_a_pale_table_is_not_told_apart():
    assert find_sheets(photo(LEFT, RIGHT, table=PAPER - 20)) == []


def test_what_is_no_quad_is_no_sheet():
    page = photo()
    cv2.circle(page.pixels, (300, 200), 150, (PAPER,) * 3, -1)
    cv2.circle(page.pixels, (300, 280), 120, (TABLE,) * 3, -1)
    assert find_sheets(page) == []


def test_lines_go_with_their_sheet_and_the_others_come_last():
    left, right = [line(60, 100 + 20 * k) for k in range(4)], [line(400, 100 + 20 * k) for k in range(3)]
    beside = line(5, 390)
    mixed = [item for pair in zip(left, [*right, beside], strict=True) for item in pair]
    assert by_sheet(photo(LEFT, RIGHT), mixed) == [left, right, [beside]]


def test_lines_of_a_part_of_a_page_go_with_their_sheet():
    crop = photo(LEFT, RIGHT, size=(500, 800)).crop(Box(10, 10, 700, 450))
    left, right = [line(60, 100 + 20 * k) for k in range(3)], [line(400, 100 + 20 * k) for k in range(3)]
    assert by_sheet(crop, [*right, *left]) == [left, right]


@pytest.mark.parametrize("sheets", [(), (LEFT,), (LEFT, RIGHT)])
def test_sheets_with_hardly_any_text_do_not_part_a_page(sheets):
    lines = [line(60, 100), line(400, 100), line(60, 200)]
    assert by_sheet(photo(*sheets), lines) == [lines]


def test_a_sheet_in_any_corner_starts_at_its_top_left():
    tilted = [(300, 40), (540, 160), (420, 380), (180, 260)]
    (quad,) = find_sheets(photo(tilted))
    assert quad.top_left == min(quad, key=lambda p: p.x + p.y)
    assert isinstance(quad.top_left, Point)
