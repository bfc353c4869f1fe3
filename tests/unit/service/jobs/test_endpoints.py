"""/v1/jobs over HTTP: submitted, looked at, listened to, fetched, cancelled, deleted."""

import asyncio
import base64
import json
import time
import zipfile
from io import BytesIO

import pytest
from jobbed import JobsServed, ended, status_when, submit
from readers import Brake
from served import Served, as_text, png, tiff

from inkread.errors import DamagedInputError
from inkread.export.json import from_json


def events(text: str) -> list[tuple[str, str, dict]]:
    """Return what a stream told: id, kind, data."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith((":", "retry")))
        if lines:
            found.append((lines.get("id", ""), lines["event"], json.loads(lines["data"])))
    return found


def test_a_document_is_read_while_nobody_waits(served):
    async def talk(client):
        answer = await client.post("/v1/jobs", json={"file": as_text(tiff(3)), "name": "a/b.tif", "language": ["en"]})
        assert (answer.status_code, answer.json()["state"]) == (202, "queued")
        status = await ended(client, answer.headers["location"])
        assert (status["state"], status["pages"], status["pages_done"]) == ("done", 3, 3)
        assert status["created"] <= status["ended"] < status["expires"]
        result = await client.get(f"{answer.headers['location']}/result")
        document = from_json(result.text)
        assert (document.source, [page.text for page in document.pages]) == ("b.tif", ["hello"] * 3)
        assert served.readers[0].variants[0].options.language == ("en",)

    served.talk(talk)


def test_a_result_is_the_same_as_reading_at_once(served):
    async def talk(client):
        at_once = await client.post("/v1/read", files={"file": ("scan.tif", tiff(2))})
        address = await submit(client)
        await ended(client, address)
        assert (await client.get(f"{address}/result")).json() == at_once.json()

    served.talk(talk)


@pytest.mark.parametrize("name", ["text", "markdown", "hocr", "alto", "tsv", "docx", "pdf", "annotated"])
def test_a_result_comes_in_any_format(served, name):
    async def talk(client):
        address = await submit(client)
        await ended(client, address)
        result = await client.get(f"{address}/result", params={"format": name})
        assert result.status_code == 200, result.text
        assert result.headers["content-disposition"].startswith("attachment;")
        assert result.content
        if name == "docx":
            assert zipfile.ZipFile(BytesIO(result.content)).testzip() is None

    served.talk(talk)


def test_some_pages_of_a_result_come_with_their_pictures(served):
    async def talk(client):
        address = await submit(client, 4)
        await ended(client, address)
        asked = {"pages": "2,4-", "pictures": "true"}
        told = (await client.get(f"{address}/result", params=asked)).json()
        assert [page["number"] for page in told["document"]["pages"]] == [2, 4]
        assert all(base64.b64decode(picture).startswith(b"\xff\xd8") for picture in told["pictures"])
        picture = await client.get(f"{address}/result", params={"pages": "3", "format": "picture"})
        assert picture.content.startswith(b"\x89PNG")
        long = await client.get(f"{address}/result", params={"pages": "1" * 999})
        assert (long.status_code, long.json()["errorCode"], "1111" in long.text) == (422, 422, False)
        for wrong, status in (("9", 422), ("x", 400)):
            assert (await client.get(f"{address}/result", params={"pages": wrong})).status_code == status

    served.talk(talk)


def test_fields_that_a_job_asked_for_are_in_its_json(served):
    served.texts = ("TOTAL 12.00",)

    async def talk(client):
        address = await submit(client, 1, data={"extract": "receipt"})
        await ended(client, address)
        assert (await client.get(f"{address}/result")).json()["fields"]["kind"] == "receipt"
        assert (await client.get(f"{address}/result", params={"format": "text"})).text == "TOTAL 12.00\n"

    served.talk(talk)


def test_pages_are_told_as_they_are_read_and_told_no_more_where_they_are_known(served):
    async def talk(client):
        address = await submit(client, 3)
        told = events((await client.get(f"{address}/events")).text)
        pages = [each for each in told if each[1] == "page"]
        assert [(number, data["position"], data["pages"]) for number, _, data in pages] == [
            ("1", 1, 3), ("2", 2, 3), ("3", 3, 3),
        ]  # fmt: skip
        assert pages[0][2]["page"]["text"] == "hello"
        assert (told[-1][1], told[-1][2]["state"]) == ("end", "done")
        again = events((await client.get(f"{address}/events", headers={"last-event-id": "2"})).text)
        assert [(number, kind) for number, kind, _ in again] == [("3", "page"), ("4", "end")]
        assert (await client.get(f"{address}/events", headers={"last-event-id": "x"})).status_code == 400

    served.talk(talk)


def test_a_page_that_cannot_be_read_fails_alone(served):
    async def talk(client):
        address = await submit(client, 5)
        status = await ended(client, address)
        assert (status["state"], status["pages_done"]) == ("done", 5)
        assert [(each["position"], each["kind"]) for each in status["failed_pages"]] == [(3, "DamagedInputError")]
        result = await client.get(f"{address}/result")
        assert result.headers["x-inkread-partial"] == "4/5"
        pages = result.json()["pages"]
        assert [page["number"] for page in pages] == [1, 2, 4, 5]
        assert [notice["kind"] for notice in pages[-1]["notices"]] == ["partial"]
        assert (await client.get(f"{address}/result", params={"format": "pdf"})).status_code == 200
        told = events((await client.get(f"{address}/events")).text)
        assert [data["position"] for _, kind, data in told if kind == "page" and "error" in data] == [3]

    count = iter(range(100))

    def third_is_broken() -> None:
        if next(count) == 2:
            raise DamagedInputError('page 3 of "scan.tif" is broken')

    served.before = third_is_broken
    served.talk(talk)


def test_a_failure_of_the_services_own_is_tried_again_and_its_words_stay_here(folder):
    served = JobsServed(folder, attempts=3)
    tries = []

    def fail() -> None:
        tries.append(1)
        raise RuntimeError("the secret of page 1")

    async def talk(client):
        address = await submit(client, 1)
        status = await ended(client, address)
        assert (status["state"], len(tries)) == ("failed", 3)
        assert "secret" not in json.dumps(status)
        assert status["error"]["kind"] == "InkreadError"

    served.before = fail
    served.talk(talk)


def test_what_cannot_be_opened_has_failed(served):
    async def talk(client):
        answer = await client.post("/v1/jobs", files={"file": ("a.pdf", b"%PDF-1.7\nnothing")})
        status = await ended(client, answer.headers["location"])
        assert (status["state"], status["error"]["kind"], status["pages"]) == ("failed", "DamagedInputError", None)
        refused = await client.get(f"{answer.headers['location']}/result")
        assert (refused.status_code, refused.json()["kind"]) == (409, "RequestError")
        assert (await client.get(f"{answer.headers['location']}/result?partial=true")).status_code == 422

    served.talk(talk)


@pytest.mark.parametrize(
    ("values", "headers", "status"),
    [
        ({"json": {"file": as_text(b"<svg></svg>")}}, {}, 415),
        ({"json": {"file": as_text(png()), "format": "text"}}, {}, 422),
        ({"json": {"file": as_text(png()), "language": ["../x"]}}, {}, 400),
        ({"json": {"file": as_text(png()), "extract": {"pattern": "(a+)+"}}}, {}, 400),
        ({"json": {"file": as_text(png()), "webhook": "https://example.org/"}}, {}, 403),
        ({"json": {"url": "https://example.org/a.png"}}, {}, 403),
        ({"json": {"file": as_text(png())}}, {"idempotency-key": "a b"}, 400),
        ({"json": {}}, {}, 400),
    ],
)
def test_what_is_wrong_is_told_at_once_and_nothing_is_kept(served, folder, values, headers, status):
    async def talk(client):
        answer = await client.post("/v1/jobs", headers=headers, **values)
        assert (answer.status_code, answer.json()["errorCode"]) == (status, status), answer.text
        assert (await client.get("/v1/jobs")).json() == {"jobs": [], "more": False}

    served.talk(talk)
    assert list((folder / "documents").iterdir()) == []


def test_the_same_sent_twice_under_one_key_is_one_job(served):
    async def talk(client):
        asked = [submit(client, headers={"idempotency-key": "order-17"}) for _ in range(50)]
        assert len(set(await asyncio.gather(*asked))) == 1
        again = await client.post(
            "/v1/jobs", files={"file": ("scan.tif", tiff(2))}, headers={"idempotency-key": "order-17"}
        )
        assert again.headers["idempotency-replayed"] == "true"
        other = await client.post(
            "/v1/jobs", files={"file": ("scan.tif", tiff(1))}, headers={"idempotency-key": "order-17"}
        )
        assert other.status_code == 409
        assert len((await client.get("/v1/jobs")).json()["jobs"]) == 1

    served.talk(talk)


def test_jobs_are_listed_the_newest_first(served):
    async def talk(client):
        made = [(await submit(client, 1)).rpartition("/")[2] for _ in range(3)]
        first = (await client.get("/v1/jobs", params={"limit": 2})).json()
        assert ([job["id"] for job in first["jobs"]], first["more"]) == ([made[2], made[1]], True)
        rest = (await client.get("/v1/jobs", params={"before": made[1]})).json()
        assert ([job["id"] for job in rest["jobs"]], rest["more"]) == ([made[0]], False)

    served.talk(talk)


def test_a_job_that_is_cancelled_begins_no_further_page(served):
    brake = served.before = Brake()

    async def talk(client):
        address = await submit(client, 5)
        await asyncio.to_thread(brake.wait)
        early = await client.get(f"{address}/result")
        assert (early.status_code, early.headers["retry-after"]) == (409, "2")
        status = (await client.post(f"{address}/cancel")).json()
        assert status["state"] == "cancelled"
        brake.go.set()
        assert (await client.post(f"{address}/cancel")).json()["state"] == "cancelled"

    served.talk(talk)
    assert sum(len(reader.read) for reader in served.readers) <= 1


@pytest.mark.parametrize(("method", "path"), [("POST", "/cancel"), ("DELETE", "")])
def test_the_page_in_hand_of_a_job_that_nobody_wants_is_not_read_to_its_end(served, method, path):
    brake = served.before = Brake()

    async def talk(client):
        address = await submit(client, 3)
        await asyncio.to_thread(brake.wait)
        assert (await client.request(method, address + path)).is_success
        brake.go.set()
        assert (await ended(client, await submit(client, 1)))["state"] == "done"  # the lane goes on with the next

    served.talk(talk)
    assert sum(reader.cancelled for reader in served.readers) == 1
    assert sum(len(reader.read) for reader in served.readers) == 2


def test_a_job_that_is_deleted_is_gone_also_while_it_is_read(served, folder):
    brake = served.before = Brake()

    async def talk(client):
        address = await submit(client, 3)
        await asyncio.to_thread(brake.wait)
        assert (await client.delete(address)).status_code == 204
        brake.go.set()
        for method, path in (("GET", ""), ("GET", "/events"), ("GET", "/result"), ("POST", "/cancel"), ("DELETE", "")):
            gone = await client.request(method, address + path)
            assert (gone.status_code, gone.json()["kind"]) == (404, "SourceNotFoundError")

    served.talk(talk)
    assert list((folder / "documents").iterdir()) == []


def test_what_was_read_so_far_can_be_had(served):
    steps = iter(range(100))
    brake = Brake()
    served.before = lambda: brake() if next(steps) == 2 else None

    async def talk(client):
        address = await submit(client, 4)
        await asyncio.to_thread(brake.wait)
        await status_when(client, address, lambda status: status["pages_done"] == 2)
        result = await client.get(f"{address}/result", params={"partial": "true"})
        assert (result.headers["x-inkread-partial"], len(result.json()["pages"])) == ("2/4", 2)
        brake.go.set()

    served.talk(talk)


def test_results_are_removed_when_their_time_is_over(folder):
    served = JobsServed(folder, keep_s=0.2)

    async def talk(client):
        address = await submit(client, 1)
        await status_when(client, address, lambda status: status.get("errorCode") == 404)

    served.talk(talk)
    assert list((folder / "documents").iterdir()) == []


def test_a_long_job_holds_up_no_request(served):
    """One job with many pages and a request meanwhile: it waits for no more than a page or two."""
    read = []

    def note() -> None:
        read.append(1)
        time.sleep(0.02)  # a page takes its time, on a busy machine too

    served.before = note

    async def talk(client):
        address = await submit(client, 200)
        while len(read) < 3:
            await asyncio.sleep(0.005)
        begun = len(read)
        assert (await client.post("/v1/read", files={"file": ("a.png", png())})).status_code == 200
        assert len(read) - begun < 150
        assert (await client.get(address)).json()["state"] == "running"
        await client.delete(address)

    served.talk(talk)


def test_jobs_that_are_off_are_not_there():
    assert Served().post("/v1/jobs", json={"file": as_text(png())}).status_code == 404


def test_figures_tell_of_jobs(served):
    async def talk(client):
        await ended(client, await submit(client, 2))
        text = (await client.get("/metrics")).text
        assert 'inkread_jobs_total{event="submitted"} 1.0' in text
        assert 'inkread_jobs_total{event="done"} 1.0' in text
        assert 'inkread_job_pages_total{outcome="read"} 2.0' in text
        assert "inkread_job_seconds_count 1.0" in text
        assert {"inkread_jobs_queued", "inkread_jobs_running", "inkread_jobs_bytes"} <= set(
            text.replace(" ", "\n").split()
        )

    served.talk(talk)


@pytest.mark.parametrize(
    "ask",
    [
        lambda client, file: client.post("/v1/read", files={"file": ("report.tif", file)}),
        lambda client, file: client.post("/v1/read", json={"file": as_text(file), "name": "report.tif"}),
        lambda client, file: client.post("/ocr", json={"file": as_text(file)}),
    ],
)
def test_a_request_for_more_pages_is_told_of_jobs(served, ask):
    served.options = served.options.with_(jobs=served.options.jobs.with_(max_pages=12))

    async def talk(client):
        told = await ask(client, tiff(11))
        assert (told.status_code, told.json()["errorCode"], told.json()["kind"]) == (413, 413, "NeedsJobError")
        assert "11 pages, and a request may ask for 10" in told.json()["errorMsg"]
        assert "submit it as a job (POST /v1/jobs), or ask for some of them: pages=1-10" in told.json()["errorMsg"]
        too_long = (await ask(client, tiff(13))).json()
        assert (too_long["kind"], "/v1/jobs" in too_long["errorMsg"]) == ("LimitError", False)

    served.talk(talk)


def test_a_submission_may_be_larger_than_a_request(folder):
    served = JobsServed(folder, max_body_mb=3)
    served.options = served.options.with_(limits=served.options.limits.with_(max_body_mb=1))

    async def talk(client):
        large = png() + bytes(2 << 20)
        told = await client.post("/v1/read", files={"file": ("a.png", large)})
        assert (told.status_code, told.json()["kind"]) == (413, "NeedsJobError")
        assert "3,145,728: POST /v1/jobs" in told.json()["errorMsg"]
        address = (await client.post("/v1/jobs", files={"file": ("a.png", large)})).headers["location"]
        assert (await ended(client, address))["state"] == "done"
        for path in ("/v1/jobs", "/v1/read"):
            told = await client.post(path, files={"file": ("a.png", large * 2)})
            assert (told.status_code, told.json()["kind"]) == (413, "LimitError")

    served.talk(talk)
