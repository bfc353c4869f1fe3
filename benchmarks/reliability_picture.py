"""A reliability diagram as an SVG: what was said along, how often it was right up; on the diagonal it is true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

SIZE, LEFT, TOP = 400, 60, 24
COLOURS = ("#999999", "#1460aa")
GRID, INK = "#dddddd", "#333333"


class Spot(NamedTuple):
    """Words of one range: what was said of them on average and how many were right, per cent; how many they are."""

    said: float
    found: float
    words: int


class Curve(NamedTuple):
    """One way to say it, with its spots from left to right."""

    name: str
    spots: Sequence[Spot]


def draw(curves: Sequence[Curve]) -> str:
    """Return the SVG; a spot's area grows with its words. Raises ValueError for more curves than colours."""
    if len(curves) > len(COLOURS):
        raise ValueError(f"{len(curves)} curves, but {len(COLOURS)} colours")
    width, height = LEFT + SIZE + 30, TOP + SIZE + 60
    most = max((spot.words for curve in curves for spot in curve.spots), default=1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="12" fill="{INK}">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        *_axes(),
    ]
    for number, (curve, colour) in enumerate(zip(curves, COLOURS, strict=False)):
        path = " ".join(f"{_x(spot.said):.1f},{_y(spot.found):.1f}" for spot in curve.spots)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{_x(spot.said):.1f}" cy="{_y(spot.found):.1f}" r="{2 + 10 * (spot.words / most) ** 0.5:.1f}" '
            f'fill="{colour}" fill-opacity="0.6"><title>{spot.words:,} words</title></circle>'
            for spot in curve.spots
        ]
        y = TOP + 18 + 18 * number
        parts.append(f'<text x="{LEFT + 14}" y="{y}" fill="{colour}">{escape(curve.name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _x(said: float) -> float:
    return LEFT + said / 100 * SIZE


def _y(found: float) -> float:
    return TOP + (1 - found / 100) * SIZE


def _axes() -> Iterator[str]:
    for tick in range(0, 101, 20):
        x, y = _x(tick), _y(tick)
        yield f'<line x1="{x:.0f}" y1="{TOP}" x2="{x:.0f}" y2="{TOP + SIZE}" stroke="{GRID}"/>'
        yield f'<line x1="{LEFT}" y1="{y:.0f}" x2="{LEFT + SIZE}" y2="{y:.0f}" stroke="{GRID}"/>'
        yield f'<text x="{x:.0f}" y="{TOP + SIZE + 18}" text-anchor="middle">{tick}</text>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{tick}</text>'
    yield f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(100)}" y2="{_y(100)}" stroke="{INK}" stroke-dasharray="4 4"/>'
    yield f'<text x="{_x(50)}" y="{TOP + SIZE + 44}" text-anchor="middle">said, %</text>'
    x, y = 18, _y(50)
    yield f'<text x="{x}" y="{y}" text-anchor="middle" transform="rotate(-90 {x} {y})">words that were right, %</text>'
