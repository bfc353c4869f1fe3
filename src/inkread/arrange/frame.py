"""The reading frame: page coordinates turned so that most lines run exactly to the right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inkread.document import Line
from inkread.geometry import Box, Quad

# Lines that turn away from the others by more are labels, stamps or margin notes, not part of the flow.
_MAX_DEVIATION_DEG = 30.0


@dataclass(frozen=True)
class Placed:
    """A line with its upright box in the reading frame, px."""

    line: Line
    box: Box


@dataclass(frozen=True)
class Frame:
    """Page coordinates turned by -angle_deg around the origin."""

    angle_deg: float

    @staticmethod
    def of(lines: Sequence[Line]) -> Frame:
        """Return the frame in which most of the text runs to the right."""
        return Frame(main_angle_deg([line.quad for line in lines]))

    def box(self, quad: Quad) -> Box:
        """Return the upright box around a quad of the page, in the frame."""
        cos, sin = math.cos(math.radians(self.angle_deg)), math.sin(math.radians(self.angle_deg))
        turned = ((p.x * cos + p.y * sin, p.y * cos - p.x * sin) for p in quad)
        return Box.around(Box(x, y, x, y) for x, y in turned)


def place(lines: Sequence[Line]) -> tuple[list[Placed], list[Placed]]:
    """Return the lines of the page's main direction, and those that turn away from it, in the reading frame.

    A single character that seems to lie on its side is taken for one of the main direction, and its quad turned: a
    digit is higher than wide, so its box says nothing about where its line runs. Of 16 such on labelled lines of five
    sets (quantities, line numbers) 13 have the label's character, upright.
    """
    frame = Frame.of(lines)
    main: list[Placed] = []
    others: list[Placed] = []
    for line in (_single_character_upright(line, frame.angle_deg) for line in lines):
        aside = abs(_difference_deg(line.quad.angle_deg, frame.angle_deg)) > _MAX_DEVIATION_DEG
        (others if aside else main).append(Placed(line, frame.box(line.quad)))
    return main, others


def main_angle_deg(quads: Sequence[Quad]) -> float:
    """Return the direction in which most of the text runs, -180..180: 0 to the right, 90 downwards.

    Long lines count more; the exact angle is the median of those that agree on the quarter.
    """
    if not quads:
        return 0.0
    weighed = [(quad.angle_deg, quad.width) for quad in quads]
    quarters = {0: 0.0, 90: 0.0, 180: 0.0, -90: 0.0}
    for angle, weight in weighed:
        quarters[_quarter_deg(angle)] += weight
    quarter = max(quarters, key=lambda key: quarters[key])
    near = sorted(
        (_difference_deg(angle, quarter), weight) for angle, weight in weighed if _quarter_deg(angle) == quarter
    )
    return quarter + _weighted_median(near)


def _single_character_upright(line: Line, angle: float) -> Line:
    deviation = _difference_deg(line.quad.angle_deg, angle)
    if len(line.text) != 1 or not 45 < abs(deviation) < 135:
        return line
    (word,) = line.words
    quad = line.quad.turned(-1 if deviation > 0 else 1)
    upright = replace(word, quad=quad, spans=tuple((0.0, 1.0) for _ in word.spans))
    return replace(line, words=(upright,), quad=quad)


def _quarter_deg(angle: float) -> int:
    quarter = round(angle / 90) * 90
    return 180 if quarter == -180 else quarter


def _difference_deg(a: float, b: float) -> float:
    return (a - b + 180) % 360 - 180


def _weighted_median(values: Sequence[tuple[float, float]]) -> float:
    """Return the value at half of the weight of sorted (value, weight) pairs."""
    half = sum(weight for _, weight in values) / 2
    passed = 0.0
    for value, weight in values:
        passed += weight
        if passed >= half:
            return value
    return 0.0
