"""Degraded pages from good ones: crooked, blurred, coarse, squeezed, photographed askew, unevenly lit; seeded.

Lengths are millimetres on the paper, so that a kind means the same for a scan of 300 dpi and a picture of 150.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from inkread.metrics.dataset import Label, LabelledPicture
from inkread.metrics.regions import Region

Pixels = npt.NDArray[np.uint8]  # (H, W, 3) RGB
Matrix = npt.NDArray[np.float64]
LEVELS = (1, 2)
MM_PER_INCH = 25.4


@dataclass(frozen=True)
class Page:
    """A page's pixels, how many of them an inch of paper takes, and the homography from the good page's pixels.

    quality: of the JPEG that it is kept as; None: kept without loss.
    """

    pixels: Pixels
    dpi: float
    from_good: Matrix
    quality: int | None = None

    @property
    def px_per_mm(self) -> float:
        return self.dpi / MM_PER_INCH


def degrade(pixels: Pixels, dpi: float, kind: str, level: int, name: str, seed: int = 0) -> Page:
    """Return the page degraded in one way. The same name and seed give the same page; level: 1 or 2."""
    digest = hashlib.sha256(f"{name}/{kind}/{level}/{seed}".encode()).digest()
    random = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    return KINDS[kind](Page(pixels, dpi, np.eye(3)), level, random)


def moved_labels(picture: LabelledPicture, from_good: Matrix) -> tuple[Label, ...]:
    """Return the good picture's labels where they stand on the degraded page."""
    return moved(picture.labels, from_good)


def moved(labels: Iterable[Label], from_good: Matrix) -> tuple[Label, ...]:
    """Return labels of a good page where they stand on the degraded one."""
    return tuple(
        label if label.region is None else replace(label, region=_moved(label.region, from_good)) for label in labels
    )


def _moved(region: Region, matrix: Matrix) -> Region:
    ring = np.array([[region.ring]], dtype=np.float64)[0]
    return Region.from_points(cv2.perspectiveTransform(ring, matrix)[0].tolist())


def _rotated(page: Page, level: int, random: np.random.Generator) -> Page:
    """A crooked scan: the whole page, turned on a lid of the paper's colour."""
    angle = np.deg2rad((3.0, 7.0)[level - 1]) * random.choice((-1, 1))
    height, width = page.pixels.shape[:2]
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    corners = cv2.perspectiveTransform(_corners(width, height)[None], turn)[0]
    left, top = corners.min(axis=0)
    size = np.ceil(corners.max(axis=0) - (left, top)).astype(int)
    turn = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]]) @ turn
    paper = np.median(page.pixels.reshape(-1, 3), axis=0)
    return _warped(page, turn, (int(size[0]), int(size[1])), np.broadcast_to(paper, (int(size[1]), int(size[0]), 3)))


def _perspective(page: Page, level: int, random: np.random.Generator) -> Page:
    """A sheet photographed askew on a darker, grained table; near the camera as large as the good picture."""
    most = (0.06, 0.14)[level - 1]
    height, width = page.pixels.shape[:2]
    inward = random.uniform(0.25, 1.0, (4, 2)) * most * (width, height)
    inward *= np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    margin = 0.04 * np.array([width, height])
    target = _corners(width, height) + inward + margin
    size = int(width + 2 * margin[0]), int(height + 2 * margin[1])
    matrix = cv2.getPerspectiveTransform(_corners(width, height).astype(np.float32), target.astype(np.float32))
    table = (
        random.uniform(60, 130, 3) + cv2.GaussianBlur(random.normal(0, 40, (size[1], size[0])), (0, 0), 3)[..., None]
    )
    return _warped(page, matrix, size, table)


def _defocused(page: Page, level: int, random: np.random.Generator) -> Page:
    """Out of focus: each point becomes a disc of 0.5 or 0.9 mm; print of 10 points has strokes of 0.3 mm."""
    radius = (0.25, 0.45)[level - 1] * page.px_per_mm
    reach = int(np.ceil(radius)) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    return _filtered(page, disc)


def _moved_while_taken(page: Page, level: int, random: np.random.Generator) -> Page:
    """Moved by 0.5 or 1 mm in any direction while the picture was taken."""
    length = (0.5, 1.0)[level - 1] * page.px_per_mm
    angle = random.uniform(0, np.pi)
    reach = int(np.ceil(length / 2)) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along, across = x * np.cos(angle) + y * np.sin(angle), -x * np.sin(angle) + y * np.cos(angle)
    streak = np.clip(length / 2 + 0.5 - np.abs(along), 0, 1) * np.clip(1 - np.abs(across), 0, 1)
    return _filtered(page, streak)


def _coarse(page: Page, level: int, random: np.random.Generator) -> Page:
    """Scanned at 150 or 100 dpi; a page that has no more stays as it is."""
    dpi = (150.0, 100.0)[level - 1]
    if dpi >= page.dpi:
        return page
    height, width = page.pixels.shape[:2]
    size = max(1, round(width * dpi / page.dpi)), max(1, round(height * dpi / page.dpi))
    smaller = cv2.resize(page.pixels, size, interpolation=cv2.INTER_AREA)
    return replace(page, pixels=smaller, dpi=dpi, from_good=np.diag([size[0] / width, size[1] / height, 1.0]))


def _compressed(page: Page, level: int, random: np.random.Generator) -> Page:
    return replace(page, quality=(50, 30)[level - 1])


def _shadowed(page: Page, level: int, random: np.random.Generator) -> Page:
    """Light that falls off across the page, and the shadow of the hand or the phone with a soft edge."""
    darkest, shadow = ((0.7, 0.6), (0.5, 0.35))[level - 1]
    height, width = page.pixels.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, edge = random.uniform(0, 2 * np.pi, 2)
    fall_off = 1 - (1 - darkest) * _ramp(x / width, y / height, angle)
    reach = _ramp(x / width, y / height, edge) - random.uniform(0.35, 0.65)
    light = fall_off * (shadow + (1 - shadow) / (1 + np.exp(-reach / 0.01)))
    return replace(page, pixels=_as_pixels(page.pixels * light[..., None]))


def _noisy(page: Page, level: int, random: np.random.Generator) -> Page:
    """The sensor's noise in poor light: a deviation of 12 or 30 of 255."""
    noise = random.normal(0, (12, 30)[level - 1], page.pixels.shape)
    return replace(page, pixels=_as_pixels(page.pixels + noise))


def _pale(page: Page, level: int, random: np.random.Generator) -> Page:
    """Print that has faded, on grey paper: 40 or 20 per cent of the contrast, and the sensor's least noise."""
    contrast, paper = ((0.4, 200), (0.2, 180))[level - 1]
    pixels = paper + contrast * (page.pixels.astype(np.float32) - 255) + random.normal(0, 2, page.pixels.shape)
    return replace(page, pixels=_as_pixels(pixels))


KINDS: Mapping[str, Callable[[Page, int, np.random.Generator], Page]] = {
    "rotation": _rotated,
    "defocus": _defocused,
    "motion": _moved_while_taken,
    "resolution": _coarse,
    "jpeg": _compressed,
    "perspective": _perspective,
    "shadow": _shadowed,
    "noise": _noisy,
    "contrast": _pale,
}
# What the tables call them: at level 1, at level 2.
ABOUT: Mapping[str, tuple[str, str]] = {
    "rotation": ("3 degrees", "7 degrees"),
    "defocus": ("disc of 0.5 mm", "disc of 0.9 mm"),
    "motion": ("0.5 mm", "1 mm"),
    "resolution": ("150 dpi", "100 dpi"),
    "jpeg": ("quality 50", "quality 30"),
    "perspective": ("corners up to 6 % in", "corners up to 14 % in"),
    "shadow": ("light down to 42 %", "light down to 18 %"),
    "noise": ("deviation 12", "deviation 30"),
    "contrast": ("40 %", "20 %"),
}


def _corners(width: float, height: float) -> Matrix:
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64)


def _warped(page: Page, matrix: Matrix, size: tuple[int, int], background: npt.NDArray[np.floating]) -> Page:
    """Return the page moved by a homography of edges, (0, 0) being a corner, onto a background."""
    of_centers = _shift(-0.5) @ matrix @ _shift(0.5)
    warped = cv2.warpPerspective(page.pixels, of_centers, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    inside = np.full(page.pixels.shape[:2], 255, np.uint8)
    share = cv2.warpPerspective(inside, of_centers, size, flags=cv2.INTER_LINEAR)[..., None] / 255.0
    pixels = _as_pixels(warped * share + background * (1 - share))
    return replace(page, pixels=pixels, from_good=matrix @ page.from_good)


def _shift(by: float) -> Matrix:
    return np.array([[1, 0, by], [0, 1, by], [0, 0, 1]], dtype=np.float64)


def _filtered(page: Page, kernel: Matrix) -> Page:
    return replace(page, pixels=_as_pixels(cv2.filter2D(page.pixels, -1, kernel / kernel.sum())))


def _ramp(x: npt.NDArray[np.float32], y: npt.NDArray[np.float32], angle: float) -> npt.NDArray[np.float32]:
    """Return 0 to 1 across the page in a direction."""
    across = x * np.cos(angle) + y * np.sin(angle)
    return (across - across.min()) / (across.max() - across.min())


def _as_pixels(values: npt.NDArray[np.floating] | Pixels) -> Pixels:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)
