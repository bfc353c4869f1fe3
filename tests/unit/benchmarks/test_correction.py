"""What counts as put right, and what as broken."""

import correction
from laid import line, page

from inkread.correct.corrector import Proposal, correct
from inkread.correct.guard import Guard
from inkread.options import CorrectOptions


class Says:
    name = "test"

    def __init__(self, *proposals):
        self.proposals = proposals

    def propose(self, page):
        return [Proposal(0, index, 1, text, 1.0) for index, text in self.proposals]


def tally(truth: str, read: str, *proposals) -> correction.Tally:
    before = line(read, 0, 0)
    guard = Guard(CorrectOptions(doubt=1.0, max_line_share=1.0), lambda word: True)
    counted = correction.Tally()
    counted.add(truth, before, correct(page([before]), [Says(*proposals)], guard).lines[0])
    return counted


def test_a_word_put_right():
    counted = tally("the right answer", "the right anser", (2, "answer"))
    assert (counted.fixed, counted.broken, counted.errors_before, counted.errors_after) == (1, 0, 1, 0)


def test_a_right_word_broken():
    counted = tally("the right answer", "the right answer", (0, "then"))
    assert (counted.fixed, counted.broken, counted.correct_words, counted.lines_worse) == (0, 1, 3, 1)


def test_a_wrong_word_made_another_wrong_one():
    counted = tally("the right answer", "the right anser", (2, "anger"))
    assert (counted.fixed, counted.broken, counted.lines_worse) == (0, 0, 1)
