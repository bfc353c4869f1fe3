"""Records of pages come back as they were, from lines and from Parquet."""

from dataclasses import replace
from pathlib import Path

import pytest

from inkread.batch.records import PageRecord, decode, encode, of_line, read_results, to_line
from inkread.document import Block, Document, Line, Notice, Page, Word
from inkread.errors import DamagedInputError, MissingPackageError, NothingToReadError
from inkread.export.json import to_dict
from inkread.geometry import Box, Quad


def line(text: str) -> Line:
    quad = Quad.from_box(Box(0, 0, 10, 10))
    return Line((Word(text, quad, 0.9),), quad, 0.9)


DOCUMENT = Document(
    (Page((Block((line("größer \udc80"), line("two"))),), 100, 50, notices=(Notice("missed-ink", "ink"),)),),
    "a.png",
    "fake",
)
READ = PageRecord(
    "k-1-c", "0" * 64, 1, "caf\udce9.png", to_dict(DOCUMENT), seconds={"detect": 0.5}, review=1, left_out={"csv": "no"}
)
FAILED = PageRecord("k-2-c", "0" * 64, 2, "a.png", error=("DamagedInputError", "it is torn"), attempts=2)


def test_lines_give_back_what_they_were_made_of():
    assert [of_line(to_line(each)) for each in (READ, FAILED)] == [READ, FAILED]
    assert b"\n" not in to_line(READ)[:-1]
    assert READ.document == DOCUMENT
    assert FAILED.document is None


def test_a_record_tells_what_to_look_at():
    assert (READ.lines, READ.notices, READ.is_doubtful) == (2, ["missed-ink"], True)
    assert not replace(READ, review=0).is_doubtful
    assert not FAILED.is_doubtful


@pytest.mark.parametrize("cut", range(2, 200, 7))
def test_a_line_that_is_not_whole_is_none(cut):
    with pytest.raises(ValueError, match=r"."):
        of_line(to_line(READ)[:-cut])


@pytest.mark.parametrize("content", [b"{}\n", b"[]\n", b'{"key": 1}\n', b"\xff\n"])
def test_a_damaged_file_is_told_by_name(content):
    with pytest.raises(DamagedInputError, match=r'"a.jsonl" does not hold results'):
        decode(content, Path("a.jsonl"))


def test_a_folder_without_results_is_told(tmp_path):
    with pytest.raises(NothingToReadError, match="holds no results"):
        list(read_results(tmp_path))


def test_parquet_gives_back_what_it_was_made_of():
    pytest.importorskip("pyarrow", reason="needs the package pyarrow: pip install inkread[parquet]")
    content = encode([READ, FAILED], "parquet")
    back = decode(content, Path("a.parquet"))
    assert back == [replace(READ, source="caf\\udce9.png"), FAILED]
    with pytest.raises(DamagedInputError):
        decode(content[:-9], Path("a.parquet"))


def test_without_pyarrow_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingPackageError, match=r"inkread\[parquet\]"):
        encode([READ], "parquet")
