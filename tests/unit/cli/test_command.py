"""The command: what it prints where, its exit codes, and that it loses nothing."""

import hashlib
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pikepdf
import pytest
import yaml
from pdfs import PdfWriter, text
from PIL import Image as Pillow

from inkread import errors
from inkread.cli.app import run
from inkread.configuration import from_yaml
from inkread.errors import InputError, LimitError, OptionError, PasswordError
from inkread.export.json import from_json
from inkread.options import ReaderOptions

RECEIPT = Path(__file__).resolve().parents[3] / "examples" / "receipt.jpg"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, with a receipt and what can be wrong with a file."""
    content = RECEIPT.read_bytes()
    (tmp_path / "receipt.jpg").write_bytes(content)
    (tmp_path / "cut.jpg").write_bytes(content[: len(content) // 2])
    (tmp_path / "nothing.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("hello, this is no picture\n")
    (tmp_path / "empty").mkdir()
    Pillow.fromarray(np.full((300, 400, 3), 255, np.uint8)).save(tmp_path / "blank.png")
    Pillow.fromarray(np.zeros((1, 1, 3), np.uint8)).save(tmp_path / "dot.png")
    (tmp_path / "wrong.yaml").write_text("language: en\ndetect:\n  threshold: 2\n")
    (tmp_path / "broken.yaml").write_text("language: [\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def complaint(capsys):
    """The one line on stderr of a run that printed nothing."""
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"inkread: [^\n]+\n", err)
    return err


def test_an_input_is_short_for_read_and_its_text_goes_to_stdout(folder, capsys):
    assert run(["receipt.jpg"]) == 0
    out, err = capsys.readouterr()
    assert "TOTAL EUR  33.90\n" in out
    assert err == ""


def test_trust_decodes_in_this_process(folder, capsys, monkeypatch):
    writer = PdfWriter()
    writer.page(text(50, 50, "Hello there"), (300, 100))
    (folder / "own.pdf").write_bytes(writer.content())
    monkeypatch.setattr("inkread.load.isolated.IsolatedFile", None)
    assert run(["own.pdf", "--trust"]) == 0
    assert capsys.readouterr().out.strip() == "Hello there"
    with pytest.raises(TypeError):
        run(["own.pdf"])


def test_nothing_is_saved_unless_asked(folder, capsys):
    """S4-28."""
    before = sorted(folder.iterdir())
    assert run(["read", "receipt.jpg"]) == 0
    assert sorted(folder.iterdir()) == before


def test_several_formats_go_into_a_folder(folder, capsys):
    assert run(["receipt.jpg", "-o", "out", "--format", "text,json", "--format", "picture"]) == 0
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "receipt-annotated.png",
        "receipt.json",
        "receipt.txt",
    ]
    document = from_json((folder / "out/receipt.json").read_text(encoding="utf-8"))
    assert (folder / "out/receipt.txt").read_text(encoding="utf-8") == document.text + "\n"
    assert capsys.readouterr().out == ""


def test_one_format_goes_into_the_file_named(folder, capsys):
    assert run(["receipt.jpg", "-o", "result.json"]) == 0
    assert json.loads((folder / "result.json").read_text(encoding="utf-8"))["schema_version"] == "1.3"


def test_a_picture_becomes_a_searchable_pdf_and_that_stays_as_it_is(folder, capsys):
    assert run(["receipt.jpg", "-o", "first.pdf"]) == 0
    first = (folder / "first.pdf").read_bytes()
    assert (folder / "receipt.jpg").read_bytes() in first

    assert run(["first.pdf", "-o", "out", "-f", "pdf,text"]) == 0
    assert (folder / "out" / "first.pdf").read_bytes().startswith(first)
    assert "Subtotal" in (folder / "out" / "first.txt").read_text(encoding="utf-8")


def test_a_pdf_from_stdin_stays_as_it_is(folder, monkeypatch):
    assert run(["blank.png", "-o", "blank.pdf"]) == 0
    content = (folder / "blank.pdf").read_bytes()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))

    assert run(["-", "-o", "again.pdf"]) == 0
    assert (folder / "again.pdf").read_bytes() == content


def test_folders_below_folders_are_read_where_asked_and_results_keep_the_tree(folder, capsys):
    for name in ("in/a", "in/a/b", "in/.hidden", "in/none", "in/out"):
        (folder / name).mkdir(parents=True)
        if name != "in/none":
            (folder / name / "same.png").write_bytes((folder / "blank.png").read_bytes())

    assert run(["read", "-r", "in", "-o", "in/out", "-f", "json,page"]) == 0
    written = sorted(str(path.relative_to(folder / "in/out")) for path in (folder / "in/out").rglob("*.*"))
    assert written == ["a/b/same.json", "a/b/same.page.xml", "a/same.json", "a/same.page.xml", "same.png"]
    assert run(["read", "-r", "in/none"]) == errors.NothingToReadError.exit_code
    assert run(["read", "in", "-o", "flat"]) == errors.NothingToReadError.exit_code


def test_formats_of_one_page_get_a_file_for_each_page(folder, capsys):
    blank = Pillow.open(folder / "blank.png")
    blank.save(folder / "two.tif", save_all=True, append_images=[blank])

    assert run(["read", "two.tif", "-f", "page,alto", "-o", "out"]) == 0
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "two-page1.page.xml",
        "two-page2.page.xml",
        "two.xml",
    ]
    assert run(["read", "two.tif", "-f", "page", "-o", "named.xml"]) == 0
    assert {path.name for path in folder.glob("named*")} == {"named-page1.xml", "named-page2.xml"}


def test_a_format_that_cannot_hold_the_result_says_so_and_the_others_are_written(folder, capsys):
    assert run(["read", "blank.png", "-f", "csv,text,hocr", "-o", "out"]) == errors.FormatError.exit_code
    assert 'no table was found in "blank.png", and CSV holds tables only' in capsys.readouterr().err
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["blank.hocr", "blank.txt"]


def test_what_cannot_follow_each_other_on_stdout_is_refused_before_reading(folder, capsys):
    assert run(["read", "receipt.jpg", "blank.png", "-f", "alto"]) == errors.OptionError.exit_code
    assert '2 documents in the format "alto" cannot share stdout: give a folder' in complaint(capsys)


def test_bytes_of_a_format_can_be_piped(folder, capsysbinary):
    pytest.importorskip("docx")
    assert run(["read", "blank.png", "-f", "docx"]) == 0
    assert capsysbinary.readouterr().out.startswith(b"PK")


def test_a_bad_input_among_many_is_reported_and_the_others_are_read(folder, capsys):
    assert run(["cut.jpg", "receipt.jpg", "missing.png"]) == 20
    out, err = capsys.readouterr()
    assert "==> receipt.jpg <==" in out
    assert [line.split('"')[1] for line in err.splitlines()] == ["cut.jpg", "missing.png"]


def test_several_documents_of_json_are_one_a_line(folder, capsys):
    assert run(["receipt.jpg", "blank.png", "-f", "json"]) == 0
    assert [json.loads(line)["source"] for line in capsys.readouterr().out.splitlines()] == ["receipt.jpg", "blank.png"]


@pytest.mark.parametrize("name", ["blank.png", "dot.png"])
def test_a_picture_without_text_is_no_error_and_says_so(folder, capsys, name):
    assert run([name]) == 0
    assert complaint(capsys) == f'inkread: no text found in "{name}"\n'


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["missing.png"], 3, "missing.png"),
        (["empty"], 4, "holds no picture"),
        (["text.png"], 5, "looks like text"),
        (["nothing.png"], 6, "is empty"),
        (["cut.jpg"], 6, "cut short"),
        (["receipt.jpg", "--device", "gpu:7"], 12, "available: cpu"),
        (["receipt.jpg", "--device", "gpuu"], 12, 'did you mean "gpu"?'),
        (["receipt.jpg", "--language", "xx"], 9, "xx"),
        (["receipt.jpg", "--prefer", "luck"], 8, "'accuracy', 'balanced' or 'speed'"),
        (["receipt.jpg", "--mode", "cursive"], 8, "'printed', 'handwritten' or 'auto'"),
        (["receipt.jpg", "--format", "jsn"], 10, 'did you mean "json"?'),
        (["receipt.jpg", "--format", "text,json"], 10, "-o"),
        (["receipt.jpg", "--format", "picture"], 10, "-o"),
        (["receipt.jpg", "--format", "pdf"], 10, "a pdf cannot be printed"),
        (["receipt.jpg", "--min-confidence", "2"], 8, "min_confidence"),
        (["receipt.jpg", "--config", "wrong.yaml"], 11, "line 3"),
        (["receipt.jpg", "--config", "broken.yaml"], 11, "line 2"),
        (["receipt.jpg", "--config", "missing.yaml"], 11, "missing.yaml"),
        (["receipt.jpg", "--recognizer", "PP-OCRv6_smal_rec"], 14, "PP-OCRv6_small_rec"),
        (["receipt.jpg", "-o", "receipt.jpg", "-f", "picture", "--overwrite"], 17, "is an input"),
        (["receipt.jpg", "blank.png", "-o", "one.txt"], 8, "2 documents"),
        (["receipt.jpg", "--devise", "cpu"], 2, "--device"),
        (["raed", "receipt.jpg"], 2, 'did you mean "read"?'),
        (["eval", "empty"], 4, "labels.jsonl"),
        (["models", "info", "PP-OCRv6_smal_rec"], 14, "PP-OCRv6_small_rec"),
    ],
)
def test_what_is_wrong_gives_one_line_and_its_own_exit_code(folder, capsys, arguments, code, words):
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert run(arguments) == code
    assert words in complaint(capsys)
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_a_file_that_exists_is_kept_unless_overwriting_is_asked_for(folder, capsys):
    (folder / "out.txt").write_text("mine")
    assert run(["receipt.jpg", "-o", "out.txt"]) == 17
    assert "--overwrite" in complaint(capsys)
    assert (folder / "out.txt").read_text() == "mine"
    assert run(["receipt.jpg", "-o", "out.txt", "--overwrite"]) == 0
    assert "TOTAL EUR" in (folder / "out.txt").read_text(encoding="utf-8")


def test_no_input_is_changed(folder, capsys):
    before = hashlib.sha256((folder / "receipt.jpg").read_bytes()).hexdigest()
    assert run(["receipt.jpg", "-o", ".", "-f", "text,json,picture", "--overwrite"]) == 0
    assert hashlib.sha256((folder / "receipt.jpg").read_bytes()).hexdigest() == before


@pytest.mark.row("S4-27")
def test_the_command_line_wins_over_the_file(folder, capsys):
    """S4-27: the file names a model that is not installed, the command line one that is."""
    (folder / "other.yaml").write_text("recognizer: PP-OCRv6_tiny_rec\n")
    assert run(["receipt.jpg", "--config", "other.yaml"]) == 14
    assert "PP-OCRv6_tiny_rec" in complaint(capsys)
    assert run(["receipt.jpg", "--config", "other.yaml", "--recognizer", "PP-OCRv6_small_rec"]) == 0
    assert "TOTAL EUR" in capsys.readouterr().out


def test_config_prints_the_defaults_and_checks_a_file(folder, capsys):
    """S4-24."""
    assert run(["config"]) == 0
    text = capsys.readouterr().out
    assert from_yaml(text, ReaderOptions) == ReaderOptions()
    assert "#" in text
    (folder / "mine.yaml").write_text("runtime: {precision: f32}\n")
    assert run(["config", "mine.yaml"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["runtime"]["precision"] == "f32"


def test_models_are_listed_described_and_found(capsys):
    assert run(["models", "list", "--installed"]) == 0
    assert "* PP-OCRv6_small_rec" in capsys.readouterr().out
    assert run(["models", "info", "PP-OCRv6_small_rec"]) == 0
    assert "6f327246b50388f3" in capsys.readouterr().out
    assert run(["models", "path", "PP-OCRv6_small_rec"]) == 0
    assert Path(capsys.readouterr().out.strip()).is_file()


def test_doctor_names_versions_engine_threads_and_models(capsys):
    assert run(["doctor"]) == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("inkread", "openvino", "precision", "threads", "PP-OCRv6_small_det"))


def test_eval_scores_a_labelled_folder(folder, capsys):
    data = folder / "data"
    data.mkdir()
    (data / "receipt.jpg").write_bytes(RECEIPT.read_bytes())
    lines = RECEIPT.with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    row = {"image": "receipt.jpg", "lines": [{"text": line, "poly": None} for line in lines if line]}
    (data / "labels.jsonl").write_text(json.dumps(row) + "\n")
    assert run(["eval", "data", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)["sets"][0]
    assert scores["cer"] == 0
    assert scores["seconds_mean"] > 0
    assert run(["eval", "data"]) == 0
    assert "0.00" in capsys.readouterr().out.splitlines()[1]
    (data / "labels.jsonl").write_text(json.dumps(row | {"lines": [{"text": "Thank you", "poly": None}]}) + "\n")
    assert run(["eval", "data"]) == 0
    assert "improve first: detection: text is read where there is none" in capsys.readouterr().out


def test_alone_it_prints_its_help(capsys):
    assert run([]) == 2
    assert "Usage: inkread" in capsys.readouterr().out
    assert run(["--help"]) == 0


def test_control_characters_of_a_name_do_not_reach_the_terminal(folder, capsys):
    assert run(["evil\x1b31m\nname.png"]) == 3
    assert "\x1b" not in complaint(capsys)


def test_a_process_of_its_own_gives_text_codes_and_no_traceback(folder):
    done = subprocess.run(
        [sys.executable, "-m", "inkread", "receipt.jpg"], capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0
    assert "CAFÉ PAPIERMÖWE" in done.stdout.decode()
    failed = subprocess.run([sys.executable, "-m", "inkread", "cut.jpg"], capture_output=True, timeout=120, check=False)
    assert failed.returncode == 6
    assert failed.stdout == b""
    assert b"Traceback" not in failed.stderr


def test_every_exit_code_in_the_readme_is_one_of_the_errors():
    readme = (RECEIPT.parents[1] / "README.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| ([\d, ·]+) \| [a-z]", readme, flags=re.MULTILINE)
    told = {int(code) for row in table for code in re.findall(r"\d+", row)}
    raised = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and kind.__module__ == "inkread.errors"
    }
    assert told - {0, 2, 20} == raised - {1, 18}


@pytest.fixture
def letter(folder):
    """A PDF of three pages."""
    writer = PdfWriter()
    for number in (1, 2, 3):
        writer.page(text(20, 50, f"This is page {number}", size=14), (200, 100))
    (folder / "letter.pdf").write_bytes(writer.content())
    return "letter.pdf"


def test_the_pages_of_a_pdf_are_read_in_the_order_asked_for(letter, capsys):
    assert run([letter]) == 0
    assert capsys.readouterr().out.split("\n\n") == ["This is page 1", "This is page 2", "This is page 3\n"]
    assert run([letter, "--pages", "3,1", "--text-layer", "never", "--dpi", "150"]) == 0
    assert capsys.readouterr().out.split("\n\n") == ["This is page 3", "This is page 1\n"]


def test_a_page_that_is_not_there_is_told(letter, capsys):
    assert run([letter, "--pages", "4"]) == InputError.exit_code
    assert "has no page 4: it has 3 pages" in complaint(capsys)
    assert run([letter, "--pages", "four"]) == OptionError.exit_code
    assert "expected pages from 1" in complaint(capsys)


def test_a_password_is_taken_from_the_command_line_or_the_environment(letter, folder, capsys, monkeypatch):
    with pikepdf.open(folder / letter) as document:
        document.save(folder / "secret.pdf", encryption=pikepdf.Encryption(owner="o", user="sesame"))
    assert run(["secret.pdf"]) == PasswordError.exit_code
    assert "INKREAD_PASSWORD" in complaint(capsys)
    assert run(["secret.pdf", "--password", "barley"]) == PasswordError.exit_code
    assert "barley" not in complaint(capsys)
    assert run(["secret.pdf", "--password", "sesame", "--pages", "1"]) == 0
    assert capsys.readouterr().out == "This is page 1\n"
    monkeypatch.setenv("INKREAD_PASSWORD", "sesame")
    assert run(["secret.pdf", "--pages", "2"]) == 0
    assert capsys.readouterr().out == "This is page 2\n"


def test_languages_are_listed_with_their_models_and_letters(folder, capsys):
    """S0-27"""
    assert run(["languages", "French", "cy"]) == 0
    out, err = capsys.readouterr()
    welsh, warning, french = out.splitlines()
    assert re.fullmatch(r"cy +Welsh +Latn +\*PP-OCRv6_small_rec 91.84 %, .*cym.traineddata.*", welsh)
    assert warning.strip().startswith("warning: PP-OCRv6_small_rec cannot write Ẁ ẁ")
    assert re.fullmatch(r"fr +French +Latn +\*PP-OCRv6_small_rec 100 %, .*", french)
    assert err == ""


def test_languages_are_listed_as_json(folder, capsys):
    """S1-34: more than sixty"""
    assert run(["languages", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert len(listed) > 120
    (german,) = [each for each in listed if each["tag"] == "de"]
    assert german["readers"][0]["is_here"]
    assert german["readers"][0]["missing"] == []


def test_a_misspelt_language_is_told_with_the_nearest(folder, capsys):
    assert run(["receipt.jpg", "-l", "Frensh"]) == 9
    assert complaint(capsys) == 'inkread: no model reads the language "Frensh": did you mean "French"?\n'


def test_a_broken_language_pack_is_told(folder, capsys):
    (folder / "own.traineddata").write_bytes(b"PK")
    assert run(["receipt.jpg", "-l", "own.traineddata"]) == 13
    assert "is no language pack of Tesseract 4 or 5" in complaint(capsys)


def test_what_a_page_may_take_is_told_on_the_command_line(folder, capsys):
    """S0-13: a ceiling of memory, S0-15: and what it cost; time is as short as it can be."""
    assert run(["read", "receipt.jpg", "--deadline", "0.001", "--max-memory-mb", "4000", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    page = json.loads(out)["pages"][0]
    assert "partial" in page["degraded"]
    assert page["notices"][0]["kind"] == "partial"
    assert 'page 1 of "receipt.jpg" was not read to its end: its time was up' in err


def test_memory_that_is_too_little_is_told_with_what_would_do(folder, capsys):
    assert run(["read", "receipt.jpg", "--max-memory-mb", "200"]) == LimitError.exit_code
    assert re.search(r"set limits.max_memory_mb to \d+ or more", complaint(capsys))


def test_the_bounds_stand_in_a_configuration_too(folder, capsys):
    (folder / "bounds.yaml").write_text("limits:\n  max_memory_mb: 4000\n  deadline_s: 0.001\n")
    assert run(["read", "receipt.jpg", "--config", "bounds.yaml", "--format", "json"]) == 0
    assert "partial" in json.loads(capsys.readouterr().out)["pages"][0]["degraded"]
