"""A service in this process that keeps jobs in a folder, and how to wait for them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
from served import Served, running, tiff

from inkread.service.settings import JobOptions, ServiceOptions

Talk = Callable[[httpx2.AsyncClient], Awaitable[None]]


class JobsServed(Served):
    """A service whose jobs stay where they are when it stops."""

    def __init__(self, folder: Path, settings: dict | None = None, **options) -> None:
        jobs = JobOptions(folder=str(folder), min_free_mb=1, **options)
        super().__init__(ServiceOptions(jobs=jobs), **(settings or {}))

    def talk(self, talk: Talk) -> None:
        """Start it, talk to it, stop it."""

        async def once() -> None:
            async with running(self.app()) as client:
                await talk(client)

        asyncio.run(once())


async def submit(client: httpx2.AsyncClient, pages: int = 2, **values) -> str:
    """Submit a job and return its address."""
    answer = await client.post("/v1/jobs", files={"file": ("scan.tif", tiff(pages))}, **values)
    assert answer.status_code == 202, answer.text
    return answer.headers["location"]


async def ended(client: httpx2.AsyncClient, address: str) -> dict:
    """Return a job's status when it has ended."""
    return await status_when(client, address, lambda status: status["ended"])


async def status_when(client: httpx2.AsyncClient, address: str, holds: Callable[[dict], object]) -> dict:
    """Return a job's status as soon as something holds of it; at the latest after a minute."""
    end = time.monotonic() + 60
    while not holds(status := (await client.get(address)).json()):
        assert time.monotonic() < end, status
        await asyncio.sleep(0.01)
    return status
