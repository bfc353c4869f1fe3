"""A language model that names the words to change: a list of ids and replacements, by a schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inkread.correct.asking import CONFIDENCE, Asking
from inkread.correct.corrector import Proposal
from inkread.correct.doubts import Doubt, Part
from inkread.correct.prompt import EDIT
from inkread.language_model.model import Message, Schema
from inkread.language_model.question import as_data, asked

_LONGEST = 40
# {"word": "w12", "replacement": "goods"}, and blanks that a schema allows.
_EDIT_TOKENS = 32
_LEAST_TOKENS = 64


class Editor(Asking):
    """Proposes what a model would write for words that are in doubt, and for no others."""

    most_choices = 0

    def askable(self, doubts: Sequence[Doubt]) -> Sequence[Doubt]:
        return doubts

    def question(self, part: Part) -> list[Message]:
        words = {doubt.id: as_data(doubt.text) for doubt in part.doubts}
        return asked(EDIT, {"lines": [text for _, text in part.lines], "words": words})

    def schema(self, part: Part) -> Schema:
        edit = {
            "type": "object",
            "properties": {
                "word": {"type": "string", "enum": [doubt.id for doubt in part.doubts]},
                "replacement": {"type": "string", "maxLength": _LONGEST},
            },
            "required": ["word", "replacement"],
            "additionalProperties": False,
        }
        return {
            "type": "object",
            "properties": {"edits": {"type": "array", "items": edit, "maxItems": len(part.doubts)}},
            "required": ["edits"],
            "additionalProperties": False,
        }

    def answer_tokens(self, part: Part) -> int:
        return _LEAST_TOKENS + _EDIT_TOKENS * len(part.doubts)

    def proposals(self, part: Part, told: Mapping[str, Any]) -> list[Proposal]:
        """Return the edits, the last of each word."""
        edits = told.get("edits")
        doubts = {doubt.id: doubt for doubt in part.doubts}
        proposals = {}
        for each in edits if isinstance(edits, list) else ():
            word, text = (each.get("word"), each.get("replacement")) if isinstance(each, dict) else (None, None)
            if isinstance(word, str) and word in doubts and isinstance(text, str) and len(text) <= _LONGEST:
                doubt = doubts[word]
                proposals[word] = Proposal(doubt.line, doubt.index, 1, as_data(text), CONFIDENCE)
        return list(proposals.values())
