"""`inkread correct` and `inkread read --correct`."""

import json
import re
import shutil
from pathlib import Path

import pytest
from laid import line, page

from inkread.cli.app import run
from inkread.document import Document
from inkread.export.json import from_json

pytest.importorskip("spellchecker", reason="needs pyspellchecker")
RECEIPT = Path(__file__).resolve().parents[3] / "examples" / "receipt.jpg"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    read = page([line("The anser is in the nunber 31.10", 100, 100), line("this is what we have to say", 100, 200)])
    Document((read,), "scan.png").save(tmp_path / "scan.json")
    shutil.copy(RECEIPT, tmp_path / "receipt.jpg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_corrected_text_goes_to_stdout(folder, capsys):
    assert run(["correct", "scan.json"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "The answer is in the number 31.10"


@pytest.mark.row("S3-34")
def test_what_was_changed_is_told(folder, capsys):
    assert run(["correct", "scan.json", "--diff"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert re.fullmatch(r"page 1, line 1: anser -> answer \(lexicon [01]\.\d\d\)  in: The anser .*", lines[0])


@pytest.mark.row("S3-34")
def test_a_file_keeps_what_was_read(folder):
    assert run(["correct", "scan.json", "-o", "done.json"]) == 0
    done = from_json(Path("done.json").read_text())
    assert done.text.startswith("The answer")
    assert done.raw().text.startswith("The anser")


def test_reading_corrects_where_it_is_asked(folder, capsys):
    assert run(["read", "receipt.jpg", "--correct", "lexicon", "--language", "en"]) == 0
    assert "TOTAL EUR  33.90" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["scan.json", "--by", "never"], 8, "corrects nothing"),
        (["scan.json", "--by", "lexikon"], 8, "corrector"),
        (["scan.json", "--language", "ja"], 9, "no lexicon for ja"),
        (["none.json"], 6, "none.json"),
        (["scan.json", "-f", "text,json"], 10, "several formats"),
        (["scan.json", "-o", "scan.json"], 17, "scan.json"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(folder, capsys, arguments, code, message):
    before = json.loads(Path("scan.json").read_text())
    assert run(["correct", *arguments]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"inkread: [^\n]+\n", err)
    assert message in err
    assert json.loads(Path("scan.json").read_text()) == before
