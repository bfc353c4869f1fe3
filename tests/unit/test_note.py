"""The sample of handwriting, read by the default models."""

from pathlib import Path

import pytest

from inkread import Reader
from inkread.document import Document

NOTE = Path(__file__).resolve().parents[2] / "examples" / "note.jpg"
LINES = NOTE.with_suffix(".txt").read_text(encoding="utf-8").splitlines()


@pytest.fixture(params=["handwritten", "auto"])
def read(request, no_installed_handwriting) -> Document:
    """The note. The package for handwriting, where it is installed, leaves out the space after the last bullet."""
    with Reader(mode=request.param) as reader:
        return reader.read(NOTE)


@pytest.mark.row("S1-11", "S1-17", "S1-18", "S1-38")
def test_a_note_is_read_line_by_line_with_its_bullets(read):
    """S1-14, S1-15, S1-16, S1-17, S1-18"""
    assert [line for line in read.text.splitlines() if line] == LINES


def test_lines_say_how_they_were_written_where_they_were_told_apart():
    """A typeface after handwriting may be told to be either."""
    with Reader(mode="auto") as auto, Reader(mode="handwritten") as by_hand:
        assert {line.style for line in auto.read(NOTE).lines} <= {"print", "handwriting"}
        assert {line.style for line in by_hand.read(NOTE).lines} == {None}
