"""What inkread asks of a language model, and one that is none, for anybody's tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

Schema = Mapping[str, Any]


class Message(NamedTuple):
    """A part of a conversation; what stands in `content` is text and never a sign of the model's template."""

    role: Literal["system", "user", "assistant"]
    content: str


class LanguageModel(Protocol):
    """A language model, here or elsewhere. Its answers are the same for the same questions, as far as it goes.

    Every method raises ModelError where the model gave no answer (it ended, was too slow, answered nonsense) and
    ClosedError after close(). All may be called from any thread.
    """

    @property
    def name(self) -> str:
        """Which model this is, for people: "SmolLM2-135M-Instruct"."""

    @property
    def context_size(self) -> int:
        """How many tokens it takes at once, the question and the answer together."""

    @property
    def can_score(self) -> bool:
        """Whether `scores` works; where it does not, a choice is asked for by `complete` with a schema."""

    def scores(self, before: str, options: Sequence[str], after: str) -> list[float]:
        """Return for each option the natural logarithm of how likely it is, with `after` behind it, after `before`.

        They can be compared among each other only. Of `before` as much of its end counts as fits into the context.
        """

    def complete(self, messages: Sequence[Message], *, max_tokens: int, schema: Schema | None = None) -> str:
        """Return the answer to a conversation; with a schema one that is JSON of that schema, or was cut off.

        Raises LimitError where the question and the answer do not fit into the context: nothing is ever cut.
        """

    def count_tokens(self, text: str) -> int:
        """Return how many tokens a text takes; an upper bound where the model does not tell."""

    def close(self) -> None:
        """Free all that it takes; closing twice is fine."""


class FakeLanguageModel:
    """A language model for tests: it answers what it is told to answer.

    score: how likely a whole text is (its start, an option, what follows); the longer the less if None.  answer: the
    answer to messages and a schema; empty if None. What it was asked is kept in `asked`.
    """

    def __init__(
        self,
        score: Callable[[str], float] | None = None,
        answer: Callable[[Sequence[Message], Schema | None], str] | None = None,
        *,
        context_size: int = 4096,
        can_score: bool = True,
    ) -> None:
        self.name = "fake"
        self.context_size = context_size
        self.can_score = can_score
        self.asked: list[Sequence[Message]] = []
        self.is_closed = False
        self._score = score or (lambda text: -float(len(text)))
        self._answer = answer or (lambda messages, schema: "")

    def scores(self, before: str, options: Sequence[str], after: str) -> list[float]:
        return [self._score(f"{before}{option}{after}") for option in options]

    def complete(self, messages: Sequence[Message], *, max_tokens: int, schema: Schema | None = None) -> str:
        self.asked.append(tuple(messages))
        return self._answer(messages, schema)

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def close(self) -> None:
        self.is_closed = True
