"""A line that was read, and what it is made of: words, characters, other readings, and edits of correctors."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple

from inkread.geometry import Box, Quad

Style = Literal["print", "handwriting"]
Origin = Literal["picture", "layer"]


class Alternative(NamedTuple):
    """Another reading of one character: the index of the character in its word, the text, its probability."""

    index: int  # type: ignore[assignment]  # hides tuple.index, which a record does not need
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Char:
    """One character, derived from its word.

    confidence: the probability of its columns.  alternatives: other readings, most likely first.
    """

    text: str
    quad: Quad
    confidence: float
    alternatives: tuple[Alternative, ...] = ()

    @property
    def box(self) -> Box:
        return self.quad.box


@dataclass(frozen=True, slots=True)
class Word:
    """A word, with what its characters need kept compactly.

    spans: for each character of `text`, where it starts and ends as fractions of the quad's reading direction.
    scores: a confidence for each character.  Both are empty where the source knows words only.  probability: the chance
    that the word is right, 0..1, as measured for its recogniser; None where that is not known, as of words of a PDF's
    text layer or from a corrector.
    """

    text: str
    quad: Quad
    confidence: float
    spans: tuple[tuple[float, float], ...] = ()
    scores: tuple[float, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    probability: float | None = None

    @property
    def box(self) -> Box:
        return self.quad.box

    @property
    def chars(self) -> tuple[Char, ...]:
        """The characters with their quads; empty where the source knows words only."""
        return tuple(
            Char(text, self.quad.part(*span), score, tuple(a for a in self.alternatives if a.index == i))
            for i, (text, span, score) in enumerate(zip(self.text, self.spans, self.scores, strict=False))
        )


@dataclass(frozen=True, slots=True)
class Edit:
    """Other words for some of a line's, as a corrector proposed: accepted, or refused and kept as a suggestion.

    first: index of the first word replaced, in the line as it was read.  before, after: the words as they were read,
    and those in their place.  source: who proposed it.  confidence: how sure of it the corrector is, 0..1.  refused:
    why the guard did not let it through; None where it did.
    """

    first: int
    before: tuple[Word, ...]
    after: tuple[Word, ...]
    source: str
    confidence: float
    refused: str | None = None


@dataclass(frozen=True)
class Line:
    """A line of words along one direction.

    quad: its first edge runs along the reading direction.  confidence: the mean of the characters' confidences as they
    were read.  style: how it was written, where reading told print and handwriting apart (mode "auto").  raw: the
    reading before correction, where these words are the corrected ones.  origin: recognised in the picture, or taken
    from the text layer of a PDF, where its confidence says how well it agrees with what can be seen.  edits: what
    correctors proposed, from left to right; those that were accepted never overlap.
    """

    words: tuple[Word, ...]
    quad: Quad
    confidence: float
    language: str | None = None
    style: Style | None = None
    raw: str | None = None
    origin: Origin = "picture"
    edits: tuple[Edit, ...] = ()

    @cached_property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def expected_error(self) -> float | None:
        """The share of its words that are expected to be wrong, 0..1; None where it is not known of one of them."""
        if not self.words or any(word.probability is None for word in self.words):
            return None
        return sum(1 - (word.probability or 0.0) for word in self.words) / len(self.words)

    def as_read(self) -> Line:
        """Return the line with the words as they were read; its edits stay with it."""
        if self.raw is None:
            return self
        words = list(self.words)
        for edit in self._accepted:  # what stands left of it is as it was read by then, so that `first` counts right
            words[edit.first : edit.first + len(edit.after)] = edit.before
        return replace(self, words=tuple(words), raw=None)

    def as_corrected(self) -> Line:
        """Return the line with its accepted edits made."""
        if self.raw is not None or not self._accepted:
            return self
        words = list(self.words)
        for edit in reversed(self._accepted):
            words[edit.first : edit.first + len(edit.before)] = edit.after
        return replace(self, words=tuple(words), raw=self.text)

    @property
    def _accepted(self) -> tuple[Edit, ...]:
        return tuple(edit for edit in self.edits if edit.refused is None)

    @property
    def box(self) -> Box:
        return self.quad.box

    @property
    def is_vertical(self) -> bool:
        """Whether the line is read downwards or upwards."""
        return 45 < abs(self.quad.angle_deg) < 135

    @property
    def is_backward(self) -> bool:
        """Whether its text runs from right to left: most of its letters are Arabic, Hebrew or the like."""
        kinds = [unicodedata.bidirectional(char) for char in self.text if char.isalpha()]
        return sum(kind in ("R", "AL") for kind in kinds) > len(kinds) / 2

    @property
    def chars(self) -> tuple[Char, ...]:
        return tuple(char for word in self.words for char in word.chars)
