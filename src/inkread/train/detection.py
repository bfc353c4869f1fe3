"""What learning to find lines is: pieces of pages, Dice and cross entropy, and the detection F1 on whole pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  # the name that all of torch's users know it by
from torch import Tensor

from inkread.detect.detector import Detector, DetectorSettings
from inkread.document import Line
from inkread.image import Image
from inkread.metrics.dataset import Label, LabelledPicture
from inkread.metrics.regions import Region
from inkread.metrics.scores import Counts, detection_f1, score_picture
from inkread.options import DetectOptions
from inkread.runtime.session import FakeSession, Floats, Pixels
from inkread.train.data import BatchPlan
from inkread.train.network import Trainable, as_input
from inkread.train.pages import Page, PageSource, maps_of, piece_of
from inkread.train.settings import TrainSettings

# Of places without text, which are nearly all of a page, the hardest count: three for each place with text.
_HARD: Final = 3.0
# Dice beside cross entropy: the first says how well shapes fit, the second teaches every pixel.
_CROSS_ENTROPY: Final = 1.0


class DetectionTask:
    """Pages to learn from, and sets of others to measure on, by name."""

    measure = "100 - detection F1"

    def __init__(
        self,
        trainable: Trainable,
        sources: Sequence[PageSource],
        validation: Mapping[str, PageSource],
        settings: TrainSettings,
    ) -> None:
        self.trainable = trainable
        self._sources = sources
        self._validation = validation
        self._settings = settings

    def plan(self, turn: int) -> tuple[BatchPlan, ...]:
        """Return the batches of a round: each page once, in an order of chance."""
        members = [(k, index) for k, source in enumerate(self._sources) for index in range(len(source))]
        order = np.random.default_rng((self._settings.seed, turn, 0)).permutation(len(members)).tolist()
        size = self._settings.batch_pages
        return tuple(
            BatchPlan(turn, number, tuple(members[k] for k in order[start : start + size]))
            for number, start in enumerate(range(0, len(order), size))
        )

    def size(self, plan: BatchPlan) -> int:
        return len(plan.members)

    def prepare(self, plan: BatchPlan) -> tuple[Tensor, Tensor, Tensor]:
        """Return a batch: input, (N, 3, S, S); the wanted map and where it counts, (N, S, S)."""
        pieces = []
        for k, (source, index) in enumerate(plan.members):
            rng = np.random.default_rng((self._settings.seed, plan.turn, 1 + plan.number, k))
            pieces.append(piece_of(self._sources[source].page(index, plan.turn), rng, self._settings))
        wanted, counts = zip(*map(maps_of, pieces), strict=True)
        pictures = np.stack([piece.picture for piece in pieces])
        return (
            as_input(pictures, self.trainable.card),
            torch.from_numpy(np.stack(wanted)),
            torch.from_numpy(np.stack(counts)),
        )

    def loss(self, scores: Tensor, *targets: Tensor) -> Tensor:
        """Return Dice and cross entropy of a map, (N, 1, S, S), before the sigmoid; targets: (N, S, S) each."""
        wanted, counts = targets
        map_ = scores[:, 0].float()
        probability = torch.sigmoid(map_) * counts
        common = (probability * wanted).sum()
        dice = 1 - (2 * common + 1) / (probability.sum() + (wanted * counts).sum() + 1)
        each = F.binary_cross_entropy_with_logits(map_, wanted, reduction="none") * counts
        text = (wanted * counts).sum()
        empty = each[(wanted == 0) & (counts > 0)]
        hardest = empty.topk(min(len(empty), int(_HARD * max(float(text), 1000.0)))).values
        mean = ((each * wanted).sum() + hardest.sum()) / (text + len(hardest) + 1e-6)
        return dice + _CROSS_ENTROPY * mean

    def validate(self, device: torch.device | str = "cpu", limit: int | None = None) -> dict[str, float]:
        """Return what is missing to a detection F1 of 100 on each set, as the pipeline finds lines.

        limit: of pages of each set; None: as the settings say.
        """

        def answer(batch: Pixels) -> Floats:
            with torch.inference_mode():
                values = as_input(batch, self.trainable.card, device)
                return np.asarray(self.trainable.module(values).float().cpu().numpy())

        return self.measured(answer, limit)

    def measured(self, answer: Callable[[Pixels], Floats], limit: int | None = None) -> dict[str, float]:
        """Return what `validate` returns, of whatever gives a map, (N, 1, H, W), for pictures (N, H, W, 3)."""
        card, most = self.trainable.card, limit or self._settings.validation_lines
        settings = DetectorSettings(card.threshold, card.box_threshold, card.unclip_ratio)
        detector = Detector(FakeSession(answer), settings, DetectOptions())
        found = {}
        for name, source in self._validation.items():
            counts = Counts()
            for index in range(min(len(source), most)):
                counts += _counts(source.page(index, 0), detector)
            found[name] = round(100 - (detection_f1(counts) or 0.0), 3)
        return found

    def to_calibrate(self, limit: int) -> Iterator[Pixels]:
        """Yield pieces of some of the pages that are learnt from, as the network wants them, (1, S, S, 3)."""
        for source in self._sources:
            wanted = max(1, limit // len(self._sources))
            for index in range(0, len(source), max(1, len(source) // wanted)):
                yield _piece(source, index, self._settings)[None]

    def pictures(self, limit: int) -> Iterator[Pixels]:
        """Yield some of what is measured on, (S, S, 3), as the network wants it."""
        for source in self._validation.values():
            for index in range(min(len(source), max(1, limit // len(self._validation)))):
                yield _piece(source, index, self._settings)


def _piece(source: PageSource, index: int, settings: TrainSettings) -> Pixels:
    return piece_of(source.page(index, 0), np.random.default_rng(index), settings.with_(augment=0)).picture


def _counts(page: Page, detector: Detector) -> Counts:
    labels = [Label("x", Region.from_points(line)) for line in page.lines]
    labels += [Label("", Region.from_points(each), is_scored=False) for each in page.ignored]
    lines = [Line((), region.quad, region.confidence) for region in detector.detect(Image(page.picture))]
    return score_picture(LabelledPicture("page", Path("page"), tuple(labels)), lines)
