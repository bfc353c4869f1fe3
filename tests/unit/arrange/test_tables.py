"""Tables of pages that are drawn here: rules by OpenCV, lines of words where their text would stand."""

import cv2
import numpy as np
import pytest

from inkread.arrange.blocks import arrange
from inkread.document import Line, Word
from inkread.geometry import Box, Quad
from inkread.image import Image
from inkread.options import ArrangeOptions

OPTIONS = ArrangeOptions()


def line(text: str, left: float, top: float, height: float = 20.0, pitch: float = 10.0) -> Line:
    """A line whose characters are `pitch` px wide, spaces too."""
    words, x = [], left
    for part in text.split(" "):
        width = pitch * len(part)
        spans = tuple((i / len(part), (i + 1) / len(part)) for i in range(len(part)))
        quad = Quad.from_box(Box(x, top, x + width, top + height))
        words.append(Word(part, quad, 0.9, spans, (0.9,) * len(part)))
        x += width + pitch
    return Line(tuple(words), Quad.from_box(Box(left, top, x - pitch, top + height)), 0.9)


def ruled_page(xs, ys, width=800, height=600) -> Image:
    pixels = np.full((height, width, 3), 255, np.uint8)
    for x in xs:
        cv2.line(pixels, (x, ys[0]), (x, ys[-1]), (0, 0, 0), 2)
    for y in ys:
        cv2.line(pixels, (xs[0], y), (xs[-1], y), (0, 0, 0), 2)
    return Image(pixels)


def grid_of(block) -> list[list[str]]:
    texts = [["" for _ in range(block.table.columns)] for _ in range(block.table.rows)]
    for cell in block.table.cells:
        texts[cell.row][cell.column] = cell.text
    return texts


def test_a_ruled_table_has_its_texts_in_its_cells():
    image = ruled_page((50, 250, 450), (100, 150, 200, 250))
    lines = [line("Article", 70, 115), line("Price", 270, 115)]
    lines += [line("Apple", 70, 165), line("1.20", 270, 165), line("Pear", 70, 215), line("0.90", 270, 215)]
    before, after = line("A list of fruit", 50, 30), line("Thank you very much", 50, 300)
    blocks = arrange([*lines, after, before], OPTIONS, image)
    assert [block.kind for block in blocks] == ["paragraph", "table", "paragraph"]
    assert grid_of(blocks[1]) == [["Article", "Price"], ["Apple", "1.20"], ["Pear", "0.90"]]
    box = blocks[1].table.cells[0].box
    assert tuple(box) == pytest.approx((50, 100, 250, 150), abs=4)


def test_a_line_read_across_a_rule_is_parted():
    image = ruled_page((50, 250, 450), (100, 150, 200))
    lines = [line("one", 200, 115), line("ab", 270, 115), line("cd efgh", 210, 165)]
    blocks = arrange(lines, OPTIONS, image)
    assert grid_of(blocks[0]) == [["one", "ab"], ["cd", "efgh"]]


def test_a_word_without_spaces_is_parted_between_its_characters():
    image = ruled_page((50, 250, 450), (100, 150, 200))
    blocks = arrange(
        [line("甲乙", 100, 115), line("空气质量", 230, 115), line("丙", 300, 165), line("丁", 100, 165)], OPTIONS, image
    )
    assert [row[1] for row in grid_of(blocks[0])] == ["质量", "丙"]
    words = [word for cell in blocks[0].table.cells for line_ in cell.lines for word in line_.words]
    assert sorted("".join(word.text for word in words)) == sorted("甲乙空气质量丙丁")
    assert all(len(word.spans) == len(word.scores) == len(word.text) for word in words)


def test_a_frame_around_text_is_no_table():
    image = ruled_page((50, 450), (100, 250))
    blocks = arrange([line("a note", 70, 115), line("in a frame", 70, 165)], OPTIONS, image)
    assert all(block.kind == "paragraph" for block in blocks)


def test_rules_around_groups_of_figures_leave_the_names_of_their_rows_in_the_table():
    image = ruled_page((190, 400, 650), (90, 260, 430))
    rows = [("ash", "1.0", "2.0"), ("birch", "3.0", "4.0"), ("cedar", "5.0", "6.0"), ("elm", "7.0", "8.0")] * 2
    lines = [line(text, 50 + 200 * c, 100 + 40 * r) for r, row in enumerate(rows) for c, text in enumerate(row)]
    (block,) = arrange(lines, OPTIONS, image)
    assert grid_of(block) == [list(row) for row in rows]


def test_a_grid_with_hardly_any_text_is_no_table():
    image = ruled_page(tuple(range(50, 700, 50)), tuple(range(100, 500, 50)))
    blocks = arrange([line("plan", 60, 115), line("of", 110, 165), line("town", 160, 215)], OPTIONS, image)
    assert all(block.kind == "paragraph" for block in blocks)


def test_texts_above_each_other_make_a_table_without_rules():
    rows = [("Item", "Qty", "Sum"), ("Apple", "2", "2.40"), ("Pear", "1", "0.90"), ("Plum", "3", "1.10")]
    lines = [line(text, 50 + 200 * c, 100 + 30 * r) for r, row in enumerate(rows) for c, text in enumerate(row)]
    (block,) = arrange(lines, OPTIONS)
    assert block.kind == "table"
    assert grid_of(block) == [list(row) for row in rows]


def test_a_heading_over_several_columns_spans_them():
    image = Image(np.full((400, 800, 3), 255, np.uint8))
    for y, (left, right) in {90: (50, 700), 122: (250, 560), 152: (50, 700), 262: (50, 700)}.items():
        cv2.line(image.pixels, (left, y), (right, y), (0, 0, 0), 2)
    rows = [
        ("Compound", "Recovery", ""),
        ("", "wet", "dry"),
        ("NAP", "68.3", "65.6"),
        ("ACY", "61.5", "79.6"),
        ("ACE", "65.3", "73.9"),
    ]
    lines = [
        line(t, 60 + 220 * c + (120 if t == "Recovery" else 0), 96 + 33 * r)
        for r, row in enumerate(rows)
        for c, t in enumerate(row)
        if t
    ]
    block = next(block for block in arrange(lines, OPTIONS, image) if block.kind == "table")
    (heading,) = (cell for cell in block.table.cells if cell.text == "Recovery")
    assert (heading.row, heading.column, heading.column_span) == (0, 1, 2)


def test_what_goes_on_below_belongs_to_the_cell_above():
    rows = [("Item", "Qty", "Sum"), ("Apple", "2", "2.40"), ("Pear", "1", "0.90"), ("Plum", "3", "1.10")]
    lines = [line(text, 50 + 200 * c, 100 + 60 * r) for r, row in enumerate(rows) for c, text in enumerate(row)]
    (block,) = arrange([*lines, line("green", 50, 184)], OPTIONS)
    assert grid_of(block)[1] == ["Apple\ngreen", "2", "2.40"]


def test_two_columns_of_prose_are_no_table():
    text = "these are words of a longer text"
    lines = [line(text, left, 100 + 30 * row) for row in range(6) for left in (20, 420)]
    assert all(block.kind == "paragraph" for block in arrange(lines, OPTIONS))


def test_labels_and_values_are_no_table():
    lines = [line(text, left, 100 + 30 * row) for row in range(4) for text, left in (("Date:", 50), ("today", 200))]
    assert [block.kind for block in arrange(lines, OPTIONS)] == ["key-value"]


def test_no_line_is_lost_or_doubled():
    image = ruled_page((50, 250, 450), (100, 150, 200, 250))
    lines = [line(f"w{i}", 60 + 97 * (i % 7), 20 + 45 * (i // 7)) for i in range(60)]
    blocks = arrange(lines, OPTIONS, image)
    assert sorted(word.text for block in blocks for word in block.words) == sorted(f"w{i}" for i in range(60))


def test_tables_can_be_left_alone():
    image = ruled_page((50, 250, 450), (100, 150, 200))
    lines = [line("a", 100, 115), line("b", 300, 115), line("c", 100, 165), line("d", 300, 165)]
    assert all(block.kind == "paragraph" for block in arrange(lines, ArrangeOptions(tables="never"), image))
