"""Read text: pictures of lines to readings, in the order given and the same in any company."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np

from inkread.image import Pixels
from inkread.options import RecognizeOptions
from inkread.recognize.beam import decode_with_words
from inkread.recognize.calibration import Calibration
from inkread.recognize.charset import Charset
from inkread.recognize.ctc import Reading, decode_greedy
from inkread.recognize.direction import as_typed, in_logical_order
from inkread.recognize.head import Head
from inkread.recognize.ink import ink_mask, runs
from inkread.recognize.ngrams import NGrams
from inkread.runtime.allowance import FREE, Allowance
from inkread.runtime.arenas import give_back
from inkread.runtime.memory import reclaim
from inkread.runtime.session import Floats, Session

HEIGHT_PX = 48
# A column of the network's output covers this much of its picture.
COLUMN_PX = 8
# Widths are multiples of a step that grows with them, so that few shapes occur and little is padding: a step of 32 px
# throughout takes 200 MB more over a mixed batch and is no faster. (Up to this width, the step.)
_WIDTH_STEPS_PX = ((320, 32), (960, 64))
_LARGEST_STEP_PX = 128
# Short words are misread on a narrower picture ("RF" as "RE" at 64 px, right at 96).
_MIN_WIDTH_PX = 96
# How long the pieces of a line may be where memory is short, px; shorter ones are read less well.
_SHORTER_PX = (960, 640, 320)
# What else may be opened when a line needs it: the last layer with all its classes, and the classifier of directions.
_OPENED_BYTES = 25_000_000
# Where memory is limited, pictures of so many widths are read before it is looked at again: each new width leaves
# kernels behind, which go only with the network. One width at a time needs 24 MB less.
_WIDTHS_AT_ONCE = (4, 1)
# What the network saw beside short lines when it was trained: zero after normalisation.
_PADDING = 127


class Recognizer:
    """A text recogniser over a session whose network gives CTC probabilities, (N, T, C).

    Every crop is a batch of its own: on a processor larger batches are not faster, and so a reading cannot depend
    on its neighbours.  calibration: what its scores mean for words, where that was measured.  ngrams: returns what is
    known of the words that it reads, asked for where a line needs it; None: nothing is.
    """

    def __init__(
        self,
        session: Session,
        head: Head,
        options: RecognizeOptions,
        calibration: Calibration | None = None,
        ngrams: Callable[[], NGrams] | None = None,
    ) -> None:
        self._session = session
        self._head = head
        self._options = options
        self._calibration = calibration
        self._ngrams = ngrams
        self._allowance = FREE

    def within(self, allowance: Allowance) -> Recognizer:
        """Return this recogniser for a page that may take no more than this."""
        if not allowance.is_bound:
            return self
        bound = copy.copy(self)
        bound._allowance = allowance
        return bound

    def read(self, crops: Sequence[Pixels]) -> list[Reading]:
        """Return a reading for each crop, (H, W, 3) RGB of one upright line; columns are fractions of its width.

        When the time is up the longest were read, and the others are told not to be. Raises CancelledError.
        """
        longest_px = self._longest_px() if self._allowance.memory.is_limited else self._options.max_width_px
        pieces = [(index, piece) for index, crop in enumerate(crops) for piece in self._pieces(crop, longest_px)]
        order = self._order(pieces)
        batches = [padded(pieces[k][1])[None] for k in order]
        decoded: list[Reading] = [Reading(is_read=False)] * len(pieces)
        for k, output in zip(order, self._outputs(batches), strict=False):
            decoded[k] = self._decoded(*self._head(output[0]))
        parts: list[list[tuple[Reading, int]]] = [[] for _ in crops]
        for (index, piece), reading in zip(pieces, decoded, strict=True):
            parts[index].append((reading, piece.shape[1]))
        return [replace(_joined(of_crop), calibration=self._calibration) for of_crop in parts]

    def _decoded(self, probabilities: Floats, charset: Charset) -> Reading:
        count, threshold = self._options.alternatives, self._options.alternative_threshold
        if self._ngrams is None:
            return decode_greedy(probabilities, charset, alternatives=count, alternative_threshold=threshold)
        return decode_with_words(
            probabilities, charset, self._ngrams, alternatives=count, alternative_threshold=threshold
        )

    def _order(self, pieces: Sequence[tuple[int, Pixels]]) -> list[int]:
        """Return in which order to read pieces of crops, (the crop's index, the piece): the widest first.

        The last to finish is then a short one, and no thread waits long for another. Where the time may end before,
        what belongs to one crop stays together, the longest crop first: half a line is none.
        """
        widths = [piece.shape[1] for _, piece in pieces]
        if self._allowance.left_s is None:
            return sorted(range(len(pieces)), key=lambda k: -widths[k])
        in_all: Counter[int] = Counter()
        for (index, _), width in zip(pieces, widths, strict=True):
            in_all[index] += width
        return sorted(range(len(pieces)), key=lambda k: (-in_all[pieces[k][0]], pieces[k][0], k))

    def _outputs(self, batches: Sequence[Pixels]) -> Iterator[Floats]:
        """Yield the network's outputs until the time is up: asked after each crop, and in one that takes long."""
        if self._allowance.must_stop():
            return
        in_room = self._allowance.memory.is_limited
        outputs = self._outputs_in_room(batches) if in_room else self._run(batches)
        try:
            for output in outputs:
                yield output
                if self._allowance.must_stop():
                    return
            self._allowance.must_stop()
        finally:
            if isinstance(outputs, Generator):
                outputs.close()  # now, and not when the traceback of an error is forgotten

    def _run(self, batches: Sequence[Pixels]) -> Iterator[Floats]:
        if self._allowance.may_end:
            return self._session.run_many(batches, self._allowance.stops)
        return self._session.run_many(batches)

    def _outputs_in_room(self, batches: Sequence[Pixels]) -> Iterator[Floats]:
        """Yield the outputs with room made before every few widths, or each one where there is no room for more."""
        done = 0
        while done < len(batches):
            for widths in _WIDTHS_AT_ONCE:
                end = _end_of_widths(batches, done, widths)
                if self._has_room({_size(batch) for batch in batches[done:end]}):
                    break
            else:
                need = self._session.working_bytes(_size(batches[done]))
                raise self._allowance.memory.lacks(need, "reading lines", remedy="close what else this process holds")
            yield from self._run(batches[done:end])
            done = end

    def _has_room(self, sizes: Collection[tuple[int, int]]) -> bool:
        """Return whether pictures of these sizes, (H, W) px, can be read.

        What the network holds is given back, and its kernels, where they need the room.
        """
        memory = self._allowance.memory
        for free in (self._release, reclaim):
            if memory.room() >= self._session.working_bytes(*sizes):
                return True
            free()
        return memory.room() >= self._session.working_bytes(*sizes)

    def _release(self) -> None:
        self._session.release()
        give_back()

    def _longest_px(self) -> int:
        """Return how long the pieces of lines may be, px at the network's height, for the memory that there is."""
        most = self._options.max_width_px
        for width in (most, *(shorter for shorter in _SHORTER_PX if shorter < most)):
            need = self._session.working_bytes((HEIGHT_PX, padded_width(width)))
            if self._allowance.memory.room() >= _OPENED_BYTES + need:
                return width
        return min(most, _SHORTER_PX[-1])

    def _pieces(self, crop: Pixels, longest_px: int) -> list[Pixels]:
        """Return the crop at the network's height, cut in gaps where it is longer than the network reads well."""
        line = at_network_height(crop, self._options.squeeze)
        if longest_px < line.shape[1] and longest_px < self._options.max_width_px:
            self._allowance.degrade("tiled")
        pieces = []
        while line.shape[1] > longest_px:
            cut = _widest_gap(line, longest_px)
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


def _end_of_widths(batches: Sequence[Pixels], start: int, widths: int) -> int:
    """Return the end of the batches from `start` on that are of so many widths."""
    seen: set[tuple[int, int]] = set()
    for end in range(start, len(batches)):
        seen.add(_size(batches[end]))
        if len(seen) > widths:
            return end
    return len(batches)


def _size(batch: Pixels) -> tuple[int, int]:
    return batch.shape[1], batch.shape[2]


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
    if not all(reading.is_read for reading, _ in parts):
        return Reading(is_read=False)
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
