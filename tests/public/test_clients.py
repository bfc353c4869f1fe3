"""The programs of examples/clients read a picture with a service, and tell what it refuses."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import started
from PIL import Image as Pillow

pytest.importorskip("fastapi", reason="needs the service: pip install inkread[service]")

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = ROOT / "examples" / "clients"
RECEIPT = ROOT / "examples" / "receipt.jpg"


class Program(NamedTuple):
    """How a client is run: what it needs, what builds it in a folder, what runs it."""

    needs: tuple[str, ...]
    command: Callable[[Path], list[str]]
    build: Callable[[Path], list[str]] | None = None
    header: str | None = None


def go(out: Path) -> list[str]:
    return ["go", "build", "-o", str(out / "ocr"), str(CLIENTS / "go" / "ocr.go")]


def cpp(out: Path) -> list[str]:
    source = str(CLIENTS / "cpp" / "ocr.cpp")
    return ["g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-o", str(out / "ocr"), source, "-lcurl"]


def java(out: Path) -> list[str]:
    return ["javac", "-Xlint:all", "-Werror", "-d", str(out), str(CLIENTS / "java" / "Ocr.java")]


def csharp(out: Path) -> list[str]:
    return ["dotnet", "build", "--output", str(out), str(CLIENTS / "csharp")]


def at(*parts: str) -> str:
    return str(CLIENTS.joinpath(*parts))


PROGRAMS = {
    "python": Program((), lambda _: [sys.executable, at("python", "ocr.py")]),
    "javascript": Program(("node",), lambda _: ["node", at("javascript", "ocr.mjs")]),
    "php": Program(("php",), lambda _: ["php", at("php", "ocr.php")]),
    "java": Program(("javac", "java"), lambda out: ["java", "-cp", str(out), "Ocr"], java),
    "go": Program(("go",), lambda out: [str(out / "ocr")], go),
    "cpp": Program(("g++",), lambda out: [str(out / "ocr")], cpp, "nlohmann/json.hpp"),
    "csharp": Program(("dotnet",), lambda out: [str(out / "ocr")], csharp),
    "curl": Program(("curl", "jq", "base64"), lambda _: ["sh", at("curl", "ocr.sh")]),
}


@pytest.fixture(scope="module")
def url(tmp_path_factory) -> Iterator[str]:
    with started.service(tmp_path_factory.mktemp("service")) as address:
        yield address


@pytest.fixture(scope="module", params=PROGRAMS)
def client(request, tmp_path_factory) -> list[str]:
    """The command of a client, built where that is needed; skipped where its tools are not installed."""
    program = PROGRAMS[request.param]
    if missing := [name for name in program.needs if shutil.which(name) is None]:
        pytest.skip(f"needs {', '.join(missing)}: see examples/clients/README.md")
    if program.header is not None and not Path("/usr/include", program.header).exists():
        pytest.skip(f"needs {program.header}: see examples/clients/README.md")
    if request.param == "php" and "curl" not in subprocess.run(["php", "-m"], capture_output=True, text=True).stdout:
        pytest.skip("needs php-curl")
    out = tmp_path_factory.mktemp(request.param)
    if program.build is not None:
        environment = {**os.environ, "GOCACHE": str(out / "cache"), "GO111MODULE": "off", "GOFLAGS": ""}
        done = subprocess.run(program.build(out), env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + done.stdout
    return program.command(out)


def run(client: list[str], picture: Path, marked: Path, url: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "INKREAD_URL": url, **more}
    command = [*client, str(picture), str(marked)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=120)


def test_a_client_prints_the_texts_and_saves_the_marked_picture(client, url, tmp_path):
    done = run(client, RECEIPT, tmp_path / "marked.jpg", url, INKREAD_TOKEN="not looked at")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 33
    assert all(re.fullmatch(r"[01](\.\d+)? .+", line) for line in lines), lines
    assert lines[0].endswith("CAFÉ PAPIERMÖWE")
    with Pillow.open(tmp_path / "marked.jpg") as marked, Pillow.open(RECEIPT) as given:
        assert marked.format == "JPEG"
        assert marked.height >= given.height


def test_a_client_tells_what_the_service_refuses(client, url, tmp_path):
    (tmp_path / "letter.png").write_text("no picture at all")
    done = run(client, tmp_path / "letter.png", tmp_path / "marked.jpg", url)
    assert done.returncode == 1
    assert "image" in done.stderr
    assert not (tmp_path / "marked.jpg").exists()


def test_every_client_is_listed_and_run():
    folders = {path.name for path in CLIENTS.iterdir() if path.is_dir()}
    assert folders == set(PROGRAMS)
    listed = (CLIENTS / "README.md").read_text()
    assert all(f"| {name} |" in listed for name in folders)
