"""The short form of benchmarks/proofs/jobs.py: real processes killed and stopped, a poisonous page, a full disk."""

import json
import signal
import sys
from pathlib import Path
from types import ModuleType

import pytest
from programs import module_of

pytest.importorskip("fastapi", reason="needs the service: pip install inkread[service]")
pytest.importorskip("httpx2", reason="needs httpx2: pip install inkread[client]")

PROOFS = Path(__file__).resolve().parents[2] / "benchmarks" / "proofs"

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")


@pytest.fixture(scope="module")
def proof() -> ModuleType:
    sys.path.append(str(PROOFS))
    return module_of(PROOFS / "jobs.py")


def test_after_kills_each_job_has_ended_once(proof: ModuleType, tmp_path: Path) -> None:
    told = proof.killed(tmp_path, 8, 2)
    assert told["met"], json.dumps(told)


def test_what_was_accepted_when_the_process_is_told_to_end_is_done(proof: ModuleType, tmp_path: Path) -> None:
    told = proof.stopped(tmp_path, 10, 4)
    assert told["met"], json.dumps(told)


def test_a_page_that_ends_the_process_fails_alone(proof: ModuleType, tmp_path: Path) -> None:
    told = proof.poisoned(tmp_path, 6)
    assert told["met"], json.dumps(told)


def test_a_full_disk_loses_nothing(proof: ModuleType, tmp_path: Path) -> None:
    told = proof.full_disk(tmp_path, 9, 200)
    if "skipped" in told:
        pytest.skip(told["skipped"])
    assert told["met"], json.dumps(told)
