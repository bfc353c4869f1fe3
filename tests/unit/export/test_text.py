from __future__ import annotations

import pytest

from inkread.document import Block, Document, Line, Page, Word
from inkread.export.text import to_text
from inkread.geometry import Box, Quad

QUAD = Quad.from_box(Box(0, 0, 10, 10))


def page(*blocks: tuple[str, ...]) -> Page:
    def line(text: str) -> Line:
        return Line(tuple(Word(word, QUAD, 1.0) for word in text.split()), QUAD, 1.0)

    return Page(tuple(Block(tuple(line(text) for text in block)) for block in blocks), 10, 10)


def test_blocks_and_pages_stand_apart_and_the_last_line_ends():
    document = Document((page(("one two", "three"), ("four",)), page(("five",))))

    assert to_text(document) == "one two\nthree\n\nfour\n\nfive\n"


@pytest.mark.parametrize("document", [Document(()), Document((page(),)), Document((page(), page(), page()))])
def test_a_document_without_text_gives_no_text(document):
    assert to_text(document) == ""


def test_a_lone_surrogate_becomes_the_replacement_character():
    assert to_text(Document((page(("a\ud800b",)),))) == "a\ufffdb\n"
