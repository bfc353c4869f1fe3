"""What a job is, as the store keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: Final[tuple[State, ...]] = ("done", "failed", "cancelled")
HookState = Literal["waiting", "delivered", "failed"]


class LostError(Exception):
    """The job is no longer this worker's: cancelled, deleted, or taken by another after the lease ran out."""


@dataclass(frozen=True)
class Trouble:
    """Why a page or a job has no result: the class of the error, and its message as it may be told, sealed."""

    kind: str
    message: bytes


@dataclass(frozen=True)
class Job:
    """A job. client: whose it is.  account: whose share of the rate its pages take.  request: sealed, see Vault.

    pages: how many there are, None before the document was opened.  position: how many of them are over with, read or
    not.  tries: how often the page at `position` was begun
    without coming to its end, or is about to be.  fence: counts those who took the job, so that one who
    lost it cannot write any more.  Times are seconds since 1970.
    """

    id: str
    client: str
    account: str
    state: State
    request: bytes
    created: float
    changed: float
    ended: float | None
    pages: int | None
    position: int
    tries: int
    fence: int
    trouble: Trouble | None
    hook: HookState | None

    @property
    def is_ended(self) -> bool:
        return self.state in ENDED


@dataclass(frozen=True)
class PageRow:
    """A page that is over with. position: from 0.  body: what was read, sealed; None where `trouble` says why not."""

    position: int
    body: bytes | None
    trouble: Trouble | None


@dataclass(frozen=True)
class Submission:
    """A job as it comes in. key: what the client calls it, so that sending it twice makes one.

    digest: of all that was asked, which tells whether the same was sent twice.  bytes: of the document as it is kept.
    """

    id: str
    client: str
    account: str
    key: str | None
    digest: bytes
    request: bytes
    bytes: int
    has_hook: bool = False


@dataclass(frozen=True)
class Hook:
    """A message that is due: which job has ended, and how often it was tried to tell."""

    job: Job
    tries: int


@dataclass(frozen=True)
class Counts:
    """How many jobs wait and are worked on, and the bytes that all of them keep."""

    queued: int = 0
    running: int = 0
    bytes: int = 0
