"""The jobs of one service: taken in, read, told of, and removed when their time is over."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

import platformdirs

from inkread.errors import AddressError, BusyError, ConfigError, DamagedInputError, OptionError, UnsupportedFormatError
from inkread.load import formats, web
from inkread.logs import logger
from inkread.registry.locks import InUse, unused
from inkread.service.jobs.archive import Archive, Wish
from inkread.service.jobs.bell import Bell
from inkread.service.jobs.job import Counts, Job, Submission
from inkread.service.jobs.lanes import Lanes
from inkread.service.jobs.results import Results
from inkread.service.jobs.store import JobStore, full
from inkread.service.jobs.vault import Seal, Vault, key_of, secret_of
from inkread.service.jobs.webhook import SECRET_VARIABLE, Messenger, secret_for
from inkread.service.reading import Readers
from inkread.service.settings import JobOptions
from inkread.service.telemetry import Telemetry, shape_of
from inkread.service.work import Workbench
from inkread.wire import JobRequest, JobStatus, PageError

_log = logger(__name__)

_TIDY_S: Final = 30.0
_LEAST_SECRET: Final = 16
# Pages of jobs leave this much of a client's share to its requests.
_SPARE: Final = 0.5


class Around(Protocol):
    """What jobs need of the service around them."""

    bench: Workbench
    telemetry: Telemetry

    @property
    def readers(self) -> Readers: ...

    def check_share(self, account: str, client: str, *, spare: float) -> None:
        """Raise QuotaError where only this part of a client's megapixels is left."""

    def spend_share(self, account: str, client: str, megapixels: float) -> None:
        """Count megapixels against a client's share."""


def default_folder() -> Path:
    """Return where the jobs of this user's services are kept."""
    home = os.environ.get("INKREAD_HOME")
    root = Path(home).expanduser() if home else platformdirs.user_data_path("inkread", appauthor=False)
    return root / "service" / "jobs"


class Jobs:
    """Opens the folder of jobs, and runs the threads that read them, send messages and tidy up."""

    def __init__(self, around: Around, options: JobOptions, folder: Path) -> None:
        """Raise ConfigError where the folder or a key cannot be used, MissingPackageError."""
        self.options = options
        self.bell = Bell()
        self.bench = around.bench
        self.telemetry = around.telemetry
        self._around = around
        self._lock = _made(folder) / "in-use"
        seal = Seal(key_of(options.key_file))
        self.store = JobStore(folder / "jobs.sqlite", secrets.token_hex(8), options.lease_s)
        self.vault = Vault(folder / "documents", seal, options.min_free_mb)
        self.archive = Archive(seal)
        self.results = Results(self.store, self.vault, self.archive)
        # Results are made beside the reading: a long PDF's pages are drawn by one thread, and few wait for it.
        self.results_bench = Workbench(1, 16, 4)
        self.counts = Counts()
        self._lanes = Lanes(self, self.store, self.vault, self.archive, options)
        self._secret = self._webhook_secret()
        self._messenger: Messenger | None = None
        if options.webhook.allow:
            self._messenger = Messenger(self.store, options.webhook, self._secret, self._message, self.telemetry)
        self._stopping = threading.Event()
        self._tidier = threading.Thread(target=self._tidy_for_ever, name="inkread-jobs", daemon=True)
        self.telemetry.watch("jobs_queued", "Jobs that wait.", lambda: self.counts.queued)
        self.telemetry.watch("jobs_running", "Jobs that are read.", lambda: self.counts.running)
        self.telemetry.watch("jobs_bytes", "What jobs keep.", lambda: self.counts.bytes)

    def start(self) -> None:
        """Go on where the last process stopped: at once where no other one uses the folder.

        Raises ConfigError where there are jobs that the key does not open: they would all fail.
        """
        self._check_key()
        with unused(self._lock) as is_alone:
            if is_alone:
                freed = self.store.free_all()
                swept = self.vault.sweep(self.store.ids())
                if freed or swept:
                    _log.info("%d jobs go on, %d files of a process that had died were removed", freed, swept)
        self._in_use = InUse(self._lock)
        self._tidy()
        self._lanes.start()
        if self._messenger is not None:
            self._messenger.start()
        self._tidier.start()

    def drain(self) -> None:
        """Take nothing more, and begin no further page."""
        self._lanes.drain()

    def stop(self, wait_s: float) -> None:
        """Let what is in hand end, and leave the rest for the next start."""
        self._stopping.set()
        self._lanes.stop(wait_s)
        if self._messenger is not None:
            self._messenger.stop(1.0)
        self.results_bench.close()
        self.store.close()
        self._in_use.close()

    @property
    def is_draining(self) -> bool:
        return self._lanes.is_draining

    # ---------------------------------------------------------------------------------------- for clients

    def submit(self, client: str, account: str, key: str | None, wish: Wish, content: bytes) -> tuple[Job, bool]:
        """Take a job in, and return it and whether it is new; where this returns, it is on the disk.

        Raises UnsupportedFormatError where its document is of no format that is read, AddressError for an address that
        may not be told, QuotaError or BusyError where there are too many jobs, RequestError (409) for a key that
        stands for another, BusyError (507) where the disk takes no more.
        """
        if self.is_draining:
            raise BusyError("the service is stopping", remedy="ask another one, or later", retry_after_s=5.0)
        digest = _digest(wish, content)
        if known := self.store.sent_before(client, key, digest):
            return known, False
        if not formats.sniff(content[: formats.PREFIX_BYTES]):
            looks = formats.likeness(content[: formats.PREFIX_BYTES])
            raise UnsupportedFormatError(f'"{wish.name}" is {looks}', remedy="send a picture or a PDF")
        self._check_webhook(wish.request)
        self._around.check_share(account, client, spare=0.0)
        if self.store.counts().bytes + len(content) > self.options.max_mb << 20:
            raise full()
        job_id = secrets.token_hex(16)
        size = self.vault.put(job_id, content)
        made = Submission(
            job_id, client, account, key, digest, self.archive.keep_wish(job_id, wish), size,
            has_hook=wish.request.webhook is not None,
        )  # fmt: skip
        try:
            job = self.store.add(made, most=self.options.queue, most_of_client=self.options.per_client)
        except BaseException:
            self.vault.remove(job_id)
            raise
        if job.id != job_id:  # sent at the same moment by another
            self.vault.remove(job_id)
            return job, False
        self.telemetry.job("submitted")
        self._lanes.wake()
        return job, True

    def cancel(self, job_id: str, client: str) -> Job | None:
        before = self.store.get(job_id, client)
        job = self.store.cancel(job_id, client)
        if job is not None:
            self._lanes.drop(job_id)
        if before is not None and job is not None and not before.is_ended and job.state == "cancelled":
            self.ended(job, "cancelled")
            self.ring(job)
        return job

    def delete(self, job_id: str, client: str) -> bool:
        """Remove a job and all that is kept of it; return whether it was there."""
        is_gone = self.store.delete(job_id, client)
        if is_gone:
            self._lanes.drop(job_id)
            self.vault.remove(job_id)
            self.store.forget()
            self.bell.ring(job_id)
        return is_gone

    def status(self, job: Job) -> JobStatus:
        """Return a job as its client is told of it."""
        failed = [
            PageError(position=row.position + 1, **self.archive.trouble(job.id, row.trouble).model_dump())
            for row in (self.store.troubles(job.id) if job.position else ())
            if row.trouble is not None
        ]
        return JobStatus(
            id=job.id,
            state=job.state,
            pages=job.pages,
            pages_done=job.position,
            failed_pages=failed,
            error=None if job.trouble is None else self.archive.trouble(job.id, job.trouble),
            webhook=job.hook,
            created=_time(job.created),
            changed=_time(job.changed),
            ended=None if job.ended is None else _time(job.ended),
            expires=None if job.ended is None else _time(job.ended + self.options.keep_s),
        )

    def webhook_secret(self, client: str) -> str:
        """Return what messages to a client's addresses are signed with. Raises OptionError where none are sent."""
        if self._messenger is None:
            raise _no_webhooks()
        return secret_for(client, self._secret)

    # ---------------------------------------------------------------------------------------- for the lanes

    @property
    def readers(self) -> Readers:
        return self._around.readers

    def pace(self, job: Job) -> None:
        self._around.check_share(job.account, job.client, spare=_SPARE)

    def spend(self, job: Job, megapixels: float) -> None:
        self._around.spend_share(job.account, job.client, megapixels)

    def ring(self, job: Job) -> None:
        self.bell.ring(job.id)

    def ended(self, job: Job, state: str) -> None:
        self.telemetry.job_ended(state, time.time() - job.created)
        if self._messenger is not None:
            self._messenger.wake()

    # ---------------------------------------------------------------------------------------- messages, tidying

    def _check_key(self) -> None:
        try:
            for job in self.store.unended():
                self.archive.wish(job)
        except DamagedInputError as error:
            raise ConfigError(f"there are jobs that cannot be opened: {error.message}", remedy=error.remedy) from error

    def _webhook_secret(self) -> str:
        options = self.options.webhook
        if not options.allow:
            return ""
        secret = secret_of(options.secret_file, os.environ.get(SECRET_VARIABLE), "webhook.secret_file") or ""
        if len(secret) < _LEAST_SECRET:
            raise OptionError(
                "messages to addresses need a secret to be signed with",
                remedy=f"set {SECRET_VARIABLE} or jobs.webhook.secret_file (openssl rand -base64 32)",
            )
        return secret

    def _check_webhook(self, request: JobRequest) -> None:
        if request.webhook is None:
            return
        if self._messenger is None:
            raise _no_webhooks()
        web.vet(request.webhook, self.options.webhook.web)

    def _message(self, job: Job) -> tuple[str, Mapping[str, Any]]:
        status = self.status(job)
        return self.archive.wish(job).request.webhook or "", status.model_dump(exclude={"webhook"})

    def _tidy_for_ever(self) -> None:
        pause_s = min(_TIDY_S, self.options.lease_s / 3, self.options.keep_s)
        while not self._stopping.wait(pause_s):
            with suppress(BusyError):
                self._tidy()

    def _tidy(self) -> None:
        try:
            self._lanes.renew()
            for job_id in self.store.expire(self.options.keep_s):
                self.vault.remove(job_id)
                self.telemetry.job("expired")
            self.counts = self.store.counts()
        except BusyError:
            raise
        except Exception as error:
            _log.error("jobs could not be tidied: %s", shape_of(error))


def _made(folder: Path) -> Path:
    """Return the folder, made for this user alone where it is new, with the file that tells who uses it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        os.close(os.open(folder / "in-use", os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise ConfigError(
            f'jobs cannot be kept in "{folder}" ({error.strerror or error})', remedy="name another: jobs.folder"
        ) from error
    return folder


def _digest(wish: Wish, content: bytes) -> bytes:
    """Return what tells whether the same was asked twice: of the content, and of all that was asked."""
    asked = wish.request.model_dump(mode="json", exclude={"file", "password"})
    asked["password"] = "" if wish.request.password is None else wish.request.password.get_secret_value()
    told = json.dumps([asked, wish.name], sort_keys=True).encode()
    return hashlib.sha256(hashlib.sha256(content).digest() + told).digest()


def _no_webhooks() -> AddressError:
    return AddressError("this service tells nobody when a job ends", remedy="ask for the job's status or its events")


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
