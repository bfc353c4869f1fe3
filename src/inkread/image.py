"""The one image type: (H, W, 3) uint8 RGB pixels that know where they stand on their page."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt

from inkread.document import Line
from inkread.geometry import Box, Point, Quad

Pixels = npt.NDArray[np.uint8]
Grey = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]


# A picture with more pixels is turned to grey strip by strip, where it is wanted halved: its whole grey is not held.
_LARGE_PX = 16_000_000
_STRIP_PX = 512


@dataclass(frozen=True)
class LayerLine:
    """A line of a document's own text, as its file says it: not yet compared with what can be seen.

    line: in page pixels, with a span for each character.  font: its name in the file; lines of one font are true or
    garbage together.  is_hidden: drawn in a way that leaves no mark, as the text under a scan is.
    """

    line: Line
    font: str = ""
    is_hidden: bool = False


@dataclass(frozen=True, eq=False)
class Image:
    """A picture of a page, or of a part of it.

    pixels: (H, W, 3) uint8, RGB; treated as read-only.  source: where it came from, for people.  number: the page's
    number in its source, from 1.  dpi: as the file says or as it was rendered, or None.  to_page: 3x3 homography from
    this picture's pixels to the page's.  page_size: (width, height) of the whole page, px.  layer: the text that a PDF
    gives with the page, in page pixels.  is_layer_cut: a limit left out the rest of it.
    """

    pixels: Pixels
    source: str = ""
    number: int = 1
    dpi: float | None = None
    to_page: Matrix = field(default_factory=lambda: np.eye(3))
    page_size: tuple[int, int] = (0, 0)
    layer: tuple[LayerLine, ...] = ()
    is_layer_cut: bool = False
    _greys: dict[int, Grey] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.page_size == (0, 0):
            object.__setattr__(self, "page_size", (self.width, self.height))

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    def with_pixels(self, pixels: Pixels) -> Image:
        """Return the same place of the page with other pixels, as many. Raises ValueError for another size."""
        if pixels.shape != self.pixels.shape:
            raise ValueError(f"pixels of shape {pixels.shape} in the place of {self.pixels.shape}")
        return replace(self, pixels=pixels)

    def grey(self, factor: float = 1.0) -> Grey:
        """Return the picture in grey, (H, W) uint8: halved as often as it stays `factor` times as large as this one.

        Made once and kept, for whoever asks next; treated as read-only.
        """
        return self._halved(max(0, int(math.log2(1 / factor))) if factor < 1 else 0)

    def _halved(self, times: int) -> Grey:
        if times not in self._greys:
            if times == 0:
                grey = cv2.cvtColor(self.pixels, cv2.COLOR_RGB2GRAY)
            elif times == 1 and 0 not in self._greys and self._is_halved_in_strips:
                grey = np.empty((self.height // 2, self.width // 2), np.uint8)
                for top in range(0, self.height, _STRIP_PX):
                    strip = cv2.cvtColor(self.pixels[top : top + _STRIP_PX], cv2.COLOR_RGB2GRAY)
                    size = strip.shape[1] // 2, strip.shape[0] // 2
                    grey[top // 2 : top // 2 + size[1]] = cv2.resize(strip, size, interpolation=cv2.INTER_AREA)
            else:
                # Three steps by two are four times as fast as one by eight.
                grey = cv2.resize(self._halved(times - 1), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            self._greys[times] = _as_pixels(grey)
        return self._greys[times]

    @property
    def _is_halved_in_strips(self) -> bool:
        """Whether that gives the same: each pixel is then the mean of four, all in one strip."""
        return self.width * self.height > _LARGE_PX and self.width % 2 == 0 and self.height % 2 == 0

    def crop(self, box: Box) -> Image:
        """Return the part inside `box` (this picture's pixels, clipped to it); what is read in it maps back.

        Raises ValueError where the box lies outside.
        """
        left, top = max(0, int(box.left)), max(0, int(box.top))
        right, bottom = min(self.width, int(np.ceil(box.right))), min(self.height, int(np.ceil(box.bottom)))
        if left >= right or top >= bottom:
            raise ValueError(f"the box {tuple(box)} lies outside a picture of {self.width} x {self.height} px")
        shift = np.array([[1.0, 0.0, left], [0.0, 1.0, top], [0.0, 0.0, 1.0]])
        return replace(self, pixels=self.pixels[top:bottom, left:right], to_page=self.to_page @ shift)

    def resize(self, factor: float) -> Image:
        """Return the picture `factor` times as large; coordinates of what is read in it stay page pixels."""
        width, height = max(1, round(self.width * factor)), max(1, round(self.height * factor))
        return self.fit(width, height)

    def fit(self, width: int, height: int) -> Image:
        """Return the picture stretched to this size, px."""
        shrinks = width < self.width or height < self.height
        method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        pixels = cv2.resize(self.pixels, (width, height), interpolation=method)
        scale = np.diag([self.width / width, self.height / height, 1.0])
        # cv2.resize lays edge on edge, so coordinates, which count from edges, change by the plain factor.
        return replace(self, pixels=_as_pixels(pixels), to_page=self.to_page @ scale)

    def turned(self, quarters: int) -> Image:
        """Return the picture turned clockwise by `quarters` of 90 degrees."""
        k = quarters % 4
        w, h = self.width, self.height
        back = (
            np.eye(3),
            np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, h], [0.0, 0.0, 1.0]]),
            np.array([[-1.0, 0.0, w], [0.0, -1.0, h], [0.0, 0.0, 1.0]]),
            np.array([[0.0, -1.0, w], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
        )[k]
        return replace(self, pixels=np.ascontiguousarray(np.rot90(self.pixels, -k)), to_page=self.to_page @ back)

    def deskew(self, angle_deg: float) -> Image:
        """Return the picture turned so that lines which run at `angle_deg` (as `Quad.angle_deg`) run level.

        The whole picture stays in view; the corners that open take the colour of its edge.
        """
        angle = math.radians(angle_deg)
        cos, sin = math.cos(angle), math.sin(angle)
        turn = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
        corners = turn @ np.array([[0, self.width, self.width, 0], [0, 0, self.height, self.height], [1, 1, 1, 1]])
        left, top = corners[:2].min(axis=1)
        width, height = np.ceil(np.round(corners[:2].max(axis=1) - (left, top), 6)).astype(int)
        return self.warp(_moved(-left, -top) @ turn, int(width), int(height))

    def flatten(self, quad: Quad) -> Image:
        """Return what lies inside `quad` (this picture's pixels), a sheet seen askew, as if seen from above.

        About as large as the quad's longer edges: nothing is lost by shrinking.
        """
        a, b, c, d = quad
        width = max(1, round(max(math.dist(a, b), math.dist(d, c))))
        height = max(1, round(max(math.dist(a, d), math.dist(b, c))))
        source = np.array(quad, dtype=np.float32)
        target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
        return self.warp(np.asarray(cv2.getPerspectiveTransform(source, target), dtype=np.float64), width, height)

    def warp(self, matrix: Matrix, width: int, height: int) -> Image:
        """Return the picture moved by a homography from its pixels to those of a picture of this size.

        What lies outside takes the colour of the picture's edge. Raises ValueError where the matrix has no inverse.
        """
        try:
            back = np.linalg.inv(matrix)
        except np.linalg.LinAlgError as error:
            raise ValueError("the homography has no inverse") from error
        pixels = cv2.warpPerspective(
            self.pixels,
            # Coordinates count from edges, OpenCV's from the centres of pixels.
            _moved(-0.5, -0.5) @ matrix @ _moved(0.5, 0.5),
            (width, height),
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=_edge_colour(self.pixels),
        )
        return replace(self, pixels=_as_pixels(pixels), to_page=self.to_page @ back)

    def binarize(self, window_px: int = 41, k: float = 0.2) -> Image:
        """Return the picture in black and white, each pixel held against its surroundings.

        Black below mean x (1 + k (deviation / 128 - 1)) of the `window_px` around it (Sauvola and Pietikäinen, 2000).
        window_px: odd, at least 3, some two heights of a line; k: larger leaves less ink. Raises ValueError for others.
        """
        if window_px < 3 or window_px % 2 == 0:
            raise ValueError(f"window_px is {window_px}: give an odd number of at least 3")
        grey = cv2.cvtColor(self.pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
        mean = cv2.boxFilter(grey, -1, (window_px, window_px))
        square = cv2.boxFilter(grey * grey, -1, (window_px, window_px))
        deviation = np.sqrt(np.maximum(square - mean * mean, 0.0))
        is_paper = grey > mean * (1 + k * (deviation / 128 - 1))
        return replace(self, pixels=np.repeat((255 * is_paper.astype(np.uint8))[..., None], 3, axis=2))

    def rectify(self, quad: Quad, height: int, width: int) -> Pixels:
        """Return what lies inside `quad` (this picture's pixels) as a (height, width, 3) picture, read upright."""
        source = np.array(quad, dtype=np.float32)
        # Corners of pixels, not centres: (0, 0) is the outer corner of the first pixel on both sides.
        target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32) - 0.5
        matrix = cv2.getPerspectiveTransform(source - 0.5, target)
        pixels = cv2.warpPerspective(
            self.pixels, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return _as_pixels(pixels)

    def quad_on_page(self, quad: Quad) -> Quad:
        """Return the quad, given in this picture's pixels, in page pixels."""
        return Quad(*(self.point_on_page(point) for point in quad))

    def quad_from_page(self, quad: Quad) -> Quad:
        """Return the quad, given in page pixels, in this picture's pixels."""
        back = np.linalg.inv(self.to_page)
        places = (back @ np.array([point.x, point.y, 1.0]) for point in quad)
        return Quad(*(Point(float(x / w), float(y / w)) for x, y, w in places))

    @property
    def turned_deg(self) -> int:
        """How far clockwise the page was turned to give this picture, to the nearest of 0, 90, 180 and 270."""
        origin, beside = self.point_on_page(Point(0, 0)), self.point_on_page(Point(1, 0))
        angle = math.degrees(math.atan2(beside.y - origin.y, beside.x - origin.x))
        return round(-angle / 90) % 4 * 90

    def point_on_page(self, point: Point) -> Point:
        """Return the point, given in this picture's pixels, in page pixels."""
        x, y, w = self.to_page @ np.array([point.x, point.y, 1.0])
        return Point(float(x / w), float(y / w))


def _moved(x: float, y: float) -> Matrix:
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def _edge_colour(pixels: Pixels) -> list[float]:
    """Return the median colour of the outermost pixels: of the paper, or of what it lies on."""
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return [float(value) for value in np.median(edge, axis=0)]


def _as_pixels(array: npt.NDArray[np.generic]) -> Pixels:
    return np.asarray(array, dtype=np.uint8)


class _OpenCvThreads:
    """OpenCV's threads around a fork: a child without them waits for ever in its first large call.

    They end before a fork, and both sides start their own when they next need them.
    """

    def __init__(self) -> None:
        self._count = 0

    def end(self) -> None:
        self._count = cv2.getNumThreads()
        cv2.setNumThreads(1)

    def start_anew(self) -> None:
        cv2.setNumThreads(self._count)


if hasattr(os, "register_at_fork"):
    _threads = _OpenCvThreads()
    os.register_at_fork(before=_threads.end, after_in_parent=_threads.start_anew, after_in_child=_threads.start_anew)
