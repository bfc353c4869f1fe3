"""Points of seconds and errors as an SVG: time along, on a logarithmic scale; errors up."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 70, 30, 30, 60
OWN, PEER, GRID, INK = "#1460aa", "#777777", "#dddddd", "#333333"
_LABEL_PX = 14  # height of a label, and the least distance of two


class Point(NamedTuple):
    """A way to read: its name, median seconds for a picture, character error rate in per cent."""

    name: str
    seconds: float
    cer: float


class _Scale(NamedTuple):
    """From seconds and errors to the picture's pixels."""

    fastest: float
    slowest: float
    most_errors: float

    def x(self, seconds: float) -> float:
        share = math.log(seconds / self.fastest) / math.log(self.slowest / self.fastest)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, cer: float) -> float:
        return HEIGHT - BOTTOM - cer / self.most_errors * (HEIGHT - TOP - BOTTOM)


def draw(own: Sequence[Point], peers: Sequence[Point]) -> str:
    """Return the SVG: inkread's points joined in their order, peers alone. Raises ValueError without a point."""
    points = [*own, *peers]
    if not points:
        raise ValueError("there is nothing to draw")
    seconds = [point.seconds for point in points]
    most_errors = max(point.cer for point in points) * 1.1 or 1.0
    scale = _Scale(min(seconds) / 1.5, max(seconds) * 2, most_errors)
    path = " ".join(f"{scale.x(point.seconds):.1f},{scale.y(point.cer):.1f}" for point in own)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12" fill="{INK}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *_axes(scale),
        f'<polyline points="{path}" fill="none" stroke="{OWN}" stroke-width="2"/>',
        *_points(own, scale, OWN, above=True),
        *_points(peers, scale, PEER, above=False),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _axes(scale: _Scale) -> Iterator[str]:
    for seconds in _time_ticks(scale.fastest, scale.slowest):
        x = scale.x(seconds)
        yield f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}" stroke="{GRID}"/>'
        yield f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{seconds:g}</text>'
    for cer in _error_ticks(scale.most_errors):
        y = scale.y(cer)
        yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="{GRID}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{cer:g}</text>'
    yield (
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 16}" text-anchor="middle">'
        "seconds per picture, median (logarithmic)</text>"
    )
    middle = (TOP + HEIGHT - BOTTOM) / 2
    yield (
        f'<text x="18" y="{middle}" text-anchor="middle" transform="rotate(-90 18 {middle})">'
        "character error rate, mean of the sets, %</text>"
    )


def _points(points: Sequence[Point], scale: _Scale, colour: str, *, above: bool) -> Iterator[str]:
    """Yield dots with their names, one above the other where they are near: inkread's above its dots, others beside."""
    taken: list[tuple[float, float]] = []
    for point in points:
        x, y = scale.x(point.seconds), scale.y(point.cer)
        label = y - 9 if above else y + 4
        while any(abs(x - a) < 120 and abs(label - b) < _LABEL_PX for a, b in taken):
            label += -_LABEL_PX if above else _LABEL_PX
        taken.append((x, label))
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
        yield f'<text x="{x + 8:.1f}" y="{label:.1f}" fill="{colour}">{escape(point.name)}</text>'


def _time_ticks(fastest: float, slowest: float) -> list[float]:
    """Return 1, 2 and 5 of each power of ten between the two."""
    powers = range(math.floor(math.log10(fastest)), math.ceil(math.log10(slowest)) + 1)
    ticks = [round(factor * 10.0**power, 6) for power in powers for factor in (1, 2, 5)]
    return [tick for tick in ticks if fastest <= tick <= slowest]


def _error_ticks(most: float) -> list[float]:
    """Return four to ten round steps from 0 to the most."""
    step = 10.0 ** math.floor(math.log10(most))
    while most / step < 4:
        step /= 2
    return [round(step * k, 6) for k in range(math.floor(most / step) + 1)]
