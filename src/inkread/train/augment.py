"""Pictures of lines as scans, cameras and pens would have made them: other ones each time, the same for a seed.

All of it together takes some 2 ms of a line, a fiftieth of what learning from it takes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Curve = npt.NDArray[np.float32]
Change = Callable[[Pixels, np.random.Generator], Pixels]

# The height at which lines are changed, px: a third more than networks read, so that nothing is lost twice.
_HEIGHT: Final = 64


def augmented(line: Pixels, rng: np.random.Generator, strength: float = 1.0) -> Pixels:
    """Return a line, (H, W, 3) RGB, in another state. strength: 0 as it is, 1 as scans and hands vary."""
    if strength <= 0:
        return line
    factor = _HEIGHT / line.shape[0]
    size = (max(8, round(line.shape[1] * factor)), _HEIGHT)
    line = np.asarray(cv2.resize(line, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR))
    for change, chance in _CHANGES:
        if rng.random() < chance * strength:
            line = change(line, rng)
    return line


def scanned(page: Pixels, rng: np.random.Generator, strength: float = 1.0) -> Pixels:
    """Return a piece of a page in another light, on other paper, scanned or photographed; nothing is moved."""
    for change, chance in _CHANGES:
        if change in _UNMOVED and rng.random() < chance * strength:
            page = change(page, rng)
    return page


def paper_of(line: Pixels) -> tuple[float, ...]:
    """Return the colour of the paper: most of a line is paper, and paper is nearly always lighter than ink."""
    rows = line[:: max(1, line.shape[0] // 16), :: max(1, line.shape[1] // 64)].reshape(-1, 3)
    dark, light = np.percentile(rows, (10, 90), axis=0)
    middle = np.median(rows, axis=0)
    return tuple(float(each) for each in (light if (light - middle).sum() <= (middle - dark).sum() else dark))


def _slanted(line: Pixels, rng: np.random.Generator) -> Pixels:
    """Letters lean, lines rise and fall, hands are wide or narrow."""
    height, width = line.shape[:2]
    lean, rise = rng.normal(0, 0.18), np.deg2rad(rng.normal(0, 0.7))
    stretch = float(np.exp(rng.normal(0, 0.12)))
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float32)
    matrix = np.array([[stretch, -lean], [np.tan(rise), 1.0]])
    moved = corners @ matrix.T
    (left, _), (right, _) = moved.min(axis=0), moved.max(axis=0)
    # The line keeps its height: what rises out of it is cut, as a box around it would.
    shift = np.array([[-left], [-(moved[:, 1].mean() - height / 2)]])
    full = np.hstack([matrix, shift])
    size = (max(8, int(right - left)), height)
    return _uint8(cv2.warpAffine(line, full, size, borderMode=cv2.BORDER_CONSTANT, borderValue=paper_of(line)))


def _wavy(line: Pixels, rng: np.random.Generator) -> Pixels:
    """Baselines that no ruler has drawn, and letters of uneven width."""
    height, width = line.shape[:2]
    x = np.arange(width, dtype=np.float32)
    up = _wave(x, rng, length=(3, 14), size=0.05) * height
    along = _wave(x, rng, length=(2, 8), size=0.04) * height
    map_x = np.broadcast_to(x + along, (height, width)).astype(np.float32)
    map_y = (np.arange(height, dtype=np.float32)[:, None] + up[None]).astype(np.float32)
    moved = cv2.remap(line, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return _uint8(moved)


def _wave(x: Curve, rng: np.random.Generator, *, length: tuple[float, float], size: float) -> Curve:
    """Return a curve of two waves; length: of a wave in heights of the line; size: of its swing."""
    total = np.zeros_like(x)
    for _ in range(2):
        period = rng.uniform(*length) * _HEIGHT
        total += np.sin(2 * np.pi * (x / period + rng.random())) * np.float32(abs(rng.normal(0, size)) * 0.7)
    return total


def _cropped(line: Pixels, rng: np.random.Generator) -> Pixels:
    """Boxes that are too tight or too wide, on each side for itself."""
    height = line.shape[0]
    top, bottom = (rng.normal(0.0, 0.06, 2) * height).round().astype(int).clip(-10, 6)
    left, right = (rng.normal(-0.05, 0.12, 2) * height).round().astype(int).clip(-24, 4)
    inside = line[max(0, top) : height - max(0, bottom), max(0, left) : line.shape[1] - max(0, right)]
    if inside.shape[1] < 8:
        return line
    above, below, before, after = (max(0, -int(each)) for each in (top, bottom, left, right))
    bordered = cv2.copyMakeBorder(inside, above, below, before, after, cv2.BORDER_CONSTANT, value=paper_of(line))
    return _uint8(bordered)


def _neighbours(line: Pixels, rng: np.random.Generator) -> Pixels:
    """Tails of the line above and tops of the line below, as a box catches them: pieces of the line itself."""
    height, width = line.shape[:2]
    result = line.copy()
    for at_top in (True, False):
        if rng.random() < 0.5:
            depth = int(rng.integers(3, max(4, height // 6)))
            shift = int(rng.integers(width))
            source = line[height - 2 * depth : height - depth] if at_top else line[depth : 2 * depth]
            strip = np.roll(source, shift, axis=1)
            place = slice(0, depth) if at_top else slice(height - depth, height)
            result[place] = np.minimum(result[place], strip)
    return result


def _thicker_or_thinner(line: Pixels, rng: np.random.Generator) -> Pixels:
    """Other pens: ink, which is dark, grows or shrinks by part of a pixel."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    other = cv2.erode(line, kernel) if rng.random() < 0.6 else cv2.dilate(line, kernel)
    share = rng.uniform(0.2, 0.9)
    return _uint8(cv2.addWeighted(other, share, line, 1 - share, 0))


def _other_light(line: Pixels, rng: np.random.Generator) -> Pixels:
    """Paler or darker, stronger or weaker, uneven, of a tint."""
    values = line.astype(np.float32) / 255
    values = values ** np.exp(rng.normal(0, 0.25))
    contrast, light = rng.uniform(0.45, 1.15), rng.uniform(-0.15, 0.15)
    values = (values - 0.6) * contrast + 0.6 + light
    if rng.random() < 0.3:
        first, last = rng.normal(0, 0.12, 2).tolist()
        values += np.linspace(first, last, line.shape[1], dtype=np.float32)[None, :, None]
    if rng.random() < 0.3:
        values += rng.normal(0, 0.05, 3).astype(np.float32)
    return _uint8(values * 255)


def _ruled(line: Pixels, rng: np.random.Generator) -> Pixels:
    """Ruled or squared paper, and what people draw beside text."""
    height, width = line.shape[:2]
    result = line.copy()
    paper = np.asarray(paper_of(line))
    colour = tuple(float(each) for each in paper - np.abs(rng.normal(60, 40, 3)))
    thickness = int(rng.integers(1, 3))
    slope = rng.normal(0, 1.5)
    y = rng.uniform(0.6, 1.0) * height
    cv2.line(result, (0, round(y)), (width, round(y + slope)), colour, thickness, cv2.LINE_AA)
    if rng.random() < 0.3:
        step, start = rng.uniform(0.4, 1.2) * height, rng.uniform(0, height)
        for x in np.arange(start, width, step):
            cv2.line(result, (round(x), 0), (round(x + slope), height), colour, 1, cv2.LINE_AA)
    return _uint8(np.minimum(result, line))


def _stained(line: Pixels, rng: np.random.Generator) -> Pixels:
    """Paper that is not even: stains, grain, what shines through from its back."""
    height, width = line.shape[:2]
    rough = rng.standard_normal((max(2, height // 24), max(2, width // 24)), dtype=np.float32)
    cloud = cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC)[..., None] * rng.uniform(2, 14)
    values = line.astype(np.float32) + cloud
    if rng.random() < 0.5:
        values += rng.standard_normal((height, width, 1), dtype=np.float32) * rng.uniform(1, 12)
    if rng.random() < 0.3:
        back = cv2.GaussianBlur(np.ascontiguousarray(line[:, ::-1]), (0, 0), 1.5).astype(np.float32)
        values += (back - np.asarray(paper_of(line), np.float32)) * rng.uniform(0.05, 0.3)
    return _uint8(values)


def _blurred(line: Pixels, rng: np.random.Generator) -> Pixels:
    if rng.random() < 0.5:
        return _uint8(cv2.GaussianBlur(line, (0, 0), rng.uniform(0.3, 1.3)))
    factor = rng.uniform(0.35, 0.9)
    size = (max(4, round(line.shape[1] * factor)), max(12, round(line.shape[0] * factor)))
    small = cv2.resize(line, size, interpolation=cv2.INTER_AREA)
    return _uint8(cv2.resize(small, (line.shape[1], line.shape[0]), interpolation=cv2.INTER_LINEAR))


def _compressed(line: Pixels, rng: np.random.Generator) -> Pixels:
    _, data = cv2.imencode(".jpg", line, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 80))])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return line if decoded is None else _uint8(decoded)


def _hidden(line: Pixels, rng: np.random.Generator) -> Pixels:
    """Small pieces are gone: who reads must know what could stand there."""
    result = line.copy()
    height, width = line.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        w, h = int(rng.integers(2, 10)), int(rng.integers(4, height // 2))
        x, y = int(rng.integers(max(1, width - w))), int(rng.integers(max(1, height - h)))
        result[y : y + h, x : x + w] = paper_of(line)
    return result


def _in_grey(line: Pixels, rng: np.random.Generator) -> Pixels:
    return _uint8(np.repeat(cv2.cvtColor(line, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2))


def _negative(line: Pixels, rng: np.random.Generator) -> Pixels:
    return _uint8(255 - line.astype(np.int16))


def _uint8(values: npt.NDArray[np.generic]) -> Pixels:
    if values.dtype == np.uint8:
        return np.asarray(values, dtype=np.uint8)
    return np.asarray(np.clip(values, 0, 255), dtype=np.uint8)


# In the order in which ink, paper, box and scan come about, each with its chance.
_CHANGES: Final[tuple[tuple[Change, float], ...]] = (
    (_slanted, 0.6),
    (_wavy, 0.35),
    (_thicker_or_thinner, 0.3),
    (_hidden, 0.1),
    (_neighbours, 0.25),
    (_ruled, 0.15),
    (_cropped, 0.6),
    (_other_light, 0.6),
    (_stained, 0.3),
    (_blurred, 0.3),
    (_compressed, 0.25),
    (_in_grey, 0.15),
    (_negative, 0.02),
)
# Those that leave everything where it is.
_UNMOVED: Final = frozenset({_thicker_or_thinner, _other_light, _stained, _blurred, _compressed, _in_grey, _negative})
