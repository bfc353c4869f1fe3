"""`inkread read --server URL`: inputs read by a service, with the outputs of reading here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final

import typer

from inkread.cli.folders import Member
from inkread.cli.progress import Progress
from inkread.document import Document
from inkread.errors import InkreadError, OptionError, RequestError, SourceNotFoundError

if TYPE_CHECKING:
    from inkread.client import Client
    from inkread.remote_job import JobStatus

SERVER_VARIABLE: Final = "INKREAD_SERVER"
ID_VARIABLE, SECRET_VARIABLE = "INKREAD_CLIENT_ID", "INKREAD_CLIENT_SECRET"
_CORRECTORS: Final = ("never", "lexicon")
# Of one page each; anything else may have so many that a request is not enough.
_ONE_PAGE: Final = frozenset({"JPEG", "PNG", "BMP", "WEBP", "JPEG2000", "PNM"})
# What a service takes in one request unless its operator says otherwise, less what a form adds.
_MOST_BYTES: Final = 31 << 20
_PREFIX_BYTES: Final = 1024

Server = Annotated[
    str | None,
    typer.Option(
        "--server",
        envvar=SERVER_VARIABLE,
        metavar="URL",
        help=f"Read with a service (inkread serve); {ID_VARIABLE} and {SECRET_VARIABLE} say who asks.",
    ),
]


def refuse_local(given: Mapping[str, object]) -> None:
    """Raise OptionError where an option was given that is the service's own business. given: by their names."""
    found = [name for name, value in given.items() if value]
    if found:
        raise OptionError(
            f"{found[0]} is for reading here, and a service reads",
            remedy=f"leave it out, or --server (or {SERVER_VARIABLE})",
        )


def client_for(
    url: str,
    *,
    language: str | None,
    mode: str | None,
    correct: str | None,
    text_layer: str | None,
    min_confidence: float | None,
    password: str | None,
) -> Client:
    """Return a client that reads as the command line says. Raises OptionError, MissingPackageError."""
    from inkread.client import Client

    if not url.startswith(("http://", "https://")):
        raise OptionError(f'--server is "{url}"', remedy="give its address: http://localhost:8080")
    if correct is not None and correct not in _CORRECTORS:
        raise OptionError(f'a service does not correct by "{correct}"', remedy=f"use {' or '.join(_CORRECTORS)}")
    return Client(
        url,
        client_id=os.environ.get(ID_VARIABLE) or None,
        client_secret=os.environ.get(SECRET_VARIABLE) or None,
        language=[each.strip() for each in language.split(",")] if language else (),
        mode=mode,
        correct=correct,
        text_layer=text_layer,
        min_confidence=min_confidence,
        password=password,
    )


def read_there(client: Client, each: Member, pages: str | None, progress: Progress) -> Document | InkreadError:
    """Return what a service reads in an input, or the error that reading it gave."""
    name = each.input.name
    try:
        origin = each.input.origin
        if origin is None:
            each.input.open().close()  # raises what is wrong with it
            raise SourceNotFoundError(f'"{name}" is no file', remedy="give files, folders or addresses")
        progress.start_page(name, 0, 1)
        document = _read(client, origin, name, pages, progress)
    except InkreadError as error:
        return error
    # The service knows the last part of a name only.
    return replace(document, source=name, pages=tuple(replace(page, source=name) for page in document.pages))


def _read(client: Client, origin: str | bytes, name: str, pages: str | None, progress: Progress) -> Document:
    from inkread.remote_job import raise_of_failed

    told = name.rpartition("/")[2]  # where it lies here is nobody's business there
    if _is_short(origin):
        return client.read(origin, name=told, pages=pages)
    try:
        job = client.submit(origin, name=told, pages=pages)
    except RequestError as error:
        if error.http_status != 404:  # a service may take no jobs
            raise
        return client.read(origin, name=told, pages=pages)

    def show(status: JobStatus) -> None:
        if status.pages:
            progress.start_page(name, status.pages_done, status.pages)

    try:
        raise_of_failed(job.wait(show), name)
        return job.result()
    finally:
        with suppress(InkreadError):  # the service removes it when its time is over
            job.delete()


def _is_short(origin: str | bytes) -> bool:
    """Whether an input is a picture of one page that fits in a request."""
    from inkread.load.formats import sniff

    if isinstance(origin, bytes):
        return sniff(origin[:_PREFIX_BYTES]) in _ONE_PAGE and len(origin) < _MOST_BYTES
    try:
        with open(origin, "rb") as file:  # noqa: PTH123  # an address is no path, and not there
            prefix = file.read(_PREFIX_BYTES)
        return sniff(prefix) in _ONE_PAGE and os.stat(origin).st_size < _MOST_BYTES  # noqa: PTH116
    except OSError:
        return False
