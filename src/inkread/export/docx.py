"""A document to DOCX: headings, paragraphs, lists and tables, to go on writing with. The one home of python-docx."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from inkread.document import Block, Document
from inkread.errors import FormatError
from inkread.export.markup import legal
from inkread.export.places import is_right_to_left
from inkread.export.structure import Grid, grid, heading_levels, items, outside, paragraphs
from inkread.extras import not_installed

if TYPE_CHECKING:
    from docx.document import Document as Writer
    from docx.text.paragraph import Paragraph

_STYLES = {"caption": "Caption", "header": "Header", "footer": "Footer"}

# What word processors open.
_MAX_COLUMNS = 63

# The oldest date that a ZIP file can say: the parts have no date of their own.
_NO_DATE = (1980, 1, 1, 0, 0, 0)


def to_docx(document: Document, *, created: datetime | None = None) -> bytes:
    """Return the document as DOCX, a page break between pages.

    Lines that were broken for want of room are joined, others kept. created: the date of the document; now, if None.
    Raises FormatError for a table that is too large and MissingPackageError where python-docx is not installed.
    """
    writer = _new_writer()
    date = (created or datetime.now(UTC)).replace(tzinfo=None)
    properties = writer.core_properties
    properties.author, properties.title, properties.comments = "", "", legal(document.generator)[:255]
    properties.created = properties.modified = date
    levels = heading_levels(document)
    for number, page in enumerate(document.pages):
        if number:
            writer.add_page_break()  # type: ignore[no-untyped-call]
        for block in page.blocks:
            _write_block(writer, block, levels)
    stream = io.BytesIO()
    writer.save(stream)
    return _without_dates(stream.getvalue())


def _new_writer() -> Writer:
    try:
        import docx
    except ImportError as error:
        raise not_installed("docx") from error
    return docx.Document()


def _write_block(writer: Writer, block: Block, levels: dict[int | None, int]) -> None:
    if block.table is not None:
        _write_table(writer, grid(block.table))
        for line in outside(block):
            _fill(writer.add_paragraph(), line.text)
    elif block.kind == "heading":
        _fill(
            writer.add_paragraph(style=f"Heading {levels[block.level]}"),
            " ".join(line.text for line in block.lines),
        )
    elif block.kind == "list":
        for item in items(block):
            # Numbers stay as they were read: a list that counts by itself might count otherwise.
            style = "List Bullet" if item.sign and not item.is_numbered else "List Paragraph"
            sign = f"{item.sign} " if item.is_numbered else ""
            _fill(writer.add_paragraph(style=style), sign + " ".join(item.texts))
    else:
        _fill(writer.add_paragraph(style=_STYLES.get(block.kind)), "\n".join(paragraphs(block)))


def _fill(paragraph: Paragraph, text: str) -> None:
    """Put text into a paragraph; line ends and tabs become those of the format."""
    run = paragraph.add_run(legal(text))
    if is_right_to_left(text):
        from docx.oxml import OxmlElement

        paragraph._p.get_or_add_pPr().append(OxmlElement("w:bidi"))
        run.font.rtl = True


def _write_table(writer: Writer, table: Grid) -> None:
    """Write a table from its rows: asking for single cells takes time with the square of their number."""
    if not table.fields:
        return
    if table.columns > _MAX_COLUMNS:
        raise FormatError(
            f"a table has {table.columns:,} columns, and DOCX holds {_MAX_COLUMNS}", remedy="use xlsx or csv for it"
        )
    written = writer.add_table(table.rows, table.columns, style="Table Grid")
    cells: list[list[Any]] = [list(row.cells) for row in written.rows]
    for row, column, row_span, column_span, text in table.fields:
        cell = cells[row][column]
        if row_span > 1 or column_span > 1:
            cell = cell.merge(cells[row + row_span - 1][column + column_span - 1])
        _fill(cell.paragraphs[0], text)


def _without_dates(content: bytes) -> bytes:
    """Return the same ZIP file with no dates in it, so that the same document gives the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _NO_DATE), old.read(name), zipfile.ZIP_DEFLATED)
    return stream.getvalue()
