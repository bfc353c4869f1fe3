"""The disk full from the n-th write on, for each n until nothing more is written: run with full_disk.so preloaded.

A job is read; from the n-th write after that everything fails; a second job is sent under a key. It is taken or
refused with 507, and the first one's result can be had meanwhile. When there is room again the second one is sent
again, and all is read to its end: once, whole, the file of jobs sound. Prints a line of JSON.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import sqlite3
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import httpx2  # noqa: E402
from jobbed import JobsServed, ended, submit  # noqa: E402
from served import running, tiff  # noqa: E402

from inkread.service.jobs import lanes  # noqa: E402

PAGES = 3
SHIM = ctypes.CDLL(None)


async def one(n: int, folder: Path) -> dict[str, object]:
    """Return what became of jobs with a disk that is full from the n-th write on."""
    SHIM.disk_under(str(folder).encode())
    SHIM.disk_fails_from(0)
    told: dict[str, object] = {"n": n}
    served = JobsServed(folder)
    async with running(served.app()) as client:
        first = await submit(client, PAGES)
        await ended(client, first)
        before = (await client.get(f"{first}/result")).content
        SHIM.disk_fails_from(n)
        answer = await sent(client)
        told["status"] = answer.status_code
        if answer.status_code == 202:
            await settled(client, answer.headers["location"])
        told["readable"] = (await client.get(f"{first}/result")).content == before
        told["writes"] = SHIM.disk_writes()
        SHIM.disk_fails_from(0)
        answer = await sent(client)
        told["after"] = answer.status_code
        second = answer.headers["location"]
        status = await ended(client, second)
        pages = json.loads((await client.get(f"{second}/result")).content)["pages"]
        told["whole"] = status["state"] == "done" and [page["number"] for page in pages] == [*range(1, PAGES + 1)]
        told["jobs"] = len((await client.get("/v1/jobs")).json()["jobs"])
    rows = sqlite3.connect(folder / "jobs.sqlite")
    told["sound"] = rows.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    rows.close()
    told["documents"] = len(list((folder / "documents").iterdir()))
    return told


async def sent(client: httpx2.AsyncClient) -> httpx2.Response:
    """Send the second job."""
    return await client.post(
        "/v1/jobs", files={"file": ("scan.tif", tiff(PAGES))}, headers={"idempotency-key": "second"}
    )


async def settled(client: httpx2.AsyncClient, address: str) -> None:
    """Wait until the job has ended, or nothing goes on any more."""
    for _ in range(40):
        if (await client.get(address)).json()["ended"]:
            return
        await asyncio.sleep(0.01)


def is_right(told: dict[str, object]) -> bool:
    """Whether nothing was lost, doubled or half."""
    return (
        told["status"] in (202, 507)
        and told["after"] == 202
        and bool(told["readable"] and told["whole"] and told["sound"])
        and (told["jobs"], told["documents"]) == (2, 2)
    )


def main() -> int:
    """Go through all n, every `step`-th, until n is more than all that is written."""
    step, most = int(sys.argv[1]), int(sys.argv[2])
    lanes._REST_S = 0.05  # type: ignore[misc]  # a full disk is looked at again sooner than in the service
    cases = []
    n, writes = 1, 1
    while n <= min(most, writes):
        with tempfile.TemporaryDirectory() as folder:
            told = asyncio.run(one(n, Path(folder) / "jobs"))
        told["right"] = is_right(told)
        writes = max(writes, n + step if int(str(told["writes"])) >= n else n)
        cases.append(told)
        n += step
    print(json.dumps(cases))
    return 0 if all(told["right"] for told in cases) else 1


if __name__ == "__main__":
    sys.exit(main())
