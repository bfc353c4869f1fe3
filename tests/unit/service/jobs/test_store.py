"""The store of jobs: each job is taken by one, each page kept once, each end once, whoever dies when."""

import sqlite3
import threading
from pathlib import Path

import pytest

from inkread.errors import BusyError, ConfigError, QuotaError, RequestError
from inkread.service.jobs.job import LostError, PageRow, Submission, Trouble
from inkread.service.jobs.store import JobStore

MANY = {"most": 1000, "most_of_client": 1000}


class Clock:
    """Says what it is told."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock):
    made = JobStore(tmp_path / "jobs.sqlite", "me", 30.0, clock)
    yield made
    made.close()


def job(number: int = 1, client: str = "shop", key: str | None = None, digest: bytes = b"d", **values) -> Submission:
    return Submission(f"{number:032x}", client, client, key, digest, b"request", 100, **values)


def add(store, *numbers: int, client: str = "shop"):
    return [store.add(job(number, client), **MANY) for number in numbers]


def page(position: int) -> PageRow:
    return PageRow(position, f"page {position}".encode(), None)


def test_the_file_is_of_this_user_alone(store):
    assert store.path.stat().st_mode & 0o777 == 0o600
    add(store, 1)
    assert {path.stat().st_mode & 0o777 for path in store.path.parent.iterdir()} == {0o600}


def test_a_job_is_taken_read_and_ended(store):
    add(store, 1)
    taken = store.claim()
    assert (taken.state, taken.tries, taken.pages, store.claim()) == ("running", 0, None, None)
    store.opened(taken, 2)
    store.put_page(taken, page(0))
    store.put_page(taken, PageRow(1, None, Trouble("DamagedInputError", b"broken")))
    store.end(taken, "done")
    ended = store.get(taken.id, "shop")
    assert (ended.state, ended.pages, ended.position, ended.is_ended) == ("done", 2, 2, True)
    assert [row.body for row in store.pages(taken.id)] == [b"page 0", None]
    assert [row.position for row in store.pages(taken.id, after=1)] == [1]
    assert [row.trouble.kind for row in store.troubles(taken.id)] == ["DamagedInputError"]


def test_a_job_ends_once(store):
    add(store, 1)
    taken = store.claim()
    store.end(taken, "done")
    with pytest.raises(LostError):
        store.end(taken, "failed")
    assert store.get(taken.id, "shop").state == "done"


def test_who_let_his_lease_run_out_can_write_no_more(store, clock):
    add(store, 1)
    first = store.claim()
    store.begin(first)
    clock.now += 31
    second = store.claim()
    assert (second.id, second.tries, second.fence) == (first.id, 1, first.fence + 1)
    for write in (
        lambda: store.put_page(first, page(0)),
        lambda: store.end(first, "done"),
        lambda: store.opened(first, 1),
    ):
        with pytest.raises(LostError):
            write()
    store.opened(second, 1)
    store.put_page(second, page(0))
    assert len(store.pages(second.id)) == 1


def test_a_lease_that_is_renewed_lasts(store, clock):
    add(store, 1)
    taken = store.claim()
    for _ in range(5):
        clock.now += 20
        store.renew([taken])
        assert store.claim() is None


def test_a_clock_that_is_set_back_loses_no_job(store, clock):
    add(store, 1)
    store.claim()
    clock.now -= 3600  # who took it has died meanwhile
    assert store.claim() is not None


def test_jobs_take_turns_and_so_do_clients(store, clock):
    add(store, 1, 2, 3)
    clock.now += 1
    add(store, 4, client="office")
    first = store.claim()
    assert int(first.id, 16) == 1
    second = store.claim()
    assert second.client == "office"  # the shop's first is being read
    store.hand_back(first)
    clock.now += 1
    assert [int(store.claim().id, 16) for _ in range(3)] == [2, 3, 1]


def test_a_job_that_rests_is_not_taken_before_its_time(store, clock):
    add(store, 1)
    taken = store.claim()
    store.hand_back(taken, wait_s=10, tries=2)
    assert store.claim() is None
    assert not store.waits()
    clock.now += 11
    assert store.waits()
    assert store.claim().tries == 2


def test_the_same_under_the_same_key_is_one_job(store):
    first = store.add(job(1, key="k"), **MANY)
    again = store.add(job(2, key="k"), **MANY)
    other = store.add(job(3, client="office", key="k"), **MANY)
    assert (again.id, other.id) == (first.id, job(3).id)
    with pytest.raises(RequestError) as refused:
        store.add(job(4, key="k", digest=b"something else"), **MANY)
    assert refused.value.http_status == 409


def test_many_at_once_under_one_key_are_one_job(store):
    made, barrier = [], threading.Barrier(50)

    def send(number: int) -> None:
        barrier.wait()
        made.append(store.add(job(number, key="k"), **MANY).id)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 50
    assert len(set(made)) == len(store.ids()) == 1


def test_a_job_is_its_clients_alone(store):
    add(store, 1)
    assert store.get(job(1).id, "office") is None
    assert store.cancel(job(1).id, "office") is None
    assert store.delete(job(1).id, "office") is False
    assert store.list_of("office", 10) == []


def test_a_job_that_is_cancelled_is_lost_to_who_reads_it(store):
    add(store, 1)
    taken = store.claim()
    assert store.cancel(taken.id, "shop").state == "cancelled"
    with pytest.raises(LostError):
        store.put_page(taken, page(0))
    assert store.cancel(taken.id, "shop").state == "cancelled"


def test_what_is_deleted_is_gone_with_its_pages_and_from_the_file(store):
    add(store, 1)
    taken = store.claim()
    store.put_page(taken, PageRow(0, b"a very secret page", None))
    assert store.delete(taken.id, "shop")
    store.forget()
    assert store.pages(taken.id) == []
    assert all(b"very secret" not in path.read_bytes() for path in store.path.parent.iterdir())


def test_what_ended_long_ago_is_removed(store, clock):
    add(store, 1, 2)
    store.end(store.claim(), "done")
    clock.now += 100
    assert store.expire(101) == []
    assert store.expire(99) == [job(1).id]
    assert store.ids() == {job(2).id}


def test_too_many_jobs_are_refused(store):
    store.add(job(1), most=3, most_of_client=2)
    store.add(job(2), most=3, most_of_client=2)
    with pytest.raises(QuotaError):
        store.add(job(3), most=3, most_of_client=2)
    store.add(job(4, client="office"), most=3, most_of_client=2)
    with pytest.raises(BusyError):
        store.add(job(5, client="third"), most=3, most_of_client=2)


def test_a_list_goes_on_where_it_ended(store, clock):
    for number in range(1, 6):
        add(store, number)
        clock.now += 1
    first = store.list_of("shop", 2)
    assert [int(each.id, 16) for each in first] == [5, 4]
    assert [int(each.id, 16) for each in store.list_of("shop", 9, first[-1].id)] == [3, 2, 1]


def test_after_a_start_alone_everything_goes_on_at_once(store):
    add(store, 1, 2)
    store.begin(store.claim())
    assert store.free_all() == 1
    assert store.claim().tries == 1


def test_a_full_disk_refuses_and_leaves_what_was_there_readable(store):
    add(store, 1)
    taken = store.claim()
    pages = store._rows.execute("PRAGMA page_count").fetchone()[0]
    store._rows.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(BusyError, match="no room") as refused:
        store.put_page(taken, PageRow(0, b"x" * 100_000, None))
    assert refused.value.http_status == 507
    with pytest.raises(BusyError):
        store.add(Submission("f" * 32, "shop", "shop", None, b"d", b"x" * 100_000, 1), **MANY)
    assert (store.get(taken.id, "shop").position, store.pages(taken.id)) == (0, [])
    store._rows.execute("PRAGMA max_page_count = 100000")
    store.put_page(taken, page(0))
    assert len(store.pages(taken.id)) == 1


def test_messages_are_due_when_a_job_has_ended(store, clock):
    store.add(job(1, has_hook=True), **MANY)
    assert store.due_hooks(8, 60) == []
    store.end(store.claim(), "done")
    due = store.due_hooks(8, 60)
    assert [(hook.job.state, hook.tries) for hook in due] == [("done", 1)]
    assert store.due_hooks(8, 60) == []  # somebody is sending it
    store.hook_told(due[0].job.id, "waiting", 5)
    clock.now += 6
    assert [hook.tries for hook in store.due_hooks(8, 60)] == [2]
    store.hook_told(due[0].job.id, "delivered")
    clock.now += 1000
    assert store.due_hooks(8, 60) == []


@pytest.mark.parametrize("content", [b"no database at all, but long enough to look like one" * 10, "newer"])
def test_a_file_that_is_no_store_is_left_alone(tmp_path, content):
    path = tmp_path / "jobs.sqlite"
    if content == "newer":
        rows = sqlite3.connect(path)
        rows.execute("PRAGMA user_version = 99")
        rows.close()
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="holds no jobs"):
        JobStore(path, "me")
    assert path.read_bytes()[:100] == before[:100] or content == "newer"
