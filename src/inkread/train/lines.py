"""Batches of lines: from labelled pictures and from rendered ones, of like width, the same for a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from inkread.image import Image
from inkread.recognize.line_reader import line_crop
from inkread.recognize.recognizer import HEIGHT_PX, at_network_height, padded, padded_width
from inkread.train.augment import augmented
from inkread.train.data import BatchPlan, LabelledLine, decoded
from inkread.train.settings import TrainSettings
from inkread.train.synthetic import LineRenderer

Pixels = npt.NDArray[np.uint8]
_GREY: Final = 127  # beside lines that are shorter than their batch, as `recognizer.padded` has it


class LineSource(Protocol):
    """Lines by number."""

    def __len__(self) -> int:
        """Return how many lines a round has of them."""
        ...

    def width(self, index: int, turn: int) -> float:
        """Return about how wide a line is, in its heights. turn: which round."""
        ...

    def text(self, index: int, turn: int) -> str:
        """Return what a line says, without its picture."""
        ...

    def line(self, index: int, turn: int) -> tuple[Pixels, str]:
        """Return a picture, (H, W, 3) RGB, and its text."""
        ...


class FileLines:
    """Labelled lines from files."""

    def __init__(self, lines: Sequence[LabelledLine]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def width(self, index: int, turn: int) -> float:
        return _relative_width(self._lines[index])

    def text(self, index: int, turn: int) -> str:
        return self._lines[index].text

    def line(self, index: int, turn: int) -> tuple[Pixels, str]:
        return picture_of(self._lines[index]), self._lines[index].text


class RenderedLines:
    """Rendered lines, other ones in each round."""

    def __init__(self, renderer: LineRenderer) -> None:
        self._renderer = renderer

    def __len__(self) -> int:
        return self._renderer.rendering.lines

    def width(self, index: int, turn: int) -> float:
        return self._renderer.width(turn * len(self) + index)

    def text(self, index: int, turn: int) -> str:
        return self._renderer.plan(turn * len(self) + index)[0]

    def line(self, index: int, turn: int) -> tuple[Pixels, str]:
        return self._renderer.line(turn * len(self) + index)


def picture_of(line: LabelledLine) -> Pixels:
    """Return the picture of a labelled line, cut as the pipeline cuts. Raises DamagedInputError with the label."""
    pixels = decoded(line)
    return pixels if line.quad is None else line_crop(Image(pixels), line.quad)


@lru_cache(maxsize=200_000)
def _relative_width(line: LabelledLine) -> float:
    if line.quad is not None:
        return line.quad.width / max(line.quad.height, 1.0)
    with Pillow.open(line.picture) as file:
        return file.width / file.height


@dataclass(frozen=True)
class LineBatch:
    """Pictures, (N, 48, W, 3) RGB, and their texts."""

    pictures: Pixels
    texts: tuple[str, ...]


def plan_round(sources: Sequence[LineSource], turn: int, settings: TrainSettings) -> tuple[BatchPlan, ...]:
    """Return the batches of a round: every line once, lines of like width together, in an order of chance.

    The same for the same seed and round, whatever was learnt before: that is what makes resuming exact.
    """
    rng = np.random.default_rng((settings.seed, turn, 0))
    members, widths = [], []
    for k, source in enumerate(sources):
        for index in range(len(source)):
            members.append((k, index))
            widths.append(min(source.width(index, turn) * HEIGHT_PX, settings.max_width_px))
    # A tenth of chance in the order, so that the same lines do not always come together.
    order = np.argsort(np.asarray(widths) * np.exp(rng.normal(0, 0.05, len(widths))), kind="stable")
    batches: list[list[int]] = [[]]
    widest = 0
    for k in order.tolist():
        widest = max(widest, padded_width(round(widths[k])))
        if batches[-1] and (len(batches[-1]) + 1) * widest > settings.batch_px:
            batches.append([])
            widest = padded_width(round(widths[k]))
        batches[-1].append(k)
    return tuple(
        BatchPlan(turn, number, tuple(members[k] for k in batches[place]))
        for number, place in enumerate(rng.permutation(len(batches)).tolist())
    )


def make_batch(sources: Sequence[LineSource], plan: BatchPlan, settings: TrainSettings) -> LineBatch:
    """Return the pictures and texts of a batch, changed by chance as the settings say."""
    pictures, texts = [], []
    for k, (source, index) in enumerate(plan.members):
        rng = np.random.default_rng((settings.seed, plan.turn, 1 + plan.number, k))
        picture, text = sources[source].line(index, plan.turn)
        pictures.append(_for_network(augmented(picture, rng, settings.augment), settings.max_width_px))
        texts.append(text)
    return LineBatch(side_by_side(pictures), tuple(texts))


def side_by_side(pictures: Sequence[Pixels]) -> Pixels:
    """Return pictures of 48 px height as one array, (N, 48, W, 3), as wide as the widest needs."""
    width = max(padded_width(picture.shape[1]) for picture in pictures)
    batch = np.full((len(pictures), HEIGHT_PX, width, 3), _GREY, np.uint8)
    for k, picture in enumerate(pictures):
        batch[k, :, : picture.shape[1]] = picture
    return batch


def read_for_network(picture: Pixels, max_width_px: int) -> Pixels:
    """Return a picture as it is fed when nothing is left to chance."""
    return padded(_for_network(picture, max_width_px))


def _for_network(picture: Pixels, max_width_px: int) -> Pixels:
    line = at_network_height(picture)
    if line.shape[1] > max_width_px:
        line = np.asarray(cv2.resize(line, (max_width_px, HEIGHT_PX), interpolation=cv2.INTER_AREA), np.uint8)
    return line
