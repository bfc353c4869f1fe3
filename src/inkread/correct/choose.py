"""A language model that cannot score texts chooses all the same: by a schema that allows nothing but the choices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from inkread.correct.asking import CONFIDENCE, Asking
from inkread.correct.corrector import Proposal
from inkread.correct.doubts import Doubt, Part
from inkread.correct.prompt import CHOOSE
from inkread.language_model.model import Message, Schema
from inkread.language_model.question import asked

# An answer names a word's id and its text; tokens of the JSON around them.
_AROUND_TOKENS = 12


class Chooser(Asking):
    """Proposes what the model chose of what each doubtful word may be."""

    most_choices = 3

    def askable(self, doubts: Sequence[Doubt]) -> list[Doubt]:
        """Return the doubts that have something to choose from."""
        return [doubt for doubt in doubts if doubt.choices]

    def question(self, part: Part) -> list[Message]:
        choices = {doubt.id: list(_texts(doubt)) for doubt in part.doubts}
        return asked(CHOOSE, {"lines": [text for _, text in part.lines], "choices": choices})

    def schema(self, part: Part) -> Schema:
        return {
            "type": "object",
            "properties": {doubt.id: {"type": "string", "enum": list(_texts(doubt))} for doubt in part.doubts},
            "required": [doubt.id for doubt in part.doubts],
            "additionalProperties": False,
        }

    def answer_tokens(self, part: Part) -> int:
        return sum(_AROUND_TOKENS + max(map(len, _texts(doubt))) for doubt in part.doubts)

    def proposals(self, part: Part, told: Mapping[str, Any]) -> Iterator[Proposal]:
        """Yield the chosen words; one that was not among the choices is none."""
        for doubt in part.doubts:
            text = told.get(doubt.id)
            if isinstance(text, str) and text in doubt.choices:
                yield Proposal(doubt.line, doubt.index, 1, text, CONFIDENCE)


def _texts(doubt: Doubt) -> tuple[str, ...]:
    return (doubt.text, *doubt.choices)
