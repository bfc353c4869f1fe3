"""`inkread doctor`: sentences, a report, and what is installed."""

import json
from pathlib import Path

import pytest
from PIL import Image

from inkread.cli.app import run

RECEIPT = Path(__file__).resolve().parents[3] / "examples" / "receipt.jpg"


@pytest.fixture
def small(tmp_path) -> Path:
    with Image.open(RECEIPT) as picture:
        picture.resize((230, 345), Image.Resampling.BOX).save(tmp_path / "to the bank.png")
    return tmp_path / "to the bank.png"


def test_a_fault_is_told_in_words_with_what_to_do_and_in_a_report_without_the_document(small, tmp_path, capsys):
    report = tmp_path / "report.json"
    assert run(["doctor", str(small), "--report", str(report)]) == 0
    told = capsys.readouterr().out
    assert "px high" in told
    assert "What to do: " in told
    written = report.read_text()
    assert "small-print" in [each["kind"] for each in json.loads(written)["findings"]]
    for word in ("bank", "CAF", "Harbour", str(tmp_path)):
        assert word not in written
    assert run(["doctor", str(small), "--report", str(report)]) == 17  # nothing is overwritten unasked


def test_a_machine_may_read_it_too(small, capsys):
    assert run(["doctor", str(small), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pages"][0]["width_px"] == 230


def test_what_cannot_be_read_is_a_diagnosis(tmp_path, capsys):
    assert run(["doctor", str(tmp_path / "none.pdf")]) == 0
    assert "there is no file" in capsys.readouterr().out


def test_without_a_file_it_tells_what_is_installed(capsys):
    assert run(["doctor"]) == 0
    assert "engines" in capsys.readouterr().out
    assert run(["doctor", "--report", "report.json"]) == 8
    assert "name it" in capsys.readouterr().err
    assert run(["doctor", "--json"]) == 0
    here = json.loads(capsys.readouterr().out)
    assert here["engine"] in here["engines"]
    assert "cpu" in here["devices"]
    assert here["packages"]["numpy"]
    assert here["models"]["PP-OCRv6_small_rec"]
