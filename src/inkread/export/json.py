"""A document to JSON and back, without loss: `from_json(to_json(document)) == document`.

docs/schema.md describes every field, docs/schema.json is the same as a JSON Schema. Values that derive from others
(the text of a page or line, the box of a block) are written for readers in other languages and ignored when read.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, cast, get_args

from inkread.document import (
    SCHEMA_VERSION,
    Alternative,
    Block,
    BlockKind,
    Cell,
    Degradation,
    Document,
    Edit,
    Line,
    Notice,
    NoticeKind,
    Origin,
    Page,
    Pair,
    Style,
    Table,
    Word,
)
from inkread.errors import DamagedInputError, OutputError, UnsupportedFormatError
from inkread.export.parts import Part, all_of
from inkread.geometry import Box, Point, Quad

# Valid in JSON, but line ends to JavaScript (U+2028, U+2029) or impossible in UTF-8 (lone surrogates, as they come
# from file names that are not UTF-8): written as \uXXXX.
_ESCAPED = re.compile("[\u2028\u2029\ud800-\udfff]")

# Every whole number up to here is a float exactly, so it can be written without ".0".
_MAX_EXACT = 2.0**53


def to_dict(document: Document) -> dict[str, Any]:
    """Return the document as dicts, lists, strings, numbers, booleans and None, in the shape of docs/schema.md.

    Raises OutputError where a coordinate or confidence is not a finite number, which JSON cannot hold.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "generator": document.generator,
        "source": document.source,
        "pages": [_page_to_dict(page) for page in document.pages],
    }


def to_json(document: Document, *, indent: int | None = 2) -> str:
    """Return the document as JSON text: `to_dict`, laid out for reading, or on one line with `indent=None`.

    Characters stand as themselves; the text can always be encoded as UTF-8. Raises OutputError like `to_dict`.
    """
    plain = to_dict(document)
    text = _inline(plain, (",", ":")) if indent is None else _laid_out(plain, indent, 0)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def from_json(text: str) -> Document:
    """Return the document that `to_json` wrote.

    Raises DamagedInputError where the text is no JSON or a field is missing or of another type, with the path of
    the field, and UnsupportedFormatError for another major version of the schema. Unknown fields are ignored.
    """
    try:
        plain = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise DamagedInputError("the JSON text is too deeply nested to be a document") from error
    except ValueError as error:
        raise DamagedInputError(f"the text is no JSON: {error}") from error
    return from_dict(plain)


def from_dict(plain: Any) -> Document:
    """Return the document that `to_dict` wrote. Raises like `from_json`."""
    root = Part(plain, "$")
    _check_version(root.get("schema_version", Part.text))
    return Document(
        pages=root.get("pages", all_of(_page)),
        source=root.get("source", Part.text, ""),
        generator=root.get("generator", Part.text, ""),
    )


# Writing


def _page_to_dict(page: Page) -> dict[str, Any]:
    try:
        return {
            "number": int(page.number),
            "width": int(page.width),
            "height": int(page.height),
            "dpi": None if page.dpi is None else _number(page.dpi),
            "language": page.language,
            "source": page.source,
            "truncated": page.truncated,
            "turned_deg": int(page.turned_deg),
            "coverage": None if page.coverage is None else _number(page.coverage),
            "notices": [_notice_to_dict(notice) for notice in page.notices],
            "pairs": [_pair_to_dict(pair) for pair in page.pairs],
            "degraded": list(page.degraded),
            "unread": [_line_to_dict(line) for line in page.unread],
            "text": page.text,
            "blocks": [_block_to_dict(block) for block in page.blocks],
        }
    except _NotFiniteError as error:
        where = f'page {page.number} of "{page.source}"'
        raise OutputError(f"{where} holds the number {error}, which JSON cannot: every number must be finite") from None


def _notice_to_dict(notice: Notice) -> dict[str, Any]:
    box = None if notice.box is None else _numbers(notice.box)
    return {"kind": notice.kind, "message": notice.message, "box": box}


def _pair_to_dict(pair: Pair) -> dict[str, Any]:
    return {
        "label": pair.label,
        "value": pair.value,
        "label_box": _numbers(pair.label_box),
        "value_box": _numbers(pair.value_box),
        "confidence": _number(pair.confidence),
    }


def _block_to_dict(block: Block) -> dict[str, Any]:
    return {
        "kind": block.kind,
        "level": block.level,
        "box": _numbers(block.box),
        "table": None if block.table is None else _table_to_dict(block.table),
        "lines": [_line_to_dict(line) for line in block.lines],
    }


def _table_to_dict(table: Table) -> dict[str, Any]:
    return {
        "rows": table.rows,
        "columns": table.columns,
        "cells": [
            {
                "row": cell.row,
                "column": cell.column,
                "row_span": cell.row_span,
                "column_span": cell.column_span,
                "text": cell.text,
                "box": _numbers(cell.box),
                "lines": [_line_to_dict(line) for line in cell.lines],
            }
            for cell in table.cells
        ],
    }


def _line_to_dict(line: Line) -> dict[str, Any]:
    return {
        "text": line.text,
        "raw": line.raw,
        "language": line.language,
        "style": line.style,
        "origin": line.origin,
        "confidence": _number(line.confidence),
        "quad": [_numbers(point) for point in line.quad],
        "words": [_word_to_dict(word) for word in line.words],
        "edits": [_edit_to_dict(edit) for edit in line.edits],
    }


def _edit_to_dict(edit: Edit) -> dict[str, Any]:
    return {
        "first": edit.first,
        "before": [_word_to_dict(word) for word in edit.before],
        "after": [_word_to_dict(word) for word in edit.after],
        "source": edit.source,
        "confidence": _number(edit.confidence),
        "refused": edit.refused,
    }


def _word_to_dict(word: Word) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "text": word.text,
        "confidence": _number(word.confidence),
        "quad": [_numbers(point) for point in word.quad],
    }
    # A page has thousands of characters: arrays, not objects, and nothing where nothing is known.
    if word.spans:
        plain["spans"] = [_numbers(span) for span in word.spans]
    if word.scores:
        plain["scores"] = _numbers(word.scores)
    if word.alternatives:
        plain["alternatives"] = [[a.index, a.text, _number(a.confidence)] for a in word.alternatives]
    if word.probability is not None:
        plain["probability"] = _number(word.probability)
    return plain


class _NotFiniteError(Exception):
    """A number that JSON has no form for."""


def _number(value: float) -> float:
    """Return a plain number that JSON writes in its shortest form and reads back as the very same value."""
    value = float(value)
    if not math.isfinite(value):
        raise _NotFiniteError(value)
    return int(value) if value.is_integer() and abs(value) <= _MAX_EXACT else value


def _numbers(values: tuple[float, ...]) -> list[float]:
    return [_number(value) for value in values]


def _inline(value: object, separators: tuple[str, str] = (", ", ": ")) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=separators)


def _laid_out(value: object, indent: int, level: int) -> str:
    """Return JSON with a line for each field and each object, but arrays of plain values on one line."""
    if isinstance(value, dict) and value:
        parts = [f"{_inline(name)}: {_laid_out(item, indent, level + 1)}" for name, item in value.items()]
        opening, closing = "{}"
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        parts = [_laid_out(item, indent, level + 1) for item in value]
        opening, closing = "[]"
    else:
        return _inline(value)
    start, end = "\n" + " " * (indent * (level + 1)), "\n" + " " * (indent * level)
    return f"{opening}{start}{f',{start}'.join(parts)}{end}{closing}"


# Reading


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _check_version(version: str) -> None:
    known = SCHEMA_VERSION.split(".")[0]
    if version.split(".")[0] != known:
        raise UnsupportedFormatError(
            f'the document has schema version "{version[:20]}", this version of inkread reads {known}.x',
            remedy="read it with the version of inkread that wrote it, or a newer one",
        )


def _page(part: Part) -> Page:
    return Page(
        blocks=part.get("blocks", all_of(_block)),
        width=part.get("width", Part.count),
        height=part.get("height", Part.count),
        number=part.get("number", Part.count, 1),
        source=part.get("source", Part.text, ""),
        dpi=part.maybe("dpi", Part.number),
        language=part.maybe("language", Part.text),
        truncated=part.get("truncated", Part.flag, False),
        turned_deg=part.get("turned_deg", Part.count, 0),
        coverage=part.maybe("coverage", Part.number),
        notices=part.get("notices", all_of(_notice), ()),
        pairs=part.get("pairs", all_of(_label_with_value), ()),
        degraded=part.get("degraded", all_of(_degradation), ()),
        unread=part.get("unread", all_of(_line), ()),
    )


def _degradation(part: Part) -> Degradation:
    return cast("Degradation", part.choice(*get_args(Degradation)))


def _notice(part: Part) -> Notice:
    return Notice(
        kind=cast("NoticeKind", part.get("kind", lambda kind: kind.choice(*get_args(NoticeKind)))),
        message=part.get("message", Part.text, ""),
        box=part.maybe("box", _box),
    )


def _label_with_value(part: Part) -> Pair:
    return Pair(
        label=part.get("label", Part.text),
        value=part.get("value", Part.text),
        label_box=part.get("label_box", _box),
        value_box=part.get("value_box", _box),
        confidence=part.get("confidence", Part.number),
    )


def _block(part: Part) -> Block:
    return Block(
        lines=part.get("lines", all_of(_line)),
        kind=cast("BlockKind", part.get("kind", lambda kind: kind.choice(*get_args(BlockKind)), "paragraph")),
        table=part.maybe("table", _table),
        level=part.maybe("level", Part.count),
    )


def _table(part: Part) -> Table:
    return Table(
        rows=part.get("rows", Part.count),
        columns=part.get("columns", Part.count),
        cells=part.get("cells", all_of(_cell)),
    )


def _cell(part: Part) -> Cell:
    return Cell(
        row=part.get("row", Part.count),
        column=part.get("column", Part.count),
        box=part.get("box", _box),
        lines=part.get("lines", all_of(_line), ()),
        row_span=part.get("row_span", Part.count, 1),
        column_span=part.get("column_span", Part.count, 1),
    )


def _line(part: Part) -> Line:
    return Line(
        words=part.get("words", all_of(_word)),
        quad=part.get("quad", _quad),
        confidence=part.get("confidence", Part.number),
        language=part.maybe("language", Part.text),
        style=cast("Style | None", part.maybe("style", lambda style: style.choice(*get_args(Style)))),
        raw=part.maybe("raw", Part.text),
        origin=cast("Origin", part.get("origin", lambda origin: origin.choice(*get_args(Origin)), "picture")),
        edits=part.get("edits", all_of(_edit), ()),
    )


def _edit(part: Part) -> Edit:
    return Edit(
        first=part.get("first", Part.count),
        before=part.get("before", all_of(_word)),
        after=part.get("after", all_of(_word)),
        source=part.get("source", Part.text, ""),
        confidence=part.get("confidence", Part.number),
        refused=part.maybe("refused", Part.text),
    )


def _word(part: Part) -> Word:
    return Word(
        text=part.get("text", Part.text),
        quad=part.get("quad", _quad),
        confidence=part.get("confidence", Part.number),
        spans=part.get("spans", all_of(_pair), ()),
        scores=part.get("scores", all_of(Part.number), ()),
        alternatives=part.get("alternatives", all_of(_alternative), ()),
        probability=part.maybe("probability", Part.number),
    )


def _alternative(part: Part) -> Alternative:
    index, text, confidence = part.items(3)
    return Alternative(index.count(), text.text(), confidence.number())


def _pair(part: Part) -> tuple[float, float]:
    first, second = part.items(2)
    return first.number(), second.number()


def _quad(part: Part) -> Quad:
    return Quad(*(Point(*_pair(corner)) for corner in part.items(4)))


def _box(part: Part) -> Box:
    return Box(*(edge.number() for edge in part.items(4)))
