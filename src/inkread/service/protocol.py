"""HTTP/1.1 taken strictly: what uvicorn and h11 let pass that two servers may read in two ways, or that never ends."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_END: Final = b"\r\n\r\n"


class StrictProtocol(H11Protocol):
    """Ends a connection whose headers hold a bare line feed, or are not there in time. `header_s`: that time."""

    header_s = 10.0

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self._head = bytearray()
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Look at headers as they arrive, before they are parsed; bodies are nobody's business here."""
        if self.conn.their_state is h11.IDLE:
            self._start_timer()
            self._head += data
            end = self._head.find(_END)
            head = bytes(self._head if end < 0 else self._head[: end + len(_END)])
            if _has_bare_line_feed(head):
                self._stop_timer()
                self.send_400_response("Invalid HTTP request received.")
                return
            if end >= 0:
                self._head.clear()
                self._stop_timer()
        super().data_received(data)

    def on_response_complete(self) -> None:
        self._head.clear()
        super().on_response_complete()

    def _start_timer(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.header_s, self._too_late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_late(self) -> None:
        """End a connection that was opened and says nothing, or says it too slowly."""
        self._timer = None
        if not self.transport.is_closing() and self.conn.their_state is h11.IDLE:
            self.transport.close()


def _has_bare_line_feed(head: bytes) -> bool:
    return head.count(b"\n") > head.count(b"\r\n")
