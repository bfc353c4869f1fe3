"""A language model that cannot score texts chooses all the same: by a schema that allows nothing but the choices."""

from __future__ import annotations

from inkread.correct.corrector import Proposal
from inkread.correct.doubts import Doubt, Part, doubts_of, parts_of
from inkread.correct.embedded import LexiconCorrector
from inkread.correct.prompt import CHOOSE
from inkread.document import Page
from inkread.language_model.model import LanguageModel, Message, Schema
from inkread.language_model.question import answered, asked

_CHOICES = 3
# An answer names a word's id and its text; tokens of the JSON around them.
_AROUND_TOKENS = 12
# How sure a choice is, nobody tells.
_CONFIDENCE = 0.5


class Chooser:
    """Proposes what the model chose of what each doubtful word may be."""

    def __init__(self, model: LanguageModel, embedded: LexiconCorrector) -> None:
        self.name = f"llm:{model.name}"
        self._model = model
        self._embedded = embedded

    def propose(self, page: Page) -> list[Proposal]:
        """Return the chosen words. Raises ModelError where the model gives no answer, LimitError for its context."""
        doubts = [doubt for doubt in doubts_of(page, self._embedded, _CHOICES) if doubt.choices]
        return [
            proposal for part in parts_of(page, doubts, self._model, self._cost) for proposal in self._of_part(part)
        ]

    def _of_part(self, part: Part) -> list[Proposal]:
        told = answered(self._model, _question(part), _schema(part), self._answer_tokens(part))
        chosen = {doubt: told.get(doubt.id) for doubt in part.doubts}
        return [
            Proposal(doubt.line, doubt.index, 1, text, _CONFIDENCE)
            for doubt, text in chosen.items()
            if isinstance(text, str) and text in doubt.choices
        ]

    def _cost(self, part: Part) -> int:
        question = sum(self._model.count_tokens(each.content) for each in _question(part))
        return question + 2 * self._answer_tokens(part)

    def _answer_tokens(self, part: Part) -> int:
        return sum(_AROUND_TOKENS + max(map(len, _texts(doubt))) for doubt in part.doubts)


def _texts(doubt: Doubt) -> tuple[str, ...]:
    return (doubt.text, *doubt.choices)


def _question(part: Part) -> list[Message]:
    choices = {doubt.id: list(_texts(doubt)) for doubt in part.doubts}
    return asked(CHOOSE, {"lines": [text for _, text in part.lines], "choices": choices})


def _schema(part: Part) -> Schema:
    names = [doubt.id for doubt in part.doubts]
    return {
        "type": "object",
        "properties": {doubt.id: {"type": "string", "enum": list(_texts(doubt))} for doubt in part.doubts},
        "required": names,
        "additionalProperties": False,
    }
