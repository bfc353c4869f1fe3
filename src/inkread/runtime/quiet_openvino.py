"""OpenVINO, imported without its telemetry.

When it is imported it tells a web analytics service so, from a process of its own, unless the user has forbidden it in
a file. Nothing that is read here leaves this machine, and nothing that tells of it either: its telemetry is not found
while it is imported, and it goes on with what it has for that case. Where a program imported it before, that was done.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_TELEMETRY = "openvino_telemetry"


@contextmanager
def _without(module: str) -> Iterator[None]:
    """Have an import of a module that was not imported yet fail."""
    is_here = module in sys.modules
    if not is_here:
        sys.modules[module] = None  # type: ignore[assignment]  # Python's word for what cannot be imported
    try:
        yield
    finally:
        if not is_here:
            del sys.modules[module]


with _without(_TELEMETRY):
    import openvino as ov
    from openvino import opset13 as op
    from openvino.preprocess import ColorFormat, PrePostProcessor

__all__ = ["ColorFormat", "PrePostProcessor", "op", "ov"]
