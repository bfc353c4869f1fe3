"""Which words of a page a language model is asked about, and in what parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from inkread.correct.embedded import LEAST_LINE, LexiconCorrector, dressed, kept_words
from inkread.correct.frozen import bare, is_frozen
from inkread.document import Page
from inkread.errors import LimitError
from inkread.language_model.model import LanguageModel
from inkread.language_model.question import TEMPLATE_TOKENS, as_data


class Doubt(NamedTuple):
    """A word in doubt. id: what the model calls it.  line, index: where it stands.  choices: what else it may be."""

    id: str
    line: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which a record does not need
    text: str
    choices: tuple[str, ...]


class Part(NamedTuple):
    """Lines that go into one question, each with its number on the page, and the doubtful words in them."""

    lines: tuple[tuple[int, str], ...]
    doubts: tuple[Doubt, ...]


def doubts_of(page: Page, embedded: LexiconCorrector, most_choices: int) -> list[Doubt]:
    """Return the words of a page that may be others, with what the embedded corrector offers, the likeliest first."""
    kept = kept_words(page)
    found: list[Doubt] = []
    for number, line in enumerate(page.lines):
        if line.confidence < LEAST_LINE:
            continue
        for index, word in enumerate(line.words):
            if embedded.is_settled(word, kept) or is_frozen(word.text) or len(bare(word.text)) < 2:
                continue
            offered = embedded.candidates(line, index)[:most_choices]
            texts = tuple(dressed((word,), each.text) for each in offered)
            found.append(Doubt(f"w{len(found) + 1}", number, index, word.text, texts))
    return found


def parts_of(
    page: Page, doubts: Sequence[Doubt], model: LanguageModel, cost: Callable[[Part], int], *, all_lines: bool = False
) -> Iterator[Part]:
    """Yield the page's lines in parts whose questions, with their answers, fit into the model's context.

    cost: tokens of a part's question and answer.  all_lines: also those without doubts.  Raises LimitError where a
    single line does not fit: nothing is cut.
    """
    held = Part((), ())
    for number, line in enumerate(page.lines):
        own = tuple(doubt for doubt in doubts if doubt.line == number)
        if not own and not all_lines:
            continue
        text = (number, as_data(line.text))
        longer = Part((*held.lines, text), (*held.doubts, *own))
        if cost(longer) + TEMPLATE_TOKENS <= model.context_size:
            held = longer
            continue
        if held.lines:
            yield held
        held = Part((text,), own)
        if cost(held) + TEMPLATE_TOKENS > model.context_size:
            raise LimitError(
                f"a context of {model.context_size:,} tokens is too small for a line of {len(line.text)} characters",
                remedy="raise context_size",
            )
    if held.lines:
        yield held
