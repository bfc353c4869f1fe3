"""Each program of examples/ does what it says, run as it stands."""

import csv
import json
import runpy
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from programs import module_of

import inkread

FOLDER = Path(__file__).resolve().parents[2] / "examples"
PROGRAMS = sorted(path.stem for path in FOLDER.glob("*.py"))
INK = (20, 20, 20)


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a program of the folder with arguments, and return what it printed."""

    def program(name: str, *arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
        return capsys.readouterr().out

    return program


def drawn(lines, size=(900, 600), height_px=30) -> Image.Image:
    page = Image.new("RGB", size, "white")
    for i, text in enumerate(lines):
        place = (60, 60 + 60 * i)
        ImageDraw.Draw(page).text(place, text, fill=INK, font=ImageFont.load_default(size=height_px))
    return page


@pytest.fixture
def scans(tmp_path):
    folder = tmp_path / "scans"
    folder.mkdir()
    drawn(["Dear Ms Meier,", "please pay to DE89 3704 0044 0532 0130 00", "or write to ann@example.org."]).save(
        folder / "letter.png"
    )
    return folder


def test_every_program_is_run_by_a_test():
    tests = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in PROGRAMS if f'"{name}"' not in tests and f'"{name}.py"' not in tests] == []
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [name for name in PROGRAMS if f"({name}.py)" not in listed] == []


def test_receipts_become_a_table(run, tmp_path):
    folder = tmp_path / "receipts"
    folder.mkdir()
    shutil.copy(FOLDER / "receipt.jpg", folder)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 no picture")
    run("receipts_to_csv", folder, tmp_path / "out.csv")
    (row,) = csv.DictReader((tmp_path / "out.csv").read_text(encoding="utf-8").splitlines())
    assert (row["file"], row["total"], row["currency"], row["date"]) == ("receipt.jpg", "33.90", "EUR", "2026-03-14")


def test_scans_become_pdfs_that_can_be_searched(run, scans, tmp_path):
    printed = run("searchable_folder", scans, tmp_path / "out")
    made = tmp_path / "out" / "letter.pdf"
    assert printed == f"{made}\n"
    with inkread.Reader(inkread.ReaderOptions(load=inkread.LoadOptions(text_layer="always"))) as reader:
        assert "Dear Ms Meier," in reader.read(made).text  # the text of the PDF, not of its picture
    assert run("searchable_folder", scans, tmp_path / "out") == ""  # done before


def test_letters_are_redacted(run, scans, tmp_path):
    assert run("redact_letters", scans, tmp_path / "out", "Meier") == "letter.png: 3 places\n"
    text = inkread.read(tmp_path / "out" / "letter.pdf").text
    assert "Dear" in text
    for gone in ("Meier", "3704", "example.org"):
        assert gone not in text


@pytest.mark.row("S0-46")
def test_of_a_live_picture_only_what_changes_is_read_again(capsys):
    example = module_of(FOLDER / "live_screen.py")
    shown = [f"Row {i}: parcel {1000 + 37 * i} is on its way" for i in range(8)]
    first = drawn(shown)
    second = drawn([*shown[:5], "Row 5: parcel 1185 has arrived", *shown[6:]])
    third = second.copy()
    ImageDraw.Draw(third).text((60, 540), "A new row stands below", fill=INK, font=ImageFont.load_default(size=30))

    with inkread.Reader() as reader:
        live = example.LiveReader(reader)
        costs = []
        for picture in (first, first, second, third):
            before = live.pixels_read
            lines = live.read(np.asarray(picture))
            costs.append((live.pixels_read - before) / (picture.width * picture.height))
            whole = reader.read_page(inkread.Image(np.asarray(picture)))
            assert [line.text for line in lines] == [line.text for line in whole.lines]
            for line, same in zip(lines, whole.lines, strict=True):
                assert line.box.iou(same.box) > 0.6  # in the frame's coordinates
        again = example.LiveReader(reader)
        example.watch([np.asarray(first), np.asarray(second)], again)

    assert costs[0] == 1.0
    assert costs[1] == 0.0  # nothing has changed, nothing is read
    assert costs[2] < 0.3
    assert costs[3] < 0.3
    assert capsys.readouterr().out.splitlines()[8:] == ["1: Row 5: parcel 1185 has arrived"]


def test_a_table_becomes_a_workbook(run, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    page = Image.new("RGB", (900, 420), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(size=26)
    rows = [("Item", "Pieces", "Price"), ("Bread", "2", "5.25"), ("Coffee", "10", "31.10"), ("Butter", "4", "9.80")]
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            pen.rectangle((60 + 240 * j, 50 + 70 * i, 300 + 240 * j, 120 + 70 * i), outline=INK, width=2)
            pen.text((90 + 240 * j, 70 + 70 * i), cell, fill=INK, font=font)
    page.save(tmp_path / "table.png")
    assert run("table_to_xlsx", tmp_path / "table.png", tmp_path / "out.xlsx") == "4 rows, 3 columns\n"
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert [[cell.value for cell in row] for row in sheet.rows][1:3] == [["Bread", 2, 5.25], ["Coffee", 10, 31.1]]


def test_a_folder_is_read_by_several_processes_and_gone_on_with(run, scans, tmp_path):
    drawn(["Another page"]).save(scans / "other.png")
    (scans / "broken.png").write_bytes(b"\x89PNG no picture")
    run("batch_with_progress", scans, tmp_path / "out")
    assert (tmp_path / "out" / "other.txt").read_text().strip() == "Another page"
    assert sorted(path.name for path in (tmp_path / "out").glob("*.txt")) == ["letter.txt", "other.txt"]
    (tmp_path / "out" / "other.txt").unlink()
    run("batch_with_progress", scans, tmp_path / "out")
    assert not (tmp_path / "out" / "other.txt").exists()  # noted as done


def test_an_application_reads_what_is_sent():
    testing = pytest.importorskip("fastapi.testclient")
    with testing.TestClient(module_of(FOLDER / "fastapi_app.py").app) as client:
        answer = client.post("/receipts", files={"file": ("a.jpg", (FOLDER / "receipt.jpg").read_bytes())})
        assert answer.status_code == 200
        assert answer.json()["fields"]["total"] == "33.90"
        assert "PAPIERMÖWE" in answer.json()["text"]
        broken = client.post("/receipts", files={"file": ("a.jpg", b"no picture")})
        assert broken.status_code == 415


def test_pages_become_documents_of_langchain(run):
    pytest.importorskip("langchain_core", reason="needs langchain-core")
    from langchain_core.documents import Document

    (document,) = module_of(FOLDER / "langchain_loader.py").InkreadLoader(FOLDER / "note.jpg").load()
    assert isinstance(document, Document)
    assert "Buy milk" in document.page_content
    assert (document.metadata["page"], document.metadata["source"]) == (1, str(FOLDER / "note.jpg"))
    assert 0.5 < document.metadata["confidence"] <= 1


def test_pages_become_documents_of_llamaindex(run, tmp_path):
    pytest.importorskip("llama_index.core", reason="needs llama-index-core")
    from llama_index.core import SimpleDirectoryReader
    from llama_index.core.schema import Document

    reader = module_of(FOLDER / "llamaindex_loader.py").InkreadReader()
    (document,) = reader.load_data(FOLDER / "note.jpg")
    assert isinstance(document, Document)
    assert "Buy milk" in document.text
    assert (document.metadata["page"], document.metadata["source"]) == (1, str(FOLDER / "note.jpg"))
    assert 0.5 < document.metadata["confidence"] <= 1

    shutil.copy(FOLDER / "note.jpg", tmp_path)
    (found,) = SimpleDirectoryReader(str(tmp_path), file_extractor={".jpg": reader}).load_data()
    assert found.text == document.text
    assert (found.metadata["file_name"], found.metadata["page"]) == ("note.jpg", 1)
    assert "Buy milk" in run("llamaindex_loader", FOLDER / "note.jpg")


def test_the_cells_of_the_notebook_run(monkeypatch, capsys):
    monkeypatch.chdir(FOLDER)
    notebook = json.loads((FOLDER / "look_at_a_page.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    names: dict[str, object] = {}
    for cell in cells:
        exec(compile(cell, "look_at_a_page.ipynb", "exec"), names)
    names["reader"].close()
    out = capsys.readouterr().out
    assert "CAFÉ PAPIERMÖWE" in out
    assert "total = 33.90" in out
    assert any(
        "image/png" in output.get("data", {}) for cell in notebook["cells"] for output in cell.get("outputs", [])
    )
