"""A service that listens on a port of this machine, and a proxy before it that loses what it is told to lose."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import uvicorn

from inkread.service.edge import App

_LONGEST_START_S = 60.0


@contextlib.contextmanager
def listening(app: App) -> Iterator[str]:
    """Yield the address of an app that answers until the block ends."""
    config = uvicorn.Config(app, log_level="critical", ws="none", lifespan="on", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        ends = time.monotonic() + _LONGEST_START_S
        while not server.started and thread.is_alive() and time.monotonic() < ends:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)


@contextlib.contextmanager
def flaky_proxy(url: str, *, losing: int) -> Iterator[str]:
    """Yield the address of a proxy that cuts so many connections at their first bytes, and hands on those after."""
    host, port = url.removeprefix("http://").split(":")
    left = [losing]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_accept, args=(listener, (host, int(port)), left), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def _accept(listener: socket.socket, target: tuple[str, int], left: list[int]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        if left[0] > 0:
            left[0] -= 1
            client.recv(1)
            client.close()
            continue
        threading.Thread(target=_between, args=(client, socket.create_connection(target)), daemon=True).start()


def _between(client: socket.socket, server: socket.socket) -> None:
    with client, server:
        back = threading.Thread(target=_hand_on, args=(server, client), daemon=True)
        back.start()
        _hand_on(client, server)
        back.join(30)


def _hand_on(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_WR)
