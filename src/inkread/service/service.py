"""What the endpoints share: the reader, the bench, the shares, and the way of a request through them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

from starlette.requests import Request

from inkread.load import source as sources
from inkread.load import url, web
from inkread.options import ReaderOptions
from inkread.registry.listing import list_languages
from inkread.registry.store import Store
from inkread.runtime.arenas import give_back
from inkread.runtime.threads import available_threads
from inkread.service import bodies
from inkread.service.auth import ANYBODY
from inkread.service.bodies import ReadCall, Reading
from inkread.service.clients import Client, ClientBook
from inkread.service.jobs.jobs import Jobs
from inkread.service.limits import Buckets
from inkread.service.reading import Order, Read, Readers, Reads, read
from inkread.service.settings import ServiceOptions
from inkread.service.telemetry import Telemetry
from inkread.service.work import Leash, Place, Workbench
from inkread.wire import Language, Model

Result = TypeVar("Result")

# While one thread reads another decodes, arranges and writes; more only hold pages in memory.
_WORKERS = 2
# The page in hand when the service is told to stop; what takes longer is read again after the next start.
_LAST_PAGE_S = 20.0
# Pages of ever other sizes leave gaps between what is kept, of which malloc gives none back: without this 400 requests
# made the process 20 MiB larger, and what was in use was the same. It takes 1 to 5 ms of a processor.
_TIDY_S = 10.0
# How much longer a request that takes a part waits for the page in hand, of the limit.
_GRACE = 0.5


class Service:
    """A reader for many requests at once."""

    def __init__(
        self,
        make_reader: Callable[[], Reads],
        options: ServiceOptions,
        telemetry: Telemetry,
        book: ClientBook | None = None,
    ) -> None:
        self.options = options
        self._book = book
        self.telemetry = telemetry
        limits = options.limits
        workers = options.workers or min(_WORKERS, available_threads())
        self.bench = Workbench(workers, limits.queue, limits.per_client)
        self.status = "starting"
        self._make_reader = make_reader
        self._readers: Readers | None = None
        self._megapixels = Buckets()
        self._languages: list[Language] | None = None
        self._models: list[Model] | None = None
        jobs = options.jobs
        self.jobs = Jobs(self, jobs, Path(jobs.folder).expanduser()) if jobs.enabled and jobs.folder else None
        telemetry.watch("queue", "Requests that wait or are worked on.", lambda: self.bench.taken)
        telemetry.watch("busy", "Threads that read.", lambda: self.bench.busy)

    def start(self) -> None:
        """Open the reader; may take seconds. Raises what Reader raises."""
        base = self._make_reader()
        self._readers = Readers(base, self.options.variants)
        self.telemetry.reads(base.generator)
        if self.jobs is not None:
            self.jobs.start()
        self.status = "ready"

    async def tidy(self) -> None:
        """Give memory that is free back to the system every now and then, for ever."""
        seen = 0
        while True:
            await asyncio.sleep(_TIDY_S)
            if self.bench.done != seen:
                seen = self.bench.done
                await self.bench.aside(give_back)

    def drain(self) -> None:
        """Take no more jobs and begin no further page of those that there are; requests are answered as before."""
        self.status = "stopping"
        if self.jobs is not None:
            self.jobs.drain()

    def stop(self) -> None:
        """Finish what is worked on, then close everything."""
        self.drain()
        if self.jobs is not None:
            self.jobs.stop(_LAST_PAGE_S)
        self.bench.close()
        if self._readers is not None:
            self._readers.close()

    @property
    def most_pages(self) -> tuple[int, int]:
        """How many pages a request may ask for, and a job; 0 where none are taken."""
        jobs = self.options.jobs.max_pages if self.jobs is not None else 0
        return self.options.limits.max_pages, jobs

    @property
    def readers(self) -> Readers:
        assert self._readers is not None
        return self._readers

    def place(self, request: Request) -> Place:
        """Return a place for a request. Raises BusyError or, where the client's share is used up, QuotaError."""
        client: Client = request.state.client
        account: str = request.state.account
        self._megapixels.check(account, self._share(client))
        return self.bench.place(account, self.options.limits.request_s)

    def check_share(self, account: str, client: str, *, spare: float) -> None:
        """Raise QuotaError where only this part of what a client may have read in a minute is left."""
        self._megapixels.check(account, self._share_of(client), spare=spare)

    def spend_share(self, account: str, client: str, megapixels: float) -> None:
        """Count what was read for a client."""
        self._megapixels.spend(account, self._share_of(client), megapixels)

    def _share(self, client: Client) -> float:
        return client.quota.megapixels or self.options.rate.megapixels

    def _share_of(self, client: str) -> float:
        return self._share((self._book.client(client) if self._book is not None else None) or ANYBODY)

    async def fetch(self, address: str) -> bytes:
        """Return the content of an address (URL), where that is allowed. Raises AddressError, DownloadError."""
        return await self.bench.aside(partial(web.fetch, address, self.readers.base.options.load.web))

    async def call(self, request: Request, kind: type[Reading]) -> ReadCall[Reading]:
        """Return a request taken apart. Raises RequestError where it is not of this kind."""
        media_type = request.headers.get("content-type", "")
        return await self.bench.aside(partial(bodies.read_call, await request.body(), media_type, kind))

    async def file_of(self, call: ReadCall[Reading]) -> tuple[str, bytes]:
        """Return the name and the content of the file that a request gives, or gives the address of."""
        asked = call.request
        name = bodies.file_name(asked.name or (asked.url or "").partition("?")[0])
        return name, call.content if call.content is not None else await self.fetch(asked.url or "")

    async def content(self, given: str, decode: Callable[[str], bytes]) -> bytes:
        """Return what a request names: the content of an address, or what its Base64 stands for."""
        if url.is_url(given):
            return await self.fetch(given)
        return await self.bench.aside(partial(decode, given))

    async def read(self, request: Request, place: Place, order: Order, finish: Callable[[Read], Result]) -> Result:
        """Return what `finish` makes, in the same thread, of what was read."""
        account: str = request.state.account
        share = self._share(request.state.client)

        def spend(megapixels: float, stages: Mapping[str, float]) -> None:
            self._megapixels.spend(account, share, megapixels)
            self.telemetry.page(megapixels, stages)

        def work(leash: Leash) -> Result:
            return finish(read(self.readers, order, leash, spend))

        grace_s = _GRACE * self.options.limits.request_s if order.partial else 0.0
        return await place.run(work, partial(_gone, request), grace_s=grace_s)

    async def run(self, request: Request, place: Place, work: Callable[[Leash], Result]) -> Result:
        """Return what a piece of work gives, as long as the client waits for it."""
        return await place.run(work, partial(_gone, request))

    async def count(self, request: Request, place: Place, content: bytes, options: ReaderOptions) -> int:
        """Return how many pages a file has. Raises InputError where it cannot be opened."""

        def work(leash: Leash) -> int:
            leash.check()
            with sources.open(content, options.limits, options.load) as opened:
                return len(opened)

        return await self.run(request, place, work)

    def languages(self) -> list[Language]:
        """Return the languages that can be read here."""
        if self._languages is None:
            found = []
            for each in list_languages():
                reader = next((reader for reader in each.readers if reader.is_here), None)
                if reader is not None:
                    coverage = reader.coverage
                    found.append(
                        Language(tag=each.tag, name=each.name, script=each.script, model=reader.name, coverage=coverage)
                    )
            self._languages = found
        return self._languages

    def models(self) -> list[Model]:
        """Return the models of the catalogue, and which are here."""
        if self._models is None:
            store = Store()
            here = {each.card.name for each in store.installed()}
            self._models = [
                Model(
                    name=card.name,
                    task=card.task,
                    license=str(card.license),
                    languages=len(card.languages),
                    is_here=card.name in here,
                )
                for card in store.catalog
            ]
        return self._models


async def _gone(request: Request) -> None:
    """Return when nobody waits for the answer any more."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
