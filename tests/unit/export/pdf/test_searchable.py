"""The original stays as it is, byte for byte, and what is appended is as clean as it."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from laid import found_in, line, page
from pdfs import PdfWriter, text

from inkread.document import Document, Notice
from inkread.errors import InputError, OutputError
from inkread.export.pdf.searchable import add_layer, searchable_pdf
from inkread.image import Image

LETTER = (612, 792)
WORDS = [line("Hello brave new world", 200, 300), line("中文 👍", 200, 400)]
TEXT = ["Hello", "brave", "new", "world", "中文", "👍"]


def plain(pages: int = 2) -> bytes:
    """Return a PDF whose pages leave the graphics state in disorder."""
    made = PdfWriter()
    for n in range(pages):
        made.page("Q Q 2 0 0 2 30 30 cm q q " + text(10, 20, f"visible {n}"), LETTER, extra="/Custom(a\\)b)/A#20B 1")
    return made.content()


def inherited() -> bytes:
    """Return a PDF whose page has resources, size and rotation from above, and its contents in two halves."""
    bodies = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Count 2/Kids[3 0 R]/MediaBox[612 792 0 0]/Rotate 90/Resources<</Font 8 0 R>>>>",
        "<</Type/Pages/Parent 2 0 R/Count 2/Kids[4 0 R 9 0 R]>>",
        "<</Type/Page/Parent 3 0 R/Contents 5 0 R>>",
        "[6 0 R 7 0 R]",
        "<</Length 33>>stream\nBT /Inkread 12 Tf 9 9 Td (visible\nendstream",
        "<</Length 16>>stream\n ) Tj ET        \nendstream",
        "<</Inkread<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>",
        "<</Type/Page/Parent 3 0 R>>",
    ]
    return assembled(bodies)


def assembled(bodies: list[str], trailer: str = "/ID[<6162><6364>]") -> bytes:
    parts, offsets = ["%PDF-1.4\n"], []
    for number, body in enumerate(bodies, start=1):
        offsets.append(sum(map(len, parts)))
        parts.append(f"{number} 0 obj\n{body}\nendobj\n")
    start, count = sum(map(len, parts)), len(bodies) + 1
    rows = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    parts.append(f"xref\n0 {count}\n0000000000 65535 f \n{rows}")
    parts.append(f"trailer<</Size {count}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF")
    return "".join(parts).encode("latin-1")


def converted(content: bytes, folder: Path, *options: str) -> bytes:
    program = shutil.which("qpdf") or pytest.skip("needs qpdf (Debian: qpdf)")
    (folder / "from.pdf").write_bytes(content)
    subprocess.run([program, *options, folder / "from.pdf", folder / "to.pdf"], check=True, timeout=60)
    return (folder / "to.pdf").read_bytes()


def hybrid() -> bytes:
    """Return a PDF with a table and, for newer readers, a stream that says more (ISO 32000-1, 7.5.8.4)."""
    content = plain()
    start = content.rindex(b"xref\n0 ")
    entry = bytes([1]) + (9).to_bytes(4, "big") + bytes(2)
    stream = b"49 0 obj\n<</Type/XRef/W[1 4 2]/Index[48 1]/Size 50/Length 7>>stream\n%s\nendstream\nendobj\n" % entry
    table = re.sub(rb"trailer<</Size \d+", b"trailer<</XRefStm %d/Size 50" % start, content[start:])
    table = re.sub(rb"startxref\n\d+", b"startxref\n%d" % (start + len(stream)), table)
    return content[:start] + stream + table


KINDS = {
    "a table": lambda folder: plain(),
    "object streams": lambda folder: converted(plain(), folder, "--object-streams=generate"),
    "linearised": lambda folder: converted(plain(), folder, "--linearize"),
    "linearised with object streams": lambda folder: converted(
        plain(), folder, "--linearize", "--object-streams=generate"
    ),
    "table and stream": lambda folder: hybrid(),
    "inherited attributes": lambda folder: inherited(),
    "bytes before the header": lambda folder: b"MIME: something\n" + plain(),
    "no line end at the end": lambda folder: plain().rstrip(),
    "a trailer that says too little": lambda folder: plain().replace(b"/Size", b"/Size 4/Was"),
}


def read_of(content: bytes) -> Document:
    """Return a document with the same words on each page of a PDF."""
    opened = pdfium.PdfDocument(content)
    sizes = [opened.get_page_size(n) for n in range(len(opened))]
    opened.close()
    pages = (
        page(WORDS, (round(w * 300 / 72), round(h * 300 / 72)), number=n) for n, (w, h) in enumerate(sizes, start=1)
    )
    return Document(tuple(pages), "original.pdf")


@pytest.fixture
def add(tmp_path: Path):
    """Write a document's text into a PDF of this content and return the result's content."""

    def run(content: bytes, document: Document | None = None, name: str = "out.pdf", **how) -> bytes:
        (tmp_path / "original.pdf").write_bytes(content)
        document = document or read_of(content)
        return add_layer(document, tmp_path / "original.pdf", tmp_path / name, overwrite=True, **how).read_bytes()

    return run


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_the_original_is_a_prefix_twice_over_and_the_words_are_found(add, kind, tmp_path):
    content = kind(tmp_path)

    once = add(content)
    twice = add(once)

    assert once.startswith(content)
    assert twice.startswith(once)
    for read in read_of(content):
        own = found_in(content, page([], number=read.number)).text.split()
        assert found_in(once, page([], number=read.number)).text.split() == [*TEXT, *own]
        assert found_in(twice, page([], number=read.number)).text.split() == [*TEXT, *TEXT, *own]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_qpdf_finds_no_fault_that_was_not_there(add, kind, tmp_path, qpdf_check):
    content = kind(tmp_path)
    (tmp_path / "before.pdf").write_bytes(content)
    before = qpdf_check(tmp_path / "before.pdf")

    add(add(content))

    code, faults = qpdf_check(tmp_path / "out.pdf")
    assert code <= before[0]
    assert len(faults.splitlines()) <= len(before[1].splitlines()), faults


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_every_page_looks_as_before(add, kind, tmp_path):
    content = kind(tmp_path)

    after = add(content)

    assert np.array_equal(drawn(content), drawn(after))


def drawn(content: bytes) -> np.ndarray:
    document = pdfium.PdfDocument(content)
    pixels = np.concatenate([document[n].render().to_numpy() for n in range(len(document))])
    document.close()
    return pixels


def test_the_cross_reference_section_is_of_the_original_s_style(add, tmp_path):
    assert add(plain()).count(b"\nxref\n") == 2
    assert b"\nxref\n" not in add(KINDS["object streams"](tmp_path))


def test_the_identifier_keeps_its_first_half(add):
    found = re.findall(rb"/ID ?\[<(\w+)><(\w+)>\]", add(inherited()))

    assert [first for first, _ in found] == [b"6162", b"6162"]
    assert found[0][1] != found[1][1]


def test_what_is_unknown_of_a_page_is_kept(add):
    increment = add(plain())[len(plain()) :]

    assert increment.count(b"/Custom (a\\)b)") == 2
    assert increment.count(b"/A#20B 1") == 2


def test_lines_of_the_page_s_own_layer_are_not_written_again(add):
    lines = [replace(WORDS[0], origin="layer"), WORDS[1]]
    document = Document((page(lines), page([lines[0]], number=2)))

    made = add(plain(), document)

    assert found_in(made, page([])).text.split() == ["中文", "👍", "visible", "0"]
    assert found_in(made, page([], number=2)).text.split() == ["visible", "1"]


@pytest.mark.parametrize(
    "layered",
    [
        page([replace(WORDS[0], origin="layer"), WORDS[1]]),
        page(WORDS, notices=(Notice("layer-replaced", "garbage"),)),
        page(WORDS, notices=(Notice("hidden-text", "hidden"),)),
    ],
    ids=["kept lines", "replaced lines", "hidden text"],
)
def test_pages_with_text_of_their_own_are_left_alone_if_asked(add, layered):
    made = add(plain(), Document((layered, page(WORDS, number=2))), text_pages="skip")

    assert found_in(made, page([])).text.split() == ["visible", "0"]
    assert found_in(made, page([], number=2)).text.split() == [*TEXT, "visible", "1"]


def test_where_nothing_is_to_be_added_the_copy_is_exact(add):
    assert add(plain(), Document((page([]),))) == plain()


def test_only_some_pages_may_be_read(add):
    made = add(plain(3), Document((page(WORDS, number=3),)))

    assert found_in(made, page([], number=1)).text.split() == ["visible", "0"]
    assert found_in(made, page([], number=3)).text.split() == [*TEXT, "visible", "2"]


def test_a_page_that_the_tree_shows_twice_gets_its_text_once(add):
    content = assembled(
        [
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Count 2/Kids[3 0 R 3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>",
        ]
    )

    made = add(content, Document((page(WORDS), page(WORDS, number=2))))

    assert found_in(made, page([])).text.split() == found_in(made, page([], number=2)).text.split() == TEXT


def test_pages_share_one_font_and_their_resources(add):
    increment = add(inherited())[len(inherited()) :]

    assert increment.count(b"/Type0") == 1
    # The original's font has our name already.
    assert increment.count(b"/Inkread1 ") == 1


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (Document((page(WORDS, number=3),)), "has 2 pages, and there is text for page 3"),
        (Document((page(WORDS, (3300, 2550)),)), "was read as 3300 x 2550 px"),
        (Document((page(WORDS, (0, 0)),)), "was read as 0 x 0 px"),
    ],
)
def test_a_document_of_another_pdf_is_refused_and_nothing_is_left(add, document, message, tmp_path):
    with pytest.raises(InputError, match=message):
        add(plain(), document)

    assert [path.name for path in tmp_path.iterdir()] == ["original.pdf"]


def test_a_picture_is_no_pdf(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")

    with pytest.raises(InputError, match="is no PDF"):
        add_layer(Document(()), tmp_path / "a.png", tmp_path / "out.pdf")


@pytest.mark.parametrize("overwrite", [False, True])
def test_an_input_is_never_written_to(tmp_path, overwrite):
    source = tmp_path / "a.pdf"
    source.write_bytes(plain())

    with pytest.raises(OutputError, match="is an input"):
        add_layer(read_of(plain()), source, source, overwrite=overwrite)
    assert source.read_bytes() == plain()


def test_nothing_is_overwritten_unasked(tmp_path):
    (tmp_path / "a.pdf").write_bytes(plain())
    (tmp_path / "b.pdf").write_bytes(b"precious")

    with pytest.raises(OutputError, match="exists already"):
        add_layer(read_of(plain()), tmp_path / "a.pdf", tmp_path / "b.pdf")
    assert (tmp_path / "b.pdf").read_bytes() == b"precious"


def test_an_error_while_pages_are_read_leaves_nothing(tmp_path):
    def fail():
        with searchable_pdf(tmp_path / "out.pdf") as pdf:
            pdf.add(page(WORDS), white())
            raise RuntimeError("the reader fails")

    with pytest.raises(RuntimeError, match="the reader fails"):
        fail()
    assert list(tmp_path.iterdir()) == []


def white(width: int = 2550, height: int = 3300) -> Image:
    return Image(np.full((height, width, 3), 255, np.uint8), dpi=300)


def test_pictures_become_pages_with_their_text(tmp_path, qpdf_check):
    with searchable_pdf(tmp_path / "out.pdf") as pdf:
        pdf.add(page(WORDS), white())
        pdf.add(page([], (300, 200), number=2), white(300, 200))
        pdf.add(page(WORDS[:1], (2550, 1650), number=3, dpi=None), white(2550, 1650))

    made = tmp_path / "out.pdf"
    assert found_in(made, page([])).text.split() == TEXT
    assert found_in(made, page([], number=2)).text == ""
    assert found_in(made, page([], number=3)).text.split() == TEXT[:4]
    assert qpdf_check(made) == (0, "")


def test_a_pdf_of_pictures_can_be_added_to(tmp_path, add):
    with searchable_pdf(tmp_path / "scan.pdf") as pdf:
        pdf.add(page(WORDS), white())
    content = (tmp_path / "scan.pdf").read_bytes()

    assert found_in(add(content), page([])).text.split() == [*TEXT, *TEXT]


def test_a_page_without_its_picture_is_refused(tmp_path):
    with pytest.raises(InputError, match="without its picture"), searchable_pdf(tmp_path / "out.pdf") as pdf:
        pdf.add(page(WORDS))
    assert list(tmp_path.iterdir()) == []


def test_a_signature_covers_what_it_covered(add):
    """The signed bytes are a range of the file's first revision, which is there to the last byte."""
    content = plain()

    assert add(content)[: len(content)] == content
