"""What a diagnosis finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Kind = Literal[
    "not-readable", "blank", "nothing-found", "small-print", "turned", "crooked", "blurred", "pale", "uneven-light",
    "noisy", "compressed", "cut-at-the-edge", "missing-letters", "other-letters", "wrong-characters", "missed-text",
    "handwriting", "false-layer", "left-out", "truncated", "few-threads", "throttled", "little-memory", "no-device",
    "unused-gpu", "slow-engine", "slow-precision", "no-model", "no-package",
]  # fmt: skip

# Faults of the picture: each may be why characters are wrong or text is missed, so they are told first.
CAUSES: Final[tuple[Kind, ...]] = (
    "small-print", "blurred", "pale", "uneven-light", "noisy", "compressed", "crooked", "handwriting", "other-letters",
    "missing-letters",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or that was put right in reading.

    message, remedy: for people; they may quote the document.  figures: numbers, and names of inkread's own; never
    anything of the document, so that they can be shared.  page: its number; None where it is about the file or this
    machine.
    """

    kind: Kind
    message: str
    remedy: str
    page: int | None = None
    figures: Mapping[str, float | str] = field(default_factory=dict)
