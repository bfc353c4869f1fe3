"""What readers of PDFs make of the text: each word where it was seen, in our order, with our spaces."""

import re
import unicodedata
from pathlib import Path

import pytest
from laid import distance, found_in, line, page
from pdfs import PdfWriter

from inkread.document import Document, Line, Page, Word
from inkread.export.pdf import glyphless
from inkread.export.pdf.layer import Place, draw
from inkread.export.pdf.searchable import add_layer
from inkread.geometry import Box, Quad

LETTER = (612, 792)
TWO_COLUMNS = [
    *(line(f"left column line {n}", 200, 300 + 60 * n) for n in range(5)),
    *(line(f"right column line {n}", 1400, 300 + 60 * n) for n in range(5)),
]


@pytest.fixture
def written(tmp_path: Path):
    """Write a page's text over a blank page of US Letter, with more entries if asked, and return the file."""

    def write(read: Page, extra: str = "") -> Path:
        blank = PdfWriter()
        blank.page("", LETTER, extra=extra)
        (tmp_path / "blank.pdf").write_bytes(blank.content())
        return add_layer(Document((read,)), tmp_path / "blank.pdf", tmp_path / "out.pdf", overwrite=True)

    return write


def tokens(text: str) -> list[str]:
    """Return the words without line ends and spaces, and without the marks that poppler puts around Hebrew.

    Two marks on one letter may change places, which makes no difference (Unicode, UAX 15).
    """
    return unicodedata.normalize("NFC", re.sub("[\u202a-\u202e]", "", text)).split()


@pytest.mark.parametrize(
    ("extra", "size"),
    [
        ("", (2550, 3300)),
        ("/Rotate 90", (3300, 2550)),
        ("/Rotate 180", (2550, 3300)),
        ("/Rotate -90", (3300, 2550)),
        ("/CropBox[100 50 500 700]", (1667, 2708)),
        ("/Rotate 90/CropBox[100 50 500 700]", (2708, 1667)),
        ("/CropBox[-50 100 700 500]", (2550, 1667)),
        ("/UserUnit 2.5", (6375, 8250)),
    ],
)
def test_each_word_is_selected_where_it_was_seen(written, extra, size, pdftotext):
    lines = [
        line("Hello brave new world", 200, 300),
        line("I a Will", 200, 400, letter=31),
        line("中文 文字", 200, 500),
    ]
    lines += [line("tilted by twelve", 300, 600, angle=12), line("downwards read", 1200, 300, angle=90)]
    read = page(lines, size)

    path = written(read, extra)

    found = found_in(path, read)
    assert tokens(found.text) == [word.text for word in read.words]
    for word, box in zip(read.words, found.words, strict=True):
        assert box is not None, word.text
        assert distance(box, word.box) < 2, word.text
    assert tokens(pdftotext(path, "-raw")) == [word.text for word in read.words]


def test_poppler_places_the_words_where_we_do(written, pdftotext):
    read = page([line("Hello brave new world", 200, 300), line("second line", 300, 2900, height=80, letter=45)])

    rows = re.findall(r'xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.+?)<', pdftotext(written(read), "-bbox"))

    assert [row[4] for row in rows] == [word.text for word in read.words]
    for row, word in zip(rows, read.words, strict=True):
        assert distance(Box(*(float(value) * 300 / 72 for value in row[:4])), word.box) < 2


ORDERS = {
    "two columns": TWO_COLUMNS,
    "beside each other": [
        line("left", 200, 300),
        line("right", 1400, 300),
        line("left", 200, 360),
        line("r", 1400, 360),
    ],
    "the right one first": [line("second", 1400, 300), line("first", 200, 300), line("below", 200, 360)],
    "columns read downwards": [line("縦書きの文字", 2000, 300, angle=90), line("次の行です", 1940, 300, angle=90)],
    "read upwards": [line("read from below", 400, 2000, angle=-90), line("and next", 460, 2000, angle=-90)],
    "3 degrees askew": [
        line(f"a long line number {n} that is very much askew", 200, 300 + 52 * n, angle=3) for n in range(9)
    ],
    "-3 degrees askew": [
        line(f"a long line number {n} of letters askew", 200, 900 + 52 * n, angle=-3) for n in range(9)
    ],
    "upside down": [line(f"line {n} stands upside down", 2000, 900 - 60 * n, angle=180) for n in range(3)],
    "words that nearly touch": [line("tight gaps here", 200, 300, gap=2), line("words that touch", 200, 400, gap=0)],
    "astral characters": [line("👍 and 𠀀𠀁 end", 200, 300), line("a👍b", 200, 400)],
    "one letter each": [line("a b c 1 , .", 200, 300), line("x", 200, 400)],
    "marks of PDF": [line(r"(paren\the) ) ( \\ <<>> [x] /Name %c BT ET Q", 200, 300)],
    "combining": [line("e\u0301 n\u0303o क्षि ที่", 200, 300)],
}


@pytest.mark.parametrize("lines", ORDERS.values(), ids=ORDERS.keys())
def test_the_text_comes_out_in_our_order(written, lines, pdftotext):
    read = page(lines)

    path = written(read)

    expected = unicodedata.normalize("NFC", " ".join(word.text for word in read.words)).split()
    assert tokens(found_in(path, read).text) == expected
    assert tokens(pdftotext(path, "-raw")) == expected


@pytest.mark.parametrize("text", ["中文文字没有空格", "日本語のテスト", "한국어", "ภาษาไทย"])
@pytest.mark.parametrize("letter", [12, 40, 90])
def test_no_space_comes_between_letters_of_a_word(written, text, letter, pdftotext):
    read = page([line(text, 200, 300, letter=letter)])

    path = written(read)

    assert found_in(path, read).text.strip() == text
    assert pdftotext(path, "-raw").strip() == text
    assert pdftotext(path).strip() == text


@pytest.mark.parametrize(
    "lines",
    [
        ["שלום עולם 123 טוב", "שורה שנייה"],
        ["مرحبا بالعالم 456", "السطر الثاني هنا"],
        ["שָׁלוֹם לְכֻלָּם", "مَرْحَبًا"],
        ["מחיר 12,50 בלבד"],
    ],
)
def test_right_to_left_lines_come_out_in_logical_order(written, lines, pdftotext):
    read = page([line(text, 400, 300 + 80 * n, runs_left=True) for n, text in enumerate(lines)])

    path = written(read)

    expected = unicodedata.normalize("NFC", " ".join(lines)).split()
    assert tokens(found_in(path, read).text) == expected
    assert tokens(pdftotext(path, "-raw")) == expected


def test_a_right_to_left_word_in_a_line_that_is_not_stays_in_its_place(written):
    read = page([line("Latin שלום and more", 200, 300)])

    assert found_in(written(read), read).text.split() == ["Latin", "שלום", "and", "more"]


def test_brackets_of_right_to_left_text_come_out_right_in_pdfium(written):
    read = page([line("כן (שלום) לא", 400, 300, runs_left=True)])

    assert found_in(written(read), read).text.split() == ["כן", "(שלום)", "לא"]


def test_controls_and_lone_surrogates_do_no_harm(written, pdftotext):
    read = page([line("a\x00b\x1b \ud800x \x07 \uffff end", 200, 300)])

    path = written(read)

    assert found_in(path, page([])).text.split() == ["ab", "\ufffdx", "\ufffd", "end"]
    assert tokens(pdftotext(path, "-raw")) == ["ab", "\ufffdx", "\ufffd", "end"]


@pytest.mark.parametrize(
    "read",
    [
        page([]),
        page([Line((), Quad.from_box(Box(0, 0, 9, 9)), 0.0)]),
        page([line("\x00 \x01", 10, 10)]),
    ],
    ids=["no lines", "no words", "no text"],
)
def test_where_nothing_was_read_nothing_is_drawn(read):
    assert draw(read, read.lines, Place(0, 0, 612, 792), "F", glyphless.Codes()) == b""


def test_a_line_without_size_does_no_harm(written):
    point = Quad.from_box(Box(300, 300, 300, 300))
    read = page([Line((Word("dot", point, 0.5), Word("dash", point, 0.5)), point, 0.5), line("after", 400, 500)])

    assert found_in(written(read), read).text.split() == ["dot", "dash", "after"]


def test_a_page_of_5000_words_comes_out_in_order(written):
    rows = [
        line(" ".join(f"w{50 * n + i}" for i in range(50)), 100, 100 + 31 * n, height=26, letter=8) for n in range(100)
    ]
    read = page(rows)

    assert found_in(written(read), page([])).text.split() == [word.text for word in read.words]


def test_3000_characters_take_less_than_6_kb(tmp_path):
    words = [f"{'abcdefghijklmnop'[n % 9 : n % 9 + 3 + n % 7]}{n % 10}" for n in range(500)]
    lines = [
        line(" ".join(words[n : n + 10]), 100 + n % 7, 100 + 5.7 * n, letter=17 + n % 5) for n in range(0, 500, 10)
    ]
    blank = PdfWriter()
    for _ in range(2):
        blank.page("", LETTER)
    (tmp_path / "blank.pdf").write_bytes(blank.content())

    def size(*pages: Page) -> int:
        name = tmp_path / f"{len(pages)}.pdf"
        return add_layer(Document(pages), tmp_path / "blank.pdf", name).stat().st_size

    pages = page(lines), page(lines, number=2)
    characters = sum(len(word.text) + 1 for word in pages[0].words)
    assert characters >= 3000
    assert size(*pages) - size(pages[0]) < 6000 * characters / 3000
