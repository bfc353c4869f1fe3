"""A language model that writes lines anew. What it wrote is laid beside what was read, word by word.

What has no counterpart is left out: words that it added, lines that it invented, remarks of its own.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from inkread import edits
from inkread.correct.asking import CONFIDENCE
from inkread.correct.corrector import Proposal
from inkread.correct.doubts import Part, parts_of
from inkread.correct.prompt import REWRITE
from inkread.document import Page
from inkread.language_model.model import LanguageModel
from inkread.language_model.question import as_data, asked_lines

# A line is another one where more of it than this share differs.
_MOST_OF_LINE = 0.4
# How many lines of the answer may stand before the one that is looked for.
_LOOK_AHEAD = 4
# Tokens of an answer to each token of the lines.
_ROOM = 1.5


class Rewriter:
    """Proposes what a model wrote in the place of words."""

    def __init__(self, model: LanguageModel) -> None:
        self.name = f"llm:{model.name}"
        self._model = model

    def propose(self, page: Page) -> list[Proposal]:
        """Return the words that it wrote. Raises ModelError where it gives no answer, LimitError for its context."""
        return [
            proposal
            for part in parts_of(page, (), self._model, self._cost, all_lines=True)
            for proposal in self._of_part(part)
        ]

    def _of_part(self, part: Part) -> Iterator[Proposal]:
        texts = [text for _, text in part.lines]
        answer = self._model.complete(asked_lines(REWRITE, texts), max_tokens=self._answer_tokens(texts))
        written = [" ".join(as_data(line).split()) for line in answer.splitlines()]
        for (number, text), line in zip(part.lines, aligned_lines(texts, written), strict=True):
            if line:
                yield from _changes(number, text.split(), line.split())

    def _cost(self, part: Part) -> int:
        texts = [text for _, text in part.lines]
        question = sum(self._model.count_tokens(each.content) for each in asked_lines(REWRITE, texts))
        return question + self._answer_tokens(texts)

    def _answer_tokens(self, texts: Sequence[str]) -> int:
        return round(_ROOM * self._model.count_tokens("\n".join(texts))) + 16


def aligned_lines(read: Sequence[str], written: Sequence[str]) -> list[str]:
    """Return for each line that was read the one that was written in its place, in order; empty where there is none."""
    found: list[str] = []
    at = 0
    for text in read:
        near = written[at : at + _LOOK_AHEAD]
        costs = [edits.distance(text, other) for other in near]
        best = min(range(len(near)), key=lambda each: costs[each], default=-1)
        if best >= 0 and costs[best] <= _MOST_OF_LINE * max(len(text), 1):
            found.append(near[best])
            at += best + 1
        else:
            found.append("")
    return found


def _changes(number: int, read: list[str], written: list[str]) -> Iterator[Proposal]:
    """Yield words in the place of as many others, two for one, and one for two."""
    matcher = difflib.SequenceMatcher(None, read, written, autojunk=False)
    for kind, first, end, start, stop in matcher.get_opcodes():
        if kind != "replace":
            continue
        if end - first == stop - start:
            for offset in range(end - first):
                yield Proposal(number, first + offset, 1, written[start + offset], CONFIDENCE)
        elif 1 in (end - first, stop - start) and (end - first) + (stop - start) == 3:
            yield Proposal(number, first, end - first, " ".join(written[start:stop]), CONFIDENCE)
