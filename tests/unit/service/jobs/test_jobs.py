"""Jobs across restarts, clients and disks."""

import asyncio
import logging
import threading

import pytest
from jobbed import JobsServed, ended, status_when, submit
from readers import Brake
from served import png, running, tiff

from inkread.errors import ConfigError, OptionError
from inkread.service.app import service_of
from inkread.service.clients import ClientBook
from inkread.service.jobs.store import JobStore
from inkread.service.settings import RateOptions, WebhookOptions

KEY = "00" * 32


def stop_while_reading(served: JobsServed, pages: int) -> str:
    """Stop the service while the second page of a job is read, and return the job's address."""
    brake = Brake()
    steps = iter(range(100))
    served.before = lambda: brake() if next(steps) == 1 else None
    found = []

    async def talk(client):
        found.append(await submit(client, pages))
        await asyncio.to_thread(brake.wait)
        threading.Timer(0.2, brake.go.set).start()

    served.talk(talk)
    served.before = None
    return found[0]


def test_a_job_goes_on_after_a_restart_where_it_was(served):
    address = stop_while_reading(served, 5)
    first = sum(len(reader.read) for reader in served.readers)
    assert first == 2  # the page in hand was read to its end, and no other begun

    async def talk(client):
        assert (await ended(client, address))["state"] == "done"
        assert len((await client.get(f"{address}/result")).json()["pages"]) == 5

    served.talk(talk)
    assert sum(len(reader.read) for reader in served.readers) == 5


def test_the_page_at_which_the_process_ends_again_and_again_fails_alone(folder):
    served = JobsServed(folder, attempts=2)
    address = stop_while_reading(served, 4)
    # As two processes leave it that died while they read the third page: taken, and never handed back.
    for name in ("first", "second"):
        store = JobStore(folder / "jobs.sqlite", name)
        store.begin(store.claim())
        store.free_all()
        store.close()

    async def look(client):
        status = await ended(client, address)
        assert (status["state"], status["pages_done"]) == ("done", 4)
        assert [(each["position"], each["kind"]) for each in status["failed_pages"]] == [(3, "WorkerError")]
        assert (await client.get(f"{address}/result")).headers["x-inkread-partial"] == "3/4"

    served.talk(look)


def test_a_job_belongs_to_its_client(folder, tmp_path):
    book = ClientBook(tmp_path / "clients.json")
    people = [book.add(name) for name in ("alice", "bob")]
    served = JobsServed(folder, {"book": book})

    async def talk(client):
        headers = []
        for person, secret in people:
            granted = await client.post(
                "/connect/token", data={"grant_type": "client_credentials"}, auth=(person.id, secret)
            )
            headers.append({"authorization": f"Bearer {granted.json()['access_token']}"})
        alice, bob = headers
        address = await submit(client, 1, headers={**alice, "idempotency-key": "1"})
        for method, path in (("GET", ""), ("GET", "/events"), ("GET", "/result"), ("POST", "/cancel"), ("DELETE", "")):
            foreign = await client.request(method, address + path, headers=bob)
            missing = await client.request(method, f"/v1/jobs/{'0' * 32}{path}", headers=bob)
            assert foreign.status_code == missing.status_code == 404
            assert foreign.json()["errorMsg"] == missing.json()["errorMsg"]
            assert (await client.request(method, address + path)).status_code == 401
        assert (await client.get("/v1/jobs", headers=bob)).json()["jobs"] == []
        assert await submit(client, 1, headers={**bob, "idempotency-key": "1"}) != address
        assert (await client.get("/v1/jobs", headers=alice)).json()["jobs"][0]["id"] == address.rpartition("/")[2]

    served.talk(talk)


def test_with_a_key_nothing_of_a_document_stands_on_the_disk_or_in_the_log(folder, monkeypatch, caplog):
    pytest.importorskip("cryptography", reason="needs cryptography: pip install inkread[encryption]")
    monkeypatch.setenv("INKREAD_JOBS_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    served = JobsServed(folder)
    served.texts = ("canary of the text",)

    async def talk(client):
        values = {"name": "canary of the name.tif", "password": "canary of the password"}
        answer = await client.post("/v1/jobs", files={"file": ("x.tif", tiff(2))}, data=values)
        address = answer.headers["location"]
        await ended(client, address)
        assert (await client.get(f"{address}/result?format=text")).text.count("canary of the text") == 2
        kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        assert len(kept) > 10_000
        assert b"canary" not in kept
        assert tiff(2)[:200] not in kept

    served.talk(talk)
    assert "canary" not in caplog.text


def test_a_service_without_the_key_of_its_jobs_does_not_start(served, monkeypatch):
    """They would all fail, and the key may only have been forgotten."""
    pytest.importorskip("cryptography", reason="needs cryptography: pip install inkread[encryption]")
    monkeypatch.setenv("INKREAD_JOBS_KEY", KEY)
    address = stop_while_reading(served, 3)
    for value in ("11" * 32, ""):
        monkeypatch.setenv("INKREAD_JOBS_KEY", value)
        with pytest.raises(ConfigError, match="jobs that cannot be opened"):
            served.talk(lambda client: asyncio.sleep(0))
    monkeypatch.setenv("INKREAD_JOBS_KEY", KEY)

    async def talk(client):
        assert (await ended(client, address))["state"] == "done"

    served.talk(talk)


def test_what_a_dead_process_left_is_swept_at_the_start(served, folder):
    served.talk(lambda client: asyncio.sleep(0))
    (folder / "documents" / f"{'a' * 32}.document").write_bytes(b"\0orphan")
    (folder / "documents" / f"{'b' * 32}.part").write_bytes(b"half")
    served.talk(lambda client: asyncio.sleep(0))
    assert list((folder / "documents").iterdir()) == []


def test_everything_that_is_kept_is_of_this_user_alone(served, folder):
    async def talk(client):
        await ended(client, await submit(client))
        modes = {path.stat().st_mode & 0o777 for path in folder.rglob("*")}
        assert modes <= {0o600, 0o700}
        assert folder.stat().st_mode & 0o777 == 0o700

    served.talk(talk)


def test_two_services_on_one_folder_read_each_job_once(folder):
    one, other = JobsServed(folder, lease_s=5), JobsServed(folder, lease_s=5)

    async def talk() -> None:
        async with running(one.app()) as first, running(other.app()) as second:
            made = [await submit(client, 2) for client in (first, second) * 10]
            for address in made:
                assert (await ended(first, address))["state"] == "done"
        read = sum(len(reader.read) for served in (one, other) for reader in served.readers)
        assert read == 40

    asyncio.run(talk())


def test_a_service_that_stops_takes_no_job(served):
    async def talk() -> None:
        app = served.app()
        async with running(app) as client:
            service_of(app).drain()
            answer = await client.post("/v1/jobs", files={"file": ("a.png", png())})
            assert (answer.status_code, answer.json()["kind"]) == (503, "BusyError")

    asyncio.run(talk())


def test_who_listens_is_let_go_when_the_service_stops(served):
    brake = served.before = Brake()

    async def talk() -> None:
        app = served.app()
        async with running(app) as client:
            address = await submit(client, 3)
            await asyncio.to_thread(brake.wait)
            listening = asyncio.create_task(client.get(f"{address}/events"))
            while not len(service_of(app).jobs.bell):
                await asyncio.sleep(0.01)
            service_of(app).drain()
            told = (await asyncio.wait_for(listening, 60)).text
            assert told.startswith("retry: ")
            assert "event: end" not in told
            brake.go.set()

    asyncio.run(talk())


def test_pages_of_jobs_leave_half_of_a_clients_share_to_its_requests(folder):
    served = JobsServed(folder)
    served.options = served.options.with_(rate=RateOptions(megapixels=0.02))  # three pages of 0.006 Mpx in a minute

    async def talk(client):
        address = await submit(client, 3)
        await status_when(client, address, lambda status: (status["state"], status["pages_done"]) == ("queued", 2))
        assert (await client.post("/v1/read", files={"file": ("a.png", png())})).status_code == 200

    served.talk(talk)


def test_more_than_may_be_kept_is_refused(folder):
    served = JobsServed(folder, max_mb=1)

    async def talk(client):
        big = png() + bytes(1 << 20)
        answer = await client.post("/v1/jobs", files={"file": ("a.png", big)})
        assert (answer.status_code, answer.json()["kind"]) == (507, "BusyError")
        assert "no room" in answer.json()["errorMsg"]

    served.talk(talk)


def test_messages_without_a_secret_are_refused_at_the_start(folder, monkeypatch):
    monkeypatch.delenv("INKREAD_WEBHOOK_SECRET", raising=False)
    with pytest.raises(OptionError, match="secret"):
        JobsServed(folder, webhook=WebhookOptions(allow=True)).app()
