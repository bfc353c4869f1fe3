"""Polygons of labels and outputs: is a point inside, and how far do two of them cover each other.

A ring may be concave. Where it crosses itself, inside is what it goes around in its own direction. Everything is plain
arithmetic in 64-bit floats: an overlap that decides a match must not depend on single precision.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from inkread.geometry import Box, Point

Ring = Sequence[Point]


@dataclass(frozen=True)
class Region:
    """A polygon in page pixels; the last point is joined to the first."""

    ring: tuple[Point, ...]

    @staticmethod
    def from_points(points: Sequence[Sequence[float]]) -> Region:
        """Return the region of at least three (x, y) pairs. Raises ValueError for fewer, or for other shapes."""
        ring = tuple(Point(float(x), float(y)) for x, y in points)
        if len(ring) < 3:
            raise ValueError(f"a polygon needs at least 3 points, not {len(ring)}")
        if not all(math.isfinite(x) and math.isfinite(y) for x, y in ring):
            raise ValueError("a polygon's coordinates must be finite")
        return Region(ring if signed_area(ring) >= 0 else ring[::-1])

    @cached_property
    def box(self) -> Box:
        xs, ys = [p.x for p in self.ring], [p.y for p in self.ring]
        return Box(min(xs), min(ys), max(xs), max(ys))

    @cached_property
    def area(self) -> float:
        return signed_area(self.ring)

    @cached_property
    def center(self) -> Point:
        """The centre of mass; the mean of the corners where the polygon has no area."""
        first = self.ring[0]
        x = y = total = 0.0
        for a, b in _edges(self.ring):
            cross = _cross(first, a, b)
            total += cross
            x += cross * (a.x + b.x - 2 * first.x)
            y += cross * (a.y + b.y - 2 * first.y)
        if total == 0:
            return Point(sum(p.x for p in self.ring) / len(self.ring), sum(p.y for p in self.ring) / len(self.ring))
        return Point(first.x + x / (3 * total), first.y + y / (3 * total))

    @cached_property
    def is_convex(self) -> bool:
        """Whether no corner turns back and the ring goes around once."""
        corners = zip(self.ring[-1:] + self.ring[:-1], self.ring, self.ring[1:] + self.ring[:1], strict=True)
        turns = [math.atan2(_cross(a, b, c), (b.x - a.x) * (c.x - b.x) + (b.y - a.y) * (c.y - b.y))
                 for a, b, c in corners]  # fmt: skip
        return all(turn >= 0 for turn in turns) and sum(turns) < 3 * math.pi

    def contains(self, point: Point, *, margin: float = 0.0) -> bool:
        """Whether the point is inside, or nearer than `margin` px to the outline."""
        left, top, right, bottom = self.box
        if not (left - margin <= point.x <= right + margin and top - margin <= point.y <= bottom + margin):
            return False
        if _windings(self.ring, point) > 0:
            return True
        return margin > 0 and any(_distance_to_segment(point, a, b) < margin for a, b in _edges(self.ring))

    def overlap(self, other: Region) -> float:
        """Return intersection over union, 0..1."""
        common = self._common_area(other)
        union = self.area + other.area - common
        return common / union if union > 0 else 0.0

    def _common_area(self, other: Region) -> float:
        if self.box.intersection(other.box) is None:
            return 0.0
        if other.is_convex:
            return signed_area(_clipped(self.ring, other.ring))
        if self.is_convex:
            return signed_area(_clipped(other.ring, self.ring))
        # Both are concave: the signed triangles of a fan around one corner add up to the polygon.
        first, total = other.ring[0], 0.0
        for a, b in _edges(other.ring):
            turn = _cross(first, a, b)
            if turn:
                triangle = (first, a, b) if turn > 0 else (first, b, a)
                total += math.copysign(signed_area(_clipped(self.ring, triangle)), turn)
        return total


def signed_area(ring: Ring) -> float:
    """Return the enclosed area in px², positive for a ring that runs clockwise on the page (y points down)."""
    if len(ring) < 3:
        return 0.0
    first = ring[0]  # relative to a corner: large page coordinates would cost digits
    return sum(_cross(first, a, b) for a, b in _edges(ring)) / 2


def _edges(ring: Ring) -> list[tuple[Point, Point]]:
    return list(zip(ring, (*ring[1:], ring[0]), strict=True))


def _cross(o: Point, a: Point, b: Point) -> float:
    return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x)


def _windings(ring: Ring, point: Point) -> int:
    """Return how often the ring goes around the point, counted in the direction of positive area."""
    count = 0
    for a, b in _edges(ring):
        if a.y <= point.y < b.y and _cross(a, b, point) > 0:
            count += 1
        elif b.y <= point.y < a.y and _cross(a, b, point) < 0:
            count -= 1
    return count


def _distance_to_segment(point: Point, a: Point, b: Point) -> float:
    dx, dy = b.x - a.x, b.y - a.y
    length2 = dx * dx + dy * dy
    along = ((point.x - a.x) * dx + (point.y - a.y) * dy) / length2 if length2 else 0.0
    along = min(1.0, max(0.0, along))
    return math.hypot(point.x - a.x - along * dx, point.y - a.y - along * dy)


def _clipped(ring: Ring, convex: Ring) -> list[Point]:
    """Return the part of the ring inside a convex ring of positive area (Sutherland and Hodgman, 1974).

    A concave ring may come back with edges that run to and fro; they enclose no area.
    """
    kept = list(ring)
    for a, b in _edges(convex):
        sides = [_cross(a, b, p) for p in kept]
        inside: list[Point] = []
        for k, (p, side) in enumerate(zip(kept, sides, strict=True)):
            before, side_before = kept[k - 1], sides[k - 1]
            if (side >= 0) != (side_before >= 0):
                f = side_before / (side_before - side)
                inside.append(Point(before.x + f * (p.x - before.x), before.y + f * (p.y - before.y)))
            if side >= 0:
                inside.append(p)
        kept = inside
        if not kept:
            break
    return kept
