"""Strings that break exporters, one of each kind, and documents that hold a string wherever text can stand."""

from __future__ import annotations

from inkread.document import Alternative, Block, Cell, Document, Line, Page, Table, Word
from inkread.geometry import Box, Quad

STRINGS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+49 30 123",
    "-12.50",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1,1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "'quoted",
    '"quoted"',
    'a"b""c',
    "a,b;c\td",
    "line\nbreak",
    "carriage\rreturn",
    "both\r\nof them",
    "a\x85b\u2028c\u2029d\x0be\x0cf",
    "nul\x00bell\x07escape\x1b[31m",
    "c1 \x80\x9f del \x7f",
    "not characters \ufffe\uffff \U0001ffff",
    "lone \ud800 and \udfff",
    "\ufeffmark",
    "\u202egnp.exe",
    "\u2066isolate\u200f",
    "<script>alert(1)</script>",
    "</span></title><b onclick=x>",
    "&amp; &lt; &#0; &copy; &nosuch;",
    "]]> <![CDATA[ x ]]> <!-- -- -->",
    "<?xml version='1.0'?>",
    "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "_x0041_ _x000D_",
    "*bold* _it_ __b__ a_b_c `code` ~~no~~ \\ [a](b) ![c](d) <http://x.y> |",
    "# heading #",
    "## ",
    "> quote",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "12) item",
    "---",
    "===",
    "***",
    "```",
    "~~~",
    ":-",
    "| a | b |",
    "a | b",
    "-|-",
    "[^1]: note",
    "[a]: /url",
    "trailing \\",
    "a\\|b",
    "    indented",
    "  ",
    "",
    "👩‍👩‍👧 e\u0301 ﷽ \U0010fffd",
    "縦書き、日本語。",
    "שלום עולם 123",
    "Z̤͔ͧ̑̓ä͖̭̈̇lͮ̒ͫ",
    "%s %n {0} ${x} {{7*7}}",
    "x" * 5000,
)


def word(text: str, left: float = 10, top: float = 10, width: float = 90) -> Word:
    """Return a word, with everything known about its characters where they are few: thousands take their time."""
    count = max(1, len(text))
    if count > 20:
        return Word(text, Quad.from_box(Box(left, top, left + width, top + 20)), 0.9)
    return Word(
        text,
        Quad.from_box(Box(left, top, left + width, top + 20)),
        0.9,
        tuple((i / count, (i + 1) / count) for i in range(len(text))),
        (0.9,) * len(text),
        (Alternative(0, text[::-1], 0.1),) if text else (),
    )


def line(*texts: str, top: float = 10) -> Line:
    """Return an upright line of these words."""
    words = tuple(word(text, 10 + 100 * i, top) for i, text in enumerate(texts))
    return Line(
        words, Quad.from_box(Box(10, top, 10 + 100 * len(texts), top + 20)), 0.9, raw=texts[0] if texts else None
    )


def everywhere(*texts: str) -> Document:
    """Return a document of one page that holds each string as a paragraph, heading, item, cell and name."""
    blocks = tuple(block for text in texts for block in _blocks(text))
    return Document((Page(blocks, 600, 400, source=texts[0], language=texts[0]),), texts[0], texts[0])


def _blocks(text: str) -> tuple[Block, ...]:
    cells = (
        Cell(0, 0, Box(10, 200, 110, 220), (line(text, top=200),)),
        Cell(0, 1, Box(110, 200, 210, 220), (line("b", top=200),)),
        Cell(1, 0, Box(10, 230, 210, 250), (line(text, text, top=230), line("end", top=240)), column_span=2),
    )
    single = Cell(0, 0, Box(0, 260, 99, 280), (line(text, top=260),))
    return (
        Block((line(text, "first"), line("second", text, top=40))),
        Block((line(text, top=70),), "heading"),
        Block((line(text, top=100), line("•", text, top=130), line(text, top=160)), "list"),
        Block(tuple(each for cell in cells for each in cell.lines), "table", Table(2, 2, cells)),
        Block(single.lines, "table", Table(1, 1, (single,))),
    )
