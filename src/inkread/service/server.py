"""A process that serves: the socket, the signals and the end."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import numpy as np
import uvicorn
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from inkread.errors import OptionError
from inkread.image import Image
from inkread.logs import logger
from inkread.options import ReaderOptions
from inkread.pipeline import Reader
from inkread.runtime.arenas import keep_large_apart
from inkread.service.app import make_app, service_of
from inkread.service.auth import is_loopback
from inkread.service.clients import ClientBook
from inkread.service.edge import App
from inkread.service.jobs.jobs import default_folder
from inkread.service.offline import forbid_connections
from inkread.service.protocol import StrictProtocol
from inkread.service.reading import Reads
from inkread.service.scratch import sweep
from inkread.service.settings import ServiceOptions
from inkread.service.telemetry import log_json

_log = logger(__name__)

_KEEP_ALIVE_S: Final = 10
_GRACE_S: Final = 25
_MOST_HEADER_BYTES: Final = 64 << 10
# A thread that reads gives the interpreter back to the event loop after so long; Python's own 5 ms, several times for
# each request, are what /health would be waiting for.
_SWITCH_S: Final = 0.001


class _Server(uvicorn.Server):
    """Tells the service that it is to stop before connections are closed, so that nobody sends it more."""

    def __init__(self, config: uvicorn.Config, app: App) -> None:
        super().__init__(config)
        self._service = service_of(app)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Finish what was accepted and end with 0; at the second signal at once. uvicorn would end by the signal."""
        self._service.drain()
        self.force_exit = self.should_exit
        self.should_exit = True


def book_for(host: str, *, insecure: bool, book: ClientBook) -> ClientBook | None:
    """Return the clients who may ask, None for anybody. Raises OptionError where that would be the whole network."""
    if insecure:
        return None
    if len(book):
        return book
    if is_loopback(host):
        return None
    raise OptionError(
        f'"{host}" can be reached by others, and there are no clients with credentials',
        remedy="add one (inkread clients add), bind to 127.0.0.1, or say --insecure",
    )


def serve(
    options: ServiceOptions,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    insecure: bool = False,
    offline: bool = False,
    log_level: str = "INFO",
    make_reader: Callable[[ReaderOptions], Reads] | None = None,
) -> None:
    """Serve until the process is told to stop. Raises OptionError, and what Reader raises, at once.

    make_reader: gives another reader for its options, for tests.
    """
    os.umask(0o077)
    sys.setswitchinterval(_SWITCH_S)
    log_json(log_level)
    book = book_for(host, insecure=insecure, book=ClientBook())
    if offline:
        options = options.with_web(allow=False)
        options = options.with_(reader=options.reader.with_(allow_auto_download=False))
        options = options.with_(jobs=options.jobs.with_(webhook=options.jobs.webhook.with_(allow=False)))
    options = _with_folder(options)
    if swept := sweep():
        _log.info("removed %d folders of a process that had died", swept)
    app = make_app(options, book=book, any_host=insecure, make_reader=make_reader or warm_reader)
    config = uvicorn.Config(app, host=host, port=port, **_settings(options))
    server = _Server(config, app)
    sockets = [config.bind_socket()]
    if offline:
        forbid_connections()
    who = "anybody" if book is None else f"{len(book)} clients"
    _log.info("serving %s on port %d%s", who, sockets[0].getsockname()[1], ", offline" if offline else "")
    server.run(sockets=sockets)
    if not server.started:
        raise OptionError("the service could not start", remedy="its log says why")


def _with_folder(options: ServiceOptions) -> ServiceOptions:
    """Return options with the usual folder of jobs where none is named; where it cannot be made, there are no jobs."""
    jobs = options.jobs
    if not jobs.enabled or jobs.folder is not None:
        return options
    folder = default_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        _log.warning("jobs are not taken: their folder cannot be made (%s); name another, jobs.folder", error.strerror)
        return options
    return options.with_(jobs=jobs.with_(folder=str(folder)))


def warm_reader(options: ReaderOptions) -> Reader:
    """Return a reader that has read a line, so that no request waits for networks to open.

    What is there by then stays: the collector of garbage does not look at it again. Each full look at these 110,000
    objects kept every thread waiting for 0.24 s on two processors, /health too.
    """
    keep_large_apart()
    reader = Reader(options)
    page = Pillow.new("RGB", (640, 480), "white")
    font = ImageFont.load_default(32)
    for i in range(4):
        ImageDraw.Draw(page).text((40, 60 + 100 * i), f"line {i} of a page", "black", font)
    reader.read_page_timed(Image(np.asarray(page)))
    gc.collect()
    gc.freeze()
    return reader


def _settings(options: ServiceOptions) -> dict[str, Any]:
    limits = options.limits

    class Protocol(StrictProtocol):
        header_s = limits.header_s

    return {
        "http": Protocol,
        "ws": "none",
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "timeout_keep_alive": _KEEP_ALIVE_S,
        "timeout_graceful_shutdown": _GRACE_S,
        "limit_concurrency": limits.connections,
        "h11_max_incomplete_event_size": _MOST_HEADER_BYTES,
    }
