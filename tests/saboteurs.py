"""A handler for inkread.child that fails on command, in each way in which a decoder fails."""

import ctypes
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from inkread.child.wire import Answer
from inkread.errors import LimitError, ModelError


class Saboteur:
    """Does what the request's "do" says."""

    def __call__(self, request: Mapping[str, Any], arrays: Sequence[np.ndarray]) -> Answer:
        return getattr(self, request["do"])(request, arrays)

    def echo(self, request: Mapping[str, Any], arrays: Sequence[np.ndarray]) -> Answer:
        return Answer(request["value"], arrays)

    def pixels(self, request: Mapping[str, Any], _: object) -> Answer:
        return Answer(None, [np.full(request["shape"], 7, np.uint8)])

    def sleep(self, request: Mapping[str, Any], _: object) -> Answer:
        time.sleep(request["seconds"])
        return Answer("slept")

    def spin(self, *_: object) -> Answer:
        while True:
            pass

    def eat(self, *_: object) -> Answer:
        held = []
        while True:
            held.append(bytearray(10 << 20))

    def eat_and_abort(self, request: Mapping[str, Any], _: object) -> Answer:
        held = bytearray(request["mib"] << 20)
        time.sleep(0.3)
        os.abort()
        return Answer(len(held))

    def exit(self, *_: object) -> Answer:
        os._exit(3)

    def complain_and_exit(self, *_: object) -> Answer:
        os.write(2, b"first\nthe disk is on fire\x1b[31m\n")
        os._exit(3)

    def abort(self, *_: object) -> Answer:
        os.abort()

    def fault(self, *_: object) -> Answer:
        return Answer(ctypes.string_at(0))

    def print_much(self, request: Mapping[str, Any], _: object) -> Answer:
        line = b"x" * ((1 << 20) - 1) + b"\n"
        for _count in range(request["mib"]):
            os.write(1, line)
        print("and from Python")
        sys.stdout.flush()
        return Answer("printed")

    def throw(self, *_: object) -> Answer:
        raise KeyError("no such thing")

    def refuse(self, *_: object) -> Answer:
        raise LimitError("too much of it", remedy="take less")

    def leave(self, *_: object) -> Answer:
        raise SystemExit("bye")

    def bytes_instead(self, request: Mapping[str, Any], _: object) -> Answer:
        """Write raw bytes where an answer is expected, as a decoder that was taken over might."""
        for number in range(3, 20):
            try:
                os.write(number, bytes.fromhex(request["hex"]))
            except OSError:
                continue
            break
        time.sleep(30)
        return Answer(None)

    def facts(self, *_: object) -> Answer:
        import resource

        names = ("AS", "FSIZE", "CORE", "NOFILE")
        limits = {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[0] for name in names}
        dumpable = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) if sys.platform == "linux" else 0
        return Answer({"limits": limits, "dumpable": dumpable, "environment": sorted(os.environ), "path": sys.path})

    def work(self, request: Mapping[str, Any], _: object) -> Answer:
        end = time.process_time() + request["seconds"]
        while time.process_time() < end:
            pass
        return Answer("worked")


class Lines:
    """Stands for Tesseract in a child: reads the width of a line, and fails in the ways that the library does."""

    def __init__(self) -> None:
        self.name = ""

    def __call__(self, request: Mapping[str, Any], arrays: Sequence[np.ndarray]) -> Answer:
        if request["do"] == "open":
            self.name = request["name"]
            if self.name == "crashing":
                os.abort()
            if self.name == "refused":
                raise ModelError('Tesseract refuses the language pack "refused"')
            return Answer("5")
        return Answer([self._read(picture) for picture in arrays])

    def _read(self, picture: np.ndarray) -> list[tuple[str, float, int, int]]:
        if picture[0, 0] == 13 or self.name == "hopeless":
            os.abort()
        if self.name == "lying":
            return [(None, "x", 1, 2)]
        return [(str(picture.shape[1]), 1.7, 0, picture.shape[1])]
