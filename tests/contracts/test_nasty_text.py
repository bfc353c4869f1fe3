"""Text of any kind comes back from every format through a strict parser, less what docs/formats.md says is dropped."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

import exported
import nasty
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkread.document import Document, Table
from inkread.export.formats import ExportOptions, encode, render
from inkread.export.json import from_json

OPTIONS = ExportOptions(characters=True, created=datetime(2026, 1, 2, tzinfo=UTC))

# What docs/formats.md says becomes U+FFFD, written down a second time: every code point that XML 1.0 does not list.
ILLEGAL = {chr(c) for c in [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)]}
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def legal(text: str) -> str:
    return "".join("\ufffd" if c in ILLEGAL else c for c in text)


def words(document: Document) -> list[str]:
    return [legal(word.text) for word in document.words]


def in_order(content: bytes, name: str, document: Document) -> None:
    """Check that all words stand in the text one after the other, white space being one blank.

    The sign before an item of a list may have become the format's own.
    """
    text, at = exported.text(content, name), 0
    for block in document.pages[0].blocks:
        for line in block.lines:
            wanted = [exported.blank(word.text) for word in line.words]
            whole = exported.blank(line.text)
            if block.kind == "list" and text.find(whole, at) < 0:
                wanted = [whole.partition(" ")[2]]
            for each in wanted:
                found = text.find(each, at)
                assert found >= 0, (each, text[at : at + 200])
                at = found


def check_text(document: Document) -> None:
    assert render(document, "text").split() == legal_but_controls(document.text).split()


def legal_but_controls(text: str) -> str:
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


def check_layout(document: Document) -> None:
    in_order_of_rows = sorted(exported.blank(word.text) for word in document.words)
    text = exported.blank(render(document, "text-layout"))
    assert all(word in text for word in in_order_of_rows)


def check_markdown(document: Document) -> None:
    in_order(render(document, "markdown").encode(), "markdown", document)


def check_json(document: Document) -> None:
    json.loads(render(document, "json"))
    assert from_json(render(document, "json")) == document


def check_hocr(document: Document) -> None:
    assert exported.words_of_hocr(render(document, "hocr", OPTIONS)) == words(document)
    assert exported.words_of_hocr(render(document, "hocr")) == words(document)


def check_alto(document: Document) -> None:
    assert exported.words_of_alto(render(document, "alto", OPTIONS)) == words(document)


def check_page(document: Document) -> None:
    assert exported.words_of_page(render(document, "page", OPTIONS)) == words(document)


def check_tsv(document: Document) -> None:
    spaces = dict.fromkeys(map(ord, "\t\n\x0b\x0c\r\x85\u2028\u2029"), " ")
    assert exported.words_of_tsv(render(document, "tsv")) == [word.translate(spaces) for word in words(document)]


def check_csv(document: Document) -> None:
    rows = exported.rows_of_csv(render(document, "csv", ExportOptions(formulas=True)))
    assert [row for row in rows if row] == [row for table in document.tables for row in texts(table)]
    guarded = exported.rows_of_csv(render(document, "csv"))
    for row, plain in zip(guarded, rows, strict=True):
        for cell, text in zip(row, plain, strict=True):
            assert cell in (text, f"'{text}")
            if cell.startswith(FORMULA):  # let through: nothing but an amount or a number of a telephone
                assert cell[0] in "+-"
                assert cell[1].isdecimal()
                assert all(c.isdecimal() or c in ".,'%" or c.isspace() for c in cell[1:])


def texts(table: Table) -> list[list[str]]:
    rows = [[""] * table.columns for _ in range(table.rows)]
    for cell in table.cells:
        rows[cell.row][cell.column] = legal(cell.text)
    return rows


def check_xlsx(document: Document) -> None:
    sheets = exported.cells_of_xlsx(encode(document, "xlsx", OPTIONS))
    for cells, table in zip(sheets, document.tables, strict=True):
        for cell in table.cells:
            assert cells.get((cell.row, cell.column), "") == legal(cell.text)


def check_docx(document: Document) -> None:
    in_order(encode(document, "docx", OPTIONS), "docx", document)


CHECKS: dict[str, Callable[[Document], None]] = {
    "text": check_text,
    "text-layout": check_layout,
    "markdown": check_markdown,
    "json": check_json,
    "hocr": check_hocr,
    "alto": check_alto,
    "page": check_page,
    "tsv": check_tsv,
    "csv": check_csv,
    "xlsx": check_xlsx,
    "docx": check_docx,
}

any_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())


@any_check
def test_strings_that_break_exporters_come_back(check: Callable[[Document], None]) -> None:
    for texts in several(list(nasty.STRINGS), 5):
        check(nasty.everywhere(*texts))


@any_check
def test_the_list_of_naughty_strings_comes_back(check: Callable[[Document], None], shared) -> None:
    strings = json.loads((shared / "nasty" / "strings" / "blns.json").read_text(encoding="utf-8"))
    assert len(strings) > 500

    for texts in several(strings, 40):
        check(nasty.everywhere(*texts))


def several(strings: list[str], count: int) -> list[list[str]]:
    return [strings[i : i + count] for i in range(0, len(strings), count)]


# With lone surrogates; a high one before a low one is, in JSON and UTF-8, one character.
any_text = st.text(st.characters(exclude_categories=()), max_size=30).filter(
    lambda text: not any("\ud800" <= a <= "\udbff" and "\udc00" <= b <= "\udfff" for a, b in pairwise(text))
)
# What means something to some format, so that combinations of it come up.
marks = st.text(st.sampled_from("\\`*_[]<>&~|#=-+:.)(!'\"1a \t\n\r@\ufffe\u202e{}%;/"), max_size=12)


# A quarter of the usual number, as there are eleven formats; as many as were asked for, in a proof.
CASES = settings.default.max_examples if settings.default.max_examples > 100 else settings.default.max_examples // 4


@any_check
@settings(max_examples=CASES)
@given(text=any_text | marks)
def test_any_text_comes_back(check: Callable[[Document], None], text: str) -> None:
    check(nasty.everywhere(text))
