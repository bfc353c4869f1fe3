"""`inkread correct` and `inkread read --correct`."""

import json
import re
import shutil
from pathlib import Path

import pytest
from ggufs import tiny_gguf
from laid import line, page

from inkread.cli.app import run
from inkread.document import Document
from inkread.export.json import from_json
from inkread.extras import is_installed

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
        (["scan.json", "--by", "rescore", "--endpoint", "http://example.com/v1"], 22, "allow_remote"),
        (["scan.json", "--by", "edit", "--endpoint", "x"], 22, "http://127.0.0.1:11434/v1"),
        (["scan.json", "--by", "edit", "--model", "hub:x"], 8, "OWNER/NAME"),
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


@pytest.mark.skipif(not is_installed("llm"), reason="needs xllamacpp")
@pytest.mark.parametrize(
    ("model", "code", "message"),
    [
        ("none.gguf", 14, "no model file"),
        ("scan.gguf", 13, "not a whole GGUF"),
        ("hub:acme/none-GGUF:q4_k_m", 14, "inkread models pull hub:acme/none-GGUF:q4_k_m"),
        ("no-such-package", 14, "pip install --no-deps no-such-package"),
    ],
)
def test_a_model_that_is_not_there_is_told_in_one_line(folder, capsys, monkeypatch, model, code, message):
    monkeypatch.setenv("INKREAD_HOME", str(folder))
    monkeypatch.setenv("HF_HUB_CACHE", str(folder))
    Path("scan.gguf").write_bytes(b"GGUF")
    assert run(["correct", "scan.json", "--by", "rescore", "--model", model]) == code
    assert message in capsys.readouterr().err


@pytest.mark.skipif(not is_installed("llm"), reason="needs xllamacpp")
def test_a_model_of_ones_own_chooses(folder, capsys):
    tiny_gguf(folder / "tiny.gguf")
    assert run(["correct", "scan.json", "--by", "rescore", "--model", "tiny.gguf"]) == 0
    assert "31.10" in capsys.readouterr().out
    assert run(["read", "receipt.jpg", "--correct", "rescore", "--language", "en", "--config", _config(folder)]) == 0
    assert "TOTAL EUR  33.90" in capsys.readouterr().out


def _config(folder: Path) -> str:
    path = folder / "options.yaml"
    path.write_text("correct:\n  language_model:\n    model: tiny.gguf\n    context_size: 512\n")
    return str(path)
