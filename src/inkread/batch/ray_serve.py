"""The reader as a deployment of Ray Serve, for clusters that answer requests: needs `pip install inkread[ray-serve]`.

    from ray import serve
    from inkread.batch.ray_serve import application

    handle = serve.run(application(replicas=4))
    document = handle.read.remote(content, "scan.png").result()

Other deployments call it by its handle. HTTP is answered too: POST with a file as the body gives the document as JSON.
Nobody is asked who he is: it is for the inside of a cluster, behind what lets requests in. `inkread serve` has tokens,
limits and a queue of its own.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import threading
from typing import Any, Final, Protocol

from inkread.batch.part_reader import READER
from inkread.document import Document
from inkread.errors import InkreadError, InputError, LimitError
from inkread.export.json import to_json
from inkread.extras import not_installed
from inkread.options import ReaderOptions

# Larger bodies are refused before they are read.
MAX_BYTES: Final = 32 << 20
_WAITING: Final = 4  # requests that a replica has at once: one is read, the others are on their way
_NAME: Final = "inkread"


class _Reads(Protocol):
    def read(self, source: object, *, name: str) -> Document: ...


class ReaderReplica:
    """A reader that answers requests, one after the other: its networks use all of its processors for each."""

    def __init__(self, options: ReaderOptions | None = None, reader: str = READER, max_bytes: int = MAX_BYTES) -> None:
        module, _, name = reader.partition(":")
        self._reader: _Reads = getattr(importlib.import_module(module), name)(options or ReaderOptions())
        self._max_bytes = max_bytes
        self._lock = threading.Lock()

    async def read(self, content: bytes, name: str = "document") -> dict[str, Any]:
        """Return a document in the shape of docs/schema.md. Raises InkreadError for what cannot be read."""
        told: dict[str, Any] = json.loads(await asyncio.to_thread(self._read, content, name))
        return told

    async def __call__(self, request: Any) -> Any:
        """Answer an HTTP request (starlette's): a POST whose body is a file."""
        from starlette.responses import JSONResponse, Response

        if request.method != "POST":
            return JSONResponse({"error": "POST a picture or PDF"}, 405)
        try:
            content = await self._body(request)
            text = await asyncio.to_thread(self._read, content, request.query_params.get("name", "document"))
        except InkreadError as error:
            told = {"error": error.message, "kind": type(error).__name__, "remedy": error.remedy}
            return JSONResponse(told, error.http_status)
        return Response(text.encode(), media_type="application/json")

    async def _body(self, request: Any) -> bytes:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > self._max_bytes:
                raise LimitError(f"the body is over the limit of {self._max_bytes:,} bytes", remedy="send less")
        if not body:
            raise InputError("the body is empty", remedy="send a picture or PDF as the body")
        return bytes(body)

    def _read(self, content: bytes, name: str) -> str:
        with self._lock:
            return to_json(self._reader.read(content, name=name), indent=None)


def application(
    options: ReaderOptions | None = None,
    *,
    replicas: int | str = "auto",
    cpus: float = 1.0,
    gpus: float = 0.0,
    reader: str = READER,
    max_bytes: int = MAX_BYTES,
) -> Any:
    """Return what `serve.run` takes: the reader as a deployment.

    options: the reader's; threads are as many as `cpus`, unless they are given.  replicas: how many; "auto": Ray adds
    and takes away.  cpus, gpus: of each.  max_bytes: of a request's body. Raises MissingPackageError.
    """
    try:
        from ray import serve
    except ImportError as error:
        raise not_installed("ray-serve") from error
    options = options or ReaderOptions()
    threads = options.runtime.threads or max(1, int(cpus))
    options = options.with_(runtime=options.runtime.with_(threads=threads))
    deployment = serve.deployment(
        ReaderReplica,
        name=_NAME,
        num_replicas=replicas,
        max_ongoing_requests=_WAITING,
        ray_actor_options={"num_cpus": cpus, "num_gpus": gpus},
    )
    return deployment.bind(options, reader, max_bytes)
