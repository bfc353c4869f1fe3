"""Parts of a batch read by workers on a cluster: Ray's actors, each with a reader of its own.

Actors of Ray Core and no pipeline of Ray Data. A part is given out, and its file is its result: nothing flows back but
a summary, so there is nothing for a stream of blocks to carry, and no Arrow is needed. A part may be given out twice
without harm, which Ray Data cannot know; here it makes the end of a run independent of a node that is gone or slow.
"""

from __future__ import annotations

import os
import platform
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import cv2

from inkread import __version__
from inkread.batch.local import workers_for
from inkread.batch.messages import error_of, fault
from inkread.batch.part_reader import Order, PartReader
from inkread.batch.processes import environment
from inkread.batch.report import Progress
from inkread.batch.work import Part, PartDone
from inkread.errors import InkreadError, WorkerError
from inkread.extras import not_installed

# A part that is read, and one that waits at the actor while the driver hears of the first.
_IN_FLIGHT: Final = 2
_POLL_S: Final = 0.5
# Ray starts an actor again where its process or node dies, and gives it the parts that it had; past so many times the
# pool makes a new one itself.
_RESTARTS: Final = 10
# Actors that end for good one after the other, without one part done in between.
_MOST_DEATHS: Final = 20
# An address that says nothing for so long does not answer.
_ANSWER_S: Final = 20.0
# For a cluster that adds machines when they are asked for; most take a few minutes.
_FIRST_WORKER_S: Final = 900.0
# How long a part may be out before an idle worker gets it too, at the end of a run: twice what parts have taken.
_LATE: Final = 2.0
_GROWTH_S: Final = 5.0
# Nothing goes through the store of objects; this is the least that Ray takes.
_STORE_BYTES: Final = 80 << 20


@dataclass(frozen=True)
class Cluster:
    """Where the workers are and what each of them asks for.

    address: HOST:PORT of a running cluster, "auto" for the one that this machine is part of, "local" for one that is
    started here and ends with the run.  cpus, gpus: of each worker; parts of one are possible.
    """

    address: str = "local"
    cpus: float = 1.0
    gpus: float = 0.0


class _Actor:
    """A worker on some machine of the cluster."""

    def __init__(self, order: Order) -> None:
        # Processes of our own are told by their environment; Ray tells only what comes with OpenMP.
        cv2.setNumThreads(order.options.runtime.threads or 1)
        # What keeps a reader from being made is an answer; an exception here would only say that an actor died.
        self._fault: dict[str, Any] | None = None
        try:
            self._reader = PartReader(order)
        except InkreadError as error:
            self._fault = fault(error)

    def ready(self) -> dict[str, Any]:
        """Return which version reads, where, and what keeps it from reading."""
        return {"version": __version__, "node": platform.node(), "fault": self._fault}

    def do(self, part: Part) -> dict[str, Any]:
        """Return what became of a part, or what keeps all parts from being written."""
        try:
            return {"done": self._reader.do(part)}
        except InkreadError as error:
            return {"fault": fault(error)}


def read_parts(
    parts: Iterator[Part], order: Order, cluster: Cluster, wanted: int | None, progress: Progress
) -> Generator[PartDone, None, None]:
    """Yield what becomes of each part, once, in the order in which they are done.

    wanted: how many workers; None: as many as the cluster has room for, also when it grows. `progress` is told of
    them. Raises MissingPackageError without Ray, WorkerError where the cluster does not answer or its workers keep
    dying, and what keeps a worker from reading or writing; the parts that are done stay.
    """
    with _connected(cluster, order, wanted) as ray:
        pool = _Pool(ray, order, cluster, wanted, progress)
        try:
            yield from pool.done(parts)
        finally:
            pool.dismiss()


@dataclass
class _Hand:
    """An actor, and the parts that it has. given: by the reference of the answer, with the time."""

    actor: Any
    is_ready: bool = False
    given: dict[Any, tuple[Part, float]] = field(default_factory=dict)


class _Pool:
    """The actors, and who has which part."""

    def __init__(self, ray: Any, order: Order, cluster: Cluster, wanted: int | None, progress: Progress) -> None:
        self._ray = ray
        self._wanted = wanted
        self._cluster = cluster
        self._progress = progress
        self._order = order  # given as it is: what Ray keeps as an object may be gone when an actor starts again
        kinds = ray.exceptions
        self._deadly = (kinds.RayActorError, kinds.WorkerCrashedError, kinds.NodeDiedError, kinds.OutOfMemoryError)
        resources = {"num_cpus": cluster.cpus, "num_gpus": cluster.gpus}
        self._class = ray.remote(max_restarts=_RESTARTS, max_task_retries=_RESTARTS, **resources)(_Actor)
        self._hands: dict[Any, _Hand] = {}  # by the reference of the answer that is waited for
        self._alive: list[_Hand] = []
        self._again: deque[Part] = deque()  # of actors that died
        self._open: dict[int, int] = {}  # how often each part that is not done was given out
        self._took_s: deque[float] = deque(maxlen=100)
        self._deaths = 0
        self._grown = 0.0
        self._started = time.monotonic()

    def done(self, parts: Iterator[Part]) -> Iterator[PartDone]:
        """Give out parts while workers have room, and yield what becomes of each."""
        is_over = False
        while not is_over or self._open or self._again:
            self._grow()
            while not is_over and (hand := self._with_room()) is not None:
                part = self._again.popleft() if self._again else next(parts, None)
                if part is None:
                    is_over = True
                else:
                    self._give(hand, part)
            if is_over:
                self._give_again()
            if not self._hands:
                continue
            ready, _ = self._ray.wait(list(self._hands), num_returns=1, timeout=_POLL_S)
            for answer in ready:
                if (done := self._heard(answer)) is not None:
                    yield done

    def dismiss(self) -> None:
        """End all actors at once."""
        for hand in self._alive:
            with suppress(Exception):  # of a cluster that is gone
                self._ray.kill(hand.actor)

    def _grow(self) -> None:
        """Have as many actors as are wanted, or as the cluster has room for by now."""
        now = time.monotonic()
        if now - self._grown < _GROWTH_S and self._alive:
            return
        self._grown = now
        room = self._wanted or max(1, self._room())
        for _ in range(room - len(self._alive)):
            hand = _Hand(self._class.remote(self._order))
            self._alive.append(hand)
            self._hands[hand.actor.ready.remote()] = hand
        self._progress.workers = sum(hand.is_ready for hand in self._alive)
        is_waiting = self._progress.workers == 0
        self._progress.note = "waiting for workers" if is_waiting else ""
        if is_waiting and now - self._started > _FIRST_WORKER_S:
            raise WorkerError(
                f"the cluster gave no worker in {_FIRST_WORKER_S:.0f} s",
                remedy=f"see what is free: one asks for {self._cluster.cpus:g} CPUs, {self._cluster.gpus:g} GPUs",
            )

    def _room(self) -> int:
        has = self._ray.cluster_resources()
        asked = (("CPU", self._cluster.cpus), ("GPU", self._cluster.gpus))
        return int(min(has.get(name, 0.0) / amount for name, amount in asked if amount))

    def _with_room(self) -> _Hand | None:
        free = [hand for hand in self._alive if hand.is_ready and len(hand.given) < _IN_FLIGHT]
        return min(free, key=lambda hand: len(hand.given), default=None)

    def _give(self, hand: _Hand, part: Part) -> None:
        answer = hand.actor.do.remote(part)
        self._hands[answer] = hand
        hand.given[answer] = part, time.monotonic()
        self._open[part.number] = self._open.get(part.number, 0) + 1

    def _give_again(self) -> None:
        """Give idle workers what others have had for long: their machine may be gone. Whoever is first, it is once."""
        usual = sorted(self._took_s)[len(self._took_s) // 2] if self._took_s else _ANSWER_S
        late = time.monotonic() - max(_LATE * _IN_FLIGHT * usual, _POLL_S)
        given = [each for hand in self._alive for each in hand.given.values()]
        waiting = [*self._again, *(part for part, since in given if since < late and self._open.get(part.number) == 1)]
        self._again.clear()
        for part in waiting:
            idle = next((hand for hand in self._alive if hand.is_ready and not hand.given), None)
            if idle is not None:
                self._give(idle, part)
            elif not any(part.number == other.number for other, _ in given):
                self._again.append(part)

    def _heard(self, answer: Any) -> PartDone | None:
        """Take in an answer; return what it says of a part that was not done before."""
        hand = self._hands.pop(answer)
        given = hand.given.pop(answer, None)
        try:
            told = self._ray.get(answer)
        except self._deadly as error:
            self._bury(hand, given, error)
            return None
        except self._ray.exceptions.RayError as error:
            reason = " ".join(str(error).split())[-300:]
            raise WorkerError(f"a worker of the cluster failed ({reason})", remedy="please report it") from error
        if told.get("fault") is not None:
            raise error_of(told["fault"])
        if given is None:
            self._welcome(hand, told)
            return None
        part, since = given
        self._deaths = 0
        self._took_s.append(time.monotonic() - since)
        return PartDone.of_dict(told["done"]) if self._open.pop(part.number, 0) else None

    def _welcome(self, hand: _Hand, told: dict[str, Any]) -> None:
        if told["version"] != __version__:
            raise WorkerError(
                f'inkread {told["version"]} is on "{told["node"]}" and {__version__} here', remedy="install one version"
            )
        hand.is_ready = True
        self._progress.workers = sum(each.is_ready for each in self._alive)
        self._progress.note = ""

    def _bury(self, hand: _Hand, given: tuple[Part, float] | None, error: Exception) -> None:
        """Take back the parts of an actor that Ray does not start again."""
        self._deaths += 1
        if self._deaths > _MOST_DEATHS:
            reason = " ".join(str(error).split())[:300]
            raise WorkerError(
                f"the cluster's workers keep dying ({reason})", remedy="see the cluster's logs"
            ) from error
        lost = [*([given] if given else []), *hand.given.values()]
        for answer in [answer for answer, whose in self._hands.items() if whose is hand]:
            del self._hands[answer]
        hand.given.clear()
        with suppress(Exception):  # it may be there and out of reach: nobody waits for it any more
            self._ray.kill(hand.actor)
        if hand in self._alive:
            self._alive.remove(hand)
        held = {part.number for other in self._alive for part, _ in other.given.values()}
        for part, _ in lost:
            if part.number in self._open and part.number not in held:
                del self._open[part.number]
                self._again.append(part)
        self._grown = 0.0


@contextmanager
def _connected(cluster: Cluster, order: Order, wanted: int | None) -> Iterator[Any]:
    """Yield Ray, connected; what was started here ends with the block."""
    # Nobody is told that this runs.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise not_installed("ray") from error
    if ray.is_initialized():  # by the program that calls this
        yield ray
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    if cluster.address == "local":
        workers = workers_for(order.options, wanted)
        quiet |= {"num_cpus": max(1, round(workers * cluster.cpus)), "include_dashboard": False}
        quiet["object_store_memory"] = _STORE_BYTES
    elif cluster.address != "auto":
        _check_answer(cluster.address)
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = environment(1)["PYTHONPATH"]  # what is started here finds the same modules
    try:
        with _plain_interrupts():
            ray.init(cluster.address, **quiet)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise _silent(cluster.address, str(error)) from error
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
    try:
        yield ray
    finally:
        ray.shutdown()


def _check_answer(address: str) -> None:
    """Raise WorkerError where no cluster answers in time; Ray itself asks for minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in host:
        raise _silent(address, "no HOST:PORT")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _ANSWER_S).close()
    except (OSError, OverflowError) as error:
        raise _silent(address, str(error)) from error
    command = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=_ANSWER_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise _silent(address, f"nothing in {_ANSWER_S:.0f} s") from error
    if asked.returncode:
        raise _silent(address, "")


def _silent(address: str, reason: str) -> WorkerError:
    why = f" ({' '.join(reason.split())[:200]})" if reason else ""
    return WorkerError(
        f'no Ray cluster answers at "{address}"{why}', remedy="give HOST:PORT of its head (ray start --head), or local"
    )


@contextmanager
def _plain_interrupts() -> Iterator[None]:
    """Keep the handlers of signals that are set: Ray's own would end the run at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
