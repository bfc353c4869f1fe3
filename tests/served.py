"""A service in this process, with a Reader that needs no networks."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from PIL import Image as Pillow
from readers import FakeReader

from inkread.options import ReaderOptions
from inkread.service.app import make_app, service_of
from inkread.service.edge import App
from inkread.service.settings import ServiceOptions


def png(width: int = 100, height: int = 60) -> bytes:
    """A white picture."""
    stream = io.BytesIO()
    Pillow.new("RGB", (width, height), "white").save(stream, "PNG")
    return stream.getvalue()


def tiff(pages: int) -> bytes:
    """White pages in one file."""
    stream = io.BytesIO()
    first, *others = [Pillow.new("L", (100, 60), "white") for _ in range(pages)]
    first.save(stream, "TIFF", save_all=True, append_images=others)
    return stream.getvalue()


def as_text(content: bytes) -> str:
    return base64.b64encode(content).decode()


@asynccontextmanager
async def running(app: App) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield a client of an app that has started."""
    service = service_of(app)
    await asyncio.to_thread(service.start)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=True)
    try:
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client
    finally:
        await asyncio.to_thread(service.stop)


class Served:
    """A service and how to ask it; every call is a loop of its own."""

    def __init__(self, options: ServiceOptions | None = None, **settings: Any) -> None:
        self.readers: list[FakeReader] = []
        self.texts: tuple[str, ...] = ("hello",)
        self.before: Callable[[], None] | None = None
        self.options = options or ServiceOptions()
        self.settings = settings

    def _reader(self, options: ReaderOptions) -> FakeReader:
        self.readers.append(FakeReader(options, self.texts, self.before))
        return self.readers[-1]

    def app(self) -> App:
        return make_app(self.options, make_reader=self._reader, **self.settings)

    def ask(self, method: str, path: str, **values: Any) -> httpx2.Response:
        async def once() -> httpx2.Response:
            async with running(self.app()) as client:
                return await client.request(method, path, **values)

        return asyncio.run(once())

    def post(self, path: str, **values: Any) -> httpx2.Response:
        return self.ask("POST", path, **values)
