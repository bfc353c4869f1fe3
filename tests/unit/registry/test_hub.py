import hashlib
import http.server
import json
import sys
import threading

import pytest
from models import gguf

from inkread.errors import DownloadError, LimitError, MissingPackageError, ModelError, ModelIntegrityError
from inkread.registry.catalog import ModelFile, Source
from inkread.registry.downloads import Downloads
from inkread.registry.hub import describe
from inkread.registry.receipts import receipts

CONTENT = gguf(values=100_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
COMMIT = "a" * 40
NAME = "tiny-q4_k_m.gguf"


class Hub(http.server.BaseHTTPRequestHandler):
    """A hub on this machine with one repository, acme/tiny, and a gated one, acme/gated."""

    protocol_version = "HTTP/1.1"
    content = CONTENT

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        path = self.path.partition("?")[0]
        if "gated" in path:
            self.head(403, 0, {"X-Error-Code": "GatedRepo", "X-Error-Message": "gated"})
        elif path.startswith("/api/models/acme/tiny"):
            large = {"sha256": SHA256, "size": len(CONTENT), "pointerSize": 130}
            files = [{"rfilename": NAME, "size": len(CONTENT), "lfs": large}, {"rfilename": "README.md", "size": 2}]
            about = {"id": "acme/tiny", "sha": COMMIT, "siblings": files, "tags": ["license:apache-2.0"]}
            data = json.dumps(about).encode()
            self.head(200, len(data), {"Content-Type": "application/json"})
            self.wfile.write(data)
        elif path == f"/acme/tiny/resolve/{COMMIT}/{NAME}":
            first = self.headers.get("Range")
            start = int(first.removeprefix("bytes=").partition("-")[0]) if first else 0
            about = {"X-Repo-Commit": COMMIT, "ETag": f'"{SHA256}"', "Accept-Ranges": "bytes"}
            about |= {"X-Linked-Etag": f'"{SHA256}"', "X-Linked-Size": str(len(CONTENT))}
            if start:
                about["Content-Range"] = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
            self.head(206 if start else 200, len(CONTENT) - start, about)
            if self.command == "GET":
                self.wfile.write(self.content[start:])
        else:
            self.head(404, 0, {"X-Error-Code": "RepoNotFound"})

    def head(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub(monkeypatch, tmp_path):
    pytest.importorskip("huggingface_hub")
    for name in ("INKREAD_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    handler = type("Handler", (Hub,), {})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{made.server_port}")
        yield handler
        made.shutdown()
        thread.join()


def source(repository: str = "acme/tiny", path: str = NAME) -> Source:
    return Source("hub", repository, path)


def fetch(folder, **changes):
    file = ModelFile(NAME, sources=(source(**changes),))
    return Downloads(folder).fetch(file, model=NAME, license="unknown")


def test_the_hub_tells_size_hash_licence_and_commit_first(hub):
    told = describe(source())
    assert (told.size_bytes, told.sha256, told.license, told.revision) == (len(CONTENT), SHA256, "apache-2.0", COMMIT)


def test_a_file_comes_as_a_plain_file_pinned_to_its_commit(hub, tmp_path):
    path = fetch(tmp_path / "models")
    assert path.read_bytes() == CONTENT
    assert not path.is_symlink()
    receipt = receipts(tmp_path / "models")[NAME]
    assert (receipt.source, receipt.license) == (f"hub acme/tiny {NAME}@{COMMIT}", "apache-2.0")
    assert [path.name for path in (tmp_path / "models").iterdir() if not path.name.startswith(".")] == [NAME]


def test_a_flipped_byte_is_found_which_the_package_does_not_look_for(hub, tmp_path):
    hub.content = CONTENT[:-1] + b"\1"
    with pytest.raises((ModelIntegrityError, DownloadError, LimitError)):
        fetch(tmp_path / "models")
    assert not (tmp_path / "models" / NAME).exists()


def test_a_gated_repository_and_a_missing_one_say_what_to_do(hub, tmp_path):
    with pytest.raises(DownloadError, match="accept its terms"):
        fetch(tmp_path, repository="acme/gated")
    with pytest.raises(DownloadError, match="check the names of repository"):
        fetch(tmp_path, repository="acme/none")
    with pytest.raises(DownloadError, match=f'no file "none.gguf" in "acme/tiny": it has {NAME}'):
        fetch(tmp_path, path="none.gguf")


def test_a_hub_that_is_not_there_is_told(hub, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(DownloadError, match="does not give"):
        fetch(tmp_path)


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingPackageError, match=r"pip install inkread\[hub\]"):
        describe(source())


def test_a_licence_of_the_hub_counts(hub, tmp_path):
    file = ModelFile(NAME, sources=(source(),))
    with pytest.raises(ModelError, match="CC-BY-NC"):
        Downloads(tmp_path).fetch(file, model=NAME, license="CC-BY-NC-4.0")
