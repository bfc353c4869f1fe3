"""Correctors propose other words for those of a page; what the guard lets through is made, the rest kept.

Boxes stay, the reading stays (`Page.raw`), and each proposal is kept with what became of it (`Line.edits`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from inkread.correct.guard import Guard
from inkread.correct.words import respelled
from inkread.document import Edit, Line, Page, with_lines


class Proposal(NamedTuple):
    """Another text for some words of a page.

    line: index in `page.lines`.  first, words: the first of the words, and how many there are.  text: what should
    stand in their place, one word or several.  confidence: how sure the corrector is, 0..1.
    """

    line: int
    first: int
    words: int
    text: str
    confidence: float


class Corrector(Protocol):
    """Anything that proposes: a lexicon, a language model, a rule of one's own."""

    @property
    def name(self) -> str:
        """Who proposes, as an edit's source tells it: "lexicon", "llm:SmolLM2-135M-Instruct"."""

    def propose(self, page: Page) -> Sequence[Proposal]:
        """Return proposals for the page as it was read, the surest of a word first; none is no fault."""


def correct(page: Page, correctors: Sequence[Corrector], guard: Guard) -> Page:
    """Return the page with what the correctors propose and the guard lets through; where they clash, the first counts.

    A page that was corrected before is corrected anew, from its reading.
    """
    page = with_lines(page, lambda line: replace(line.as_read(), edits=()))
    edits: dict[int, list[Edit]] = defaultdict(list)
    for corrector in correctors:
        for proposal in corrector.propose(page):
            edit = _edit(page, proposal, corrector.name)
            if edit is not None:
                line = page.lines[proposal.line]
                edits[proposal.line].append(replace(edit, refused=guard.refusal(line, edit, edits[proposal.line])))
    if not edits:
        return page
    # The lines of a table stand in its block and in its cells.
    corrected = {_key(page.lines[index]): _with_edits(page.lines[index], made) for index, made in edits.items()}
    return with_lines(page, lambda line: corrected.get(_key(line), line))


def _edit(page: Page, proposal: Proposal, source: str) -> Edit | None:
    """Return the edit that a proposal asks for; None where it changes nothing or names words that are not there."""
    if not 0 <= proposal.line < len(page.lines) or proposal.words < 1 or proposal.first < 0:
        return None
    before = page.lines[proposal.line].words[proposal.first : proposal.first + proposal.words]
    text = " ".join(proposal.text.split())
    if len(before) < proposal.words or not text or text == " ".join(word.text for word in before):
        return None
    return Edit(proposal.first, before, respelled(before, text), source, proposal.confidence)


def _with_edits(line: Line, edits: list[Edit]) -> Line:
    return replace(line, edits=tuple(sorted(edits, key=lambda edit: edit.first))).as_corrected()


def _key(line: Line) -> tuple[object, str]:
    return line.quad, line.text
