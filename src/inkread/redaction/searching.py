"""The patterns' matches on a page, in what can be seen and in what a file says, as places to burn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from inkread.document import Line, Page
from inkread.geometry import Quad
from inkread.redaction.burning import Found, between, places
from inkread.redaction.matching import Matcher
from inkread.redaction.texts import Spot, views

# A match of which so much lies in another's boxes is the same one, found in the picture and in the file's text.
_SAME: Final = 0.6


def runs_of(page: Page) -> list[Sequence[Line]]:
    """Return the lines of a page as they follow each other: all of them, and those of each cell for itself."""
    cells = (cell.lines for table in page.tables for cell in table.cells if len(cell.lines) > 1)
    return [page.lines, *cells]


def search(matcher: Matcher, runs: Iterable[Sequence[Line]], where: str) -> list[Found]:
    """Return what the patterns match in some runs of lines. Raises OptionError like the matcher."""
    sources = [(view, run) for run in runs for view in views(run)]
    hits = matcher.search([view.text for view, _ in sources], where)
    by_spots: dict[tuple[int, int, tuple[Spot, ...]], Found] = {}
    for hit in hits:
        view, run = sources[hit.text]
        spots = tuple(sorted({spot for spot in view.spots[hit.start : hit.end] if spot is not None}))
        key = hit.pattern, id(run), spots
        if spots and key not in by_spots:
            by_spots[key] = Found(hit.pattern, view.text[hit.start : hit.end], _quads(run, spots))
    return list(by_spots.values())


def distinct(found: Iterable[Found]) -> list[Found]:
    """Return the matches without those that say again what others of the same pattern do; for reports only."""
    kept: list[Found] = []
    for each in sorted(found, key=lambda match: -sum(quad.box.area for quad in match.quads)):
        others = [quad for other in kept if other.pattern == each.pattern for quad in other.quads]
        if not all(any(_is_covered(quad, other) for other in others) for quad in each.quads):
            kept.append(each)
    return kept


def _quads(run: Sequence[Line], spots: Sequence[Spot]) -> tuple[Quad, ...]:
    words: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for spot in spots:
        words[spot.line, spot.word].append(spot.character)
    quads: list[Quad] = []
    for (line, word), characters in words.items():
        written = run[line]
        quads += places(written, written.words[word], min(characters), max(characters))
        if (line, word + 1) in words:
            quads += between(written, written.words[word], written.words[word + 1])
    return tuple(quads)


def _is_covered(quad: Quad, other: Quad) -> bool:
    common = quad.box.intersection(other.box)
    return common is not None and common.area >= _SAME * quad.box.area
