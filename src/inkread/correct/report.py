"""What was corrected, and what was not, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from inkread.document import Document, Edit


def report(document: Document, *, refused: bool = False) -> Iterator[str]:
    """Yield a line for each edit: the page, the line as it was read, and which words became which.

    refused: also edits that the guard did not let through, with its reason.
    """
    for page in document.pages:
        for number, line in enumerate(page.lines, 1):
            for edit in line.edits:
                if edit.refused is None or refused:
                    yield f"page {page.number}, line {number}: {_change(edit)}  in: {line.as_read().text}"


def _change(edit: Edit) -> str:
    before, after = (" ".join(word.text for word in words) for words in (edit.before, edit.after))
    verdict = "" if edit.refused is None else f", refused: {edit.refused}"
    return f"{before} -> {after} ({edit.source} {edit.confidence:.2f}{verdict})"
