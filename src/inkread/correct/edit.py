"""A language model that names the words to change: a list of ids and replacements, by a schema."""

from __future__ import annotations

from inkread.correct.corrector import Proposal
from inkread.correct.doubts import Part, doubts_of, parts_of
from inkread.correct.embedded import LexiconCorrector
from inkread.correct.prompt import EDIT
from inkread.document import Page
from inkread.language_model.model import LanguageModel, Message, Schema
from inkread.language_model.question import answered, as_data, asked

_LONGEST = 40
# {"word": "w12", "replacement": "goods"}, and blanks that a schema allows.
_EDIT_TOKENS = 32
_LEAST_TOKENS = 64
_CONFIDENCE = 0.5


class Editor:
    """Proposes what a model would write for words that are in doubt, and for no others."""

    def __init__(self, model: LanguageModel, embedded: LexiconCorrector) -> None:
        self.name = f"llm:{model.name}"
        self._model = model
        self._embedded = embedded

    def propose(self, page: Page) -> list[Proposal]:
        """Return the edits. Raises ModelError where the model gives no answer, LimitError for its context."""
        doubts = doubts_of(page, self._embedded, 0)
        return [
            proposal for part in parts_of(page, doubts, self._model, self._cost) for proposal in self._of_part(part)
        ]

    def _of_part(self, part: Part) -> list[Proposal]:
        told = answered(self._model, _question(part), _schema(part), _answer_tokens(part)).get("edits")
        doubts = {doubt.id: doubt for doubt in part.doubts}
        proposals = {}
        for each in told if isinstance(told, list) else ():
            word, text = (each.get("word"), each.get("replacement")) if isinstance(each, dict) else (None, None)
            if isinstance(word, str) and word in doubts and isinstance(text, str) and len(text) <= _LONGEST:
                doubt = doubts[word]
                proposals[word] = Proposal(doubt.line, doubt.index, 1, as_data(text), _CONFIDENCE)
        return list(proposals.values())

    def _cost(self, part: Part) -> int:
        question = sum(self._model.count_tokens(each.content) for each in _question(part))
        return question + 2 * _answer_tokens(part)


def _answer_tokens(part: Part) -> int:
    return _LEAST_TOKENS + _EDIT_TOKENS * len(part.doubts)


def _question(part: Part) -> list[Message]:
    words = {doubt.id: as_data(doubt.text) for doubt in part.doubts}
    return asked(EDIT, {"lines": [text for _, text in part.lines], "words": words})


def _schema(part: Part) -> Schema:
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
