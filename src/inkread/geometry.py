"""Points, boxes and quads in page pixels: origin top left, x to the right, y down. All frozen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Point(NamedTuple):
    """A place on the page."""

    x: float
    y: float


class Box(NamedTuple):
    """An upright rectangle: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    @property
    def center(self) -> Point:
        return Point((self.left + self.right) / 2, (self.top + self.bottom) / 2)

    def intersection(self, other: Box) -> Box | None:
        """Return the part that both cover, or None where they only touch or are apart."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Box(left, top, right, bottom) if left < right and top < bottom else None

    def union(self, other: Box) -> Box:
        """Return the smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def iou(self, other: Box) -> float:
        """Return intersection over union, 0..1."""
        common = self.intersection(other)
        if common is None:
            return 0.0
        return common.area / (self.area + other.area - common.area)

    def contains(self, point: Point) -> bool:
        return self.left <= point.x <= self.right and self.top <= point.y <= self.bottom

    @staticmethod
    def around(boxes: Iterable[Box]) -> Box:
        """Return the smallest box around all; the empty box at the origin if there are none."""
        edges = tuple(zip(*boxes, strict=True))
        return Box(min(edges[0]), min(edges[1]), max(edges[2]), max(edges[3])) if edges else Box(0, 0, 0, 0)


class Quad(NamedTuple):
    """Four corners, clockwise from the reader's top left.

    The first edge (top_left to top_right) runs along the reading direction, so the quad of a line that is read
    downwards starts at the page's top right.
    """

    top_left: Point
    top_right: Point
    bottom_right: Point
    bottom_left: Point

    @staticmethod
    def from_box(box: Box) -> Quad:
        """Return the quad of an upright box that is read from left to right."""
        return Quad(
            Point(box.left, box.top),
            Point(box.right, box.top),
            Point(box.right, box.bottom),
            Point(box.left, box.bottom),
        )

    @staticmethod
    def from_points(points: Sequence[Sequence[float]]) -> Quad:
        """Return the quad of four (x, y) pairs that are in order already. Raises ValueError for another count."""
        first, second, third, fourth = (Point(float(x), float(y)) for x, y in points)
        return Quad(first, second, third, fourth)

    @property
    def box(self) -> Box:
        """The upright box around the quad."""
        xs, ys = [p.x for p in self], [p.y for p in self]
        return Box(min(xs), min(ys), max(xs), max(ys))

    @property
    def width(self) -> float:
        """The mean length along the reading direction, px."""
        return (math.dist(self.top_left, self.top_right) + math.dist(self.bottom_left, self.bottom_right)) / 2

    @property
    def height(self) -> float:
        """The mean length across the reading direction, px."""
        return (math.dist(self.top_left, self.bottom_left) + math.dist(self.top_right, self.bottom_right)) / 2

    @property
    def center(self) -> Point:
        return Point(sum(p.x for p in self) / 4, sum(p.y for p in self) / 4)

    @property
    def area(self) -> float:
        """The enclosed area, px² (shoelace formula)."""
        ring = zip(self, (*self[1:], self[0]), strict=True)
        return abs(sum(a.x * b.y - b.x * a.y for a, b in ring)) / 2

    @property
    def angle_deg(self) -> float:
        """The direction of reading: 0 to the right, 90 downwards, within -180..180."""
        dx = self.top_right.x - self.top_left.x + self.bottom_right.x - self.bottom_left.x
        dy = self.top_right.y - self.top_left.y + self.bottom_right.y - self.bottom_left.y
        return math.degrees(math.atan2(dy, dx))

    def at(self, along: float, across: float) -> Point:
        """Return the point at these fractions of the quad: (0, 0) is top_left, (1, 1) is bottom_right."""
        top = _between(self.top_left, self.top_right, along)
        bottom = _between(self.bottom_left, self.bottom_right, along)
        return _between(top, bottom, across)

    def part(self, start: float, end: float) -> Quad:
        """Return the slice of the quad between two fractions of its reading direction."""
        return Quad(self.at(start, 0), self.at(end, 0), self.at(end, 1), self.at(start, 1))

    def grown(self, margin: float) -> Quad:
        """Return the quad with `margin` heights of its own more on each side; less, where it is negative."""
        along = margin * self.height / max(self.width, 1e-9)
        return Quad(
            self.at(-along, -margin),
            self.at(1 + along, -margin),
            self.at(1 + along, 1 + margin),
            self.at(-along, 1 + margin),
        )

    def rounded(self) -> Quad:
        """Return the quad in hundredths of a pixel: more is noise, and makes files large."""
        return Quad(*(Point(round(p.x, 2), round(p.y, 2)) for p in self))

    def turned(self, quarters: int) -> Quad:
        """Return the same area with the reader's top left moved `quarters` corners clockwise."""
        k = quarters % 4
        a, b, c, d = (*self[k:], *self[:k])
        return Quad(a, b, c, d)


def _between(a: Point, b: Point, fraction: float) -> Point:
    return Point(a.x + (b.x - a.x) * fraction, a.y + (b.y - a.y) * fraction)
