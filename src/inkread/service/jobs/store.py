"""The jobs of a service in SQLite: a row for each job and for each page, so that nothing is lost by a crash.

A worker takes a job with a lease and a number, the fence. Every write of a worker names both; who has lost his job -
it was cancelled, or his lease ran out and another took it - writes nothing and is told so. So each page is kept once
and each job ends once, whoever dies when. WAL with synchronous=FULL: what was answered is on the disk.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from inkread.errors import BusyError, ConfigError, QuotaError, RequestError
from inkread.service.failures import with_status
from inkread.service.jobs.job import Counts, Hook, Job, LostError, PageRow, State, Submission, Trouble

_VERSION: Final = 1
_BUSY_S: Final = 10.0
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, client TEXT NOT NULL, account TEXT NOT NULL, key TEXT, digest BLOB NOT NULL,
    state TEXT NOT NULL, request BLOB NOT NULL, bytes INTEGER NOT NULL,
    created REAL NOT NULL, changed REAL NOT NULL, ended REAL,
    pages INTEGER, position INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0,
    kind TEXT, message BLOB,
    owner TEXT, fence INTEGER NOT NULL DEFAULT 0, leased_until REAL NOT NULL DEFAULT 0,
    served REAL NOT NULL, not_before REAL NOT NULL DEFAULT 0,
    hook TEXT, hook_tries INTEGER NOT NULL DEFAULT 0, hook_at REAL NOT NULL DEFAULT 0,
    UNIQUE (client, key)
);
CREATE INDEX IF NOT EXISTS by_state ON jobs (state, served);
CREATE INDEX IF NOT EXISTS by_end ON jobs (ended);
CREATE INDEX IF NOT EXISTS by_message ON jobs (hook_at) WHERE hook = 'waiting';
CREATE TABLE IF NOT EXISTS pages (
    job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, position INTEGER NOT NULL,
    body BLOB, kind TEXT, message BLOB,
    UNIQUE (job, position)
);
"""
_COLUMNS: Final = (
    "id, client, account, state, request, created, changed, ended, pages, position, tries, fence, kind, message, hook"
)
# A lease that ends later than any lease given now: the clock was set back since. It is over.
_IS_OVER: Final = "state = 'running' AND (leased_until < :now OR leased_until > :now + 2 * :lease)"
# One client's many jobs take turns with another's one, and of one client's that which waited longest comes first.
_CLAIM: Final = f"""
UPDATE jobs SET state = 'running', owner = :owner, fence = fence + 1, leased_until = :now + :lease, changed = :now
WHERE id = (
    SELECT id FROM jobs AS job WHERE (state = 'queued' AND not_before <= :now) OR ({_IS_OVER})
    ORDER BY (SELECT COUNT(*) FROM jobs AS other
              WHERE other.client = job.client AND other.state = 'running' AND other.leased_until >= :now),
             served, created
    LIMIT 1
) RETURNING {_COLUMNS}
"""


class JobStore:
    """The jobs of a service; several processes may share the file, and threads the object."""

    def __init__(self, path: Path, owner: str, lease_s: float = 30.0, clock: Callable[[], float] = time.time) -> None:
        """Open the store, or make it (0600). Raises ConfigError where the file is no store."""
        self.path = path
        self.lease_s = lease_s
        self._owner = owner
        self._clock = clock
        self._lock = threading.Lock()
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        try:
            self._rows = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
                self._rows.execute(f"PRAGMA {pragma}")
            version = self._rows.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, _VERSION):
                raise _not_ours(path)
            self._rows.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
        except sqlite3.DatabaseError as error:
            raise _not_ours(path) from error

    def close(self) -> None:
        with self._lock:
            self._rows.close()

    # ---------------------------------------------------------------------------------------- for clients

    def add(self, job: Submission, *, most: int, most_of_client: int) -> Job:
        """Keep a job, and return it; or the one that was sent before under the same key.

        Raises BusyError or QuotaError where too many jobs have not ended, RequestError (409) where the key stands for
        something else, BusyError (507) where the disk takes no more.
        """
        with self._writing() as rows:
            if known := self._sent_before(rows, job.client, job.key, job.digest):
                return known
            now = self._clock()
            _refuse_many(rows, job.client, most, most_of_client)
            rows.execute(
                "INSERT INTO jobs"
                " (id, client, account, key, digest, state, request, bytes, created, changed, served, hook)"
                " VALUES (?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?)",
                (job.id, job.client, job.account, job.key, job.digest, job.request, job.bytes, now, now, now,
                 "waiting" if job.has_hook else None),
            )  # fmt: skip
            return _one(rows, "id = ?", job.id)

    def sent_before(self, client: str, key: str | None, digest: bytes) -> Job | None:
        """Return the job that was sent under this key before. Raises RequestError (409) where it asked for else."""
        with self._lock:
            return self._sent_before(self._rows, client, key, digest)

    def get(self, job_id: str, client: str) -> Job | None:
        """Return a client's job."""
        with self._lock:
            return next(_jobs(self._rows, "id = ? AND client = ?", job_id, client), None)

    def list_of(self, client: str, most: int, before: str | None = None) -> list[Job]:
        """Return a client's jobs, the newest first; before: only those older than this one."""
        condition, values = "client = ?", [client]
        if before is not None:
            condition += " AND (created, id) < (SELECT created, id FROM jobs WHERE id = ? AND client = ?)"
            values += [before, client]
        with self._lock:
            return list(_jobs(self._rows, f"{condition} ORDER BY created DESC, id DESC LIMIT {int(most)}", *values))

    def pages(self, job_id: str, after: int = 0, most: int = -1) -> list[PageRow]:
        """Return the pages that are over with, in order; after: without so many of the first."""
        with self._lock:
            found = self._rows.execute(
                "SELECT position, body, kind, message FROM pages WHERE job = ? AND position >= ?"
                " ORDER BY position LIMIT ?",
                (job_id, after, most),
            ).fetchall()
        return [PageRow(position, body, _trouble(kind, message)) for position, body, kind, message in found]

    def troubles(self, job_id: str) -> list[PageRow]:
        """Return the pages that could not be read."""
        with self._lock:
            found = self._rows.execute(
                "SELECT position, kind, message FROM pages WHERE job = ? AND body IS NULL ORDER BY position", (job_id,)
            ).fetchall()
        return [PageRow(position, None, _trouble(kind, message)) for position, kind, message in found]

    def cancel(self, job_id: str, client: str) -> Job | None:
        """End a job that has not ended; return it as it is then. Who reads it loses it."""
        with self._writing() as rows:
            now = self._clock()
            rows.execute(
                "UPDATE jobs SET state = 'cancelled', ended = ?, changed = ?, fence = fence + 1, owner = NULL"
                " WHERE id = ? AND client = ? AND state IN ('queued', 'running')",
                (now, now, job_id, client),
            )
            return next(_jobs(rows, "id = ? AND client = ?", job_id, client), None)

    def delete(self, job_id: str, client: str) -> bool:
        """Remove a job with its pages; return whether it was there."""
        with self._writing() as rows:
            return rows.execute("DELETE FROM jobs WHERE id = ? AND client = ?", (job_id, client)).rowcount == 1

    # ---------------------------------------------------------------------------------------- for workers

    def claim(self) -> Job | None:
        """Take a job, or return None where none waits. A job whose worker let its lease run out waits too."""
        with self._writing() as rows:
            values = {"now": self._clock(), "lease": self.lease_s, "owner": self._owner}
            found = rows.execute(_CLAIM, values).fetchone()
            return None if found is None else _job(found)

    def renew(self, jobs: Sequence[Job]) -> None:
        """Prolong the leases of jobs that are being read."""
        with self._writing() as rows:
            until = self._clock() + self.lease_s
            values = [(until, job.id, job.fence) for job in jobs]
            rows.executemany(
                "UPDATE jobs SET leased_until = ? WHERE id = ? AND fence = ? AND state = 'running'", values
            )

    def begin(self, job: Job) -> None:
        """Note that a job's next page is begun. Raises LostError."""
        with self._writing() as rows:
            self._change(rows, job, "tries = tries + 1")

    def opened(self, job: Job, pages: int) -> None:
        """Note how many pages a job's document has. Raises LostError."""
        with self._writing() as rows:
            self._change(rows, job, "pages = ?", pages)

    def put_page(self, job: Job, page: PageRow, *, tries: int = 1) -> None:
        """Keep a page; the next one counts as begun with that, or as often as `tries` says. Raises LostError."""
        with self._writing() as rows:
            size = len(page.body or b"")
            self._change(rows, job, "position = ?, tries = ?, bytes = bytes + ?", page.position + 1, tries, size)
            kind, message = (page.trouble.kind, page.trouble.message) if page.trouble else (None, None)
            rows.execute(
                "INSERT INTO pages (job, position, body, kind, message) VALUES (?, ?, ?, ?, ?)",
                (job.id, page.position, page.body, kind, message),
            )

    def end(self, job: Job, state: State, trouble: Trouble | None = None) -> None:
        """End a job. Raises LostError where it is not this worker's, so that it ends once."""
        with self._writing() as rows:
            kind, message = (trouble.kind, trouble.message) if trouble else (None, None)
            now = self._clock()
            self._change(
                rows, job, "state = ?, ended = ?, owner = NULL, kind = ?, message = ?", state, now, kind, message
            )

    def hand_back(self, job: Job, *, wait_s: float = 0.0, tries: int = 0) -> None:
        """Have a job wait for its next turn, at the end of the row; tries: as many of its page's count."""
        with self._writing() as rows:
            now = self._clock()
            changes = "state = 'queued', owner = NULL, served = ?, not_before = ?, tries = ?"
            self._change(rows, job, changes, now, now + wait_s, tries)

    def waits(self) -> bool:
        """Whether any job waits for its turn."""
        with self._lock:
            now = self._clock()
            asked = "SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'queued' AND not_before <= ?)"
            return bool(self._rows.execute(asked, (now,)).fetchone()[0])

    # ---------------------------------------------------------------------------------------- for the house

    def free_all(self) -> int:
        """Have all that is being read wait again: for a start when no other process uses the store."""
        with self._writing() as rows:
            return rows.execute("UPDATE jobs SET state = 'queued', owner = NULL WHERE state = 'running'").rowcount

    def unended(self) -> list[Job]:
        """Return the jobs that have not ended."""
        with self._lock:
            return list(_jobs(self._rows, "state IN ('queued', 'running')"))

    def expire(self, keep_s: float) -> list[str]:
        """Remove what ended longer ago; return which jobs."""
        with self._writing() as rows:
            gone = rows.execute("DELETE FROM jobs WHERE ended < ? RETURNING id", (self._clock() - keep_s,)).fetchall()
        if gone:
            self.forget()
        return [job_id for (job_id,) in gone]

    def forget(self) -> None:
        """Have what was deleted leave the journal too, where nobody reads it just now."""
        with self._lock, suppress(sqlite3.OperationalError):  # a full disk: the next one does it
            self._rows.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def ids(self) -> set[str]:
        """Return all jobs."""
        with self._lock:
            return {job_id for (job_id,) in self._rows.execute("SELECT id FROM jobs")}

    def counts(self) -> Counts:
        """Return how many jobs have not ended, and how much all of them keep."""
        asked = "SELECT TOTAL(state = 'queued'), TOTAL(state = 'running'), TOTAL(bytes) FROM jobs"
        with self._lock:
            return Counts(*(int(value) for value in self._rows.execute(asked).fetchone()))

    def due_hooks(self, most: int, lease_s: float) -> list[Hook]:
        """Take messages that are due, so that nobody else sends them for so long."""
        with self._writing() as rows:
            now = self._clock()
            found = rows.execute(
                "UPDATE jobs SET hook_at = :until, hook_tries = hook_tries + 1"
                " WHERE id IN (SELECT id FROM jobs WHERE hook = 'waiting' AND ended IS NOT NULL AND hook_at <= :now"
                f" LIMIT :most) RETURNING {_COLUMNS}, hook_tries",
                {"now": now, "until": now + lease_s, "most": most},
            ).fetchall()
        return [Hook(_job(row[:-1]), row[-1]) for row in found]

    def hook_told(self, job_id: str, state: str, wait_s: float = 0.0) -> None:
        """Note what became of a message: delivered, failed, or to be tried again after a while."""
        with self._writing() as rows:
            rows.execute("UPDATE jobs SET hook = ?, hook_at = ? WHERE id = ?", (state, self._clock() + wait_s, job_id))

    def _change(self, rows: sqlite3.Connection, job: Job, changes: str, *values: object) -> None:
        now = self._clock()
        changed = rows.execute(
            f"UPDATE jobs SET {changes}, changed = ?, leased_until = ?"
            " WHERE id = ? AND fence = ? AND state = 'running'",
            (*values, now, now + self.lease_s, job.id, job.fence),
        )
        if changed.rowcount != 1:
            raise LostError(job.id)

    @staticmethod
    def _sent_before(rows: sqlite3.Connection, client: str, key: str | None, digest: bytes) -> Job | None:
        if key is None:
            return None
        found = rows.execute("SELECT id, digest FROM jobs WHERE client = ? AND key = ?", (client, key)).fetchone()
        if found is None:
            return None
        if found[1] != digest:
            other = RequestError("this Idempotency-Key was sent with something else", remedy="use a key for one job")
            raise with_status(other, 409)
        return _one(rows, "id = ?", found[0])

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Yield the rows for changes that are made together or not at all. Raises BusyError (507) for a full disk."""
        with self._lock:
            try:
                self._rows.execute("BEGIN IMMEDIATE")
                try:
                    yield self._rows
                    self._rows.execute("COMMIT")
                except BaseException:
                    if self._rows.in_transaction:
                        self._rows.execute("ROLLBACK")
                    raise
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                    raise BusyError("the jobs are busy", remedy="try again", retry_after_s=2.0) from error
                raise full() from error


def full() -> BusyError:
    """Return the error for a disk that takes no more."""
    error = BusyError("there is no room for jobs", remedy="try again later", retry_after_s=60.0)
    error.http_status = 507
    return error


def _refuse_many(rows: sqlite3.Connection, client: str, most: int, most_of_client: int) -> None:
    asked = "SELECT COUNT(*), TOTAL(client = ?) FROM jobs WHERE state IN ('queued', 'running')"
    everybody, his = rows.execute(asked, (client,)).fetchone()
    if his >= most_of_client:
        raise QuotaError(
            f"this client has {most_of_client} jobs that have not ended", remedy="wait for them", retry_after_s=30.0
        )
    if everybody >= most:
        raise BusyError("too many jobs wait already", remedy="try again", retry_after_s=60.0)


def _not_ours(path: Path) -> ConfigError:
    return ConfigError(
        f'"{path}" holds no jobs of this version of inkread', remedy="move it away, or name another folder for jobs"
    )


def _trouble(kind: str | None, message: bytes | None) -> Trouble | None:
    return None if kind is None else Trouble(kind, message or b"")


def _job(row: Sequence[Any]) -> Job:
    values: dict[str, Any] = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return Job(trouble=_trouble(values.pop("kind"), values.pop("message")), **values)


def _jobs(rows: sqlite3.Connection, condition: str, *values: object) -> Iterator[Job]:
    yield from map(_job, rows.execute(f"SELECT {_COLUMNS} FROM jobs WHERE {condition}", values).fetchall())


def _one(rows: sqlite3.Connection, condition: str, *values: object) -> Job:
    return next(_jobs(rows, condition, *values))
