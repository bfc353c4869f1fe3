"""What was redacted: how many matches on which pages, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inkread.geometry import Box


@dataclass(frozen=True)
class Match:
    """What one pattern matched. pattern: its name.  boxes: what was burnt, page px.  text: only where asked for."""

    pattern: str
    boxes: tuple[Box, ...]
    text: str | None = None


@dataclass(frozen=True)
class RedactedPage:
    """A page of the result. unread: where there is ink that no line covers, page px; nothing was searched there."""

    number: int
    width: int
    height: int
    matches: tuple[Match, ...]
    unread: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Report:
    """A redaction that is done and proven: the result was opened again, and no pattern matches anything in it.

    attempts: how often the result had to be made until that was so.
    """

    source: str
    output: str
    pages: tuple[RedactedPage, ...]
    attempts: int

    @property
    def count(self) -> int:
        """How many matches there were on all pages."""
        return sum(len(page.matches) for page in self.pages)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON has it: docs/redaction.md."""
        return {
            "source": self.source,
            "output": self.output,
            "matches": self.count,
            "attempts": self.attempts,
            "still_found": 0,
            "pages": [_page(page) for page in self.pages],
        }


def _page(page: RedactedPage) -> dict[str, Any]:
    return {
        "number": page.number,
        "width": page.width,
        "height": page.height,
        "matches": [_match(match) for match in page.matches],
        "unread": [_box(box) for box in page.unread],
    }


def _match(match: Match) -> dict[str, Any]:
    text = {} if match.text is None else {"text": match.text}
    return {"pattern": match.pattern, "boxes": [_box(box) for box in match.boxes], **text}


def _box(box: Box) -> list[float]:
    return [round(edge, 1) for edge in box]
