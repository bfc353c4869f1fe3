"""Which way up a page is: a few of its lines are asked, and the picture is turned so that its text runs right."""

from __future__ import annotations

from collections.abc import Sequence

from inkread.document import Line
from inkread.enhance import upright
from inkread.geometry import Quad
from inkread.image import Image
from inkread.recognize.line_reader import LineReader
from inkread.runtime.allowance import FREE, Allowance


def stand_upright(image: Image, quads: Sequence[Quad], reader: LineReader, allowance: Allowance = FREE) -> Image:
    """Return the picture turned so that its lines run to the right; most often it is the picture as given.

    quads: the regions of the picture.  allowance: where its time is up, or there is no room for a second picture, it
    stays as given.
    """
    asked = upright.witnesses(quads)
    first = asked[: upright.CLASSIFIED]
    if upright.is_plainly_upright(first, reader.upside_down(image, first)):
        return image
    votes = _votes(image, asked[: upright.READ_FIRST], reader)
    if upright.are_at_odds(votes):
        votes += _votes(image, asked[upright.READ_FIRST :], reader)
    if allowance.must_stop():
        return image  # lines that were not read have no vote
    direction = upright.direction_deg(asked, votes)
    if direction and allowance.memory.room() < image.pixels.nbytes:
        allowance.degrade("as-given")
        return image
    return image.turned(-direction // 90) if direction else image


def turned_deg(image: Image, lines: Sequence[Line], reader: LineReader) -> int:
    """Return how far clockwise the page must be turned to stand upright: 0, 90, 180 or 270.

    image: the page turned so that its lines, those given, run to the right. Columns of upright characters do so on a
    page that lies on its side.
    """
    glyphs = upright.sample_glyphs(lines)
    squares = [image.quad_from_page(glyph.quad) for glyph in glyphs]
    texts = [reading.text.strip() for reading in reader.try_reading(image, squares)]
    in_columns = upright.stand_in_columns(glyphs, texts, run_down=image.turned_deg in (90, 270))
    return (image.turned_deg + 90 * in_columns) % 360


def _votes(image: Image, quads: Sequence[Quad], reader: LineReader) -> list[upright.Vote]:
    forward = reader.try_reading(image, quads)
    backward = reader.try_reading(image, [quad.turned(2) for quad in quads])
    return [
        upright.Vote(a.confidence, b.confidence, max(len(a.text), len(b.text)))
        for a, b in zip(forward, backward, strict=True)
    ]
