"""One call for each kind of document."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inkread.document import Document
from inkread.errors import OptionError, nearest
from inkread.extract import by_model
from inkread.extract.dates import DayOrder
from inkread.extract.fields import Fields
from inkread.extract.invoice import invoice
from inkread.extract.receipt import receipt
from inkread.extract.schema import FieldSchema, by_schema
from inkread.language_model.model import LanguageModel

_KINDS = {"receipt": receipt, "invoice": invoice}


def extract_fields(
    document: Document,
    kind: str | Path | Mapping[str, Any] | type | FieldSchema,
    *,
    order: DayOrder | None = None,
    model: LanguageModel | None = None,
) -> Fields:
    """Return the fields of a document.

    kind: "receipt", "invoice", or what to look for: a JSON Schema as a mapping or in a file (.json), a pydantic model,
    or a FieldSchema.  order: of day and month in dates like 01/02/2019; None: as the document shows, else the day
    first.  model: asked for fields that no rule found (`inkread.open_language_model`); it may say where on the page
    a value stands and nothing else, and such a field is doubtful; a model that fails leaves a notice. Raises
    OptionError for another kind and for a schema that cannot be looked for.
    """
    if isinstance(kind, str) and kind in _KINDS:
        found, wanted = _KINDS[kind](document, order=order), by_model.KNOWN[kind]
    else:
        schema = schema_of(kind)
        found, wanted = by_schema(document, schema, order=order), schema.wanted
    return found if model is None else by_model.completed(found, document, wanted, model, order)


def schema_of(kind: str | Path | Mapping[str, Any] | type | FieldSchema) -> FieldSchema:
    """Return the schema that a caller gives in one of its forms. Raises OptionError where it is none."""
    if isinstance(kind, FieldSchema):
        return kind
    if isinstance(kind, Mapping):
        return FieldSchema.from_json_schema(kind)
    if isinstance(kind, str | Path):
        if Path(kind).suffix.casefold() != ".json":
            raise OptionError(
                f'there is no kind of document "{kind}": {nearest(str(kind), _KINDS)}',
                remedy="give receipt, invoice, or a JSON Schema in a .json file",
            )
        return FieldSchema.from_file(kind)
    if hasattr(kind, "model_json_schema"):
        return FieldSchema.from_model(kind)
    raise OptionError(f"a {type(kind).__name__} does not say what to look for", remedy="give a JSON Schema or a model")
