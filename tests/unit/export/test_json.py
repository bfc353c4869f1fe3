from __future__ import annotations

import copy
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inkread.document import Block, Document, Line, Page, Word
from inkread.errors import DamagedInputError, OutputError, UnsupportedFormatError
from inkread.export.json import from_dict, from_json, to_dict, to_json
from inkread.geometry import Box, Quad

DOCS = Path(__file__).resolve().parents[3] / "docs"
QUAD = Quad.from_box(Box(10, 20, 110.5, 40))


def document(text: str = "Total", confidence: float = 0.5, source: str = "scan.pdf") -> Document:
    word = Word(text, QUAD, confidence, spans=((0.0, 0.5),), scores=(confidence,))
    return Document((Page((Block((Line((word,), QUAD, confidence),)),), 400, 300, source=source),), source)


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return a good document as plain values with another value at the path, like "pages.0.width"."""
    plain = copy.deepcopy(to_dict(document()))
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    owner: Any = plain
    for step in steps:
        owner = owner[step]
    owner[last] = value
    return plain


def test_the_shape_is_the_published_one():
    plain = to_dict(document())

    assert list(plain) == ["schema_version", "generator", "source", "pages"]
    assert plain["schema_version"] == "1.3"
    page = plain["pages"][0]
    assert {"number": 1, "width": 400, "height": 300, "dpi": None, "language": None, "truncated": False}.items() <= (
        page.items()
    )
    line = page["blocks"][0]["lines"][0]
    assert (line["text"], line["raw"], line["style"], line["language"]) == ("Total", None, None, None)
    assert line["quad"] == [[10, 20], [110.5, 20], [110.5, 40], [10, 40]]
    assert page["blocks"][0]["box"] == [10, 20, 110.5, 40]
    assert line["words"][0]["spans"] == [[0, 0.5]]


def test_a_word_without_characters_has_no_empty_arrays():
    word = Word("x", QUAD, 1.0)
    plain = to_dict(Document((Page((Block((Line((word,), QUAD, 1.0),)),), 10, 10),)))

    assert set(plain["pages"][0]["blocks"][0]["lines"][0]["words"][0]) == {"text", "confidence", "quad"}


def test_arrays_of_numbers_take_one_line():
    assert '"quad": [[10, 20], [110.5, 20], [110.5, 40], [10, 40]],\n' in to_json(document())


def test_derived_fields_are_ignored_when_read():
    assert from_dict(changed("pages.0.text", "something else")) == document()
    assert from_dict(changed("pages.0.blocks.0.box", None)) == document()


def test_fields_of_a_later_minor_version_are_ignored():
    plain = changed("schema_version", "1.7")
    plain["pages"][0]["mood"] = "good"

    assert from_dict(plain) == document()


def test_optional_fields_have_defaults():
    plain = {"schema_version": "1.0", "pages": [{"width": 4, "height": 3, "blocks": []}]}

    assert from_dict(plain) == Document((Page((), 4, 3),))


@pytest.mark.parametrize("version", ["2.0", "0.9", "10.0", ""])
def test_another_major_version_is_refused_with_a_remedy(version):
    with pytest.raises(UnsupportedFormatError, match=re.escape(f'schema version "{version}"')) as caught:
        from_dict(changed("schema_version", version))
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("pages", None, "$.pages is null, expected an array"),
        ("pages.0", [], "$.pages[0] is an array of 0, expected an object"),
        ("pages.0.width", "400", '$.pages[0].width is "400", expected a number'),
        ("pages.0.width", 1.5, "$.pages[0].width is 1.5, expected a whole number from 0"),
        ("pages.0.height", -1, "$.pages[0].height is -1, expected a whole number from 0"),
        ("pages.0.truncated", 1, "$.pages[0].truncated is 1, expected true or false"),
        ("pages.0.blocks.0.kind", "poem", '$.pages[0].blocks[0].kind is "poem", expected one of paragraph,'),
        ("pages.0.blocks.0.kind", [], "$.pages[0].blocks[0].kind is an array of 0, expected one of"),
        ("pages.0.blocks.0.lines.0.style", "ink", 'style is "ink", expected one of print, handwriting'),
        ("pages.0.blocks.0.lines.0.confidence", True, "confidence is true, expected a number"),
        ("pages.0.blocks.0.lines.0.confidence", math.nan, "confidence is NaN, expected a finite number"),
        ("pages.0.blocks.0.lines.0.confidence", 10**400, "expected a finite number"),
        ("pages.0.blocks.0.lines.0.quad", [[0, 0]] * 3, "quad is an array of 3, expected an array of 4 values"),
        ("pages.0.blocks.0.lines.0.quad.2", [0], "lines[0].quad[2] is an array of 1, expected an array of 2 values"),
        ("pages.0.blocks.0.lines.0.words.0.text", 7, "words[0].text is 7, expected a string"),
        ("pages.0.blocks.0.lines.0.words.0.spans", [0.5], "words[0].spans[0] is 0.5, expected an array of 2 values"),
        ("pages.0.blocks.0.lines.0.words.0.alternatives", [[-1, "x", 0]], "alternatives[0][0] is -1, expected a whole"),
        ("schema_version", 1, "$.schema_version is 1, expected a string"),
    ],
)
def test_a_wrong_value_is_refused_with_its_path(path, value, message):
    with pytest.raises(DamagedInputError, match=re.escape(message)):
        from_dict(changed(path, value))


def test_a_missing_field_is_named_with_its_owner():
    plain = changed("pages.0.width", 1)
    del plain["pages"][0]["width"]

    with pytest.raises(DamagedInputError, match=re.escape('$.pages[0]: the field "width" is missing')):
        from_dict(plain)


@pytest.mark.parametrize(
    "text",
    ["", "{", "nonsense", '{"schema_version": "1.0", "pages": NaN}', "[" * 100_000, "9" * 5_000, "\ufeff{}", "[]", "3"],
    ids=["empty", "cut", "nonsense", "NaN", "deep", "long number", "byte order mark", "array", "number"],
)
def test_a_text_that_is_no_document_is_refused(text):
    with pytest.raises(DamagedInputError):
        from_json(text)


def test_a_number_beyond_floats_is_refused():
    with pytest.raises(DamagedInputError, match=r"confidence is Infinity, expected a finite number"):
        from_json(to_json(document()).replace('"confidence": 0.5', '"confidence": 1e999'))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_document_with_a_number_that_json_cannot_hold_is_not_written(number):
    with pytest.raises(OutputError, match=f'page 1 of "scan.pdf" holds the number {number}'):
        to_json(document(confidence=number))


def test_line_separators_and_lone_surrogates_are_escaped_and_other_characters_stand():
    text = to_json(document("a\u2028b\u2029c\ud800é日😀", source="x\udcff.pdf"), indent=None)

    assert r"a\u2028b\u2029c\ud800é日😀" in text
    assert r'"source":"x\udcff.pdf"' in text
    assert from_json(text).text == "a\u2028b\u2029c\ud800é日😀"


def test_numbers_of_array_libraries_are_written_as_plain_ones():
    np = pytest.importorskip("numpy")

    assert json.loads(to_json(document(confidence=np.float32(0.25)))) == to_dict(document(confidence=0.25))


def test_the_example_in_the_documentation_is_a_document():
    example = re.search(r"```json\n(.*?)```", (DOCS / "schema.md").read_text(encoding="utf-8"), re.DOTALL)
    assert example

    plain = json.loads(example[1])
    assert to_dict(from_json(example[1])) == plain
    assert from_json(example[1]).words[1].chars[3].alternatives[0].text == "7"


def test_the_documentation_names_every_field():
    schema = json.loads((DOCS / "schema.json").read_text(encoding="utf-8"))
    described = (DOCS / "schema.md").read_text(encoding="utf-8")
    objects = [schema, *(part for part in schema["$defs"].values() if part.get("type") == "object")]

    assert [name for part in objects for name in part["properties"] if f"`{name}`" not in described] == []


def test_reading_and_writing_json_needs_no_arrays_and_no_pictures(run_python):
    script = (
        "import sys, inkread.export.json, inkread.export.text, inkread.export.save\n"
        "print(sorted({'numpy', 'cv2', 'PIL', 'pydantic'} & set(sys.modules)))"
    )
    assert run_python(script).strip() == "[]"


def test_what_a_limit_cost_is_written_and_read_back():
    page = document().pages[0]
    late = replace(page, degraded=("hurried", "partial"), unread=(Line((), QUAD, 0.0),))
    plain = to_dict(Document((late,)))["pages"][0]
    assert plain["degraded"] == ["hurried", "partial"]
    assert [(line["text"], line["quad"]) for line in plain["unread"]] == [("", [[*point] for point in QUAD])]
    assert from_dict(to_dict(Document((late,)))) == Document((late,))


def test_a_document_of_an_older_version_has_nothing_degraded():
    plain = to_dict(document())
    plain["schema_version"] = "1.2"
    del plain["pages"][0]["degraded"], plain["pages"][0]["unread"]
    assert from_dict(plain) == document()


def test_an_unknown_way_of_degrading_is_refused_with_its_path():
    with pytest.raises(DamagedInputError, match=r"\$\.pages\[0\]\.degraded\[0\]"):
        from_dict(changed("pages.0.degraded", ["slowly"]))
