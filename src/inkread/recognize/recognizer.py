"""Read text: pictures of lines to readings, in the order given and the same in any company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from inkread.image import Pixels
from inkread.options import RecognizeOptions
from inkread.recognize.calibration import Calibration
from inkread.recognize.ctc import Reading, decode_greedy
from inkread.recognize.direction import as_typed, in_logical_order
from inkread.recognize.head import Head
from inkread.recognize.ink import ink_mask, runs
from inkread.runtime.session import Session

HEIGHT_PX = 48
# A column of the network's output covers this much of its picture.
COLUMN_PX = 8
# Widths are multiples of a step that grows with them, so that few shapes occur and little is padding: a step of 32 px
# throughout takes 200 MB more over a mixed batch and is no faster. (Up to this width, the step.)
_WIDTH_STEPS_PX = ((320, 32), (960, 64))
_LARGEST_STEP_PX = 128
# Short words are misread on a narrower picture ("RF" as "RE" at 64 px, right at 96).
_MIN_WIDTH_PX = 96
# What the network saw beside short lines when it was trained: zero after normalisation.
_PADDING = 127


class Recognizer:
    """A text recogniser over a session whose network gives CTC probabilities, (N, T, C).

    Every crop is a batch of its own: on a processor larger batches are not faster, and so a reading cannot depend
    on its neighbours.  calibration: what its scores mean for words, where that was measured.
    """

    def __init__(
        self, session: Session, head: Head, options: RecognizeOptions, calibration: Calibration | None = None
    ) -> None:
        self._session = session
        self._head = head
        self._options = options
        self._calibration = calibration

    def read(self, crops: Sequence[Pixels]) -> list[Reading]:
        """Return a reading for each crop, (H, W, 3) RGB of one upright line; columns are fractions of its width."""
        pieces = [(index, piece) for index, crop in enumerate(crops) for piece in self._pieces(crop)]
        # The widest first: the last to finish is then a short one, and no thread waits long for another.
        order = sorted(range(len(pieces)), key=lambda k: -pieces[k][1].shape[1])
        batches = [padded(pieces[k][1])[None] for k in order]
        decoded: list[Reading] = [Reading()] * len(pieces)
        for k, output in zip(order, self._session.run_many(batches), strict=True):
            decoded[k] = decode_greedy(
                *self._head(output[0]),
                alternatives=self._options.alternatives,
                alternative_threshold=self._options.alternative_threshold,
            )
        parts: list[list[tuple[Reading, int]]] = [[] for _ in crops]
        for (index, piece), reading in zip(pieces, decoded, strict=True):
            parts[index].append((reading, piece.shape[1]))
        return [replace(_joined(of_crop), calibration=self._calibration) for of_crop in parts]

    def _pieces(self, crop: Pixels) -> list[Pixels]:
        """Return the crop at the network's height, cut in gaps where it is longer than the network reads well."""
        line = at_network_height(crop, self._options.squeeze)
        pieces = []
        while line.shape[1] > self._options.max_width_px:
            cut = _widest_gap(line, self._options.max_width_px)
            pieces.append(line[:, :cut])
            line = line[:, cut:]
        return [*pieces, line]


def at_network_height(crop: Pixels, squeeze: float = 1.0) -> Pixels:
    """Return the crop scaled to 48 px of height, its shape kept; or `squeeze` times as wide, if not too short."""
    height, width = crop.shape[:2]
    scaled = width * HEIGHT_PX / height
    size = (max(1, round(max(scaled * squeeze, min(scaled, _MIN_WIDTH_PX)))), HEIGHT_PX)
    if size == (width, height):
        return crop
    method = cv2.INTER_AREA if height > HEIGHT_PX else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(crop, size, interpolation=method), dtype=np.uint8)


def padded_width(width: int) -> int:
    """Return the width, px, of the network's picture for a line of this width: a function of the line alone."""
    step = next((step for limit, step in _WIDTH_STEPS_PX if width <= limit), _LARGEST_STEP_PX)
    return max(_MIN_WIDTH_PX, -(-width // step) * step)


def padded(line: Pixels) -> Pixels:
    """Return the line, (48, W, 3), with grey to its right: the network's picture."""
    picture = np.full((HEIGHT_PX, padded_width(line.shape[1]), 3), _PADDING, np.uint8)
    picture[:, : line.shape[1]] = line
    return picture


def _widest_gap(line: Pixels, limit: int) -> int:
    """Return where to cut a line: the middle of the widest gap in the last third before `limit`, or `limit`."""
    mask = ink_mask(line[:, :limit])
    if mask is None:
        return limit
    start = limit * 2 // 3
    gaps = runs(~np.asarray(mask[:, start:].any(axis=0)))
    if not gaps:
        return limit
    left, right = max(gaps, key=lambda gap: gap[1] - gap[0])
    return start + (left + right) // 2


def _joined(parts: Sequence[tuple[Reading, int]]) -> Reading:
    """Return one reading of a line's pieces, (reading, width px), its columns as fractions of the whole width."""
    total = sum(width for _, width in parts)
    text, columns, scores, others, offset = "", [], [], [], 0
    for reading, width in parts:
        if text and reading.text and not text.endswith(" ") and not reading.text.startswith(" "):
            # Pieces are cut where the widest gap is, which is a space nearly always.
            text += " "
            columns.append((offset / total, offset / total))
            scores.append(1.0)
        others += [other._replace(index=other.index + len(text)) for other in reading.alternatives]
        text += reading.text
        columns += [
            (min(1.0, (offset + a * COLUMN_PX) / total), min(1.0, (offset + b * COLUMN_PX) / total))
            for a, b in reading.columns
        ]
        scores += reading.scores
        offset += width
    # A network gives characters from left to right, whichever way their script runs.
    return as_typed(in_logical_order(Reading(text, tuple(columns), tuple(scores), tuple(others))))
