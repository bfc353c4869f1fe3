"""A document to Markdown (CommonMark with the tables of GitHub): headings, lists, tables, paragraphs."""

from __future__ import annotations

import re

from inkread.document import Block, Document
from inkread.export.markup import escape, one_line
from inkread.export.structure import Field, Grid, grid, heading_levels, items, outside

# What means something anywhere in a line. An underscore between letters or digits means nothing.
_INLINE = re.compile(r"[\\`*\[<~|]|(?<![^\W_])_|_(?![^\W_])|&(?=#?[A-Za-z0-9]+;)")

# What means something at the start of a line: headings, quotations, lists, rules, underlines, tables.
_START = re.compile(r"(?P<number>\d{1,9})(?P<dot>[.)])(?=\s|$)|(?P<sign>[#>=]|[-+](?=[\s-]|$)|:(?=-))")
_BLANKS = re.compile(" {2,}")


def to_markdown(document: Document) -> str:
    """Return the document as Markdown; "" where nothing was read.

    Text is escaped: a renderer shows it as it was read, but for white space. A table with spans is an HTML table.
    Pages are parted by a rule.
    """
    levels = heading_levels(document)
    pages = ["\n\n".join(part for block in page.blocks if (part := _block(block, levels))) for page in document.pages]
    text = "\n\n---\n\n".join(page for page in pages if page)
    return f"{text}\n" if text else ""


def _block(block: Block, levels: dict[int | None, int]) -> str:
    if block.table is not None:
        rest = "\n".join(line_of(line.text) for line in outside(block))
        return "\n\n".join(part for part in (_table(grid(block.table)), rest) if part.strip())
    if block.kind == "heading":
        text = inline(" ".join(line.text for line in block.lines))
        # A heading's last "#" would be taken for its end.
        return f"{'#' * levels[block.level]} {re.sub(r'(#+)$', _escaped, text)}" if text else ""
    if block.kind == "list":
        return "\n".join(_items(block))
    return "\n".join(text for text in map(line_of, block.text.split("\n")) if text)


def _items(block: Block) -> list[str]:
    lines = []
    for item in items(block):
        texts = [line_of(text) for text in item.texts]
        digits = re.sub(r"\D", "", item.sign)
        # A list has numbers of digits only; "a)" stays text, in an item without a number.
        sign = f"{digits}." if item.is_numbered and digits else "-"
        if item.is_numbered and not digits:
            texts[0] = f"{line_of(item.sign)} {texts[0]}"
        first, *rest = [text for text in texts if text] or [""]
        lines.append(f"{sign} {first}".rstrip())
        lines += [f"{' ' * (len(sign) + 1)}{text}" for text in rest]
    return lines


def line_of(text: str) -> str:
    """Return a line of text, escaped so that it stands for itself."""
    escaped = inline(text)
    begin = _START.match(escaped)
    if begin is None:
        return escaped
    at = begin.end("number") if begin["number"] else begin.start("sign")
    return f"{escaped[:at]}\\{escaped[at:]}"


def inline(text: str) -> str:
    """Return text for the middle of a line: what means something there is escaped, white space is one blank."""
    return _INLINE.sub(_escaped, _BLANKS.sub(" ", one_line(text)).strip(" "))


def _escaped(found: re.Match[str]) -> str:
    return "".join(f"\\{sign}" for sign in found[0])


def _table(table: Grid) -> str:
    if not table.fields:
        return ""
    if all(field.is_single for field in table.fields):
        rows = [[_cell(text) for text in row] for row in table.texts()]
        rule = ["---"] * table.columns
        return "\n".join(f"| {' | '.join(row)} |" for row in (rows[0], rule, *rows[1:]))
    return _html_table(table)


def _cell(text: str) -> str:
    """Return the text of a field: its lines parted by a line break, which Markdown has no other form for."""
    return "<br>".join(inline(line) for line in text.split("\n"))


def _html_table(table: Grid) -> str:
    rows: list[list[Field]] = [[] for _ in range(table.rows)]
    for field in table.fields:
        rows[field.row].append(field)
    # An empty line would end the table.
    return "\n".join(["<table>", *(f"<tr>{''.join(map(_html_cell, row))}</tr>" for row in rows), "</table>"])


def _html_cell(field: Field) -> str:
    spans = {"rowspan": field.row_span, "colspan": field.column_span}
    attributes = "".join(f' {name}="{count}"' for name, count in spans.items() if count > 1)
    text = "<br>".join(escape(one_line(line)) for line in field.text.split("\n"))
    return f"<td{attributes}>{text}</td>"
