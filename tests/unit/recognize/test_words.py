import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkread.document import Alternative
from inkread.geometry import Box, Point, Quad
from inkread.recognize.ctc import Reading
from inkread.recognize.ink import ink_mask
from inkread.recognize.words import split_words

HEIGHT, PITCH = 40, 20


def reading(text: str, *, shift: float = 0.0, alternatives: tuple[Alternative, ...] = ()) -> Reading:
    """A reading with a cell of equal width for each character; `shift`: how far the network is off, in cells."""
    n = len(text)
    columns = tuple((max(0, i + shift + 0.2) / n, min(n, i + shift + 0.8) / n) for i in range(n))
    return Reading(text, columns, tuple(0.5 + 0.4 * i / n for i in range(n)), alternatives)


def crop(text: str, *, ink: int = 0, ground: int = 255, top: int = 8, bottom: int = 32) -> np.ndarray:
    """The picture to it: letters 16 of 20 px wide, 2 px from the left of their cells."""
    pixels = np.full((HEIGHT, PITCH * len(text), 3), ground, np.uint8)
    for i, letter in enumerate(text):
        if letter != " ":
            pixels[top:bottom, PITCH * i + 2 : PITCH * i + 18] = ink
    return pixels


def page_quad(pixels: np.ndarray, left: float = 100, top: float = 50) -> Quad:
    return Quad.from_box(Box(left, top, left + pixels.shape[1], top + pixels.shape[0]))


def split(text: str, **of_crop: int):
    pixels = crop(text, **of_crop)
    return split_words(reading(text), page_quad(pixels), ink_mask(pixels) if text else None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" ", []),
        ("ab", ["ab"]),
        ("ab cd", ["ab", "cd"]),
        ("  ab   c  ", ["ab", "c"]),
        ("a b c", ["a", "b", "c"]),
        ("ab\u3000cd", ["ab", "cd"]),
        ("舱位 CLASS", ["舱位", "CLASS"]),
    ],
)
def test_words_stand_between_spaces(text, words):
    """S4-39: scripts side by side"""
    assert [word.text for word in split(text)] == words


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (255, 0), (60, 200)])
def test_boxes_end_at_the_ink(ink, ground):
    first, second = split("ab cde", ink=ink, ground=ground)
    assert first.box == Box(100 + 2, 50 + 8, 100 + 38, 50 + 32)
    assert second.box == Box(100 + 62, 50 + 8, 100 + 118, 50 + 32)


@pytest.mark.parametrize("shift", [-0.4, -0.2, 0.2, 0.4])
def test_boxes_end_at_the_ink_even_if_the_network_is_off_by_nearly_half_a_letter(shift):
    text = "ab cde f"
    pixels = crop(text)
    words = split_words(reading(text, shift=shift), page_quad(pixels), ink_mask(pixels))
    assert [(word.box.left - 100, word.box.right - 100) for word in words] == [(2, 38), (62, 118), (142, 158)]


def test_each_word_has_its_own_height():
    text = "ab cd"
    pixels = crop(text)
    pixels[:20, 60:] = 255
    first, second = split_words(reading(text), page_quad(pixels), ink_mask(pixels))
    assert (first.box.top, first.box.bottom) == (58, 82)
    assert (second.box.top, second.box.bottom) == (70, 82)


@pytest.mark.parametrize("value", [255, 0, 128])
def test_without_ink_the_columns_make_the_boxes(value):
    """A box is there even where picture and text do not agree."""
    pixels = np.full((HEIGHT, 100, 3), value, np.uint8)
    first, second = split_words(reading("ab cd"), page_quad(pixels), ink_mask(pixels))
    assert (first.box.left, first.box.right) == pytest.approx((104, 136))
    assert (second.box.left, second.box.right) == pytest.approx((164, 196))
    assert (first.box.top, first.box.bottom) == (50, 90)


def test_a_speck_is_not_the_word():
    """One word is too pale to be ink: its box is where the network saw it, not the speck beside it."""
    text = "abcd efgh"
    pixels = crop(text)
    pixels[:, 100:] = 255
    pixels[20:22, 150:152] = 0
    _, pale = split_words(reading(text), page_quad(pixels), ink_mask(pixels))
    assert pale.box.width > 60


def test_boxes_follow_a_turned_line():
    """S4-31: quads, not boxes; a line that is read downwards has its words one below the other."""
    text = "ab cd"
    pixels = crop(text)
    # Page: 100 px down from (300, 20), the letters' tops to the right.
    quad = Quad(Point(300, 20), Point(300, 120), Point(260, 120), Point(260, 20))
    first, second = split_words(reading(text), quad, ink_mask(pixels))
    assert first.quad == Quad(Point(292, 22), Point(292, 58), Point(268, 58), Point(268, 22))
    assert second.box == Box(268, 82, 292, 118)


def test_confidences_and_alternatives_go_with_their_characters():
    """S0-30: a confidence for each word and character."""
    others = (Alternative(1, "h", 0.25), Alternative(3, "e", 0.2), Alternative(4, "b", 0.1))
    text = "ab cd"
    pixels = crop(text)
    first, second = split_words(reading(text, alternatives=others), page_quad(pixels), ink_mask(pixels))
    assert first.scores == pytest.approx((0.5, 0.58))
    assert first.confidence == pytest.approx(0.54)
    assert first.alternatives == (Alternative(1, "h", 0.25),)
    assert second.alternatives == (Alternative(0, "e", 0.2), Alternative(1, "b", 0.1))
    assert [char.alternatives for char in second.chars] == [(second.alternatives[0],), (second.alternatives[1],)]


def test_characters_stand_over_their_ink():
    (word,) = split("abcd")
    for i, char in enumerate(word.chars):
        assert char.quad.center.x == pytest.approx(100 + PITCH * i + 10, abs=2)


columns = st.lists(st.floats(0, 1), min_size=2, max_size=16)


@given(
    st.text("ab ", min_size=1, max_size=8),
    st.lists(st.floats(0, 1), min_size=16, max_size=16),
    st.integers(1, 60),
    st.integers(1, 200),
    st.integers(0, 2**32 - 1),
)
def test_every_word_has_an_area_and_its_characters_fill_it(text, edges, height, width, seed):
    """Whatever the columns and the picture: an area over 0, spans from 0 to 1 in order."""
    ordered = sorted(edges[: 2 * len(text)])
    places = (
        tuple(itertools.batched(ordered, 2))
        if hasattr(itertools, "batched")
        else tuple(zip(ordered[::2], ordered[1::2], strict=True))
    )
    pixels = np.random.default_rng(seed).choice(np.array([0, 255], np.uint8), (height, width), p=(0.2, 0.8))
    picture = np.repeat(pixels[..., None], 3, axis=2)
    quad = Quad.from_box(Box(10, 10, 610, 50))
    words = split_words(Reading(text, places, (0.9,) * len(text)), quad, ink_mask(picture))
    assert [word.text for word in words] == text.split()
    for word in words:
        assert word.quad.area > 0
        assert len(word.spans) == len(word.scores) == len(word.text)
        spans = [edge for span in word.spans for edge in span]
        assert spans == sorted(spans)
        assert (spans[0], spans[-1]) == pytest.approx((0, 1), abs=1e-3)
        assert all(a[1] == b[0] for a, b in itertools.pairwise(word.spans))
        assert word.box.left >= 9.99
        assert word.box.right <= 610.01
    for before, after in itertools.pairwise(words):
        assert before.box.left <= after.box.left


def backwards(text: str, *, shift: float = 0.0) -> Reading:
    """A reading of right-to-left text: its first character stands at the right."""
    seen = reading(text, shift=shift)
    return Reading(text, seen.columns[::-1], seen.scores)


def test_words_of_right_to_left_text_come_in_its_order_and_stand_where_they_are():
    pixels = crop("xxx xx")  # two words: three letters at the left, two at the right
    words = split_words(backwards("אב גדה"), page_quad(pixels), ink_mask(pixels))
    assert [word.text for word in words] == ["אב", "גדה"]
    first, second = (word.box for word in words)
    assert second.right <= first.left
    assert first.right == pytest.approx(100 + 6 * PITCH - 2)
    assert second.left == pytest.approx(102)


def test_characters_of_right_to_left_words_stand_from_right_to_left():
    pixels = crop("xxx")
    (word,) = split_words(backwards("אבג"), page_quad(pixels), ink_mask(pixels))
    lefts = [char.box.left for char in word.chars]
    assert lefts == sorted(lefts, reverse=True)
    assert [char.text for char in word.chars] == ["א", "ב", "ג"]


def test_a_number_in_right_to_left_text_runs_forward():
    #            seen: 1 2 _ ב א
    pixels = crop("xx xx")
    columns = reading("xx xx").columns
    said = Reading("אב 12", (columns[4], columns[3], columns[2], columns[0], columns[1]), (0.9,) * 5)
    words = split_words(said, page_quad(pixels), ink_mask(pixels))
    assert [word.text for word in words] == ["אב", "12"]
    assert words[1].box.left < words[0].box.left
    assert words[1].chars[0].box.left < words[1].chars[1].box.left
