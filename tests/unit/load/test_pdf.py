"""PDFs are written byte by byte in tests/pdfs.py, so that each fact of the format stands alone."""

import contextlib
import io
import threading
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from pdfs import A4, PdfWriter, shown, text

import inkread
from inkread.errors import (
    DamagedInputError,
    InkreadError,
    InputError,
    LimitError,
    OptionError,
    PasswordError,
)
from inkread.image import Image
from inkread.load import pdf
from inkread.options import Limits, LoadOptions

INK = 128


def one_page(drawing: str = text(72, 700, "Some words"), size: tuple[float, float] = A4, **entries: object) -> bytes:
    writer = PdfWriter()
    writer.page(drawing, size, **entries)  # type: ignore[arg-type]
    return writer.content()


def numbered(count: int) -> bytes:
    writer = PdfWriter()
    for number in range(1, count + 1):
        writer.page(text(10, 10, f"number {number}"), (200, 100))
    return writer.content()


def encrypted(password: str = "geheim", revision: int = 6) -> bytes:
    file = io.BytesIO()
    options = {"aes": False, "metadata": False} if revision < 4 else {}
    with pikepdf.open(io.BytesIO(one_page())) as document:
        document.save(file, encryption=pikepdf.Encryption(owner="owner", user=password, R=revision, **options))
    return file.getvalue()


def page(content: bytes, index: int = 0, **options: object) -> Image:
    with inkread.open(content, options=LoadOptions(**options), name="file.pdf") as source:
        return source[index]


def texts(image: Image) -> list[str]:
    return [each.line.text for each in image.layer]


@pytest.mark.row("S1-24", "S1-32")
def test_pages_are_rendered_one_by_one_in_order():
    with inkread.open(numbered(3), name="file.pdf") as source:
        assert len(source) == 3
        assert [texts(image) for image in source] == [["number 1"], ["number 2"], ["number 3"]]
        assert [image.number for image in source] == [1, 2, 3]
        assert texts(source[1]) == ["number 2"]
        assert source[0].source == "file.pdf"


def test_the_mark_of_a_pdf_may_stand_anywhere_in_the_first_kilobyte():
    assert texts(page(b"\0" * 1000 + one_page())) == ["Some words"]


def test_a_pdf_in_a_folder_is_found_by_its_content(tmp_path: Path):
    (tmp_path / "letter.bin").write_bytes(one_page())
    (tmp_path / "notes.txt").write_text("no picture")
    with inkread.open(tmp_path) as source:
        assert [texts(image) for image in source] == [["Some words"]]


def test_a_large_pdf_stays_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("inkread.load.pictures._IN_MEMORY_BYTES", 10)
    (tmp_path / "large.pdf").write_bytes(numbered(2))
    with inkread.open(tmp_path / "large.pdf") as source:
        assert [texts(image) for image in source] == [["number 1"], ["number 2"]]


def test_a_document_is_opened_anew_now_and_then_without_losing_its_place(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pdf, "_PAGES_BEFORE_REOPENING", 2)
    with inkread.open(numbered(5)) as source:
        assert [texts(image)[0] for image in source] == [f"number {number}" for number in range(1, 6)]


def test_usual_text_is_rendered_at_the_usual_resolution():
    image = page(one_page(text(72, 700, "Words of ten points", size=10)))
    assert image.dpi == 200
    assert (image.width, image.height) == (1653, 2339)


def test_small_print_is_rendered_larger_but_not_without_end():
    assert page(one_page(text(72, 700, "Small print", size=4))).dpi == pytest.approx(300)
    assert page(one_page(text(72, 700, "Tiny print", size=1))).dpi == pytest.approx(400)


def test_a_scan_is_rendered_at_the_resolution_of_its_picture():
    writer = PdfWriter()
    pixels = np.random.default_rng(0).integers(0, 256, (1100, 850, 3), np.uint8)
    writer.page(shown(0, 0, 0, 612, 792), (612, 792), pictures=[writer.picture(pixels)])
    image = page(writer.content())
    assert image.dpi == 100
    assert np.array_equal(image.pixels, pixels)


def test_the_pictures_in_a_form_make_a_scan_too():
    writer = PdfWriter()
    picture = writer.picture(np.zeros((300, 300), np.uint8))
    head = f"/Type/XObject/Subtype/Form/BBox[0 0 1 1]/Resources<</XObject<</P0 {picture} 0 R>>>>"
    form = writer.add(head, b"/P0 Do")
    writer.page("144 0 0 144 0 0 cm /P0 Do", (144, 144), pictures=[form])
    assert page(writer.content()).dpi == 150


def test_a_resolution_that_is_asked_for_is_used():
    image = page(one_page(), dpi=72)
    assert (image.width, image.height, image.dpi) == (595, 842, 72)


def test_the_scale_of_a_huge_page_is_clamped():
    square, strip = page(one_page(size=(14_400, 14_400))), page(one_page(size=(10, 14_400)))
    assert square.width * square.height <= 25_000_000
    assert (strip.width, strip.height) == (6, 8000)
    small = inkread.open(one_page(), Limits(max_pixels=10_000))[0]
    assert small.width * small.height <= 10_100


def test_a_page_is_seen_through_its_crop_box_and_turned_as_it_says():
    drawing = "0 g 100 600 50 20 re f"
    image = page(one_page(drawing, extra="/CropBox[50 500 250 700]/Rotate 90"), dpi=72)
    assert (image.width, image.height) == (200, 200)
    ys, xs = np.nonzero(image.pixels[:, :, 0] < INK)
    # Upright the ink is at x 50..100, y 80..100 from the top; turned clockwise, x counts from there to the left.
    assert (xs.min(), xs.max() + 1, ys.min(), ys.max() + 1) == (100, 120, 50, 100)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_words_lie_on_their_ink_on_a_turned_and_cropped_page(turn: int):
    image = page(one_page(text(200, 300, "HHHHHHHH"), extra=f"/CropBox[150 200 500 600]/Rotate {turn}"))
    (each,) = image.layer
    box = each.line.box
    ys, xs = np.nonzero(image.pixels[:, :, 0] < INK)
    ink = (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
    # Along the text the box is exact; across it has room for what goes below the baseline.
    assert np.abs(np.array(ink) - np.array(box)).max() < 8
    assert round(each.line.quad.angle_deg) % 360 == turn


def test_filled_in_fields_are_seen():
    writer = PdfWriter()
    look = writer.add("/Type/XObject/Subtype/Form/BBox[0 0 100 20]", b"0 g 0 0 100 20 re f")
    field = writer.add(f"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/F 4/Rect[10 10 110 30]/AP<</N {look} 0 R>>>>")
    writer.catalog = f"/AcroForm<</Fields[{field} 0 R]>>"
    writer.page("", (200, 100), extra=f"/Annots[{field} 0 R]")
    assert (page(writer.content(), dpi=72).pixels[75:85, 20:100] < INK).all()


def test_hidden_text_is_told_from_text_that_is_drawn():
    drawing = text(72, 700, "seen") + text(72, 600, "invisible", mode=3) + text(72, 500, "clear", before="/G0 gs")
    found = {each.line.text: each.is_hidden for each in page(one_page(drawing, states="/G0<</ca 0>>")).layer}
    assert found == {"seen": False, "invisible": True, "clear": True}


def test_fonts_keep_their_names_and_characters_without_meaning_are_marked():
    writer = PdfWriter()
    fonts = [writer.font("Times-Roman"), writer.font("Courier", shift=3)]
    writer.page(text(72, 700, "Times", font=1) + text(72, 600, "abc", font=2), fonts=fonts)
    assert [(each.font, each.line.text) for each in page(writer.content()).layer] == [
        ("Times-Roman", "Times"),
        ("Courier", "def"),
    ]


def test_the_layer_is_left_out_where_it_is_not_wanted():
    assert page(one_page(), text_layer="never").layer == ()


def test_a_layer_without_end_is_cut():
    with inkread.open(one_page(text(72, 700, "Some words")), Limits(max_layer_characters=4)) as source:
        assert texts(source[0]) == ["Some"]
        assert source[0].is_layer_cut


def test_pages_of_an_encrypted_pdf_need_the_password():
    with pytest.raises(PasswordError, match="cannot be opened without its password: give it with"):
        page(encrypted())
    with pytest.raises(PasswordError, match="the password is wrong"):
        page(encrypted(), password="falsch")


@pytest.mark.parametrize("revision", [3, 4, 6])
@pytest.mark.parametrize("password", ["geheim", "owner"])
def test_pages_of_an_encrypted_pdf_are_read_with_either_password(password: str, revision: int):
    assert texts(page(encrypted(revision=revision), password=password)) == ["Some words"]


def test_a_pdf_without_pages_says_so():
    with pytest.raises(DamagedInputError, match=r'"file\.pdf" is a PDF without pages'):
        page(PdfWriter().content())


def test_a_page_without_size_is_damaged():
    with pytest.raises(DamagedInputError, match=r'page 1 of "file\.pdf" has no size'):
        page(one_page(extra="/CropBox[1000 1000 1100 1100]"))


def test_more_pages_than_the_limit_are_refused():
    with pytest.raises(LimitError, match="has 3 pages, over the limit of 2"):
        inkread.open(numbered(3), Limits(max_pages=2))


@pytest.mark.parametrize("cut", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_a_pdf_cut_short_is_repaired_or_damaged(cut: float):
    content = one_page()
    with contextlib.suppress(DamagedInputError):
        assert page(content[: int(cut * len(content))]).width > 0


def test_a_document_may_be_read_by_several_threads():
    found: list[str] = []

    def read() -> None:
        with inkread.open(numbered(4)) as source:
            found.extend(texts(image)[0] for image in source)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([f"number {number}" for number in range(1, 5)] * 4)


def test_a_reading_error_of_the_file_is_a_damaged_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("inkread.load.pictures._IN_MEMORY_BYTES", 10)
    file = tmp_path / "page.pdf"
    file.write_bytes(numbered(2))
    with inkread.open(file, options=LoadOptions(isolate="never")) as source:
        file.write_bytes(b"")  # whoever wrote it has truncated it
        source._pages_of(source._members[0])._forget()  # type: ignore[attr-defined]
        with pytest.raises(DamagedInputError, match="damaged PDF or cut short"):
            source[1]


@pytest.mark.row("S3-38")
def test_one_page_is_asked_for_by_its_index():
    with inkread.open(numbered(3), page_index=1) as source:
        assert len(source) == 1
        assert (texts(source[0]), source[0].number) == (["number 2"], 2)
    with pytest.raises(InputError, match='"bytes" has no page 4: it has 3 pages: ask for pages 1 to 3'):
        inkread.open(numbered(3), page_index=3)
    with pytest.raises(OptionError, match="count pages from 0"):
        inkread.open(numbered(3), page_index=-1)


def test_pictures_need_no_pdfium(run_python):
    script = (
        "import sys, inkread, numpy; inkread.open(numpy.zeros((9, 9), 'uint8'))[0]; print('pypdfium2' in sys.modules)"
    )
    assert run_python(script).strip() == "False"


def test_every_error_is_ours(shared: Path):
    for file in sorted((shared / "nasty").glob("*/*.pdf")):
        if file.stat().st_size > 100_000 or "synthetic" in str(file):
            continue
        with contextlib.suppress(InkreadError), inkread.open(file, options=LoadOptions(dpi=30)) as source:
            assert source[0].width > 0
