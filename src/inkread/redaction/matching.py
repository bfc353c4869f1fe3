"""Patterns searched in a process of its own: an expression that takes time without end is ended with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from inkread.child.caller import Child, ChildLimits
from inkread.child.wire import Answer
from inkread.errors import LimitError, OptionError
from inkread.redaction.patterns import Pattern

if TYPE_CHECKING:
    from inkread.child.wire import Array

# For all texts of one page together: the presets take 0.01 s for a page of 5,000 words.
SECONDS: Final = 5.0
_WALL_S: Final = 30.0
_MEMORY_MB: Final = 768
_MAX_HITS: Final = 100_000


class Hit(NamedTuple):
    """Where a pattern matches. text, pattern: their indexes.  start, end: characters of the text."""

    text: int
    pattern: int
    start: int
    end: int


class Matcher:
    """Searches patterns in texts; `close()` ends its process."""

    def __init__(self, patterns: Sequence[Pattern], seconds: float = SECONDS) -> None:
        """Compile the patterns. Raises OptionError for what is no regular expression or matches nothing at all."""
        self._patterns = patterns
        self._seconds = seconds
        self._child = Child("inkread.redaction.matching:Searcher", ChildLimits(seconds, _WALL_S, _MEMORY_MB))
        try:
            self._call({"patterns": [[each.expression, each.name, each.ignore_case] for each in patterns]}, "nothing")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Matcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def search(self, texts: Sequence[str], where: str) -> list[Hit]:
        """Return every place where a pattern matches some text. where: named in the message, such as "page 3".

        Raises OptionError where that takes more than the seconds allowed, or matches without number.
        """
        return [Hit(*each) for each in self._call({"texts": list(texts)}, where)]

    def close(self) -> None:
        """End the process; closing twice is fine."""
        self._child.close()

    def _call(self, request: Mapping[str, Any], where: str) -> Any:
        try:
            return self._child.call(request, what="the patterns").value
        except LimitError as error:
            raise OptionError(
                f"the patterns take more than {self._seconds:g} s, or too much memory, on {where}",
                remedy="write them without repetitions inside repetitions, such as (a+)+",
            ) from error


class Searcher:
    """The process's side: compiles patterns, then searches them in texts."""

    def __init__(self) -> None:
        self._compiled: list[re.Pattern[str]] = []

    def __call__(self, request: Mapping[str, Any], arrays: Sequence[Array]) -> Answer:
        if "patterns" in request:
            self._compiled = [_compiled(*each) for each in request["patterns"]]
            return Answer([])
        return Answer([list(hit) for hit in self._hits(request["texts"])])

    def _hits(self, texts: Sequence[str]) -> list[Hit]:
        hits: list[Hit] = []
        for index, text in enumerate(texts):
            for number, pattern in enumerate(self._compiled):
                for found in pattern.finditer(text):
                    if found.end() > found.start():
                        hits.append(Hit(index, number, *found.span()))
                    if len(hits) > _MAX_HITS:
                        raise OptionError(
                            f"the patterns match more than {_MAX_HITS:,} times on one page", remedy="make them narrower"
                        )
        return hits


def _compiled(expression: str, name: str, ignore_case: bool) -> re.Pattern[str]:
    try:
        pattern = re.compile(expression, re.MULTILINE | (re.IGNORECASE if ignore_case else re.NOFLAG))
    except (re.error, OverflowError, RecursionError) as error:
        position = getattr(error, "pos", None)
        where = "" if position is None else f" at character {position + 1}"
        reason = getattr(error, "msg", str(error))
        raise OptionError(
            f"{name} is no regular expression{where} ({reason})", remedy="put a backslash before signs meant as such"
        ) from error
    if pattern.search("") is not None:
        raise OptionError(f"{name} matches where there is no text", remedy="say what must be there at least, as in a+")
    return pattern
