"""Whatever clients, workers and clocks do with the store of jobs: nobody sees another's, and each job ends once."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

pytest.importorskip("fastapi", reason="needs the service: pip install inkread[service]")

from inkread.errors import RequestError  # after what it needs
from inkread.service.jobs.job import Job, LostError, PageRow, Submission
from inkread.service.jobs.store import JobStore

CLIENTS = st.sampled_from(["alice", "bob", "carol"])
PAGES = 3


class Store(RuleBasedStateMachine):
    """Three clients, two workers on one file, and a clock that jumps."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000_000.0
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "jobs.sqlite"
        self.stores = [JobStore(path, name, 30.0, lambda: self.now) for name in ("one", "other")]
        self.owner: dict[str, str] = {}
        self.keys: dict[tuple[str, str], str] = {}
        self.ended: dict[str, str] = {}
        self.taken: list[Job] = []
        self.count = 0

    def teardown(self) -> None:
        for store in self.stores:
            store.close()
        self.folder.cleanup()

    def some_job(self, number: int) -> str:
        known = [*self.owner, "f" * 32]
        return known[number % len(known)]

    @rule(client=CLIENTS, key=st.sampled_from([None, "k", "l"]), digest=st.sampled_from([b"a", b"b"]))
    def submit(self, client, key, digest) -> None:
        self.count += 1
        made = Submission(f"{self.count:032x}", client, client, key, digest, digest, 10)
        try:
            job = self.stores[0].add(made, most=1000, most_of_client=1000)
        except RequestError:
            assert self.stores[1].get(self.keys[client, key], client).request != digest
            return
        assert job.client == client
        if job.id != made.id:
            assert self.keys[client, key] == job.id
        self.owner[job.id] = client
        if key is not None:
            self.keys[client, key] = job.id

    @rule(worker=st.integers(0, 1))
    def claim(self, worker) -> None:
        job = self.stores[worker].claim()
        if job is not None:
            assert job.id in self.owner
            assert job.id not in self.ended
            self.taken.append(job)

    @rule(index=st.integers(0, 50), worker=st.integers(0, 1), what=st.sampled_from(["page", "end", "back", "begin"]))
    def work(self, index, worker, what) -> None:
        """Someone who took a job once does something with it, whether it is still his or not."""
        if not self.taken:
            return
        job = self.taken[index % len(self.taken)]
        store = self.stores[worker]
        now = store.get(job.id, job.client)
        is_his = now is not None and now.state == "running" and now.fence == job.fence
        try:
            if what == "page" and (now is None or now.position < PAGES):
                store.put_page(job, PageRow(now.position if now else 0, b"page", None))
            elif what == "end":
                store.end(job, "done")
                assert job.id not in self.ended
                self.ended[job.id] = "done"
            elif what == "back":
                store.hand_back(job)
            else:
                store.begin(job)
            assert is_his
        except LostError:
            assert not is_his

    @rule(client=CLIENTS, number=st.integers(0, 50))
    def cancel(self, client, number) -> None:
        job_id = self.some_job(number)
        job = self.stores[1].cancel(job_id, client)
        assert (job is not None) == (self.owner.get(job_id) == client)
        if job is not None and job_id not in self.ended:
            self.ended[job_id] = "cancelled"

    @rule(client=CLIENTS, number=st.integers(0, 50))
    def delete(self, client, number) -> None:
        job_id = self.some_job(number)
        assert self.stores[0].delete(job_id, client) == (self.owner.get(job_id) == client)
        if self.owner.get(job_id) == client:
            del self.owner[job_id]
            self.ended.pop(job_id, None)
            self.keys = {key: value for key, value in self.keys.items() if value != job_id}

    @rule(seconds=st.sampled_from([1.0, 31.0, 3600.0, -3600.0]))
    def pass_time(self, seconds) -> None:
        self.now += seconds

    @rule()
    def restart(self) -> None:
        self.stores[0].free_all()

    @invariant()
    def everybody_sees_his_own_alone(self) -> None:
        for client in ("alice", "bob", "carol"):
            seen = {job.id: job for job in self.stores[1].list_of(client, 1000)}
            assert set(seen) == {job_id for job_id, owner in self.owner.items() if owner == client}
            for job_id, job in seen.items():
                assert (job.state if job.is_ended else None) == self.ended.get(job_id)
                assert len(self.stores[0].pages(job_id)) == job.position

    @invariant()
    def nobody_reads_anothers(self) -> None:
        for job_id, owner in self.owner.items():
            for client in ("alice", "bob", "carol"):
                assert (self.stores[0].get(job_id, client) is not None) == (client == owner)


Store.TestCase.settings = settings(max_examples=30, stateful_step_count=40)
TestStore = Store.TestCase
