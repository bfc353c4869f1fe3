from pathlib import Path

import pytest
from word_truth import judge, right_words

from inkread.geometry import Box, Quad
from inkread.metrics.dataset import Label, LabelledPicture, Rules
from inkread.metrics.regions import Region
from inkread.text_line import Line, Word


@pytest.mark.parametrize(
    ("label", "read", "right"),
    [
        ("Total due", ["Total", "due"], [True, True]),
        ("Total due", ["Tota", "due"], [False, True]),
        ("Total due", ["Totall", "due"], [False, True]),
        ("Total due", ["Tota1", "due"], [False, True]),
        ("Total due", ["Totaldue"], [True]),
        ("Total due", ["To", "tal", "due"], [True, True, True]),
        ("Total due", ["due"], [True]),
        ("2.450", ["2", "450"], [False, False]),
        ("For more", ["For", "nore"], [True, False]),
        ("", ["speck"], [False]),
    ],
)
def test_a_word_is_right_where_its_characters_are_the_labels(label, read, right):
    assert right_words(label, read) == right


def line(*words: str, left: float = 0) -> Line:
    quads = [Quad.from_box(Box(left + 50 * k, 0, left + 50 * k + 40, 20)) for k in range(len(words))]
    made = tuple(Word(word, quad, 0.9) for word, quad in zip(words, quads, strict=True))
    return Line(made, Quad.from_box(Box(left, 0, left + 50 * len(words), 20)), 0.9)


def label(text: str, left: float, right: float) -> Label:
    return Label(text, Region.from_points([*Quad.from_box(Box(left, 0, right, 20))]))


def picture(*labels: Label, are_words: bool = False) -> LabelledPicture:
    return LabelledPicture("page", Path("page.png"), labels, Rules(), are_words=are_words)


def test_words_outside_every_label_are_counted_and_not_judged():
    verdict = judge(picture(label("Total", 0, 45)), [line("Total", "speck")])
    assert [(each.word.text, each.is_right) for each in verdict.words] == [("Total", True)]
    assert verdict.unjudged == 1


def test_labels_that_are_cut_at_punctuation_are_taken_together():
    labels = (label("Washington", 0, 35), label(",", 35, 45), label("D.C", 50, 90))
    verdict = judge(picture(*labels, are_words=True), [line("Washington,", "D.C")])
    assert [each.is_right for each in verdict.words] == [True, True]


def test_kinds_of_quotation_marks_and_dashes_are_one():
    (it, _) = judge(picture(label("it’s – so", 0, 200)), [line("it's", "-so")]).words
    assert it.is_right


def test_without_places_another_order_makes_no_word_wrong_and_a_word_counts_once():
    verdict = judge(picture(Label("one four seven", None)), [line("seven", "one", "four", "one")])
    assert sorted((each.word.text, each.is_right) for each in verdict.words) == [
        ("four", True),
        ("one", False),
        ("one", True),
        ("seven", True),
    ]
