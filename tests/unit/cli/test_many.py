"""Many inputs on the command line: in processes, with notes, from addresses."""

import re
from pathlib import Path

import pytest
from PIL import Image as Pillow

from inkread.cli.app import run

RECEIPT = Path(__file__).resolve().parents[3] / "examples" / "receipt.jpg"
NOTES = "inkread-manifest.jsonl"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two small receipts that go by the same name, and what is no picture."""
    receipt = Pillow.open(RECEIPT).convert("RGB")
    small = receipt.resize((receipt.width // 2, receipt.height // 2))
    (tmp_path / "in").mkdir()
    small.save(tmp_path / "in" / "a.png")
    small.transpose(Pillow.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "in" / "a.bmp")
    (tmp_path / "in" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != NOTES}


def test_processes_write_what_one_process_writes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["in", "-o", "one", "-f", "text,json,picture"]) == 20
    assert run(["in", "-o", "two", "-f", "text,json,picture", "--jobs", "2"]) == 20
    assert capsys.readouterr().err.count('"in/bad.png"') == 2
    one, two = contents(folder / "one"), contents(folder / "two")
    assert len(one) == 6
    assert sorted(one) == sorted(two)
    assert {name: each for name, each in one.items() if name.endswith(".txt")} == {
        name: each for name, each in two.items() if name.endswith(".txt")
    }


def test_resume_reads_what_is_left_and_what_has_gone(folder: Path) -> None:
    command = ["in/a.png", "in/a.bmp", "-o", "out", "-f", "text,picture", "--resume"]
    assert run(command) == 0
    before = contents(folder / "out")
    assert len(before) == 4
    stamps = {path: path.stat().st_mtime_ns for path in (folder / "out").iterdir() if path.name != NOTES}
    assert run(command) == 0
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    (folder / "out" / "a-2.txt").unlink()
    assert run(command) == 0
    assert contents(folder / "out") == before


def test_a_run_that_is_resumed_replaces_only_what_it_was_writing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "a.txt").write_text("mine")
    for _ in range(2):
        assert run(["in/a.png", "-o", "out", "--resume"]) == 17
    assert (folder / "out" / "a.txt").read_text() == "mine"
    assert "exists already" in capsys.readouterr().err


def test_resume_needs_a_folder_for_its_notes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["in", "--resume"]) == 8
    assert run(["in/a.png", "-o", "a.txt", "--resume"]) == 8
    assert "give a folder" in capsys.readouterr().err


def test_an_address_needs_leave_and_says_how_to_give_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["https://example.org/a.png?key=secret"]) == 22
    told = capsys.readouterr().err
    assert re.fullmatch(r"inkread: [^\n]*--allow-url[^\n]*\n", told)
    assert "secret" not in told
    assert run(["http://169.254.169.254/latest/", "--allow-url"]) == 22
    assert "a link-local address" in capsys.readouterr().err
