"""The reader as a deployment: what it answers, and on Ray Serve where that is installed."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from inkread.batch.ray_serve import ReaderReplica, application
from inkread.document import Document
from inkread.errors import DamagedInputError, MissingPackageError


class Fake:
    """Reads what its input says."""

    def __init__(self, options: object) -> None:
        pass

    def read(self, source: bytes, *, name: str) -> Document:
        if source == b"torn":
            raise DamagedInputError("it is torn", remedy="mend it")
        return Document((), name, source.decode())


class Request:
    """What starlette gives a deployment."""

    def __init__(self, body: bytes, method: str = "POST") -> None:
        self.method = method
        self.query_params = {"name": "a.png"}
        self._body = body

    async def stream(self):
        for at in range(0, len(self._body), 3):
            yield self._body[at : at + 3]


@pytest.fixture
def replica(monkeypatch):
    module = type(sys)("fake_for_serving")
    module.Fake = Fake
    monkeypatch.setitem(sys.modules, "fake_for_serving", module)
    return ReaderReplica(reader="fake_for_serving:Fake", max_bytes=20)


def test_a_handle_gets_a_document(replica):
    told = asyncio.run(replica.read(b"text", "a.png"))
    assert (told["source"], told["generator"]) == ("a.png", "text")
    with pytest.raises(DamagedInputError):
        asyncio.run(replica.read(b"torn"))


@pytest.mark.parametrize(
    ("body", "method", "status", "kind"),
    [
        (b"text", "POST", 200, None),
        (b"torn", "POST", 422, "DamagedInputError"),
        (b"", "POST", 422, "InputError"),
        (b"x" * 21, "POST", 413, "LimitError"),
        (b"", "GET", 405, None),
    ],
)
def test_http_gets_a_document_or_says_why_not(replica, body, method, status, kind):
    pytest.importorskip("starlette", reason="needs starlette, which comes with Ray Serve")
    answer = asyncio.run(replica(Request(body, method)))
    assert answer.status_code == status
    told = json.loads(answer.body)
    assert told.get("kind") == kind
    assert status != 200 or told["source"] == "a.png"


def test_without_ray_serve_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingPackageError, match=r"inkread\[ray-serve\]"):
        application()


@pytest.mark.filterwarnings("ignore")  # of Ray's own
def test_a_deployment_reads(run_python):
    pytest.importorskip("ray", reason="needs Ray Serve: pip install inkread[ray-serve]")
    pytest.importorskip("opencensus", reason="needs Ray Serve: pip install inkread[ray-serve]")
    example = Path(__file__).resolve().parents[3] / "examples" / "receipt.jpg"
    script = f"""
import warnings; warnings.simplefilter("ignore")
import json, os, sys, urllib.request
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
import ray
from ray import serve
from inkread.batch.ray_serve import application
ray.init(num_cpus=3, log_to_driver=False, logging_level="error", object_store_memory=80 << 20)
serve.start(http_options={{"host": "127.0.0.1", "port": 18997}})
handle = serve.run(application(replicas=1))
content = open({str(example)!r}, "rb").read()
first = handle.read.remote(content, "receipt.jpg").result(timeout_s=60)
asked = urllib.request.Request("http://127.0.0.1:18997/?name=receipt.jpg", data=content)
second = json.loads(urllib.request.urlopen(asked, timeout=60).read())
print(first == second, first["source"], len(first["pages"][0]["text"]) > 100)
serve.shutdown()
ray.shutdown()
"""
    assert "True receipt.jpg True" in run_python(script).splitlines()
