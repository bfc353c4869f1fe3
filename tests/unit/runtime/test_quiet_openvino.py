"""What the engine's package does when it is imported, in processes of their own."""

import subprocess
import sys

import pytest


def printed(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_engine_is_imported_without_its_telemetry_and_converts_as_before():
    pytest.importorskip("openvino_telemetry", reason="the engine came without it")
    program = """
import sys
from inkread.runtime.quiet_openvino import ov
sent = [name for name in sys.modules if name.partition(".")[0] == "openvino_telemetry"]
import openvino_telemetry
print(sent, callable(ov.convert_model), openvino_telemetry.Telemetry.__name__)
"""
    assert printed(program) == "[] True Telemetry"


def test_a_program_that_has_imported_it_keeps_what_it_has():
    pytest.importorskip("openvino_telemetry", reason="the engine came without it")
    program = """
import sys, types
sys.modules["openvino_telemetry"] = mine = types.ModuleType("openvino_telemetry")
try:
    from inkread.runtime.quiet_openvino import ov
except ImportError:
    pass
print(sys.modules["openvino_telemetry"] is mine)
"""
    assert printed(program) == "True"
