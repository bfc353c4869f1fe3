"""`inkread models`: what is printed, exit codes, and errors in one line."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from models import Server, gguf, serving, tiny_onnx

from inkread.cli.app import run
from inkread.registry.locks import InUse

CONTENT = tiny_onnx()


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The folder of models, which is not there yet."""
    for name in ("INKREAD_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("INKREAD_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "models"


@pytest.fixture
def server(folder):
    with serving(Server({"/m.onnx": CONTENT})) as made:
        describe(folder, made.url)
        yield made


def describe(folder: Path, url: str, *, license: str = "MIT") -> None:
    folder.mkdir(exist_ok=True)
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    (folder / "catalog.yaml").write_text(
        f"models:\n  m:\n    task: detection\n    license: {license}\n    files:\n"
        f"      - {{name: m.onnx, sha256: {sha256}, size_bytes: {len(CONTENT)}, sources: [url {url}/m.onnx]}}\n"
    )


def put(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(CONTENT)


def printed(capsys, *arguments: str, code: int = 0) -> str:
    assert run(["models", *arguments]) == code
    return capsys.readouterr().out


def complaint(capsys, *arguments: str) -> tuple[int, str]:
    code = run(["models", *arguments])
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"inkread: [^\n]+\n", err.splitlines(keepends=True)[-1])
    return code, err


def test_files_of_others_and_faulty_cards_are_listed_beside_the_catalogue(folder, capsys):
    put(folder, "en_ocr_v1.bin")
    (folder / "mine").mkdir()
    (folder / "mine" / "card.yaml").write_text("task: cooking\n")
    out = printed(capsys, "list")
    assert re.search(r"^- en_ocr_v1.bin +file", out, re.MULTILINE)
    assert re.search(r'^! mine .*"task|^! mine .*task', out, re.MULTILINE)
    listed = json.loads(printed(capsys, "list", "--json", "--installed"))
    assert listed["folder"] == str(folder)
    assert [row["name"] for row in listed["files"]] == ["en_ocr_v1.bin"]
    assert "PP-OCRv6_small_rec" in {row["name"] for row in listed["models"]}
    assert len(listed["faults"]) == 1


@pytest.mark.row("S2-9", "S2-10")
def test_the_folder_and_the_path_of_each_are_printed(folder, capsys):
    """S2-9, S2-10."""
    put(folder, "en_ocr_v1.bin")
    assert printed(capsys, "path") == f"{folder}\n"
    assert printed(capsys, "path", "en_ocr_v1.bin") == f"{folder / 'en_ocr_v1.bin'}\n"


@pytest.mark.row("S2-28")
def test_a_gguf_tells_what_it_is(folder, capsys):
    folder.mkdir()
    (folder / "x.gguf").write_bytes(gguf())
    assert "licence: apache-2.0\ncontext: 512 tokens\n" in printed(capsys, "info", "x.gguf")
    (folder / "x.gguf").write_bytes(gguf(cut=1))
    assert complaint(capsys, "info", "x.gguf")[0] == 13
    assert json.loads(printed(capsys, "info", "PP-OCRv6_small_rec", "--json"))["license"] == "Apache-2.0"


def test_pull_tells_size_licence_and_place_first_and_prints_the_path(folder, capsys, server):
    assert run(["models", "pull", "m"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{folder / 'm.onnx'}\n"
    assert err == f"m: {len(CONTENT)} B, MIT, from {server.url}/m.onnx to {folder / 'm.onnx'}\n"
    assert run(["models", "pull", "m"]) == 0
    assert capsys.readouterr().err == f"here already: {folder / 'm.onnx'}\n"
    assert server.count() == 1
    assert json.loads(printed(capsys, "pull", "m", "--json")) == {"files": []}


def test_a_plan_fetches_nothing(folder, capsys, server):
    assert f"from {server.url}/m.onnx" in printed(capsys, "pull", "m", "--dry-run")
    plan = json.loads(printed(capsys, "pull", "m", "--dry-run", "--json"))["planned"][0]
    assert (plan["size_bytes"], plan["license"]) == (len(CONTENT), "MIT")
    assert server.asked == []


def test_pull_puts_a_damaged_file_right(folder, capsys, server):
    (folder / "m.onnx").write_bytes(CONTENT[:-1] + b"\1")
    assert printed(capsys, "verify", "m", code=15).startswith("damaged  m.onnx")
    printed(capsys, "pull", "m")
    assert printed(capsys, "verify", "m").startswith("whole    m.onnx")


def test_pull_obeys_licences_and_the_environment(folder, capsys, server, monkeypatch):
    describe(folder, server.url, license="CC-BY-NC-4.0")
    code, err = complaint(capsys, "pull", "m")
    assert code == 13
    assert "--accept-license" in err
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    code, err = complaint(capsys, "pull", "m", "--accept-license")
    assert code == 22
    assert "HF_HUB_OFFLINE is set" in err
    monkeypatch.delenv("HF_HUB_OFFLINE")
    printed(capsys, "pull", "m", "--accept-license")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["pull", "nothing"], 14, "no model"),
        (["pull", "ch_SVTRv2_rec"], 14, "not available as ONNX"),
        (["pull", "hub:acme"], 13, "hub:OWNER/NAME/FILE"),
        (["pull", "hub:acme/../x.gguf"], 13, "hub:OWNER/NAME/FILE"),
        (["remove", "../../etc/hostname"], 13, "leads out of the folder"),
        (["remove", "nothing.bin"], 13, "does not lie in"),
        (["restore", "nothing.bin"], 14, "the trash holds no"),
        (["import", "nothing"], 13, "there is nothing at"),
        (["export", "models"], 17, "exists already"),
        (["verify", "nothing"], 14, "no model"),
        (["path", "PP-OCRv6_medium_rec"], 14, "inkread models pull PP-OCRv6_medium_rec"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_exit_code(folder, capsys, arguments, code, words):
    folder.mkdir()
    found, err = complaint(capsys, *arguments)
    assert found == code
    assert words in err


@pytest.mark.row("S2-20")
def test_an_audit_tells_old_from_current_and_what_is_gone(folder, capsys, server):
    """S2-20."""
    printed(capsys, "pull", "m")
    (folder / "m.onnx").unlink()
    put(folder, "en_ocr_v1.bin", "old_fr_ocr_v1.bin")
    assert printed(capsys, "audit").splitlines() == [
        f"CURRENT: {folder / 'en_ocr_v1.bin'}",
        f"OLD: {folder / 'old_fr_ocr_v1.bin'}",
        f"MISSING: {folder / 'm.onnx'}",
    ]
    told = json.loads(printed(capsys, "audit", "--json"))
    assert [row["state"] for row in told["items"]] == ["CURRENT", "OLD"]
    assert told["missing"] == ["m.onnx"]
    assert "missing  m.onnx" in printed(capsys, "verify", code=14)


@pytest.mark.row("S2-13")
def test_pruning_is_told_first_and_can_be_undone(folder, capsys):
    put(folder, "en_ocr_v1.bin", "old_fr_ocr_v1.bin", "old_de_ocr_v1.bin")
    keep = ["--keep", "old_de*"]
    words = "old_de_ocr_v1.bin (it is on the keep-list)\n"
    assert (
        printed(capsys, "prune", "--dry-run", *keep)
        == f"kept {words}would remove old_fr_ocr_v1.bin ({len(CONTENT)} B)\n"
    )
    assert (folder / "old_fr_ocr_v1.bin").exists()
    assert printed(capsys, "prune", *keep) == f"kept {words}removed old_fr_ocr_v1.bin ({len(CONTENT)} B)\n"
    assert printed(capsys, "restore") == "old_fr_ocr_v1.bin\n"
    assert json.loads(printed(capsys, "restore", "--json")) == {"restored": [], "trash": ["old_fr_ocr_v1.bin"]}
    assert printed(capsys, "restore", "old_fr_ocr_v1.bin") == f"{folder / 'old_fr_ocr_v1.bin'}\n"
    printed(capsys, "remove", "old_fr_ocr_v1.bin")
    told = json.loads(printed(capsys, "prune", "--empty-trash", "--json", *keep))
    assert len(told["deleted"]) == 1
    assert printed(capsys, "restore") == ""


def test_a_model_in_use_stays_and_is_told(folder, capsys):
    put(folder, "a.bin", "b.bin")
    held = InUse(folder / "a.bin")
    out = printed(capsys, "remove", "a.bin", "b.bin", code=13)
    assert out == f"kept a.bin (it is in use)\nremoved b.bin ({len(CONTENT)} B)\n"
    held.close()
    told = json.loads(printed(capsys, "remove", "a.bin", "--json"))
    assert told["items"] == [{"name": "a.bin", "size_bytes": len(CONTENT), "done": "removed", "reason": ""}]


def test_a_damaged_file_can_be_moved_out_of_the_way(folder, capsys, server):
    (folder / "m.onnx").write_bytes(bytes(len(CONTENT)))
    told = json.loads(printed(capsys, "verify", "m", "--quarantine", "--json", code=15))
    assert list(told["quarantined"]) == ["m.onnx"]
    assert not (folder / "m.onnx").exists()


def test_a_bundle_goes_out_and_in(folder, capsys, monkeypatch, tmp_path):
    assert "PP-OCRv6_rec_small.onnx" in printed(capsys, "export", "out")
    assert len(json.loads(printed(capsys, "export", "out.zip", "PP-OCRv6_small_det", "--json"))["files"]) == 1
    monkeypatch.setenv("INKREAD_HOME", str(tmp_path / "elsewhere"))
    assert set(printed(capsys, "import", "out").split()) >= {"PP-OCRv6_small_det", "PP-OCRv6_small_rec"}
    assert json.loads(printed(capsys, "import", "out.zip", "--json")) == {"models": ["PP-OCRv6_small_det"]}
    assert printed(capsys, "path", "PP-OCRv6_small_det").startswith(str(tmp_path / "elsewhere"))
    # As it is, without an import.
    monkeypatch.setenv("INKREAD_HOME", str(tmp_path / "out"))
    assert printed(capsys, "path", "PP-OCRv6_small_det").startswith(str(tmp_path / "out"))


def test_names_of_files_cannot_write_on_the_terminal(folder, capsys):
    put(folder, "a\x1b[2J\n.bin")
    assert "\x1b" not in printed(capsys, "list") + printed(capsys, "audit")
