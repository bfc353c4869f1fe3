"""A document to TSV in the twelve columns that users of OCR know: a row for each page, block, paragraph, line, word."""

from __future__ import annotations

from inkread.document import Block, Document, Line, Page
from inkread.export.markup import one_line
from inkread.export.places import percent, pixel_box
from inkread.geometry import Box

COLUMNS = (
    "level",
    "page_num",
    "block_num",
    "par_num",
    "line_num",
    "word_num",
    "left",
    "top",
    "width",
    "height",
    "conf",
    "text",
)


def to_tsv(document: Document) -> str:
    """Return a header and a row for each page (level 1), block (2), paragraph (3), line (4) and word (5).

    Places are whole pixels. conf is 0..100 for words and -1 for what holds them. There are no quotes: a tab or line
    end in a word is a space. A block is one paragraph. Raises OutputError where a coordinate is no place on a page.
    """
    rows = ["\t".join(COLUMNS)]
    for page in document.pages:
        rows.append(_row(1, (page.number, 0, 0, 0, 0), Box(0, 0, page.width, page.height), page))
        for number, block in enumerate(page.blocks, start=1):
            rows += _block(block, number, page)
    return "\n".join((*rows, ""))


def _block(block: Block, number: int, page: Page) -> list[str]:
    rows = [
        _row(2, (page.number, number, 0, 0, 0), block.box, page),
        _row(3, (page.number, number, 1, 0, 0), block.box, page),
    ]
    for line_number, line in enumerate(block.lines, start=1):
        rows += _line(line, (page.number, number, 1, line_number), page)
    return rows


def _line(line: Line, numbers: tuple[int, int, int, int], page: Page) -> list[str]:
    return [
        _row(4, (*numbers, 0), line.box, page),
        *(
            _row(5, (*numbers, i), word.box, page, f"{percent(word.confidence):.6g}", one_line(word.text))
            for i, word in enumerate(line.words, start=1)
        ),
    ]


def _row(level: int, numbers: tuple[int, ...], box: Box, page: Page, confidence: str = "-1", text: str = "") -> str:
    place = pixel_box(box, page)
    return "\t".join([*map(str, (level, *numbers, place.left, place.top, place.width, place.height)), confidence, text])
