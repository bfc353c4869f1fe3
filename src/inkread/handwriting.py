"""Handwriting on a page: told from print line by line, and read in its own way where both are looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inkread.document import Line, Notice
from inkread.geometry import Quad
from inkread.image import Image
from inkread.recognize.style import styles_of
from inkread.stages import StagesWithin

# What reads better than this as a page is print, and is not looked at again: labelled pages of print have 0.95 and
# more, nearly all of those by hand less.
_READS_LIKE_PRINT = 0.95
# With less handwriting than this, as a share of its characters, a page is a form or a letterhead: nothing to warn of.
_WORTH_TELLING = 0.5
# A line of the one reading that lies in lines of the other for this share of its area is the same line.
_SAME_PLACE = 0.4


def notice_of_handwriting(image: Image, lines: Sequence[Line]) -> tuple[Notice, ...]:
    """Return a notice where most of what was read as print looks written by hand, else nothing."""
    read = [line for line in lines if line.words]
    if not read or _mean_confidence(read) >= _READS_LIKE_PRINT:
        return ()
    styles = styles_of(image, read)
    by_hand = sum(len(line.text) for line, style in zip(read, styles, strict=True) if style == "handwriting")
    if by_hand <= _WORTH_TELLING * sum(len(line.text) for line in read):
        return ()
    return (Notice("handwriting", 'looks written by hand and was read as print: mode "handwritten" is made for it'),)


def with_handwriting(image: Image, lines: Sequence[Line], stages: StagesWithin) -> list[Line]:
    """Return a picture's lines with their styles, those written by hand found and read anew.

    lines: what was read as print, in page pixels.  A line that the second reading does not find stays as it was.
    """
    told = [replace(line, style=style) for line, style in zip(lines, styles_of(image, lines), strict=True)]
    by_hand = [line for line in told if line.style == "handwriting"]
    if not by_hand:
        return told
    quads = [region.quad for region in stages.detector.detect(image)]
    print_ = [line for line in told if line.style != "handwriting"]
    taken = [image.quad_from_page(line.quad) for line in print_]
    wanted = [quad for quad in quads if _share_inside(quad, taken) < _SAME_PLACE]
    anew = [replace(line, style="handwriting") for line in stages.line_reader.read_regions(image, wanted) if line.words]
    found = [line.quad for line in anew]
    lost = [line for line in by_hand if _share_inside(line.quad, found) < _SAME_PLACE]
    return [*print_, *anew, *lost]


def with_print(image: Image, lines: Sequence[Line], stages: StagesWithin) -> list[Line]:
    """Return a picture's lines, those that look printed as what reads print reads them, where that is surer of them.

    lines: what was read as handwriting, in page pixels, and stays in its order.  stages: with what reads print.
    """
    chosen = list(lines)
    printed = [k for k, style in enumerate(styles_of(image, lines)) if style == "print" and lines[k].words]
    anew = stages.line_reader.read_each(image, [image.quad_from_page(lines[k].quad) for k in printed])
    for k, line in zip(printed, anew, strict=True):
        if line.words and line.confidence >= lines[k].confidence:
            chosen[k] = line
    return chosen


def _share_inside(quad: Quad, others: Sequence[Quad]) -> float:
    """Return how much of a quad's box the boxes of others cover together, at most 1."""
    box = quad.box
    common = (box.intersection(other.box) for other in others)
    return min(1.0, sum(part.area for part in common if part is not None) / max(box.area, 1e-9))


def _mean_confidence(lines: Sequence[Line]) -> float:
    counts = [len(line.text) for line in lines]
    return sum(line.confidence * count for line, count in zip(lines, counts, strict=True)) / max(sum(counts), 1)
