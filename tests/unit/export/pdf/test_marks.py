"""Lines as comments: where they are seen, with their text, in front of whatever was there."""

import io
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laid import found_in, line, page
from pdfs import PdfWriter, text

from inkread.cli.app import run
from inkread.document import Document
from inkread.export.pdf.glyphless import clean
from inkread.export.pdf.searchable import picture_pdf, searchable_pdf
from inkread.image import Image

LINES = [line("Hello brave new world", 200, 300), line("second line", 200, 500, origin="layer")]


def original(extra: str = "", size=(612, 792)) -> bytes:
    made = PdfWriter()
    made.page(text(50, 50, "visible"), size, extra=extra)
    return made.content()


def marked(tmp_path: Path, content: bytes, read=None) -> Path:
    (tmp_path / "in.pdf").write_bytes(content)
    with searchable_pdf(tmp_path / "out.pdf", tmp_path / "in.pdf", marks=True) as pdf:
        for each in Document((read or page(LINES),)):
            pdf.add(each)
    return tmp_path / "out.pdf"


def contents(path: Path | io.BytesIO) -> list[str]:
    with pikepdf.open(path) as pdf:
        return [str(note.Contents) for note in pdf.pages[0].Annots if note.Subtype == "/Polygon"]


def test_each_line_has_a_comment_with_its_text_and_confidence(tmp_path, qpdf_check):
    out = marked(tmp_path, original())
    assert contents(out) == ["Hello brave new world\n0.90", "second line\n0.90"]
    assert out.read_bytes().startswith(original())
    assert found_in(out, page([])).text.split() == ["Hello", "brave", "new", "world", "visible"]
    assert qpdf_check(out) == (0, "")


@pytest.mark.parametrize(
    ("extra", "size"),
    [("", (2550, 3300)), ("/Rotate 90", (3300, 2550)), ("/Rotate 180", (2550, 3300)), ("/Rotate 270", (3300, 2550))],
)
def test_the_frame_is_seen_where_the_line_is(tmp_path, extra, size):
    read = page([line("Hello world", 300, 400, height=60, letter=40)], size)
    before, after = (shown(source, size) for source in (original(extra), marked(tmp_path, original(extra), read)))
    ys, xs = np.nonzero((before != after).any(axis=2))
    box = read.lines[0].box
    edges = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]) * 4
    assert np.abs(edges - np.array(box)).max() < 10


def shown(source: bytes | Path, size: tuple[int, int]) -> np.ndarray:
    """A page as viewers show it, a quarter of the size."""
    document = pdfium.PdfDocument(source)
    pixels = document[0].render(scale=300 / 72 / 4).to_numpy()[:, :, :3].copy()
    document.close()
    assert abs(pixels.shape[1] - size[0] / 4) < 2
    return pixels


@pytest.mark.parametrize("as_object", [False, True], ids=["in the page", "an object"])
def test_comments_that_are_there_stay(tmp_path, as_object):
    made = PdfWriter()
    note = made.add("<</Type/Annot/Subtype/Text/Rect[9 9 20 20]/Contents(mine)>>")
    listed = f"{made.add(f'[{note} 0 R]')} 0 R" if as_object else f"[{note} 0 R]"
    made.page("", (612, 792), extra=f"/Annots {listed}")
    with pikepdf.open(marked(tmp_path, made.content())) as pdf:
        assert [str(each.Subtype) for each in pdf.pages[0].Annots] == ["/Text", "/Polygon", "/Polygon"]


def test_a_page_whose_text_is_its_own_keeps_its_drawing(tmp_path):
    out = marked(tmp_path, original(), page(LINES[1:]))
    assert contents(out) == ["second line\n0.90"]
    assert found_in(out, page([])).text.split() == ["visible"]
    assert b"Inkread" not in out.read_bytes()


def test_a_page_without_text_stays_as_it_is(tmp_path):
    assert marked(tmp_path, original(), page([])).read_bytes() == original()


def test_pictures_have_comments_too(tmp_path):
    with (tmp_path / "out.pdf").open("w+b") as file, picture_pdf(file, marks=True) as pdf:
        pdf.add(page(LINES, (600, 800)), Image(np.full((800, 600, 3), 255, np.uint8)))
    assert contents(tmp_path / "out.pdf") == ["Hello brave new world\n0.90", "second line\n0.90"]


@given(st.text(st.characters(exclude_categories=()), min_size=1, max_size=40))
def test_any_text_comes_back_from_a_comment(given_text):
    file = io.BytesIO()
    with picture_pdf(file, marks=True) as pdf:
        pdf.add(page([line(given_text, 2, 3)], (8, 8)), Image(np.full((8, 8, 3), 255, np.uint8)))
    assert contents(file) == [f"{clean(given_text)}\n0.90"]


def test_the_command_writes_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.pdf").write_bytes(original())
    assert run(["in.pdf", "-o", "out", "-f", "annotated,text"]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["in.annotated.pdf", "in.txt"]
    assert contents(tmp_path / "out" / "in.annotated.pdf")[0].startswith("visible\n")
