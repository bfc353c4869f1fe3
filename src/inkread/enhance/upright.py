"""Which way is up: the directions of lines, and votes on a few of them, to the turn that makes a page upright.

Arithmetic only. Whoever calls it gathers the votes: a classifier's chances, and how well lines read from either end.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from inkread.document import Line
from inkread.geometry import Quad

# The longest lines tell the most. The classifier sees a few of them in milliseconds. Three that are read both ways
# decide for most print; where they are at odds, more are read: by three lines alone 14 of 306 pages that were turned
# are mistaken, most of them written by hand, by ten 3.
CLASSIFIED = 6
READ_FIRST = 3
_MOST_READ = 10
_AT_ODDS = 0.2
# A region tells whether lines run across or down the page where it is so many times as long as the other way. What it
# counts is its length in heights, up to a limit: a rule across the page is no better a witness than a sentence.
_MIN_LENGTH = 2.0
_FULL_LENGTH = 15.0
# Lines at a greater angle to the page's edges are on signs seen askew.
_MAX_DEVIATION_DEG = 30.0
# More of a line need not be read to know whether it can be read, in heights.
_READ_LENGTH = 10.0
# Street scenes have signs that run down the wall beside others, up to 0.69 of the lengths; pages on their side have
# 0.84 and more, but for one written by hand.
_MIN_SHARE_DOWN = 0.75
# The classifier takes single lines of upright pages for upside down: at least one of six on 52 of 322 pages of print,
# more than this share of them on 10, and on 34 of 67 that are written by hand.
_UPSIDE_DOWN = 0.5
_MOST_DISSENT = 0.25
# A page is turned only where its lines read so well, and so much better than from their other ends: of lines that are
# read the wrong way round the confidence is 0.4 to 0.8, so it says little alone. Ten lines of a page are better by 0.04
# at least in the right direction, by hand, and by 0.2 in print.
_MIN_CONFIDENCE = 0.55
_BETTER_BY = 0.03
# What was read of fewer characters is no reason to turn a page: a logo, a stamp, a dirty edge.
_MIN_CHARACTERS = 8
# Characters that are written in columns as well as in rows. Networks are trained on columns laid on their side and
# read these too; they fail where characters lie on their other side: 0 to 3 of 8 in rows, 5 to 8 of 8 in columns.
_WRITTEN_DOWNWARDS = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO")
_MOST_OF_LINES_DOWN = 1 / 2
_MOST_OF_LINES_ACROSS = 2 / 3
_FEWEST_GLYPHS = 4
_MOST_GLYPHS = 6
_FEWEST_LINES = 5


class Vote(NamedTuple):
    """How a line reads along its quad, and from its other end: confidences, 0..1, and how many characters."""

    forward: float
    backward: float
    characters: int


class Glyph(NamedTuple):
    """A character of a line, and the square around it on the page, upright if the line is a column."""

    text: str
    quad: Quad


def runs_down(quads: Sequence[Quad]) -> bool:
    """Return whether nearly all of the lines on a page run up or down it. The quads' first edges run to the right."""
    across = sum(_weight(quad) for quad in quads if quad.width >= _MIN_LENGTH * quad.height)
    down = sum(_weight(quad) for quad in quads if quad.height >= _MIN_LENGTH * quad.width)
    return down > _MIN_SHARE_DOWN * (down + across)


def witnesses(quads: Sequence[Quad]) -> list[Quad]:
    """Return the lines to be asked which way is up, the best first.

    Of those that run as most do the longest in their own heights; of each the first part, from its left to the right
    or, where lines run down or up, from its top downwards.
    """
    is_down = runs_down(quads)
    along = [quad.turned(1) if is_down else quad for quad in quads]
    axis = 90 if is_down else 0
    telling = [
        quad
        for quad in along
        if quad.width >= _MIN_LENGTH * quad.height and abs(quad.angle_deg - axis) <= _MAX_DEVIATION_DEG
    ]
    best = sorted(telling, key=lambda quad: (-_weight(quad), -quad.width))[:_MOST_READ]
    return [quad.part(0, min(1.0, _READ_LENGTH * quad.height / quad.width)) for quad in best]


def is_plainly_upright(quads: Sequence[Quad], chances: Sequence[float]) -> bool:
    """Return whether there is no reason to read any line twice.

    quads: witnesses.  chances: for each, how likely a classifier takes it to be upside down, 0..1.
    """
    if not quads:
        return True
    dissent = sum(chance > _UPSIDE_DOWN for chance in chances)
    return not _is_down(quads[0]) and dissent <= _MOST_DISSENT * len(chances)


def are_at_odds(votes: Sequence[Vote]) -> bool:
    """Return whether lines read about as well from one end as from the other, so that more should be read."""
    forward, backward = _means(votes)
    return abs(forward - backward) < _AT_ODDS


def direction_deg(quads: Sequence[Quad], votes: Sequence[Vote]) -> int:
    """Return the direction in which a page's text runs: 0 to the right, 90 down, 180 to the left, 270 up.

    0 where the votes are too few, too unsure or too close for anything else.  quads: witnesses.
    """
    forward, backward = _means(votes)
    is_sure = sum(vote.characters for vote in votes) >= _MIN_CHARACTERS and max(forward, backward) >= _MIN_CONFIDENCE
    if not is_sure or abs(forward - backward) < _BETTER_BY:
        return 0
    return 90 * _is_down(quads[0]) + 180 * (backward > forward)


def sample_glyphs(lines: Sequence[Line]) -> list[Glyph]:
    """Return characters of a page that tell whether its lines are columns; none where they cannot be.

    They can where most of the page is in a script that is written in columns, from top to bottom, as well as in rows.
    """
    letters = [letter for line in lines for letter in line.text if letter.isalpha()]
    if len(lines) < _FEWEST_LINES or 2 * sum(map(_may_stand_in_columns, letters)) <= len(letters):
        return []  # before any character's place is worked out, which takes as long as all else here
    fitting = [char for line in lines for char in line.chars if _may_stand_in_columns(char.text)]
    surest = {char.text: char for char in sorted(fitting, key=lambda char: char.confidence)[-4 * _MOST_GLYPHS :]}
    sample = list(surest.values())[-_MOST_GLYPHS:]
    return [Glyph(char.text, _standing(char.quad)) for char in sample] if len(sample) >= _FEWEST_GLYPHS else []


def stand_in_columns(glyphs: Sequence[Glyph], texts: Sequence[str], *, run_down: bool) -> bool:
    """Return whether lines are columns of characters, one below the other: most squares say what the lines do.

    texts: what each glyph's square says.  run_down: whether the lines run up or down the picture as given. Where they
    do not, columns are those of a page on its side, and more squares must say so.
    """
    same = sum(glyph.text == text for glyph, text in zip(glyphs, texts, strict=True))
    return same > (_MOST_OF_LINES_DOWN if run_down else _MOST_OF_LINES_ACROSS) * len(glyphs)


def _means(votes: Sequence[Vote]) -> tuple[float, float]:
    """Return how surely the characters are read along their lines and from the other end, on average, 0..1."""
    characters = max(sum(vote.characters for vote in votes), 1)
    return (
        sum(vote.forward * vote.characters for vote in votes) / characters,
        sum(vote.backward * vote.characters for vote in votes) / characters,
    )


def _weight(quad: Quad) -> float:
    long, short = max(quad.width, quad.height), max(min(quad.width, quad.height), 1.0)
    return min(long / short, _FULL_LENGTH)


def _is_down(quad: Quad) -> bool:
    return abs(quad.angle_deg) > 45


def _may_stand_in_columns(character: str) -> bool:
    return character >= "\u1100" and unicodedata.name(character, "").startswith(_WRITTEN_DOWNWARDS)


def _standing(quad: Quad) -> Quad:
    """Return the square around a character of a line, upright if the line is a column."""
    half = quad.height / max(quad.width, 1e-9) / 2
    return quad.part(0.5 - half, 0.5 + half).turned(-1)
