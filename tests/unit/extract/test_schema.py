import json
from datetime import date
from decimal import Decimal

import pytest
from pydantic import BaseModel

from inkread.errors import OptionError
from inkread.extract.extraction import extract_fields
from inkread.extract.schema import FieldSchema, by_schema

from .sheets import document

NOTE = document(
    [
        [(100, "Delivery Note"), (1200, "Page 1")],
        [(100, "Order no: A-4711"), (1200, "Ship date: 05.06.2018")],
        [(100, "Parcels"), (900, "3")],
        [(100, "Gross weight"), (900, "1.250,50 kg")],
        [(100, "Carrier"), (900, "Fast Freight Ltd")],
        "Incoterms: DAP Hamburg",
    ]
)
SCHEMA = {
    "title": "delivery note",
    "type": "object",
    "properties": {
        "order_no": {"type": "string"},
        "shipDate": {"type": "string", "format": "date"},
        "parcels": {"type": "integer"},
        "weight": {"type": "number", "title": "gross weight"},
        "carrier": {"type": ["string", "null"]},
        "terms": {"type": "string", "enum": ["EXW", "DAP", "DDP"], "x-labels": ["incoterms"]},
        "driver": {"type": "string"},
    },
}


def test_a_schema_says_what_to_look_for():
    found = by_schema(NOTE, FieldSchema.from_json_schema(SCHEMA))

    assert found.kind == "delivery note"
    values = {name: None if field is None else field.value for name, field in found.values.items()}
    assert values == {
        "order_no": "A-4711", "shipDate": date(2018, 6, 5), "parcels": Decimal(3), "weight": Decimal("1250.50"),
        "carrier": "Fast Freight Ltd", "terms": "DAP", "driver": None,
    }  # fmt: skip
    assert found["carrier"].box.left == 900


def test_a_model_is_a_schema_too():
    class Note(BaseModel):
        order_no: str
        ship_date: date | None = None
        parcels: int
        gross_weight: Decimal

    found = extract_fields(NOTE, Note)
    assert found.kind == "Note"
    assert found.flat() == {
        "order_no": "A-4711", "ship_date": "2018-06-05", "parcels": "3", "gross_weight": "1250.50",
    }  # fmt: skip


def test_a_pattern_picks_its_part():
    schema = {"properties": {"order": {"type": "string", "pattern": r"\d{4}", "x-labels": ["order no"]}}}
    assert extract_fields(NOTE, schema)["order"].value == "4711"


def test_a_schema_may_stand_in_a_file(tmp_path):
    path = tmp_path / "note.json"
    path.write_text(json.dumps(SCHEMA))
    assert extract_fields(NOTE, path)["parcels"].value == Decimal(3)


def test_a_field_may_ask_for_its_digits_to_be_checked():
    card = {"type": "string", "pattern": r"\d[\d ]+\d", "x-check": "luhn"}
    right, wrong = document(["Card 4111 1111 1111 1111"]), document(["Card 4111 1111 1111 1112"])
    assert extract_fields(right, {"properties": {"card": card}}).doubtful == ()
    assert extract_fields(wrong, {"properties": {"card": card}}).doubtful == ("card",)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({}, "no JSON Schema of an object"),
        ({"properties": []}, "no JSON Schema of an object"),
        ({"properties": {"a": 1}}, 'property "a" is no schema'),
        ({"properties": {"a": {"type": "array"}}}, "has the type array"),
        ({"properties": {"a": {"$ref": "#/x"}}}, "has the type none"),
        ({"properties": {"a": {"type": "string", "pattern": "("}}}, "no regular expression"),
        ({"properties": {"a": {"type": "string", "x-labels": "b"}}}, "no list of texts"),
    ],
)
def test_what_is_no_schema_is_told(schema, message):
    with pytest.raises(OptionError, match=message):
        FieldSchema.from_json_schema(schema)


def test_files_that_hold_none_are_told(tmp_path):
    for name, content in [("a.json", "{"), ("b.json", "[1]"), ("c.json", "[" * 100_000)]:
        (tmp_path / name).write_text(content)
        with pytest.raises(OptionError):
            FieldSchema.from_file(tmp_path / name)
    with pytest.raises(OptionError, match="cannot read the schema"):
        FieldSchema.from_file(tmp_path / "none.json")


def test_a_kind_that_is_not_there_names_the_nearest():
    with pytest.raises(OptionError, match='did you mean "invoice"'):
        extract_fields(NOTE, "invoise")
    with pytest.raises(OptionError, match="does not say what to look for"):
        extract_fields(NOTE, 7)
