"""Words with another text in the place of words as they were read."""

from __future__ import annotations

import itertools
from dataclasses import replace

from inkread.document import Word
from inkread.geometry import Quad


def respelled(words: tuple[Word, ...], text: str) -> tuple[Word, ...]:
    """Return words that say `text` where `words` stand, each in its share of their place.

    As many words as before keep their quads; others share the place of all by their characters. A character that
    changed has the probability that the recognizer gave it, 0 where it saw none; spans are kept where a word's length
    is. A word's confidence is the mean of its characters', or that of the words before where these are not known; how
    likely a changed word is to be right is not known.
    """
    texts = text.split()
    if len(texts) == len(words):
        return tuple(_respelled(word, new) for word, new in zip(words, texts, strict=True))
    confidence = sum(word.confidence for word in words) / len(words)
    if len(words) > 1:
        return _shared(_around(words), texts, confidence)
    if len(words[0].spans) != len(words[0].text):
        return _shared(words[0].quad, texts, confidence)
    return _parts(words[0], texts, confidence)


def spells(word: Word, text: str) -> bool:
    """Return whether a word's own characters and their alternatives can spell the text."""
    ends = {0}  # how much of the text the characters so far can have spelled
    for index, char in enumerate(word.text):
        choices = {char, *(each.text for each in word.alternatives if each.index == index)}
        ends = {end + len(choice) for end in ends for choice in choices if text.startswith(choice, end)}
    return len(text) in ends


def _respelled(word: Word, text: str) -> Word:
    if text == word.text:
        return word
    if len(text) != len(word.text) or len(word.scores) != len(word.text):
        return Word(text, word.quad, word.confidence)
    seen = {(each.index, each.text): each.confidence for each in word.alternatives}
    scores = tuple(
        score if new == old else seen.get((index, new), 0.0)
        for index, (old, new, score) in enumerate(zip(word.text, text, word.scores, strict=True))
    )
    return replace(
        word, text=text, confidence=sum(scores) / len(scores), scores=scores, alternatives=(), probability=None
    )


def _parts(word: Word, texts: list[str], confidence: float) -> tuple[Word, ...]:
    """Return the parts of one word, cut between its characters' spans, in the proportion of the texts' lengths."""
    share = len(word.text) / sum(map(len, texts))
    cuts = [0, *(round(share * end) for end in itertools.accumulate(map(len, texts)))]
    parts = []
    for text, (first, end) in zip(texts, itertools.pairwise(cuts), strict=True):
        end = max(end, first + 1)
        start_at = word.spans[min(first, len(word.spans) - 1)][0]
        end_at = word.spans[min(end, len(word.spans)) - 1][1]
        parts.append(Word(text, word.quad.part(start_at, end_at), confidence))
    return tuple(parts)


def _shared(quad: Quad, texts: list[str], confidence: float) -> tuple[Word, ...]:
    whole = len(" ".join(texts))
    words, start = [], 0
    for text in texts:
        words.append(Word(text, quad.part(start / whole, (start + len(text)) / whole), confidence))
        start += len(text) + 1
    return tuple(words)


def _around(words: tuple[Word, ...]) -> Quad:
    """Return the quad from the first to the last of neighbouring words; right-to-left words run the other way."""
    first, last = words[0].quad, words[-1].quad
    run = (last.center.x - first.center.x, last.center.y - first.center.y)
    along = (first.top_right.x - first.top_left.x, first.top_right.y - first.top_left.y)
    if run[0] * along[0] + run[1] * along[1] < 0:
        first, last = last, first
    return Quad(first.top_left, last.top_right, last.bottom_right, first.bottom_left)
