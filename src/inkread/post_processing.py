"""Text after reading, through one callable or several in a row; what each made of it is kept.

    processed = post_process(document, [spelling, totals])
    print(processed.raw, processed.text)

A callable takes a text and returns one; one that takes two is also given the settings. The built-in ones have the
same form. None of them sends anything anywhere.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inkread.correct.corrector import correct
from inkread.correct.embedded import LexiconCorrector
from inkread.correct.frozen import bare
from inkread.correct.guard import Guard
from inkread.correct.lexicon import Lexicon, guess_language
from inkread.document import Block, Document, Line, Page, Word
from inkread.errors import OptionError
from inkread.extract.dates import dates_in as _dates_in
from inkread.extract.dates import day_order
from inkread.extract.money import amounts_in, decimal_mark
from inkread.geometry import Box, Quad
from inkread.language_model.model import LanguageModel, Message
from inkread.options import CorrectOptions

Settings = Mapping[str, Any]
PostProcessor = Callable[[str], str] | Callable[[str, Settings], str]

# Words of a text come without probabilities: known ones count as sure, others as read by a recognizer in doubt.
_SURE, _DOUBTFUL = 0.99, 0.85


@dataclass(frozen=True)
class Step:
    """What one post-processor made of the text."""

    name: str
    text: str


@dataclass(frozen=True)
class Processed:
    """A text and what became of it. raw: as it was given.  steps: in their order."""

    raw: str
    steps: tuple[Step, ...]

    @property
    def text(self) -> str:
        """The last step's, or the raw text where there is none."""
        return self.steps[-1].text if self.steps else self.raw

    def __str__(self) -> str:
        return self.text


def post_process(
    source: str | Document | Sequence[str],
    processors: PostProcessor | Sequence[PostProcessor],
    settings: Settings | None = None,
) -> Processed:
    """Return a text, a document's, or several (a page each) joined, after each of the post-processors in turn.

    settings: for those that take them.  Raises OptionError where one is not callable or returns no text; what one
    raises goes through, with a note that says which.
    """
    chain = [processors] if callable(processors) else list(processors)
    for each in chain:
        if not callable(each):
            raise OptionError(f"a post-processor is callable, {each!r} is not", remedy="give a function of a text")
    raw = source if isinstance(source, str) else source.text if isinstance(source, Document) else "\n\n".join(source)
    text, steps = raw, []
    for each in chain:
        text = _called(each, text, settings or {})
        steps.append(Step(_name(each), text))
    return Processed(raw, tuple(steps))


def spelling(text: str, settings: Settings | None = None) -> str:
    """Return a text with words put right that are one or two letters from a known one; numbers and codes stay.

    settings: language (BCP-47), guessed where it is not said.
    """
    language = (settings or {}).get("language") or guess_language(text.split())
    if language is None:
        return text
    lexicon = Lexicon.of([language])
    page = correct(_as_page(text, lexicon), [LexiconCorrector(lexicon)], Guard(CorrectOptions(), lexicon.knows))
    fixed = {line.quad.box.top: line.text for line in page.lines if line.text != line.as_read().text}
    return "\n".join(fixed.get(number, line) for number, line in enumerate(text.split("\n")))


def dates(text: str, settings: Settings | None = None) -> str:
    """Return a text with its dates as 2019-02-28; one whose day and month could change places stays as it is.

    settings: order, "dmy" or "mdy": what 01/02/2019 means; else what the text's other dates show.
    """
    order = (settings or {}).get("order") or day_order(text.splitlines())
    for found in reversed(_dates_in(text, order or "dmy")):
        if order or not found.is_ambiguous:
            text = f"{text[: found.start]}{found.date.isoformat()}{text[found.end :]}"
    return text


def money(text: str, settings: Settings | None = None) -> str:
    """Return a text with amounts that have cents or a currency as 1250.00 USD.

    settings: decimal, "." or ",": the mark before cents; else what the text shows.
    """
    mark = (settings or {}).get("decimal") or decimal_mark(text.splitlines())
    lines = []
    for line in text.split("\n"):
        for found in reversed(amounts_in(line, mark)):
            if found.has_cents or found.amount.currency:
                currency = f" {found.amount.currency}" if found.amount.currency else ""
                line = f"{line[: found.start]}{found.amount.value}{currency}{line[found.end :]}"
        lines.append(line)
    return "\n".join(lines)


def totals(text: str, settings: Settings | None = None) -> str:
    """Return the amounts of a text that have a currency beside them, as they stand there, a line each."""
    mark = (settings or {}).get("decimal") or decimal_mark(text.splitlines())
    found = [
        line[each.start : each.end].strip() for line in text.splitlines() for each in amounts_in(line, mark)
        if each.amount.currency
    ]  # fmt: skip
    return "\n".join(found)


def prompted(model: LanguageModel, prompt: str, *, max_tokens: int = 1024) -> Callable[[str], str]:
    """Return a post-processor that puts a text into a prompt at {text} and returns what the model writes.

    Nothing guards what it writes: of numbers, a small model broke one in four. Correcting has its own ways (correct/).
    Raises OptionError for a prompt without {text}.
    """
    if "{text}" not in prompt:
        raise OptionError("the prompt has no {text}", remedy="write {text} where the text shall stand")

    def written(text: str) -> str:
        question = Message("user", prompt.replace("{text}", text))
        return model.complete([question], max_tokens=max_tokens)

    written.__name__ = f"prompted by {model.name}"
    return written


def _called(processor: PostProcessor, text: str, settings: Settings) -> str:
    try:
        made = processor(text, settings) if _takes_settings(processor) else processor(text)  # type: ignore[call-arg]  # as told
    except Exception as error:
        error.add_note(f"in the post-processor {_name(processor)}")
        raise
    if not isinstance(made, str):
        raise OptionError(
            f"the post-processor {_name(processor)} returned {type(made).__name__}, not a text", remedy="return a str"
        )
    return made


def _takes_settings(processor: PostProcessor) -> bool:
    """Return whether a callable has a place for a second argument."""
    try:
        parameters = inspect.signature(processor).parameters.values()
    except (TypeError, ValueError):  # some of those written in C
        return False
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(each.kind in places for each in parameters) > 1


def _name(processor: PostProcessor) -> str:
    return str(getattr(processor, "__name__", type(processor).__name__))


def _as_page(text: str, lexicon: Lexicon) -> Page:
    """Return a page with the lines of a text below each other, each at its number."""
    lines = []
    for number, content in enumerate(text.split("\n")):
        words = tuple(
            Word(found[0], Quad.from_box(Box(found.start(), number, found.end(), number + 1)), _sure(found[0], lexicon))
            for found in re.finditer(r"\S+", content)
        )
        if words:
            lines.append(Line(words, Quad.from_box(Box(0, number, len(content), number + 1)), _DOUBTFUL))
    return Page((Block(tuple(lines)),), max(map(len, text.split("\n"))) or 1, text.count("\n") + 1)


def _sure(word: str, lexicon: Lexicon) -> float:
    return _SURE if lexicon.knows(bare(word)) else _DOUBTFUL
