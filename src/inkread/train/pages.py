"""Pages for detectors: labelled ones from files, and rendered ones whose places are known exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from inkread.detect.detector import first_factor
from inkread.options import DetectOptions
from inkread.train.augment import scanned
from inkread.train.data import Corners, LabelledPage, decoded
from inkread.train.settings import TrainSettings
from inkread.train.synthetic import LineRenderer

Pixels = npt.NDArray[np.uint8]
Map = npt.NDArray[np.float32]

# A detector learns the middle of lines, so that lines that touch stay apart: each polygon shrunk by
# area (1 - 0.4^2) / outline (Liao et al., "Real-time scene text detection with differentiable binarization", 2020).
_SHRINK: Final = 1 - 0.4**2
_ATTEMPTS: Final = 8
_INWARD: Final = 0.9999  # so that halves are rounded to the inside
# Sizes that pages are learnt at, of that at which they are read.
_SCALES: Final = (0.6, 1.5)
_PAGE_PX: Final = (900, 1200)


class Page(NamedTuple):
    """A picture, (H, W, 3) RGB, with the polygons of its lines, and of what nobody can read."""

    picture: Pixels
    lines: tuple[Corners, ...]
    ignored: tuple[Corners, ...] = ()


class PageSource(Protocol):
    """Pages by number."""

    def __len__(self) -> int:
        """Return how many pages a round has."""
        ...

    def page(self, index: int, turn: int) -> Page:
        """Return a page. turn: which round."""
        ...


class FilePages:
    """Labelled pages from files."""

    def __init__(self, pages: Sequence[LabelledPage]) -> None:
        self._pages = pages

    def __len__(self) -> int:
        return len(self._pages)

    def page(self, index: int, turn: int) -> Page:
        """Return a page. Raises DamagedInputError, which names its label, where it cannot be decoded."""
        label = self._pages[index]
        return Page(decoded(label), label.lines, label.ignored)


class RenderedPages:
    """Pages of rendered lines in columns, other ones in each round."""

    def __init__(self, renderer: LineRenderer) -> None:
        self._renderer = renderer

    def __len__(self) -> int:
        return self._renderer.rendering.lines

    def page(self, index: int, turn: int) -> Page:
        return rendered_page(self._renderer, turn * len(self) + index)


def rendered_page(renderer: LineRenderer, number: int) -> Page:
    """Return a page of lines in one to three columns, each with a polygon around its ink; the same for a number."""
    rng = np.random.default_rng((renderer.rendering.seed, number, 2))
    width, height = (int(side * rng.uniform(0.7, 1.2)) for side in _PAGE_PX)
    paper = np.clip(rng.normal(235, 12) + rng.normal(0, 5, 3), 160, 255)
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = paper
    columns = int(rng.integers(1, 4))
    margin, size = int(rng.uniform(20, 70)), int(rng.uniform(12, 34))
    lines: list[Corners] = []
    for column in range(columns):
        left = margin + column * (width - margin) // columns
        room = (width - margin) // columns - margin
        y = margin + int(rng.uniform(0, 3 * size))
        for k in range(200):
            ink = renderer.line(number * 1000 + column * 200 + k).picture
            scaled = (max(8, round(ink.shape[1] * size / ink.shape[0])), size)
            line = np.asarray(cv2.resize(ink, scaled, interpolation=cv2.INTER_AREA))[:, : max(8, room)]
            gap = int(size * rng.uniform(0.1, 0.7)) if rng.random() < 0.9 else int(size * rng.uniform(1, 4))
            if y + size + margin > height:
                break
            place = picture[y : y + size, left : left + line.shape[1]]
            np.minimum(place, line[:, : place.shape[1]], out=place)
            lines.append(_box(left, y, left + place.shape[1], y + size))
            y += size + gap
    return Page(picture, tuple(lines))


def _box(left: float, top: float, right: float, bottom: float) -> Corners:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def piece_of(page: Page, rng: np.random.Generator, settings: TrainSettings) -> Page:
    """Return a square piece of a page at one of the sizes that it may be read at, in another state."""
    height, width = page.picture.shape[:2]
    factor = first_factor(width, height, DetectOptions()) * rng.uniform(*_SCALES)
    size = (max(32, round(width * factor)), max(32, round(height * factor)))
    picture = np.asarray(cv2.resize(page.picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    scale = np.array([size[0] / width, size[1] / height])
    lines, ignored = (
        [np.asarray(each) * scale for each in polygons] for polygons in (page.lines, page.ignored)
    )  # fmt: skip
    side = settings.page_px
    left, top = 0, 0
    for _ in range(_ATTEMPTS):  # most pieces should hold text
        left, top = (int(rng.integers(max(1, extent - side + 1))) for extent in size)
        if any(left < x < left + side and top < y < top + side for line in lines for x, y in [line.mean(axis=0)]):
            break
    square = np.full((side, side, 3), 127, np.uint8)
    part = picture[top : top + side, left : left + side]
    if settings.augment > 0:
        part = scanned(part, rng, settings.augment)
    square[: part.shape[0], : part.shape[1]] = part
    moved = [tuple(tuple((each - (left, top)).tolist()) for each in polygon) for polygon in lines]
    unread = [tuple(tuple((each - (left, top)).tolist()) for each in polygon) for polygon in ignored]
    return Page(square, tuple(moved), tuple(unread))


def maps_of(page: Page) -> tuple[Map, Map]:
    """Return what a detector should say of a picture, (H, W), 1 inside shrunken lines, and where that counts."""
    height, width = page.picture.shape[:2]
    wanted, counts = np.zeros((height, width), np.float32), np.ones((height, width), np.float32)
    for polygon in page.lines:
        points = np.asarray(polygon, np.float32)
        box = _clipped(points, width, height)
        if box is None:
            continue
        left, top, right, bottom = box
        inside = np.zeros((bottom - top + 2, right - left + 2), np.uint8)
        # From edges to centres of pixels, which are what is filled.
        middle = points.mean(axis=0)
        centres = middle + (points - middle) * _INWARD - 0.5
        cv2.fillPoly(inside, [np.round(centres - (left - 1, top - 1)).astype(np.int32)], 1)
        area, outline = cv2.contourArea(points), cv2.arcLength(points, True)
        depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3)[1:-1, 1:-1]
        is_middle = depth > area * _SHRINK / max(outline, 1e-6)
        part = wanted[top:bottom, left:right]
        part[np.asarray(is_middle)] = 1
        if not is_middle.any():  # too small to be seen: nothing can be learnt from it
            cv2.fillPoly(counts, [np.round(points).astype(np.int32)], 0)
    for polygon in page.ignored:
        cv2.fillPoly(counts, [np.round(np.asarray(polygon)).astype(np.int32)], 0)
    return wanted, counts


def _clipped(points: npt.NDArray[np.float32], width: int, height: int) -> tuple[int, int, int, int] | None:
    left, top = np.floor(points.min(axis=0)).astype(int).clip(0)
    right, bottom = np.ceil(points.max(axis=0)).astype(int)
    right, bottom = min(int(right), width), min(int(bottom), height)
    return (int(left), int(top), right, bottom) if left < right and top < bottom else None
