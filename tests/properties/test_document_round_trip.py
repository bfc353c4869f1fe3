"""Whatever a document holds, JSON keeps it exactly."""

from __future__ import annotations

import json
import re
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from inkread.document import (
    Alternative,
    Block,
    BlockKind,
    Cell,
    Degradation,
    Document,
    Edit,
    Line,
    Page,
    Pair,
    Style,
    Table,
    Word,
)
from inkread.errors import DamagedInputError, UnsupportedFormatError
from inkread.export.json import from_dict, from_json, to_dict, to_json
from inkread.geometry import Box, Point, Quad

numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-10_000, 10_000)
fractions = st.floats(0, 1)
# With lone surrogates, as in file names that are not UTF-8. A high one before a low one is, in JSON, one character.
texts = st.text(st.characters(exclude_categories=()), max_size=12).filter(
    lambda text: not re.search("[\ud800-\udbff][\udc00-\udfff]", text)
)
maybe_texts = st.none() | texts
counts = st.integers(0, 10_000)
quads = st.builds(Quad, *[st.builds(Point, numbers, numbers)] * 4)
boxes = st.builds(Box, numbers, numbers, numbers, numbers)


def several(strategy: st.SearchStrategy, most: int = 2) -> st.SearchStrategy:
    return st.lists(strategy, max_size=most).map(tuple)


words = st.builds(
    Word,
    text=texts,
    quad=quads,
    confidence=fractions,
    spans=several(st.tuples(fractions, fractions), 4),
    scores=several(fractions, 4),
    alternatives=several(st.builds(Alternative, counts, texts, fractions), 3),
)
lines = st.builds(
    Line,
    words=several(words),
    quad=quads,
    confidence=fractions,
    language=maybe_texts,
    style=st.none() | st.sampled_from(get_args(Style)),
    raw=maybe_texts,
    edits=several(st.builds(Edit, counts, several(words), several(words), texts, fractions, maybe_texts), 1),
)
cells = st.builds(Cell, counts, counts, boxes, several(lines, 1), counts, counts)
blocks = st.builds(
    Block,
    lines=several(lines),
    kind=st.sampled_from(get_args(BlockKind)),
    table=st.none() | st.builds(Table, counts, counts, several(cells)),
)
pages = st.builds(
    Page,
    blocks=several(blocks),
    width=counts,
    height=counts,
    number=counts,
    source=texts,
    dpi=st.none() | numbers,
    language=maybe_texts,
    truncated=st.booleans(),
    pairs=several(st.builds(Pair, texts, texts, boxes, boxes, fractions), 1),
    degraded=several(st.sampled_from(get_args(Degradation)), 2),
    unread=several(lines, 1),
)
documents = st.builds(Document, pages=several(pages), source=texts, generator=texts)


@given(documents, st.sampled_from([None, 0, 2]))
def test_reading_what_was_written_gives_an_equal_document(document: Document, indent: int | None) -> None:
    text = to_json(document, indent=indent)

    assert from_json(text) == document
    assert from_json(text.encode("utf-8").decode("utf-8")) == document


@given(documents)
def test_the_layout_does_not_change_the_content(document: Document) -> None:
    laid_out, compact = to_json(document), to_json(document, indent=None)

    assert json.loads(laid_out) == json.loads(compact)
    assert from_dict(to_dict(document)) == document
    assert not re.search("[\n\r\u2028\u2029]", compact)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@given(documents.filter(lambda document: document.pages), json_values, st.randoms(use_true_random=False))
def test_a_value_of_a_wrong_type_is_read_or_refused_with_its_path(document: Document, value: object, random) -> None:
    plain = to_dict(document)
    owner, name = random.choice(list(_places(plain)))
    owner[name] = value

    try:
        message = f"$ {from_dict(plain).source!r}"
    except DamagedInputError as error:
        message = str(error)
    except UnsupportedFormatError as error:
        message = str(error).replace("schema version", "$")
    assert "$" in message


def _places(value: object):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield value, name
        yield from _places(inner)
