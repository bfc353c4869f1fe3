import gc
import sys

import pytest

from inkread.cli import start


def test_the_first_look_for_garbage_waits_and_those_after_it_come_as_usual():
    usual = gc.get_threshold()
    callbacks = list(gc.callbacks)
    start._look_for_garbage_later()
    assert gc.get_threshold() == (start._FIRST_LOOK, *usual[1:])
    gc.collect()
    assert gc.get_threshold() == usual
    assert gc.callbacks == callbacks


@pytest.mark.parametrize(("argument", "code"), [("--version", 0), ("no-such-file.png", 3)])
def test_the_command_ends_with_its_code_and_looks_for_no_garbage_at_the_end(argument, code, run_python):
    printed = run_python(
        f"""
import gc, sys
from inkread.cli import start
sys.argv = ["inkread", {argument!r}]
try:
    start.main()
except SystemExit as end:
    print(end.code, gc.get_freeze_count() > 0)
"""
    )
    assert printed.splitlines()[-1] == f"{code} True"


def test_the_engine_starts_without_what_converts_models_and_that_alone(run_python):
    pytest.importorskip("openvino")
    assert run_python(
        f"""
import sys
sys.modules[{start._CONVERTERS!r}] = None
import openvino
print(hasattr(openvino, "convert_model"), any(name.startswith("openvino_telemetry") for name in sys.modules))
openvino.Core()
"""
    ).split() == ["False", "False"]
    assert start._CONVERTERS not in sys.modules or sys.modules[start._CONVERTERS] is not None
