"""What a PDF is not added to, and what is said about it."""

import shutil
import subprocess
from pathlib import Path

import pytest
from pdfs import PdfWriter

from inkread.errors import DamagedInputError, InkreadError, InputError, UnsupportedFormatError
from inkread.export.pdf.original import OriginalPdf


def plain() -> bytes:
    made = PdfWriter()
    made.page("", (612, 792))
    return made.content()


def opened(tmp_path: Path, content: bytes) -> OriginalPdf:
    (tmp_path / "a.pdf").write_bytes(content)
    return OriginalPdf(tmp_path / "a.pdf")


DAMAGED = {
    "cut short": plain()[:-60],
    "no cross-references": plain().replace(b"startxref", b"startxxxx"),
    "cross-references elsewhere": plain().replace(b"startxref\n", b"startxref\n1"),
    "bytes in the middle": plain()[:200] + b"more" + plain()[200:],
    "no catalogue": plain().replace(b"/Root 1", b"/Rood 1"),
    "no pages": plain().replace(b"/Pages 2 0 R", b"/Pagez 2 0 R"),
    "pages in a circle": plain().replace(b"/Kids[5 0 R]", b"/Kids[2 0 R]"),
    "a page that is no object": plain().replace(b"/Kids[5 0 R]", b"/Kids[ <<>>]"),
    "a page that is missing": plain().replace(b"/Kids[5 0 R]", b"/Kids[9 0 R]"),
    "a page that is a number": plain().replace(b"/Kids[5 0 R]", b"/Kids[ 12 ]"),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_pdf_is_refused_with_what_to_do(tmp_path, content):
    with pytest.raises(DamagedInputError, match=r"repair it first.*qpdf"):
        opened(tmp_path, content)


@pytest.mark.parametrize("content", [b"", b"no pdf", b"%PDF-1.7\n"], ids=["empty", "text", "a header"])
def test_what_is_no_pdf_is_refused(tmp_path, content):
    with pytest.raises(InputError):
        opened(tmp_path, content)


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        OriginalPdf(tmp_path / "none.pdf")


@pytest.mark.parametrize("passwords", [("", "owner"), ("user", "owner")], ids=["by the owner", "by a password"])
def test_an_encrypted_pdf_is_refused_with_what_to_do(tmp_path, passwords):
    program = shutil.which("qpdf") or pytest.skip("needs qpdf (Debian: qpdf)")
    (tmp_path / "in.pdf").write_bytes(plain())
    command = [program, "--encrypt", *passwords, "256", "--", tmp_path / "in.pdf", tmp_path / "out.pdf"]
    subprocess.run(command, check=True, timeout=60)

    with pytest.raises(UnsupportedFormatError, match=r"encrypted.*--decrypt"):
        OriginalPdf(tmp_path / "out.pdf")


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_a_certified_pdf_is_refused_with_what_to_do(tmp_path, degree):
    made = PdfWriter()
    made.page("", (612, 792))
    how = f"<</TransformMethod/DocMDP/TransformParams<</P {degree}/V/1.2>>>>"
    signature = made.add(f"<</Type/Sig/Filter/Adobe.PPKLite/Contents<00>/ByteRange[0 0 0 0]/Reference[{how}]>>")
    made.catalog = f"/Perms<</DocMDP {signature} 0 R>>"

    with pytest.raises(UnsupportedFormatError, match=r"certified against changes.*another format"):
        opened(tmp_path, made.content())


@pytest.mark.parametrize(
    ("extra", "place"),
    [
        ("", (0, 0, 612, 792, 0, 1)),
        ("/Rotate -90", (0, 0, 612, 792, 270, 1)),
        ("/Rotate 450", (0, 0, 612, 792, 90, 1)),
        ("/CropBox[500 700 100 50]", (100, 50, 500, 700, 0, 1)),
        ("/CropBox[-50 -50 300 900]", (0, 0, 300, 792, 0, 1)),
        ("/CropBox[900 900 1000 1000]", (0, 0, 612, 792, 0, 1)),
        ("/CropBox[0 0 0 0]", (0, 0, 612, 792, 0, 1)),
        ("/CropBox(nonsense)/UserUnit 2.5", (0, 0, 612, 792, 0, 2.5)),
        ("/UserUnit -1", (0, 0, 612, 792, 0, 1)),
    ],
)
def test_a_page_is_where_viewers_show_it(tmp_path, extra, place):
    made = PdfWriter()
    made.page("", (612, 792), extra=extra)

    assert tuple(opened(tmp_path, made.content()).page(1).place) == place


def test_every_truncation_is_refused_or_read(tmp_path):
    content = plain()

    for end in range(0, len(content), 37):
        with pytest.raises(InkreadError):
            opened(tmp_path, content[:end])


def test_flipped_bytes_raise_no_error_but_ours(tmp_path):
    content = plain()
    for place in range(9, len(content), 5):
        changed = bytearray(content)
        changed[place] ^= 0x15
        try:
            original = opened(tmp_path, bytes(changed))
            [original.page(n + 1) for n in range(len(original))]
        except InkreadError:
            continue


def test_closing_twice_is_fine(tmp_path):
    original = opened(tmp_path, plain())
    original.close()
    original.close()


def test_the_third_party_files_raise_no_error_but_ours(shared):
    for path in sorted((shared / "nasty").rglob("*.pdf"))[:60]:
        try:
            original = OriginalPdf(path)
            [original.page(n + 1) for n in range(min(3, len(original)))]
        except InkreadError:
            continue
