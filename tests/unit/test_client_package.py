"""The distribution `inkread-client`: it holds what the client needs, and needs nothing of the engine."""

import json
import os
import shutil
import subprocess
import sys
import threading
import tomllib
import venv
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import started
from laid import line, page

pytest.importorskip("httpx2", reason="needs httpx2: pip install inkread[client]")

from inkread.document import Document

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "packages" / "inkread-client"
ENGINE = ("numpy", "cv2", "openvino", "onnxruntime", "PIL", "pydantic", "yaml", "pypdfium2", "pikepdf", "typer")
RECEIPT = ROOT / "examples" / "receipt.jpg"
DOCUMENT = Document((page([line("hello there", 10, 10)]),), "scan.png", "test")
# Run where only the client is: with the engine's packages refused, whether they are installed or not.
SCRIPT = """
import asyncio, sys, pathlib

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {engine}:
            raise ModuleNotFoundError(f"the engine's {{name}} is not here", name=name)

sys.meta_path.insert(0, Refuse())
import inkread
assert str(pathlib.Path(inkread.__file__).parents[1]) == {folder!r}, inkread.__file__
with inkread.Client({url!r}) as client:
    document = client.read(b"a picture")
    assert client.models() == [{{"name": "some model"}}]
async def read():
    async with inkread.AsyncClient({url!r}) as client:
        return await client.read(b"a picture")
assert asyncio.run(read()) == document
print(document)
for name in ("a.txt", "a.json", "a.md", "a.hocr", "a.xml", "a.tsv"):
    document.save(pathlib.Path({out!r}, name))
try:
    inkread.Reader
except ImportError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def files() -> dict[Path, str]:
    """Which file of the tree becomes which file of the distribution."""
    settings = tomllib.loads((PACKAGE / "pyproject.toml").read_text())
    given = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    return {(PACKAGE / source).resolve(): target for source, target in given.items()}


@pytest.fixture
def url():
    """A service that reads the same in every picture."""

    class Service(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            said = DOCUMENT.to_json() if self.command == "POST" else json.dumps({"models": [{"name": "some model"}]})
            body = said.encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815  # as the standard library calls them

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def script(folder: Path, out: Path, url: str) -> str:
    return SCRIPT.format(engine=set(ENGINE), folder=str(folder), out=str(out), url=url)


def test_the_files_of_the_client_read_and_write_without_the_engine(files, url, tmp_path):
    folder, out = tmp_path / "site", tmp_path / "out"
    out.mkdir()
    for source, target in files.items():
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / target)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script(folder, out, url)],
        env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "hello there",
        "inkread.Reader is not in this installation: pip install inkread",
    ]
    assert (out / "a.txt").read_text() == "hello there\n"
    assert len(list(out.iterdir())) == 6


def test_the_distribution_holds_every_file_that_the_client_imports_and_its_version_is_the_same(files, run_python):
    modules = run_python(
        "import sys, inkread.client, inkread.export.save, inkread.export.json\n"
        "print(*(m.__file__ for n, m in sys.modules.items() if n.partition('.')[0] == 'inkread'))"
    ).split()
    assert {Path(module).resolve() for module in modules} <= set(files)
    assert all(source.is_file() for source in files)


def test_it_needs_what_the_extra_of_the_client_needs():
    ours, whole = (tomllib.loads((at / "pyproject.toml").read_text())["project"] for at in (PACKAGE, ROOT))
    assert ours["dependencies"] == whole["optional-dependencies"]["client"]
    assert ours["requires-python"] == whole["requires-python"]
    assert ours["license"] == whole["license"]


@pytest.mark.skipif(
    "INKREAD_PACKAGE_INDEX" not in os.environ, reason="installs from PyPI: say so with INKREAD_PACKAGE_INDEX=1"
)
def test_the_wheel_installs_alone_and_has_a_service_read(tmp_path):
    pip = ["-m", "pip", "--disable-pip-version-check"]
    built = [sys.executable, *pip, "wheel", "--no-deps", "--wheel-dir", tmp_path, PACKAGE]
    subprocess.run(built, check=True)
    (wheel,) = tmp_path.glob("inkread_client-*.whl")
    venv.create(tmp_path / "clean", with_pip=True)
    python = tmp_path / "clean" / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([python, *pip, "install", wheel], check=True)
    listed = subprocess.run([python, *pip, "freeze", "--all"], check=True, capture_output=True, text=True)
    assert not {line.partition("==")[0].lower() for line in listed.stdout.split()} & set(ENGINE)
    assert "inkread-client" in listed.stdout.replace("_", "-")
    with started.service(tmp_path) as address:
        program = f"import inkread; print(inkread.Client({address!r}).read({str(RECEIPT)!r}))"
        done = subprocess.run(
            [python, "-c", program], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    assert "TOTAL EUR" in done.stdout
