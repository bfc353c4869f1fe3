"""A document to plain text."""

from __future__ import annotations

import re

from inkread.document import Document

_SURROGATE = re.compile("[\ud800-\udfff]")


def to_text(document: Document) -> str:
    """Return the text in reading order with a line end after the last line; "" where nothing was read.

    A lone surrogate, which no encoding can hold, becomes U+FFFD.
    """
    text = _SURROGATE.sub("\ufffd", document.text)
    return f"{text}\n" if text.strip() else ""
