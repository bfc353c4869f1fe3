"""Fields that no rule found, asked of a language model: it may say where a value stands, and nothing else.

What it names must stand in the row that it names and look like a value of that field; else the field stays empty. No
rule confirms it, so each such field is doubtful.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from inkread.document import Document
from inkread.errors import LimitError, ModelError
from inkread.extract.dates import DayOrder, day_order
from inkread.extract.fields import Check, Field, Fields
from inkread.extract.labelled import Place
from inkread.extract.labels import Label
from inkread.extract.rows import Row, rows_of
from inkread.extract.wanted import Wanted, field_at, finder
from inkread.language_model.model import LanguageModel, Message, Schema
from inkread.language_model.question import DATA, TEMPLATE_TOKENS, answered, as_data, asked
from inkread.logs import logger

_log = logger(__name__)
_TASK: Final = (
    f"{DATA} `lines` are the rows of the page by id; `fields` says what to look for. For each field give the id of the "
    "row and the text as it stands in that row, without its label; null where the page does not say. Answer in JSON: "
    '{"field": {"line": id, "text": text}}.'
)
_LONGEST: Final = 120
# {"name": {"line": "r12", "text": "..."}}, a text of forty letters, and blanks that a schema allows.
_FIELD_TOKENS: Final = 48


def _known(name: str, kind: str, meaning: str) -> Wanted:
    return Wanted(name, kind, Label(name), meaning=meaning)  # type: ignore[arg-type]


# What rules leave empty and one place in one row can say.
KNOWN: Final[Mapping[str, tuple[Wanted, ...]]] = {
    "receipt": (
        _known("company", "text", "the name of the shop or company that sells"),
        _known("date", "date", "the date of the receipt"),
        _known("total", "number", "the total to pay"),
    ),
    "invoice": (
        _known("number", "text", "the number of the invoice"),
        _known("date", "date", "the date of the invoice"),
        _known("due_date", "date", "the date until which it is to be paid"),
        _known("seller", "text", "the name of the company that sells"),
        _known("buyer", "text", "the name of whoever buys"),
        _known("total", "number", "the total with tax"),
        _known("order", "text", "the number of the order"),
    ),
}


def completed(
    fields: Fields, document: Document, wanted: Sequence[Wanted], model: LanguageModel, order: DayOrder | None = None
) -> Fields:
    """Return the fields with those that are None asked of a model; a model that fails leaves a notice.

    wanted: what to look for, by name.  order: of day and month in dates.
    """
    pages = [rows_of(page) for page in document.pages]
    order = order or day_order(row.text for rows in pages for row in rows) or "dmy"
    missing = {each.name: each for each in wanted if fields.values.get(each.name) is None}
    values = dict(fields.values)
    for rows in pages:
        try:
            for name, field in _on_page(rows, missing, model, order):
                values[name] = field
        except (ModelError, LimitError) as error:
            _log.warning("fields were not asked of %s: %s", model.name, error)
            return replace(fields, values=values, notices=(*fields.notices, f"{model.name} gave no answer: {error}"))
    return replace(fields, values=values)


def _on_page(
    rows: Sequence[Row], missing: dict[str, Wanted], model: LanguageModel, order: DayOrder
) -> Iterator[tuple[str, Field]]:
    """Yield fields as they are found, and take them out of what is missing."""
    for part in _parts(rows, missing, model):
        if not missing:
            return
        told = answered(model, _question(part, missing), _schema(part, missing), _FIELD_TOKENS * len(missing))
        for name, each in list(missing.items()):
            field = _found(part, each, told.get(name), order)
            if field is not None:
                del missing[name]
                check = Check("model", False, f"found by {model.name}, and by no rule")
                yield name, replace(field, checks=(*field.checks, check))


def _found(part: Mapping[str, Row], wanted: Wanted, told: Any, order: DayOrder) -> Field | None:
    """Return the field where what was told stands in its row and is a value of its kind; else None."""
    row, text = (part.get(str(told.get("line"))), told.get("text")) if isinstance(told, dict) else (None, None)
    if row is None or not isinstance(text, str) or not text.strip():
        return None
    words = r"\s+".join(re.escape(word) for word in text.split())
    match = re.search(rf"(?<!\w){words}(?!\w)", row.text, re.IGNORECASE)
    if match is None:
        return None
    start, end = next(finder(wanted, order)(match[0]), (0, 0))
    return field_at(wanted, Place(row, match.start() + start, match.start() + end), order) if end > start else None


def _parts(rows: Sequence[Row], missing: Mapping[str, Wanted], model: LanguageModel) -> Iterator[dict[str, Row]]:
    """Yield the rows by id, in parts whose questions, with their answers, fit into the model's context.

    Raises LimitError where a single row does not fit: nothing is cut.
    """
    held: dict[str, Row] = {}
    for number, row in enumerate(rows, 1):
        longer = {**held, f"r{number}": row}
        if _cost(longer, missing, model) <= model.context_size:
            held = longer
            continue
        if held:
            yield held
        held = {f"r{number}": row}
        if _cost(held, missing, model) > model.context_size:
            raise LimitError(
                f"a context of {model.context_size:,} tokens is too small for {len(missing)} fields and a row",
                remedy="raise context_size, or ask for fewer fields",
            )
    if held:
        yield held


def _cost(part: Mapping[str, Row], missing: Mapping[str, Wanted], model: LanguageModel) -> int:
    question = sum(model.count_tokens(each.content) for each in _question(part, missing))
    return question + 2 * _FIELD_TOKENS * len(missing) + TEMPLATE_TOKENS


def _question(part: Mapping[str, Row], missing: Mapping[str, Wanted]) -> list[Message]:
    lines = {name: as_data(row.text) for name, row in part.items()}
    return asked(_TASK, {"lines": lines, "fields": {name: each.meaning or name for name, each in missing.items()}})


def _schema(part: Mapping[str, Row], missing: Mapping[str, Wanted]) -> Schema:
    place = {
        "type": "object",
        "properties": {
            "line": {"type": "string", "enum": list(part)},
            "text": {"type": "string", "maxLength": _LONGEST},
        },
        "required": ["line", "text"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {name: {"anyOf": [{"type": "null"}, place]} for name in missing},
        "required": list(missing),
        "additionalProperties": False,
    }
