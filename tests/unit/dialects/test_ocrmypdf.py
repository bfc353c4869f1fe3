"""OCRmyPDF as its users run it, with inkread as its engine; skipped where it is not installed."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from laid import found_in, page
from pdfs import PdfWriter, text

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("ocrmypdf") is None, reason="needs OCRmyPDF: pip install .[ocrmypdf]"),
    pytest.mark.skipif(shutil.which("tesseract") is None, reason="OCRmyPDF asks for Tesseract, whichever engine reads"),
]

PLUGIN = "inkread.dialects.ocrmypdf"
LINES = ["A letter about Rosinante", "costs 12,345.60 EUR", "last line"]
# As large as the page of `drawn` at 200 dpi.
SIZE = (1650, 1100)


def drawn() -> bytes:
    made = PdfWriter()
    made.page("".join(text(60, 320 - 60 * i, each, size=20) for i, each in enumerate(LINES)), (594, 396))
    return made.content()


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A PDF of a picture of text, and no text."""
    document = pdfium.PdfDocument(drawn())
    document[0].render(scale=200 / 72).to_pil().save(tmp_path / "scan.pdf", resolution=200)
    document.close()
    return tmp_path / "scan.pdf"


def ocrmypdf(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ocrmypdf", "--plugin", PLUGIN, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize(
    "how", [[], ["--pdf-renderer", "fpdf2", "--output-type", "pdf"]], ids=["usual", "its own layer"]
)
def test_a_scan_gets_its_text(scan, tmp_path, how):
    done = ocrmypdf(*how, scan, tmp_path / "out.pdf")

    assert done.returncode == 0, done.stderr
    assert found_in(tmp_path / "out.pdf", page([])).text.split() == " ".join(LINES).split()
    assert "inkread" not in done.stderr.replace(str(tmp_path), "")


def test_words_stand_where_they_are_seen(scan, tmp_path):
    assert ocrmypdf(scan, tmp_path / "out.pdf").returncode == 0

    for word in ("Rosinante", "12,345.60", "last"):
        (seen,), (selected,) = (boxes(source, word) for source in (drawn(), tmp_path / "out.pdf"))
        assert abs(seen[0] - selected[0]) < 1.5
        assert abs(seen[2] - selected[2]) < 1.5
        assert selected[1] <= seen[1] + 1
        assert selected[3] >= seen[3] - 1


def boxes(source: bytes | Path, word: str) -> list[tuple[float, float, float, float]]:
    """Where PDFium finds a word, units: left, bottom, right, top."""
    document = pdfium.PdfDocument(source)
    texts = document[0].get_textpage()
    first, count = texts.search(word).get_next()
    corners = [texts.get_charbox(i) for i in range(first, first + count)]
    lefts, bottoms, rights, tops = zip(*corners, strict=True)
    found = [(min(lefts), min(bottoms), max(rights), max(tops))]
    texts.close()
    document.close()
    return found


def test_a_page_on_its_head_is_turned_and_a_sidecar_is_written(scan, tmp_path):
    import pikepdf

    with pikepdf.open(scan) as pdf:
        pdf.pages[0].rotate(180, relative=True)
        pdf.save(tmp_path / "turned.pdf")

    done = ocrmypdf(
        "--rotate-pages", "--deskew", "--sidecar", tmp_path / "s.txt", tmp_path / "turned.pdf", tmp_path / "o.pdf"
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "s.txt").read_text(encoding="utf-8").split() == " ".join(LINES).split()


@pytest.mark.parametrize("turned", [-3.0, 0.0, 2.0])
def test_how_crooked_a_page_is_is_told_the_way_round_that_pillow_turns(tmp_path, turned):
    document = pdfium.PdfDocument(drawn())
    picture = document[0].render(scale=200 / 72).to_pil()
    document.close()
    picture.rotate(turned, fillcolor="white").save(tmp_path / "page.png")
    script = (
        f"from inkread.dialects.ocrmypdf import *; print(InkreadEngine.get_deskew(Path('{tmp_path}/page.png'), None))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert float(done.stdout) == pytest.approx(-turned, abs=0.3), done.stderr


def test_a_language_that_no_model_reads_is_told(scan, tmp_path):
    done = ocrmypdf("-l", "tlh", scan, tmp_path / "out.pdf")
    assert done.returncode == 3
    assert "tlh" in done.stderr


def test_another_engine_may_be_named(scan, tmp_path):
    assert ocrmypdf("--ocr-engine", "none", scan, tmp_path / "out.pdf").returncode == 0
    assert found_in(tmp_path / "out.pdf", page([])).text.strip() == ""


def test_it_may_be_named_and_installed_at_once():
    script = f"""
from ocrmypdf._plugin_manager import get_plugin_manager
from inkread.dialects.ocrmypdf import entry_point
manager = get_plugin_manager(["{PLUGIN}"])
if not manager.pluggy_manager.has_plugin("inkread"):  # where the package itself is not installed
    manager.pluggy_manager.register(entry_point, "inkread")
print(manager.get_ocr_engine(options=None))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.startswith("inkread "), done.stderr
