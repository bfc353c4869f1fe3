"""The endpoints: each takes its request apart, has it read, and answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from inkread import __version__
from inkread.errors import CredentialsError, InkreadError, RequestError
from inkread.load import formats
from inkread.options import ReaderOptions
from inkread.pipeline import Reader
from inkread.service import answers, api_page, asks, bodies, page
from inkread.service.auth import Gate, Tokens, token_credentials
from inkread.service.clients import ClientBook
from inkread.service.edge import App, Edge
from inkread.service.failures import failure, with_status
from inkread.service.jobs import endpoints
from inkread.service.reading import Order, Read, Reads
from inkread.service.service import Service
from inkread.service.settings import ServiceOptions
from inkread.service.telemetry import Telemetry
from inkread.service.work import GoneError
from inkread.wire import (
    Health,
    ImageRequest,
    Languages,
    Models,
    OcrReply,
    Pages,
    ReadRequest,
    Token,
)

_GONE = 499  # what others log where nobody waited for the answer


def make_app(
    options: ServiceOptions | None = None,
    *,
    book: ClientBook | None = None,
    any_host: bool = False,
    make_reader: Callable[[ReaderOptions], Reads] = Reader,
) -> App:
    """Return the service as an ASGI app.

    book: who may ask; None: anybody on this machine.  any_host: anybody from anywhere (`--insecure`).  make_reader:
    gives the reader for its options.
    """
    options = options or ServiceOptions()
    telemetry = Telemetry()
    service = Service(partial(make_reader, options.reading()), options, telemetry, book)
    tokens = Tokens(book, options.token_s) if book is not None else None
    app = _endpoints(service, tokens, book)
    return Edge(app, Gate(tokens, options.names, any_host=any_host), options, telemetry)


def service_of(app: App) -> Service:
    """Return the service behind an app of `make_app`."""
    assert isinstance(app, Edge)
    inner: Any = app.app
    found: Service = inner.state.service
    return found


def _endpoints(service: Service, tokens: Tokens | None, book: ClientBook | None) -> FastAPI:
    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        await service.bench.prepare(service.start)
        tidying = asyncio.create_task(service.tidy())
        yield
        tidying.cancel()
        await asyncio.to_thread(service.stop)

    app = FastAPI(
        title="inkread",
        version=__version__,
        description=api_page.ABOUT,
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.service = service
    _add_failures(app, service)
    _add_ocr(app, service)
    _add_read(app, service)
    _add_pages(app, service)
    if service.jobs is not None:
        endpoints.add(app, service, service.jobs)
    _add_lists(app, service)
    _add_operations(app, service)
    if tokens is not None and book is not None:
        _add_token(app, tokens, book)
    api_page.add(app)
    page.add(app, urls=service.options.reading().load.web.allow)
    return app


def _add_failures(app: FastAPI, service: Service) -> None:
    async def tell(request: Request, error: Exception) -> Response:
        if isinstance(error, GoneError):
            return Response(status_code=_GONE)
        if isinstance(error, HTTPException):
            given = error
            error = with_status(RequestError("there is nothing here by that name or method"), given.status_code)
        if isinstance(error, RequestValidationError):
            error = with_status(RequestError(_wrong(error), remedy="see /docs"), 422)
        service.telemetry.refused(type(error).__name__)
        return failure(error, request.state.request_id)

    for kind in (InkreadError, GoneError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, tell)


def _wrong(error: RequestValidationError) -> str:
    """Return what is wrong with a path, a query or a header, and never what was in it."""
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))[:200]}: {first['msg'][:200]}"


def _add_ocr(app: FastAPI, service: Service) -> None:
    @app.post("/ocr", tags=["as others have it"], **api_page.ocr())
    async def ocr(request: Request) -> Response:
        """Read a picture (`image`) or a file (`file`), in the words of services that exist."""
        async with service.place(request) as place:
            call = await service.bench.aside(partial(bodies.ocr_request, await request.body()))
            base = service.readers.base.options
            if isinstance(call, ImageRequest):
                content = await service.content(call.image, bodies.from_base64)
                options = asks.options_of_image(call, base)
                options = options.with_(load=options.load.with_(pages="1"))
                finish: Callable[[Read], Any] = answers.image_result
                visualize = True
            else:
                content = await service.content(call.file, bodies.from_base64)
                options = asks.options_of_file(call, base)
                visualize = call.visualize is not False
                is_pdf = formats.sniff(content[: formats.PREFIX_BYTES]) == "PDF"
                finish = partial(answers.file_result, options=options, visualize=visualize, is_pdf=is_pdf)
            order = Order(content, "image", options, *service.most_pages, keep_images=visualize)

            def reply(done: Read) -> bytes:
                whole = OcrReply(log_id=request.state.request_id, result=finish(done))
                return whole.model_dump_json(by_alias=True).encode()

            return Response(await service.read(request, place, order, reply), media_type="application/json")


def _add_read(app: FastAPI, service: Service) -> None:
    @app.post("/v1/read", tags=["reading"], **api_page.read())
    async def read(request: Request) -> Response:
        """Read a picture or a PDF and answer with a document in any format."""
        async with service.place(request) as place:
            call = await service.call(request, ReadRequest)
            asked = call.request
            place.hurry(asked.timeout_s)
            answers.check_asked(asked.format, asked.extract, pictures=asked.pictures)
            options = asks.options_of_read(asked, service.readers.base.options)
            name, content = await service.file_of(call)
            needs_images = asked.pictures or answers.needs_images(asked.format)
            order = Order(content, name, options, *service.most_pages, needs_images, asked.partial)

            def reply(done: Read) -> Response:
                made = answers.answer(done, content, asked.format, asked.extract, pictures=asked.pictures)
                headers = {"content-disposition": f'attachment; filename="document{made.suffix}"'}
                if done.is_partial:
                    headers["x-inkread-partial"] = f"{done.pages_read}/{done.pages_wanted}"
                return Response(made.body, headers=headers, media_type=made.media_type)

            return await service.read(request, place, order, reply)


def _add_pages(app: FastAPI, service: Service) -> None:
    @app.post("/v1/pages", tags=["reading"], **api_page.pages())
    async def pages(request: Request) -> Pages:
        """Count the pages of a file, without reading them."""
        async with service.place(request) as place:
            call = await service.call(request, ReadRequest)
            options = asks.options_of_read(call.request, service.readers.base.options)
            _, content = await service.file_of(call)
            return Pages(pages=await service.count(request, place, content, options))


def _add_lists(app: FastAPI, service: Service) -> None:
    @app.get("/v1/models", tags=["what there is"], responses=api_page.failures())
    async def models() -> Models:
        """List the models that the service knows, and which are here."""
        found = await service.bench.aside(service.models)
        return Models(generator=service.readers.base.generator, models=found)

    @app.get("/v1/languages", tags=["what there is"], responses=api_page.failures())
    async def languages() -> Languages:
        """List the languages that can be read here."""
        return Languages(languages=await service.bench.aside(service.languages))


def _add_operations(app: FastAPI, service: Service) -> None:
    @app.get("/health/live", tags=["operations"])
    async def live() -> Health:
        """Tell that the process answers."""
        return Health(status="live")

    @app.get("/health/ready", tags=["operations"], responses={503: {"model": Health}})
    async def ready() -> Response:
        """Tell whether work is taken: not before the networks are loaded, and not when it is to stop."""
        is_ready = service.status == "ready"
        return JSONResponse({"status": service.status}, 200 if is_ready else 503)

    @app.get("/metrics", tags=["operations"], responses={200: {"content": {"text/plain": {}}}})
    async def metrics() -> Response:
        """Give the figures that Prometheus reads."""
        return Response(service.telemetry.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _add_token(app: FastAPI, tokens: Tokens, book: ClientBook) -> None:
    @app.post("/connect/token", tags=["credentials"], **api_page.token())
    async def token(request: Request) -> Response:
        """Give a token for an id and a secret (RFC 6749, 4.4), by Basic or in the form."""
        try:
            client_id, secret = token_credentials(dict(request.scope["headers"]), await request.body())
            client = book.verify(client_id, secret)
            if client is None:
                raise CredentialsError("invalid_client", remedy="check id and secret")
        except (CredentialsError, RequestError) as error:
            return _oauth_failure(error, request.state.request_id)
        granted = Token(access_token=tokens.issue(client), expires_in=tokens.lifetime_s)
        return JSONResponse(granted.model_dump())


def _oauth_failure(error: CredentialsError | RequestError, log_id: str) -> Response:
    """Return a failure as RFC 6749, 5.2 has it, in our envelope."""
    is_request = isinstance(error, RequestError)
    code = error.message if is_request and error.message in api_page.OAUTH_ERRORS else "invalid_request"
    body = {
        "error": code if is_request else "invalid_client",
        "error_description": error.remedy,
        "logId": log_id,
        "errorCode": error.http_status,
        "errorMsg": str(error),
        "kind": type(error).__name__,
    }
    headers = {} if is_request else {"www-authenticate": 'Basic realm="inkread"'}
    return JSONResponse(body, error.http_status, headers)
