"""Asking a language model about the doubtful words of a page, part by part, by a schema."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from inkread.correct.corrector import Proposal
from inkread.correct.doubts import Doubt, Part, doubts_of, parts_of
from inkread.correct.embedded import LexiconCorrector
from inkread.document import Page
from inkread.language_model.model import LanguageModel, Message, Schema
from inkread.language_model.question import answered

# How sure an answer is, nobody tells.
CONFIDENCE: Final = 0.5


class Asking(ABC):
    """Proposes what a model answers about doubtful words; subclasses say what is asked, and what an answer means."""

    most_choices: int

    def __init__(self, model: LanguageModel, embedded: LexiconCorrector) -> None:
        self.name = f"llm:{model.name}"
        self._model = model
        self._embedded = embedded

    def propose(self, page: Page) -> list[Proposal]:
        """Return what it says. Raises ModelError where the model gives no answer, LimitError for its context."""
        doubts = self.askable(doubts_of(page, self._embedded, self.most_choices))
        return [
            proposal for part in parts_of(page, doubts, self._model, self._cost) for proposal in self._of_part(part)
        ]

    @abstractmethod
    def askable(self, doubts: Sequence[Doubt]) -> Sequence[Doubt]:
        """Return the doubts that can be asked about."""

    @abstractmethod
    def question(self, part: Part) -> list[Message]: ...

    @abstractmethod
    def schema(self, part: Part) -> Schema: ...

    @abstractmethod
    def answer_tokens(self, part: Part) -> int: ...

    @abstractmethod
    def proposals(self, part: Part, told: Mapping[str, Any]) -> Iterable[Proposal]:
        """Return what an answer proposes; what it says of anything that was not asked is left out."""

    def _of_part(self, part: Part) -> Iterable[Proposal]:
        told = answered(self._model, self.question(part), self.schema(part), self.answer_tokens(part))
        return self.proposals(part, told)

    def _cost(self, part: Part) -> int:
        question = sum(self._model.count_tokens(each.content) for each in self.question(part))
        return question + 2 * self.answer_tokens(part)  # an answer that was cut off is given twice the room
