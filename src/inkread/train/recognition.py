"""What learning to read lines is: batches, the CTC loss, and the character error rate on what was held back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  # the name that all of torch's users know it by
from torch import Tensor

from inkread import edits
from inkread.metrics.dataset import Rules
from inkread.metrics.scores import Counts, character_error_rate, normalized
from inkread.recognize.ctc import decode_greedy
from inkread.recognize.recognizer import COLUMN_PX, HEIGHT_PX, padded_width
from inkread.runtime.session import Floats
from inkread.train.data import BatchPlan, LabelledLine
from inkread.train.lines import FileLines, LineSource, Pixels, make_batch, plan_round, read_for_network
from inkread.train.network import Trainable, as_input
from inkread.train.settings import TrainSettings

_ALIKE: Final = 4  # pictures of one width that are measured on at once: all classes of a hundred columns each


class RecognitionTask:
    """Lines to learn from, and sets of others to measure on, by name."""

    measure = "CER"

    def __init__(
        self,
        trainable: Trainable,
        sources: Sequence[LineSource],
        validation: Mapping[str, LineSource],
        settings: TrainSettings,
    ) -> None:
        self.trainable = trainable
        self._charset = trainable.letters
        self._classes = {symbol: k for k, symbol in enumerate(self._charset.symbols)}
        self.sources = sources
        self._validation = validation
        self._settings = settings

    def plan(self, turn: int) -> tuple[BatchPlan, ...]:
        """Return the batches of a round."""
        return plan_round(self.sources, turn, self._settings)

    def size(self, plan: BatchPlan) -> int:
        return len(plan.members)

    def prepare(self, plan: BatchPlan) -> tuple[Tensor, Tensor, Tensor]:
        """Return a batch: input, (N, 3, 48, W); classes of all texts, one after the other; their lengths, (N,)."""
        batch = make_batch(self.sources, plan, self._settings)
        classes = [[self._classes[char] for char in text] for text in batch.texts]
        lengths = torch.tensor([len(each) for each in classes])
        flat = torch.tensor([k for each in classes for k in each])
        return as_input(batch.pictures, self.trainable.card), flat, lengths

    def loss(self, scores: Tensor, *targets: Tensor) -> Tensor:
        """Return the mean CTC loss by character (Graves et al., 2006). scores: (N, T, C), before softmax."""
        flat, lengths = targets
        log_probabilities = F.log_softmax(scores.float(), dim=-1).transpose(0, 1)
        columns = torch.full((scores.shape[0],), scores.shape[1])
        # A text that is too long for its picture has no loss: it is left out and does not make it infinite.
        return F.ctc_loss(log_probabilities, flat, columns, lengths, zero_infinity=True)

    def texts(self) -> Iterator[str]:
        """Yield what is learnt to read in the first round, without drawing it."""
        yield from (source.text(index, 0) for source in self.sources for index in range(len(source)))

    def validate(self, device: torch.device | str = "cpu", limit: int | None = None) -> dict[str, float]:
        """Return the character error rate, per cent, on each set. limit: of lines of each, else as in the settings."""

        def answer(batch: Pixels) -> Floats:
            with torch.inference_mode():
                scores = self.trainable.module(as_input(batch, self.trainable.card, device), scores=True)
                return np.asarray(torch.softmax(scores.float().cpu(), -1).numpy())

        return self.measured(answer, limit)

    def measured(self, answer: Callable[[Pixels], Floats], limit: int | None = None) -> dict[str, float]:
        """Return what `validate` returns, of whatever gives probabilities, (N, T, C), for pictures (N, 48, W, 3)."""
        most = limit or self._settings.validation_lines
        return {name: self._error_rate(source, answer, most) for name, source in self._validation.items()}

    def to_calibrate(self, limit: int) -> Iterator[Pixels]:
        """Yield some of what is learnt from, evenly spread, as it is and as the network wants it, (1, 48, W, 3)."""
        for source in self.sources:
            wanted = max(1, limit // len(self.sources))
            for index in range(0, len(source), max(1, len(source) // wanted)):
                yield read_for_network(source.line(index, 0)[0], self._settings.max_width_px)[None]

    def samples(self, limit: int | None = None) -> Iterator[tuple[Pixels, str]]:
        """Yield what is measured on, pictures as the network wants them, (48, W, 3), with their texts, of all sets."""
        each_set = None if limit is None else max(1, limit // max(len(self._validation), 1))
        for source in self._validation.values():
            for index in range(min(len(source), each_set or self._settings.validation_lines)):
                picture, text = source.line(index, 0)
                yield read_for_network(picture, self._settings.max_width_px), text

    def pictures(self, limit: int) -> Iterator[Pixels]:
        """Yield some of what is measured on, as the network wants it."""
        yield from (picture for picture, _ in self.samples(limit))

    def _error_rate(self, source: LineSource, answer: Callable[[Pixels], Floats], limit: int) -> float:
        by_width: dict[int, list[tuple[Pixels, str]]] = {}
        counts = Counts()
        for index in range(min(len(source), limit)):
            picture, text = source.line(index, 0)
            values = read_for_network(picture, self._settings.max_width_px)
            group = by_width.setdefault(values.shape[1], [])
            group.append((values, text))
            if len(group) == _ALIKE:
                counts += self._counts(by_width.pop(values.shape[1]), answer)
        for group in by_width.values():
            counts += self._counts(group, answer)
        return round(character_error_rate(counts), 3)

    def _counts(self, group: Sequence[tuple[Pixels, str]], answer: Callable[[Pixels], Floats]) -> Counts:
        total = Counts()
        for row, (_, text) in zip(answer(np.stack([picture for picture, _ in group])), group, strict=True):
            label = normalized(text, Rules())
            read = normalized(decode_greedy(row, self._charset).text, Rules())
            total += Counts(edits=edits.distance(label, read), characters=len(label))
        return total


def too_long(lines: Sequence[LabelledLine]) -> tuple[LabelledLine, ...]:
    """Return the lines whose text has more characters than their pictures have columns: their labels are wrong."""
    source = FileLines(lines)
    found = []
    for index, line in enumerate(lines):
        columns = padded_width(round(source.width(index, 0) * HEIGHT_PX)) / COLUMN_PX
        repeats = sum(a == b for a, b in zip(line.text, line.text[1:], strict=False))
        if len(line.text) + repeats > columns:
            found.append(line)
    return tuple(found)
