"""Where the command starts and ends: a process that reads one page does nothing else.

Measured beside other work, `inkread receipt.jpg` took 2.4 s of processor time: collections of garbage while it starts
0.08 s of it, those at its end 0.1 s, what the engine brings along 0.1 s. Without all of them it takes 2.0 s. Where a
program uses the library, nothing of this is done.
"""

from __future__ import annotations

import gc
import sys
from typing import Final

# One page makes 114,000 objects that stay, nearly all by importing, and Python would look through them for garbage each
# time that 700 are new.
_FIRST_LOOK: Final = 150_000
# What makes models of those of other frameworks, with its telemetry; the engine goes on where it is not installed.
_CONVERTERS: Final = "openvino.tools.ovc"


def main() -> None:
    """Run the command with the process's arguments, and exit with its code."""
    _look_for_garbage_later()
    sys.modules[_CONVERTERS] = None  # type: ignore[assignment]  # Python's word for what cannot be imported
    try:
        from inkread.cli.app import main as command

        command()
    finally:
        gc.freeze()  # what is left goes with the process, without a last look through all of it


def _look_for_garbage_later() -> None:
    """Have the first collection of garbage wait for so many objects; those after it come as usual."""
    usual = gc.get_threshold()

    def as_usual(phase: str, info: dict[str, int]) -> None:
        if phase == "stop":
            gc.set_threshold(*usual)
            gc.callbacks.remove(as_usual)

    gc.callbacks.append(as_usual)
    gc.set_threshold(_FIRST_LOOK, *usual[1:])
