"""The short form of benchmarks/proofs/store.py: processes at once, and kill -9 in the middle."""

import signal
from pathlib import Path
from types import ModuleType

import pytest
from programs import module_of

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")


@pytest.fixture(scope="module")
def proof() -> ModuleType:
    return module_of(ROOT / "benchmarks" / "proofs" / "store.py")


def test_eight_processes_that_ask_at_once_make_one_download(proof: ModuleType, tmp_path: Path) -> None:
    assert proof.at_once(tmp_path, 8, 1, 1 << 19) == [{"downloads": 1, "right": 8}]


def test_after_a_kill_the_next_start_works(proof: ModuleType, tmp_path: Path) -> None:
    for each in proof.killed_downloads(tmp_path, 3, 1 << 20):
        assert each["sound"]
        assert each["works"]


def test_a_flipped_bit_is_found(proof: ModuleType, tmp_path: Path) -> None:
    assert proof.flipped(tmp_path, 3) == {"flips": 3, "found_by_verify": 3, "found_at_the_next_start": 3}
