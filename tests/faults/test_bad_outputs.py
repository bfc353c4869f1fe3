"""Where a result cannot be written: one clear line, nothing half-written, nothing overwritten, whatever the format."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from pdfs import PdfWriter, text
from PIL import Image as Pillow

from inkread.cli import app
from inkread.export.formats import FORMATS

NAMES = sorted(FORMATS)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a PDF and a picture of a table, which every format can hold."""
    writer = PdfWriter()
    cells = ["Name", "Number", "Anna", "12", "Berta", "34"]
    drawing = "".join(text(40 + 150 * (i % 2), 240 - 60 * (i // 2), cell, size=20) for i, cell in enumerate(cells))
    rules = "".join(f"20 {y} m 320 {y} l S " for y in (270, 220, 160, 100))
    rules += "".join(f"{x} 270 m {x} 100 l S " for x in (20, 170, 320))
    writer.page(drawing + rules, (340, 300))
    (tmp_path / "in.pdf").write_bytes(writer.content())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(arguments: list[str]) -> int:
    """Run the command; a PDF's own text is taken as it is, which needs no network."""
    return app.run([*arguments, "--text-layer", "always"])


def there(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def output(name: str) -> str:
    return f"out{FORMATS[name].suffixes[0]}"


@pytest.mark.parametrize("name", NAMES)
def test_missing_folders_are_made(folder, name):
    assert run(["in.pdf", "-f", name, "-o", f"a/b/{output(name)}"]) == 0
    assert [path.name for path in (folder / "a/b").iterdir()] == [output(name)]


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_that_takes_no_file_is_told(folder, name, capsys):
    before = there(folder)
    assert run(["in.pdf", "-f", name, "-o", f"/proc/inkread/{output(name)}"]) == 17
    assert "cannot write" in capsys.readouterr().err
    assert there(folder) == before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("force", [[], ["--force"]], ids=["unasked", "forced"])
def test_the_input_is_never_replaced(folder, name, force, capsys):
    source = Path(output(name))
    source.write_bytes((folder / "in.pdf").read_bytes())
    before = there(folder)
    assert run([str(source), "-f", name, "-o", str(source), *force]) == 17
    assert "no input is ever written to" in capsys.readouterr().err
    assert there(folder) == before


@pytest.mark.parametrize("name", NAMES)
def test_what_is_there_is_kept_unless_forced(folder, name, capsys):
    Path(output(name)).write_bytes(b"precious")
    assert run(["in.pdf", "-f", name, "-o", output(name)]) == 17
    assert "exists already" in capsys.readouterr().err
    assert Path(output(name)).read_bytes() == b"precious"
    assert run(["in.pdf", "-f", name, "-o", output(name), "--force"]) == 0
    assert Path(output(name)).read_bytes() != b"precious"


# The disk is full after 100 bytes: no process may write larger files. The signal that says so is off in Python.
FULL = """
import resource, sys
from inkread.cli.app import run
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
codes = {}
for name, suffix in FORMATS:
    codes[name] = run(["in.pdf", "-f", name, "-o", f"out{suffix}", "--force", "--trust", "--text-layer", "always"])
codes["redact"] = run(["redact", "in.pdf", "-p", "Anna", "-o", "out.pdf", "--force"])
print(codes)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of file sizes")
def test_a_full_disk_is_told_and_leaves_everything_as_it_was(folder):
    for name in NAMES:
        (folder / output(name)).write_bytes(b"precious")
    before = there(folder)
    # Text of a few words fits in 100 bytes.
    long = {name: FORMATS[name].suffixes[0] for name in NAMES if name not in ("text", "text-layout", "csv", "markdown")}
    script = FULL.replace("FORMATS", repr(sorted(long.items())))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert eval(done.stdout) == dict.fromkeys([*sorted(long), "redact"], 17)
    assert done.stderr.count("cannot write") == len(long) + 1
    assert "Traceback" not in done.stderr
    assert there(folder) == before


@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_a_format_that_cannot_hold_the_result_says_so(folder, name, capsys):
    Pillow.new("RGB", (60, 40), "white").save("blank.png")
    before = there(folder)
    assert run(["blank.png", "-f", name, "-o", output(name)]) == 10
    assert "table" in capsys.readouterr().err
    assert there(folder) == before


def test_an_encrypted_pdf_opened_with_its_password_is_no_searchable_one_and_says_why(folder, capsys):
    pikepdf = pytest.importorskip("pikepdf")
    with pikepdf.open(io.BytesIO((folder / "in.pdf").read_bytes())) as pdf:
        pdf.save("locked.pdf", encryption=pikepdf.Encryption(owner="o", user="u"))
    before = there(folder)
    assert run(["locked.pdf", "--password", "u", "-f", "text"]) == 0
    assert "Anna" in capsys.readouterr().out
    assert run(["locked.pdf", "--password", "u", "-o", "out.pdf"]) == 5
    assert "is encrypted, and a text layer is not added" in capsys.readouterr().err
    assert there(folder) == before


def test_pages_with_text_are_left_alone_where_asked(folder, capsys):
    assert run(["in.pdf", "-o", "out.pdf", "--text-pages", "skip"]) == 0
    assert (folder / "out.pdf").read_bytes() == (folder / "in.pdf").read_bytes()
    assert run(["in.pdf", "-o", "out2.pdf", "--text-pages", "skipp"]) == 8
    assert 'did you mean "skip"?' in capsys.readouterr().err
