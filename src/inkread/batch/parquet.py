"""Records of pages as Parquet, for those who query millions of them; needs `pip install inkread[parquet]`."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from inkread.extras import not_installed

if TYPE_CHECKING:
    from inkread.batch.records import PageRecord

# What is no plain value is JSON in a column of text: the shape of a page is docs/schema.md's business.
_JSON = ("content", "seconds", "left_out")


def encode_rows(records: Sequence[PageRecord]) -> bytes:
    """Return a Parquet file with a row for each record, and the page's text in a column of its own."""
    arrow, parquet = _pyarrow()
    schema = arrow.schema(
        [
            ("key", arrow.string()), ("sha256", arrow.string()), ("page", arrow.int32()), ("source", arrow.string()),
            ("text", arrow.string()), ("content", arrow.string()), ("error_kind", arrow.string()),
            ("error", arrow.string()), ("attempts", arrow.int32()), ("seconds", arrow.string()),
            ("review", arrow.int32()), ("left_out", arrow.string()),
        ]
    )  # fmt: skip
    sink = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist([_row(each) for each in records], schema), sink, compression="zstd")
    return sink.getvalue()


def decode_rows(content: bytes) -> list[PageRecord]:
    """Return the records of a Parquet file. Raises ValueError where it is none."""
    from inkread.batch.records import PageRecord

    _, parquet = _pyarrow()
    try:
        rows = parquet.read_table(io.BytesIO(content)).to_pylist()
        records = []
        for row in rows:
            kind, message = row.pop("error_kind"), row.pop("error")
            row.pop("text")
            values = {**row, **{name: json.loads(row[name]) for name in _JSON}}
            records.append(PageRecord(**values, error=None if kind is None else (kind, message)))
    except (KeyError, TypeError, OSError) as error:  # pyarrow's own errors are ValueError and OSError
        raise ValueError("no rows of pages") from error
    return records


def _row(record: PageRecord) -> dict[str, Any]:
    kind, message = record.error or (None, None)
    document = record.document
    text = None if document is None else document.text.encode("utf-8", "replace").decode()
    source = record.source.encode("utf-8", "backslashreplace").decode()  # names of files need not be UTF-8
    plain = {**vars(record), "source": source, "text": text, "error_kind": kind, "error": message}
    return {**plain, **{name: json.dumps(plain[name]) for name in _JSON}}


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise not_installed("parquet") from error
    return pyarrow, pyarrow.parquet
