"""Batches that callers share: pictures of one shape that wait at the same time run together."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator

import numpy as np

from inkread.runtime.session import Floats, Pixels, Session, Stop


class _Ticket:
    """One picture on its way, (1, H, W, 3): waiting, running, or with its output."""

    def __init__(self, picture: Pixels | Floats) -> None:
        self.picture = picture
        self.output: Floats | None = None
        self.is_waiting = True


class Batches:
    """A session whose `run_many` takes along what other threads wait for, `most` pictures of one shape at once.

    Nobody waits for company: each thread runs its own pictures in their order, as soon as the session is free, and
    whatever of the same shape waits then goes with them. A thread that gives up, or whose batch fails, leaves the
    pictures of others to them.
    """

    def __init__(self, session: Session, most: int) -> None:
        self._session = session
        self._most = most
        self._waiting: list[_Ticket] = []
        self._changed = threading.Condition()

    @property
    def description(self) -> str:
        return self._session.description

    def run(self, batch: Pixels | Floats, stop: Stop | None = None) -> Floats:
        """Return the output for one batch, which stays by itself."""
        return self._session.run(batch, stop)

    def run_many(self, batches: Iterable[Pixels | Floats], stop: Stop | None = None) -> Iterator[Floats]:
        """Yield the outputs in order, each in an array of its own, until `stop` says yes.

        It is asked between batches: others' pictures may be in the one that runs.
        """
        tickets = [_Ticket(batch) for batch in batches]
        with self._changed:
            self._waiting += tickets
            self._changed.notify_all()
        given = 0
        try:
            while given < len(tickets) and not (stop is not None and stop()):
                for _ in self._drive(tickets):
                    if stop is not None and stop():
                        return
                    while given < len(tickets) and (output := tickets[given].output) is not None:
                        yield output
                        given += 1
                if given < len(tickets):
                    yield self._awaited(tickets, given)
                    given += 1
        finally:
            with self._changed:
                mine = set(tickets)
                self._waiting = [each for each in self._waiting if each not in mine]

    def working_bytes(self, *sizes: tuple[int, int]) -> int:
        """Return how much more memory pictures of these sizes take, as many together as there may be."""
        return self._most * self._session.working_bytes(*sizes)

    def release(self) -> None:
        """Give back what the session holds."""
        self._session.release()

    def close(self) -> None:
        """Free the network."""
        self._session.close()

    def _awaited(self, tickets: list[_Ticket], index: int) -> Floats:
        """Return the output of a picture that another thread runs, or runs no more."""
        ticket = tickets[index]
        while True:
            with self._changed:
                self._changed.wait_for(lambda: ticket.output is not None or ticket.is_waiting)
            if ticket.output is not None:
                return ticket.output
            for _ in self._drive(tickets):
                pass

    def _drive(self, tickets: list[_Ticket]) -> Iterator[None]:
        """Run batches as long as one of these pictures waits; yield after each."""
        running: deque[list[_Ticket]] = deque()
        outputs = self._session.run_many(self._groups(tickets, running))
        try:
            for output in outputs:
                group = running.popleft()
                with self._changed:
                    for number, ticket in enumerate(group):
                        ticket.output = output[number : number + 1].copy() if len(group) > 1 else output.copy()
                    self._changed.notify_all()
                yield
        finally:
            if isinstance(outputs, Generator):
                outputs.close()  # what is under way ends before its pictures are anybody's again
            with self._changed:
                for ticket in (each for group in running for each in group):
                    ticket.is_waiting = True
                    self._waiting.append(ticket)
                self._changed.notify_all()

    def _groups(self, tickets: list[_Ticket], running: deque[list[_Ticket]]) -> Iterator[Pixels | Floats]:
        """Yield batches, each with the next of these pictures that waits, and note which pictures are in it."""
        for ticket in tickets:
            with self._changed:
                if not ticket.is_waiting:
                    continue
                shape = ticket.picture.shape
                others = (each for each in self._waiting if each is not ticket and each.picture.shape == shape)
                room = self._most - 1 if shape[0] == 1 else 0
                group = [ticket, *(each for _, each in zip(range(room), others, strict=False))]
                for each in group:
                    each.is_waiting = False
                    self._waiting.remove(each)
            running.append(group)
            yield np.concatenate([each.picture for each in group]) if len(group) > 1 else ticket.picture
