"""Which way is up: pages of boxes, votes and characters, without pictures."""

import pytest

from inkread.document import Line, Word
from inkread.enhance.upright import (
    Glyph,
    Vote,
    are_at_odds,
    direction_deg,
    is_plainly_upright,
    runs_down,
    sample_glyphs,
    stand_in_columns,
    witnesses,
)
from inkread.geometry import Box, Quad

ACROSS = [Quad.from_box(Box(50, 40 * k, 450 - 10 * k, 40 * k + 20)) for k in range(8)]
DOWN = [Quad.from_box(Box(40 * k, 50, 40 * k + 20, 450 - 10 * k)) for k in range(8)]
GOOD, BAD = Vote(0.95, 0.6, 20), Vote(0.6, 0.95, 20)


def test_lines_across_the_page_do_not_run_down():
    assert not runs_down(ACROSS)
    assert runs_down(DOWN)
    assert not runs_down([])


def test_digits_higher_than_wide_say_nothing():
    digits = [Quad.from_box(Box(500, 40 * k, 511, 40 * k + 20)) for k in range(50)]
    assert not runs_down(ACROSS[:2] + digits)


def test_a_sign_that_runs_down_beside_others_does_not_turn_a_scene():
    assert not runs_down(DOWN[:2] + ACROSS[:1])


def test_the_longest_lines_that_run_as_most_do_are_asked():
    asked = witnesses([*ACROSS[::-1], *DOWN[:1]])
    assert len(asked) == 8
    assert asked[0].top_left == ACROSS[0].top_left
    assert all(quad.angle_deg == 0 for quad in asked)


def test_of_a_long_line_only_its_beginning_is_asked():
    (asked,) = witnesses([Quad.from_box(Box(0, 0, 1000, 20))])
    assert (asked.width, asked.height) == (200, 20)


def test_lines_that_run_down_are_asked_from_the_top():
    (asked,) = witnesses(DOWN[:1])
    assert asked.angle_deg == 90
    assert asked.top_left == (20, 50)


def test_a_page_is_plainly_upright_where_the_classifier_says_so():
    asked = witnesses(ACROSS)
    assert is_plainly_upright(asked, [0.1, 0.9, 0.2, 0.1, 0.0, 0.3])
    assert not is_plainly_upright(asked, [0.1, 0.9, 0.2, 0.8, 0.0, 0.3])
    assert not is_plainly_upright(witnesses(DOWN), [0.0] * 6)
    assert is_plainly_upright([], [])


@pytest.mark.parametrize(
    ("quads", "votes", "direction"),
    [
        (ACROSS, [GOOD] * 3, 0),
        (ACROSS, [BAD] * 3, 180),
        (ACROSS, [GOOD, BAD, BAD], 180),
        (DOWN, [GOOD] * 3, 90),
        (DOWN, [BAD] * 3, 270),
    ],
)
def test_text_runs_the_way_in_which_it_reads_better(quads, votes, direction):
    assert direction_deg(witnesses(quads), votes) == direction


@pytest.mark.parametrize(
    "votes",
    [
        [],
        [Vote(0.0, 0.0, 0)] * 3,
        [Vote(0.2, 0.99, 2)] * 3,  # a few characters
        [Vote(0.3, 0.5, 20)] * 3,  # neither way reads well
        [Vote(0.90, 0.92, 20)] * 3,  # both do
    ],
    ids=["none", "nothing read", "few", "unsure", "close"],
)
@pytest.mark.parametrize("quads", [ACROSS, DOWN])
def test_a_page_stays_as_it_is_where_votes_do_not_decide(quads, votes):
    assert direction_deg(witnesses(quads), votes) == 0


def test_more_lines_are_read_where_the_first_do_not_decide():
    assert are_at_odds([Vote(0.7, 0.8, 20)] * 3)
    assert are_at_odds([])
    assert not are_at_odds([GOOD, GOOD, GOOD])


def line(text: str, quad: Quad, score: float = 0.9) -> Line:
    spans = tuple((i / len(text), (i + 1) / len(text)) for i in range(len(text)))
    return Line((Word(text, quad, score, spans, (score,) * len(text)),), quad, score)


HAN = "天地玄黃宇宙洪荒日月盈昃辰宿列張"


def test_characters_of_columns_are_shown_standing():
    """The quad of a column runs down the page, those of its characters to the right."""
    glyphs = sample_glyphs([line(HAN, Quad.from_box(Box(40 * k, 0, 40 * k + 20, 320)).turned(1)) for k in range(5)])
    assert len(glyphs) == 6
    assert len({glyph.text for glyph in glyphs}) == 6
    for glyph in glyphs:
        assert glyph.quad.angle_deg == pytest.approx(0)
        assert (glyph.quad.width, glyph.quad.height) == pytest.approx((20, 20))


def test_letters_do_not_stand_in_columns():
    assert sample_glyphs([line("HEAVEN AND EARTH", quad) for quad in ACROSS]) == []
    assert sample_glyphs([line("HEAVEN AND EARTH 天地", quad) for quad in ACROSS]) == []


def test_few_lines_are_not_asked_whether_they_are_columns():
    assert sample_glyphs([line(HAN, quad) for quad in ACROSS[:4]]) == []
    assert sample_glyphs([line("天天天", quad) for quad in ACROSS]) == []
    assert sample_glyphs([]) == []


def test_lines_are_columns_where_most_squares_say_what_the_lines_do():
    glyphs = [Glyph(text, ACROSS[0]) for text in HAN[:6]]
    assert stand_in_columns(glyphs, list(HAN[:6]), run_down=False)
    assert stand_in_columns(glyphs, [*HAN[:4], "", "x"], run_down=True)
    assert not stand_in_columns(glyphs, [*HAN[:4], "", "x"], run_down=False)
    assert not stand_in_columns(glyphs, [*HAN[:3], "", "", "x"], run_down=True)
    assert not stand_in_columns([], [], run_down=True)


def test_signs_seen_askew_are_not_asked():
    askew = Quad.from_points([(100, 300), (300, 90), (315, 105), (115, 315)])
    assert witnesses([askew]) == []
    assert all(quad.angle_deg == 0 for quad in witnesses([askew, *ACROSS]))
