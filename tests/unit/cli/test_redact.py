"""`inkread redact`: its report, its exit codes, and that it tells no secret."""

import json
from pathlib import Path

import pytest
from pdfs import PdfWriter, text

from inkread.cli.app import run
from inkread.redaction import redact as module
from inkread.redaction.burning import Burnt

SECRET = "Quixote"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    writer = PdfWriter()
    writer.page(text(30, 200, f"Dear {SECRET} of la Mancha") + text(30, 150, "write to a.b@example.org"), (420, 300))
    (tmp_path / "in.pdf").write_bytes(writer.content())
    (tmp_path / "there.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_report_is_json_on_stdout_and_holds_no_secret(folder, capsys):
    assert run(["redact", "in.pdf", "-p", SECRET, "--preset", "email,iban", "-o", "out.pdf"]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["matches"] == 2
    assert {match["pattern"] for match in told["pages"][0]["matches"]} == {"pattern 1", "email"}
    assert SECRET not in out + err
    assert "example" not in out + err
    assert (folder / "out.pdf").read_bytes().startswith(b"%PDF-")


def test_what_matched_is_told_where_asked(folder, capsys):
    assert run(["redact", "in.pdf", "-i", "-p", SECRET.lower(), "--show-text", "-o", "out.png"]) == 0
    assert json.loads(capsys.readouterr().out)["pages"][0]["matches"][0]["text"] == SECRET


def test_the_report_goes_into_a_file_and_patterns_come_from_one(folder, capsys):
    (folder / "secrets.txt").write_text(f"# people\n\n{SECRET}\n", encoding="utf-8")
    assert run(["redact", "in.pdf", "--patterns-from", "secrets.txt", "-o", "out.pdf", "--report", "report.json"]) == 0
    assert capsys.readouterr() == ("", "")
    assert json.loads((folder / "report.json").read_text(encoding="utf-8"))["matches"] == 1


def test_that_nothing_matched_is_told(folder, capsys):
    assert run(["redact", "in.pdf", "-p", "Rosinante", "-o", "out.pdf"]) == 0
    assert "no pattern matches anything" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["in.pdf", "-o", "out.pdf"], 8, "nothing to redact"),
        (["in.pdf", "-p", "(", "-o", "out.pdf"], 8, "pattern 1 is no regular expression"),
        (["in.pdf", "-p", "a*", "-o", "out.pdf"], 8, "matches where there is no text"),
        (["in.pdf", "--preset", "mail", "-o", "out.pdf"], 8, 'did you mean "email"?'),
        (["in.pdf", "--patterns-from", "none.txt", "-o", "out.pdf"], 8, "cannot be read"),
        (["in.pdf", "-p", "a", "-o", "out.txt"], 10, "no name for a redacted copy"),
        (["in.pdf", "-p", "a", "-o", "in.pdf"], 17, "no input is ever written to"),
        (["in.pdf", "-p", "a", "-o", "in.pdf", "--force"], 17, "no input is ever written to"),
        (["in.pdf", "-p", "a", "-o", "out.pdf", "--report", "in.pdf", "--force"], 17, "the report would replace"),
        (["in.pdf", "-p", "a", "-o", "out.pdf", "--report", "out.pdf", "--force"], 17, "the report would replace"),
        (["in.pdf", "-p", "a", "-o", "out.pdf", "--report", "there.json"], 17, "exists already"),
        (["none.pdf", "-p", "a", "-o", "out.pdf"], 3, "there is no"),
    ],
)
def test_what_is_wrong_gives_one_line_and_its_own_exit_code(folder, capsys, arguments, code, words):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert run(["redact", *arguments]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_does_not_go_has_an_exit_code_of_its_own(folder, capsys, monkeypatch):
    monkeypatch.setattr(module, "Burnt", type("Leaky", (Burnt,), {"burn": lambda self, image: image}))
    assert run(["redact", "in.pdf", "-p", SECRET, "-o", "out.pdf"]) == 25
    out, err = capsys.readouterr()
    assert out == ""
    assert "nothing is written" in err
    assert SECRET not in err
    assert not (folder / "out.pdf").exists()


def test_a_copy_that_exists_is_replaced_where_asked(folder, capsys):
    (folder / "out.pdf").write_bytes(b"precious")
    assert run(["redact", "in.pdf", "-p", SECRET, "-o", "out.pdf"]) == 17
    assert (folder / "out.pdf").read_bytes() == b"precious"
    assert run(["redact", "in.pdf", "-p", SECRET, "-o", "out.pdf", "--force"]) == 0
    assert (folder / "out.pdf").read_bytes().startswith(b"%PDF-")
