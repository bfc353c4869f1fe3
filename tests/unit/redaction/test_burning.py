import numpy as np
import pytest
from laid import line, page

from inkread.document import Block, Cell, Table, Word
from inkread.geometry import Box, Quad
from inkread.image import Image
from inkread.redaction.burning import Burnt, Found, between, boxes, places, scaled


def picture(width: int = 400, height: int = 200) -> Image:
    return Image(np.full((height, width, 3), 255, np.uint8))


def burnt(*quads: Quad, width: int = 400, height: int = 200) -> Burnt:
    made = Burnt(width, height)
    made.add([Found(0, "", quads)])
    return made


def test_the_places_are_black_and_the_rest_is_as_before():
    image = picture()
    result = burnt(Quad.from_box(Box(10, 20, 50, 60))).burn(image)
    assert (result.pixels[19:61, 9:51] == 0).all()
    assert (result.pixels[70:] == 255).all()
    assert (image.pixels == 255).all()


def test_a_place_outside_the_page_burns_nothing():
    assert (burnt(Quad.from_box(Box(-90, -90, -50, -50))).burn(picture()).pixels == 255).all()


def test_what_shines_through_is_seen():
    place = Quad.from_box(Box(10, 20, 50, 60))
    result = burnt(place).burn(picture()).pixels.copy()
    assert burnt(place).is_blank(result)
    result[40, 30] = 90
    assert not burnt(place).is_blank(result)


@pytest.mark.parametrize("factor", [0.5, 0.73, 2.0])
def test_a_picture_of_another_size_is_looked_at_too(factor):
    place = Quad.from_box(Box(100, 50, 300, 150))
    smaller = burnt(place).burn(picture()).resize(factor)
    assert burnt(place).is_blank(smaller.pixels)
    assert not burnt(place).is_blank(picture().resize(factor).pixels)


def test_a_word_is_burnt_whole_and_as_high_as_its_line():
    written = line("name Muster end", 20, 40)
    (own, of_line) = places(written, written.words[1], 2, 3)
    word = written.words[1].quad.box
    assert own.box.left <= word.left - 3
    assert own.box.right >= word.right + 3
    assert of_line.box.top <= written.box.top
    assert of_line.box.bottom >= written.box.bottom


def test_of_a_script_without_spaces_only_what_matched_is_burnt():
    quad = Quad.from_box(Box(0, 0, 240, 40))
    word = Word("我叫王小明你好", quad, 0.9, spans=tuple((i / 7, (i + 1) / 7) for i in range(7)), scores=(0.9,) * 7)
    written = line("x", 0, 0)
    own = places(written, word, 2, 4)[0].box
    assert own.left < 240 * 2 / 7 < 240 * 5 / 7 < own.right
    assert own.left > 240 * 1 / 7
    assert own.right < 240 * 6 / 7


def test_burnt_words_are_gone_from_lines_and_cells():
    written = line("keep Muster end", 20, 40)
    cell = Cell(0, 0, Box(0, 0, 400, 100), (written,))
    read = page([written], (400, 200))
    read = type(read)((Block((written,), "table", Table(1, 1, (cell,))),), 400, 200)
    left = burnt(*places(written, written.words[1], 0, 5)).remains(read)
    assert left.text == "keep end"
    assert left.tables[0].cells[0].text == "keep end"


def test_a_page_of_which_nothing_is_left_has_no_blocks():
    written = line("Muster", 20, 40)
    assert burnt(*places(written, written.words[0], 0, 5)).remains(page([written], (400, 200))).blocks == ()


def test_letters_beside_a_place_stay_in_the_text():
    word = Word(
        "AB12", Quad.from_box(Box(0, 0, 80, 40)), 0.9, tuple((i / 4, (i + 1) / 4) for i in range(4)), (0.9,) * 4
    )
    written = line("x", 0, 0)
    read = page([type(written)((word,), word.quad, 0.9)], (400, 200))
    (left,) = burnt(Quad.from_box(Box(0, 0, 40, 40))).remains(read).words
    assert left.text == "12"
    assert left.quad.box.left == pytest.approx(40)
    assert left.spans == ((0.0, 0.5), (0.5, 1.0))


def test_boxes_end_at_the_page():
    assert boxes([Quad.from_box(Box(-5, -5, 10, 10)), Quad.from_box(Box(-9, -9, -1, -1))], 8, 400) == [Box(0, 0, 8, 10)]


def test_a_line_in_a_larger_picture_is_larger():
    assert scaled(line("ab", 10, 20), 2, 3).words[0].box == Box(20, 60, 100, 180)


def test_boxes_that_overlap_are_told_as_one():
    given = ((0, 0, 50, 20), (100, 0, 150, 20), (20, 0, 130, 20), (0, 60, 9, 70))
    assert boxes([Quad.from_box(Box(*each)) for each in given], 400, 200) == [Box(0, 0, 150, 20), Box(0, 60, 9, 70)]


def test_the_gap_between_two_words_of_a_match_is_burnt_unless_it_is_wide():
    near, far = line("Max Muster", 20, 40), line("Max Muster", 20, 40, gap=300)
    (bridge,) = between(near, *near.words)
    assert bridge.box.left <= near.words[0].box.right <= near.words[1].box.left <= bridge.box.right
    assert between(far, *far.words) == []
