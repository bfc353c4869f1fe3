"""Fields of one's own: a JSON Schema, or a pydantic model, says which to look for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from inkread.document import Document
from inkread.errors import OptionError
from inkread.extract.check import CHECKS
from inkread.extract.dates import DayOrder, day_order
from inkread.extract.fields import Field, Fields
from inkread.extract.labelled import labelled
from inkread.extract.labels import Label
from inkread.extract.rows import rows_of
from inkread.extract.wanted import Kind, Wanted, field_at, finder

_MAX_BYTES = 1 << 20
_TYPES = ("string", "number", "integer")


@dataclass(frozen=True)
class FieldSchema:
    """The fields to look for in a document.

    A property's labels are its name (`due_date`, `dueDate`: "due date"), its `title`, and the list under `x-labels`.
    Its type is string, number or integer; strings may have the format `date`, a `pattern`, an `enum`, or digits that
    are checked (`x-check`: a name of check.CHECKS).
    """

    name: str
    wanted: tuple[Wanted, ...]

    @staticmethod
    def from_json_schema(schema: Mapping[str, Any], *, name: str = "schema") -> FieldSchema:
        """Return the fields of a JSON Schema of an object. Raises OptionError where they cannot be looked for."""
        properties = schema.get("properties")
        if not isinstance(properties, Mapping) or not properties:
            raise OptionError(
                f'"{name}" is no JSON Schema of an object with properties',
                remedy='write {"type": "object", "properties": {"order_no": {"type": "string"}}}',
            )
        title = schema.get("title", name)
        return FieldSchema(str(title), tuple(_wanted(str(key), each, name) for key, each in properties.items()))

    @staticmethod
    def from_model(model: Any) -> FieldSchema:
        """Return the fields of a pydantic model. Raises OptionError like `from_json_schema`."""
        return FieldSchema.from_json_schema(model.model_json_schema(), name=model.__name__)

    @staticmethod
    def from_file(path: str | Path) -> FieldSchema:
        """Return the fields of a JSON Schema in a file. Raises OptionError where it cannot be read."""
        path = Path(path)
        try:
            if path.stat().st_size > _MAX_BYTES:
                raise OptionError(f'"{path}" is larger than 1 MiB', remedy="a schema is a short JSON file")
            schema = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(schema, dict):
                schema = {}
        except OSError as error:
            raise OptionError(f'cannot read the schema "{path}": {error.strerror or error}') from error
        except (ValueError, RecursionError) as error:
            raise OptionError(f'the schema "{path}" is no JSON: {error}') from error
        return FieldSchema.from_json_schema(schema, name=path.name)


def by_schema(document: Document, schema: FieldSchema, *, order: DayOrder | None = None) -> Fields:
    """Return the fields that a schema asks for: values behind their labels or under them, else None."""
    rows = [row for page in document.pages for row in rows_of(page)]
    order = order or day_order(row.text for row in rows) or "dmy"
    values: dict[str, Field | None] = {}
    for wanted in schema.wanted:
        place = next(labelled(rows, wanted.label, finder(wanted, order)), None)
        values[wanted.name] = None if place is None else field_at(wanted, place, order)
    return Fields(schema.name, values)


def _wanted(name: str, schema: Any, where: str) -> Wanted:
    if not isinstance(schema, Mapping):
        raise OptionError(f'"{where}": the property "{name}" is no schema')
    kinds = _kinds_of(schema)
    forms = [schema, *(part for part in schema.get("anyOf", ()) if isinstance(part, Mapping))]
    if len(kinds) != 1 or kinds[0] not in _TYPES:
        raise OptionError(
            f'"{where}": the property "{name}" has the type {" or ".join(map(str, kinds)) or "none"}',
            remedy=f"fields are of type {', '.join(_TYPES)}; dates are strings of the format date",
        )
    kind: Kind = "integer" if kinds[0] == "integer" else "number" if kinds[0] == "number" else "text"
    if kind == "text" and any(form.get("format") in ("date", "date-time") for form in forms):
        kind = "date"
    labels = schema.get("x-labels", [])
    if not isinstance(labels, Sequence) or isinstance(labels, str):
        raise OptionError(f'"{where}": x-labels of "{name}" is no list of texts')
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\-.]+", " ", name)
    title = str(schema.get("title", words))
    return Wanted(
        name,
        kind,
        Label(words, title, *map(str, labels)),
        _pattern(schema.get("pattern"), name, where),
        tuple(str(choice) for choice in schema.get("enum", ())),
        ": ".join(str(text) for text in (title, schema.get("description")) if text),
        _check(schema.get("x-check"), name, where),
    )


def _kinds_of(schema: Mapping[str, Any]) -> list[Any]:
    """Return the types that a property may have, without null."""
    parts = schema.get("anyOf") or [schema]
    kinds = [part.get("type", "string" if "enum" in part else None) for part in parts if isinstance(part, Mapping)]
    flat = chain.from_iterable(kind if isinstance(kind, list) else [kind] for kind in kinds)
    # An amount in a pydantic model (Decimal) is a number or a string that looks like one.
    found = [kind for kind in dict.fromkeys(flat) if kind not in ("null", None)]
    return ["number"] if found == ["number", "string"] else found


def _check(check: Any, name: str, where: str) -> str | None:
    if check is not None and check not in CHECKS:
        raise OptionError(f'"{where}": x-check of "{name}" is "{check}"', remedy=f"use {', '.join(CHECKS)}")
    return None if check is None else str(check)


def _pattern(text: Any, name: str, where: str) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        return re.compile(str(text))
    except re.error as error:
        raise OptionError(f'"{where}": the pattern of "{name}" is no regular expression: {error}') from error
