"""The embedded corrector: a noisy channel over the recognizer's own alternatives, its usual mistakes, and a lexicon."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inkread.correct.channel import Confusions, log_channel, usual_confusions
from inkread.correct.corrector import Proposal
from inkread.correct.frozen import LOOK_ALIKE, bare, is_frozen, slip_digit
from inkread.correct.lexicon import Lexicon
from inkread.document import Line, Page, Word

# How much a word's frequency counts beside what the recognizer saw, and how much likelier than what was read another
# word must be: chosen on lines that no benchmark counts, so that fewer than one correct word in a thousand is changed.
_LANGUAGE, _PAIR = 1.0, 0.6
_MARGIN = 3.0
# What was read and is in no lexicon may still be a word: names are, and more often than others begin with a capital.
_UNKNOWN, _UNKNOWN_NAME = -15.0, -12.5
_UNKNOWN_CHAR = -0.2
# A digit between small letters: "Invo1ce". What are codes is frozen and not asked about.
_SLIP = -8.0
_RAREST = -18.0
# A word that is one, but has no frequency, may be a common one: lists of forms are longer than those of counts.
_UNCOUNTED = -11.0
# Short words are too easily made of one another, and abbreviations (Tel, Inv, Inc) are short.
_SHORTEST = 4
_ALTERNATIVES = 6
# Words read as surely as this stay. Those that no lexicon has are slips of the author then ("accomodate"), or names; at
# 0.998 misread words are among them ("fron" of a receipt's coarse print).
_SURE_KNOWN, _SURE = 0.98, 0.999
_HYPHENS = ("-", "\u00ad", "\u2010", "\u2011", "\u00ac")
# A line read worse than this is guesswork, and so would be its correction (of lines made worse, half are of this kind).
LEAST_LINE = 0.7


@dataclass(frozen=True)
class Candidate:
    """Another text for one or two words of a line, without the punctuation around it, and how likely that is.

    log_odds: against what was read, by what the recognizer saw (log_channel) and how words are used.
    """

    first: int
    words: int
    text: str
    log_odds: float
    log_channel: float = 0.0


class LexiconCorrector:
    """Proposes known words for doubtful ones.

    lexicon: of the page's language.  confusions: of the recognizer; the default one's if None.  margin: how much
    likelier another word must be, natural logarithm.  shortest: letters of the shortest word that may be another.
    """

    name = "lexicon"

    def __init__(
        self,
        lexicon: Lexicon,
        confusions: Confusions | None = None,
        *,
        margin: float = _MARGIN,
        shortest: int = _SHORTEST,
    ) -> None:
        self._lexicon = lexicon
        self._confusions = confusions or usual_confusions()
        self._margin = margin
        self._shortest = shortest

    def propose(self, page: Page) -> list[Proposal]:
        """Return for each word at most one other, where it is likelier by the margin."""
        kept = kept_words(page)
        proposals = []
        for number, line in enumerate(page.lines):
            if line.confidence < LEAST_LINE:
                continue
            for index in range(len(line.words)):
                best = self._best(line, index, kept)
                if best is not None:
                    confidence = 1 / (1 + math.exp(-best.log_odds))
                    text = dressed(line.words[best.first : best.first + best.words], best.text)
                    proposals.append(Proposal(number, best.first, best.words, text, confidence))
        return proposals

    def candidates(self, line: Line, index: int) -> list[Candidate]:
        """Return what could stand in the place of a word, the likeliest first."""
        word = line.words[index]
        core = bare(word.text)
        if len(core) < self._shortest or is_frozen(word.text):
            return []
        read = self._log_language(line, index, core)
        found = [self._candidate(line, index, text, read) for text in set(self._variants(word, core))]
        return sorted(found, key=lambda each: (-each.log_odds, each.text))

    def is_settled(self, word: Word, kept: frozenset[str]) -> bool:
        """Return whether a word stays as it is: known and sure, very sure, or one of `kept_words`."""
        core = bare(word.text)
        is_known = self._lexicon.knows(core)
        return core.casefold() in kept or word.confidence > (_SURE_KNOWN if is_known else _SURE)

    def _best(self, line: Line, index: int, kept: frozenset[str]) -> Candidate | None:
        if self.is_settled(line.words[index], kept):
            return None
        best = next(iter(self.candidates(line, index)), None)
        return best if best is not None and best.log_odds > self._margin else None

    def _candidate(self, line: Line, index: int, text: str, read: float) -> Candidate:
        """Return a text as a candidate; `read` is how likely the word that was read is as a word."""
        word = line.words[index]
        channel = log_channel(word, word.text.replace(bare(word.text), text, 1), self._confusions)
        return Candidate(index, 1, text, channel + self._log_language(line, index, text) - read, channel)

    def _log_language(self, line: Line, index: int, text: str) -> float:
        """Return how likely a text is as a word (or words) here, by its frequency and by those beside it."""
        total = 0.0
        parts = text.split()
        for part in parts:
            if self._lexicon.has(part):
                total += _LANGUAGE * max(self._lexicon.log_frequency(part), _RAREST)
            elif self._lexicon.knows(part):
                total += _UNCOUNTED
            else:
                start = _UNKNOWN_NAME if part[:1].isupper() else _UNKNOWN
                total += start + _UNKNOWN_CHAR * len(part) + (_SLIP if slip_digit(part) is not None else 0.0)
        if self._lexicon.has_pairs:
            before = bare(line.words[index - 1].text) if index else ""
            after = bare(line.words[index + 1].text) if index + 1 < len(line.words) else ""
            around = [each for each in (before, *parts, after) if each]
            for first, second in itertools.pairwise(around):
                pair = self._lexicon.log_pair(first, second)
                total += _PAIR * min(max(pair, 0.0), 8.0) if pair is not None else 0.0
        return total

    def _variants(self, word: Word, core: str) -> Iterator[str]:
        """Yield known words within a mistake or two: the recognizer's alternatives, one edit, two words in one."""
        bases = [core, *_spelled(word, core)]
        for base in bases:
            for text in (base, *self._edited(base)):
                if text != core and self._lexicon.has(text):
                    yield text
        for cut in range(1, len(core)):
            left, right = core[:cut], core[cut:]
            if len(left) > 1 and len(right) > 1 and self._lexicon.has(left) and self._lexicon.has(right):
                yield f"{left} {right}"

    def _edited(self, text: str) -> Iterator[str]:
        """Yield texts that are one edit away: a letter put in, left out or replaced, `rn` for `m` and the like."""
        letters = self._lexicon.alphabet.upper() if text.isupper() else self._lexicon.alphabet
        for index in range(len(text) + 1):
            left, right = text[:index], text[index:]
            for letter in letters:
                yield left + letter + right
            if right:
                yield left + right[1:]
                for letter in letters:
                    yield left + letter + right[1:]
            for wrong, printed in _PAIRS_OF_LETTERS:
                if right.startswith(wrong):
                    yield left + printed + right[len(wrong) :]
        at = slip_digit(text)
        if at is not None:
            for letter in filter(str.islower, LOOK_ALIKE[text[at]]):  # small letters stand around it
                yield text[:at] + letter + text[at + 1 :]


# Read, printed: letters that stand for others two by one.
_PAIRS_OF_LETTERS = (
    *(
        ("m", "rn"),
        ("rn", "m"),
        ("d", "cl"),
        ("cl", "d"),
        ("w", "vv"),
        ("vv", "w"),
        ("h", "li"),
        ("li", "h"),
        ("n", "ri"),
    ),
    *(
        ("ri", "n"),
        ("fi", "fi"),
        ("n", "ii"),
        ("u", "ii"),
        ("nn", "m"),
        ("m", "nn"),
        ("m", "in"),
        ("in", "m"),
        ("B", "fi"),
    ),
)


def _spelled(word: Word, core: str) -> list[str]:
    """Return what the recognizer's alternatives spell, one character otherwise, in the bare word."""
    start = word.text.index(core)
    spelled = []
    for each in word.alternatives[: 4 * _ALTERNATIVES]:
        at = each.index - start
        if 0 <= at < len(core):
            spelled.append(core[:at] + each.text + core[at + 1 :])
    return spelled[:_ALTERNATIVES]


def dressed(words: Sequence[Word], text: str) -> str:
    """Return a text with the punctuation that stands around the words, and a capital where they begin with one."""
    read = " ".join(word.text for word in words)
    core = bare(read)
    return read.replace(core, text, 1)


def kept_words(page: Page) -> frozenset[str]:
    """Return words of a page that nobody should change.

    Those that stand there more than once, read alike, are names and terms that no lexicon has; the halves of words cut
    at the end of a line are in none either.
    """
    seen: set[str] = set()
    kept: set[str] = set()
    is_cut = False
    for line in page.lines:
        for index, word in enumerate(line.words):
            core = bare(word.text).casefold()
            is_last = index == len(line.words) - 1
            is_half = (is_cut and not index) or (is_last and word.text.endswith(_HYPHENS))
            (kept if core in seen or is_half else seen).add(core)
        is_cut = line.text.endswith(_HYPHENS)
    return frozenset(kept)
