"""A language model that chooses: among what was read and what the embedded corrector and the recognizer offer.

It writes no word, so there is nothing for it to make up, and nothing in a document that it could obey.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from inkread.correct.corrector import Proposal
from inkread.correct.embedded import LEAST_LINE, Candidate, LexiconCorrector, dressed, kept_words
from inkread.correct.lexicon import Lexicon
from inkread.document import Line, Page
from inkread.language_model.model import LanguageModel
from inkread.language_model.question import as_data

# What each says counts so much, and so much likelier than what was read another word must be: chosen on lines that no
# benchmark counts (benchmarks/prose.py, "dev").
_CHANNEL, _LEXICON, _MODEL = 1.0, 0.3, 0.5
_MARGIN = 3.0
# How many others a word is weighed against, and how unlikely the last of them may be: beyond, hardly one was right.
_CHOICES = 3
_LEAST_ODDS = -8.0
# How much of the text before a line counts. What the model has computed is used again as long as the text begins as
# before: so it grows line by line and then begins anew, with the last line, instead of sliding.
_BEFORE_CHARS = 600


# A word of three letters has too many neighbours for a lexicon alone to choose among; a model that sees the text has
# something to go by (CER 7.17 -> 7.04 % on lines that no benchmark counts, no correct word broken in either case).
_SHORTEST = 3


def offering(lexicon: Lexicon) -> LexiconCorrector:
    """Return the embedded corrector as one that offers words for a model to choose among."""
    return LexiconCorrector(lexicon, shortest=_SHORTEST)


class Rescorer:
    """Proposes, for doubtful words, the likeliest of what they may be.

    model: one that can score.  embedded: offers the words.
    """

    def __init__(self, model: LanguageModel, embedded: LexiconCorrector) -> None:
        self.name = f"llm:{model.name}"
        self._model = model
        self._embedded = embedded

    def propose(self, page: Page) -> list[Proposal]:
        """Return for each word at most one other. Raises ModelError where the model gives no answer."""
        kept = kept_words(page)
        proposals: list[Proposal] = []
        before = ""
        for number, line in enumerate(page.lines):
            words = [as_data(word.text) for word in line.words]
            for index, word in enumerate(line.words):
                if line.confidence < LEAST_LINE or self._embedded.is_settled(word, kept):
                    continue
                found = self._chosen(line, index, words, before)
                if found is not None:
                    proposals.append(found._replace(line=number))
                    words[index] = found.text
            said = f"{' '.join(words)}\n"
            before = before + said if len(before) + len(said) <= _BEFORE_CHARS else said[-_BEFORE_CHARS:]
        return proposals

    def _chosen(self, line: Line, index: int, words: Sequence[str], before: str) -> Proposal | None:
        found = [each for each in self._embedded.candidates(line, index) if each.log_odds > _LEAST_ODDS][:_CHOICES]
        if not found:
            return None
        texts = [dressed(line.words[index : index + 1], each.text) for each in found]
        start = "\n" + before + "".join(f"{word} " for word in words[:index])
        end = "".join(f" {word}" for word in words[index + 1 : index + 2])
        read, *scores = self._model.scores(start, [words[index], *texts], end)
        odds = [_odds(each, score - read) for each, score in zip(found, scores, strict=True)]
        best = max(range(len(odds)), key=lambda each: odds[each])
        if odds[best] <= _MARGIN:
            return None
        return Proposal(0, index, 1, texts[best], 1 / (1 + math.exp(-odds[best])))


def _odds(candidate: Candidate, by_model: float) -> float:
    by_lexicon = candidate.log_odds - candidate.log_channel
    return _CHANNEL * candidate.log_channel + _LEXICON * by_lexicon + _MODEL * by_model
