"""What stands in a job's pieces: the request, the pages, the reasons of failures; to bytes that are kept, and back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from inkread.document import Document, Page
from inkread.export.json import from_dict, to_dict
from inkread.service.failures import tell
from inkread.service.jobs.job import Job, Trouble
from inkread.service.jobs.vault import Seal
from inkread.wire import JobError, JobRequest


@dataclass(frozen=True)
class Wish:
    """What a job asks for, without its document."""

    request: JobRequest
    name: str


class Archive:
    """Turns pieces into what is kept, each sealed with what it is."""

    def __init__(self, seal: Seal) -> None:
        self._seal = seal

    def keep_wish(self, job_id: str, wish: Wish) -> bytes:
        request = wish.request.model_dump(exclude={"file", "url", "password"}, exclude_defaults=True)
        if wish.request.password is not None:
            request["password"] = wish.request.password.get_secret_value()
        return self._seal.close(f"{job_id}/request", _json({"request": request, "name": wish.name}))

    def wish(self, job: Job) -> Wish:
        """Return what a job asks for. Raises DamagedInputError where it cannot be opened."""
        kept = json.loads(self._seal.open(f"{job.id}/request", job.request))
        return Wish(JobRequest.model_validate(kept["request"]), kept["name"])

    def keep_page(self, job_id: str, position: int, page: Page, generator: str) -> bytes:
        whole = to_dict(Document((page,), "", generator))
        return self._seal.close(f"{job_id}/{position}", _json(whole))

    def page_dict(self, job_id: str, position: int, kept: bytes) -> dict[str, Any]:
        """Return a document of this page alone, as JSON has it."""
        whole: dict[str, Any] = json.loads(self._seal.open(f"{job_id}/{position}", kept))
        return whole

    def page(self, job_id: str, position: int, kept: bytes) -> tuple[Page, str]:
        """Return a page, and what read it."""
        document = from_dict(self.page_dict(job_id, position, kept))
        return document.pages[0], document.generator

    def keep_trouble(self, job_id: str, error: Exception) -> Trouble:
        told = tell(error)
        return Trouble(told.kind, self._seal.close(f"{job_id}/error", told.message.encode("utf-8", "replace")))

    def trouble(self, job_id: str, trouble: Trouble) -> JobError:
        message = self._seal.open(f"{job_id}/error", trouble.message).decode() if trouble.message else ""
        return JobError(kind=trouble.kind, message=message)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()  # lone surrogates stay \\udcxx
