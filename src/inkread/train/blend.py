"""The weights that are published: what was learnt, some share of what was known before, and classes hardly shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Final

import torch
from torch import Tensor

from inkread.options import RuntimeOptions
from inkread.runtime.open import precision_of
from inkread.train.network import Trainable, class_weights
from inkread.train.recognition import RecognitionTask
from inkread.train.run import Prepared

# Shares of the old weights that are tried, and lines or pages of each set that say which is best.
_SHARES: Final = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
_MEASURED: Final = 40
# The most old weights that cost so little of the least error are kept: the lines are by hands that were taught, and
# what others write gains by them. Of three sets of handwriting 0.3 lost nothing on two, and two points less on the
# third (docs/training.md).
_COST: Final = 1.02
# A class that is shown less often than this in a round is not learnt, but unlearnt: all other letters say that they are
# none of it. Of 18,710 classes a handwriting recogniser was shown 120; with the rows of the others as they were,
# Chinese, which had gone from 0.4 to 4.5 % errors, was at 0.6 %, and French where it was without them (20 lines each).
_SHOWN: Final = 5


@dataclass(frozen=True)
class Blend:
    """Of what the published weights are made.

    keep: the share of the old ones.  kept_classes: characters whose rows of the last layer are the old ones.
    tried: what each share that was tried has wrong, per cent, by set; empty where the share was given.
    """

    keep: float
    kept_classes: int = 0
    tried: Mapping[float, Mapping[str, float]] = field(default_factory=dict)


def blend(prepared: Prepared, learnt: Mapping[str, Tensor], keep: float | None) -> Blend:
    """Give a network that is as it was before a run weights between these and those that were learnt.

    keep: the share of the old weights, 0..1 (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022); None:
    chosen by what was held back.  Rows of classes that were hardly shown stay as they were in any case.
    """
    trainable = prepared.trainable
    before = {name: each.detach().clone() for name, each in trainable.module.named_parameters()}
    rows = _hardly_shown(prepared)
    taught = dict(learnt)
    for name, axis in class_weights(trainable) if len(rows) else ():
        values = taught[name].clone()
        taught[name] = values.index_copy(axis, rows, before[name].index_select(axis, rows))
    tried = {}
    for share in _SHARES if keep is None else ():
        _mix(trainable, taught, before, share)
        with _fast():
            tried[share] = prepared.task.validate(limit=_MEASURED)
    chosen = _chosen(tried) if keep is None else keep
    _mix(trainable, taught, before, chosen)
    return Blend(chosen, len(rows), tried)


def _chosen(tried: Mapping[float, Mapping[str, float]]) -> float:
    """Return the largest share that costs next to nothing, by the mean of all sets."""
    means = {share: sum(scores.values()) / max(len(scores), 1) for share, scores in tried.items()}
    return max(share for share, mean in means.items() if mean <= _COST * min(means.values()))


@torch.no_grad()
def _mix(trainable: Trainable, taught: Mapping[str, Tensor], before: Mapping[str, Tensor], keep: float) -> None:
    for name, each in trainable.module.named_parameters():
        each.copy_(torch.lerp(taught[name], before[name], keep))


def _hardly_shown(prepared: Prepared) -> Tensor:
    """Return the classes of characters that the network knew before and was hardly shown, in a round."""
    if not isinstance(prepared.task, RecognitionTask):
        return torch.tensor([], dtype=torch.long)
    shown = Counter[str]()
    for text in prepared.task.texts():
        shown.update(text)
    new = prepared.trainable.added
    symbols = prepared.trainable.letters.symbols
    found = [k for k, symbol in enumerate(symbols) if k and shown[symbol] < _SHOWN and symbol not in new]
    return torch.tensor(found, dtype=torch.long)


def _fast() -> AbstractContextManager[Any]:
    """Return what lets products be computed in half precision where the processor has it: enough to compare."""
    has_half = precision_of(RuntimeOptions()).startswith("bf16")
    return torch.autocast("cpu", torch.bfloat16) if has_half else nullcontext()
