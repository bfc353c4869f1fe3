from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from inkread.document import Line, Word
from inkread.geometry import Box, Quad
from inkread.metrics.dataset import Label, LabelledPicture, Rules
from inkread.metrics.regions import Region
from inkread.metrics.scores import Counts, normalized, score_picture

Points = Sequence[Sequence[float]]


@dataclass(frozen=True)
class OutputWord:
    text: str
    quad: Points


@dataclass(frozen=True)
class OutputLine:
    text: str
    quad: Points
    words: tuple[OutputWord, ...] = ()


def box(left: float, top: float, right: float, bottom: float) -> Points:
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def row(number: int, width: float = 100) -> Points:
    """The place of line `number`: 20 px high, 10 px below the one before."""
    return box(0, 30 * number, width, 30 * number + 20)


def label(text: str, place: Points | None, *, is_scored: bool = True) -> Label:
    return Label(text, None if place is None else Region.from_points(place), is_scored=is_scored)


def picture(
    *labels: Label, rules: Rules | None = None, are_words: bool = False, is_complete: bool = True
) -> LabelledPicture:
    return LabelledPicture(
        "a.png", Path("a.png"), labels, rules=rules or Rules(), are_words=are_words, is_complete=is_complete
    )


class TestNormalization:
    def test_compatibility_forms_long_s_and_white_space(self) -> None:
        assert normalized(" ﬁne\tdiſh\u3000Ａ１ \n", Rules()) == "fine dish A1"

    def test_case_is_folded_where_the_set_says_so(self) -> None:
        assert normalized("Große", Rules(fold_case=True)) == "grosse"
        assert normalized("Große", Rules()) == "Große"

    def test_spaces_go_where_the_set_has_none(self) -> None:
        assert normalized("第 4 轮", Rules(spaces=False)) == "第4轮"


class TestOrder:
    ONE_TWO_THREE = ("one two", "three four", "five six")

    def test_words_in_the_order_of_the_labels_are_all_right(self) -> None:
        labels = [label(text, None) for text in self.ONE_TWO_THREE]
        lines = [OutputLine(text, row(i)) for i, text in enumerate(("one two three", "four five six"))]
        assert score_picture(picture(*labels), lines).scores.order == 100

    @pytest.mark.parametrize("with_places", [True, False])
    def test_lines_read_in_another_order_cost_order_but_no_words(self, with_places: bool) -> None:
        labels = [label(text, row(i) if with_places else None) for i, text in enumerate(self.ONE_TWO_THREE)]
        lines = [OutputLine(self.ONE_TWO_THREE[i], row(i)) for i in (2, 0, 1)]
        scores = score_picture(picture(*labels), lines).scores
        assert scores.word_f1 == 100
        assert scores.order == pytest.approx(100 * 4 / 6)

    def test_what_is_missed_or_added_costs_as_in_word_f1(self) -> None:
        scores = score_picture(picture(label("one two", row(0))), [OutputLine("one x", row(0))]).scores
        assert scores.order == scores.word_f1 == 50

    def test_text_in_ignored_places_does_not_count(self) -> None:
        labels = (label("one", row(0)), label("###", row(1), is_scored=False))
        lines = [OutputLine("scrawl", row(1)), OutputLine("one", row(0))]
        assert score_picture(picture(*labels), lines).scores.order == 100

    def test_labels_of_words_or_of_a_part_of_the_text_have_no_order(self) -> None:
        lines = [OutputLine("one", row(0))]
        assert score_picture(picture(label("one", row(0)), are_words=True), lines).scores.order is None
        assert score_picture(picture(label("one", row(0)), is_complete=False), lines).scores.order is None

    def test_labels_without_spaces_are_compared_by_characters(self) -> None:
        labels = [label("春眠不觉晓", row(0))]
        counts = score_picture(picture(*labels, rules=Rules(spaces=False)), [OutputLine("春眠晓", row(0))])
        assert counts.scores.order == pytest.approx(100 * 2 * 3 / 8)


class TestCharacterErrors:
    def test_a_right_picture_has_no_errors(self) -> None:
        counts = score_picture(picture(label("one two", row(0))), [OutputLine("one two", row(0))])
        assert (counts.edits, counts.characters) == (0, 7)
        assert counts.scores.cer == 0
        assert counts.scores.word_f1 == 100

    def test_a_label_without_output_is_wholly_wrong(self) -> None:
        assert score_picture(picture(label("one two", row(0))), []).scores.cer == 100

    def test_a_label_is_never_worse_than_its_longer_text(self) -> None:
        counts = score_picture(picture(label("ab", row(0))), [OutputLine("xyzuvw", row(0))])
        assert counts.edits == 6

    def test_words_are_joined_from_left_to_right_whatever_their_lines(self) -> None:
        halves = [OutputLine("two", box(60, 0, 100, 20)), OutputLine("one", box(0, 0, 40, 20))]
        assert score_picture(picture(label("one two", row(0))), halves).edits == 0

    def test_words_of_a_tall_label_are_joined_from_top_to_bottom(self) -> None:
        column = label("一 二", box(0, 0, 20, 100))
        halves = [OutputLine("二", box(0, 60, 20, 80)), OutputLine("一", box(1, 0, 21, 20))]
        assert score_picture(picture(column), halves).edits == 0

    def test_a_line_over_two_labels_is_split_in_proportion_to_its_characters(self) -> None:
        labels = [label("left", box(0, 0, 50, 20)), label("right", box(60, 0, 100, 20))]
        assert score_picture(picture(*labels), [OutputLine("left right", row(0))]).edits == 0

    def test_a_tall_line_is_split_along_its_long_side(self) -> None:
        labels = [label("up", box(0, 0, 20, 50)), label("down", box(0, 50, 20, 120))]
        assert score_picture(picture(*labels), [OutputLine("up down", box(0, 0, 20, 120))]).edits == 0

    def test_words_with_their_own_boxes_go_where_these_are(self) -> None:
        labels = [label("i", box(0, 0, 70, 20)), label("wide", box(70, 0, 100, 20))]
        words = (OutputWord("i", box(0, 0, 60, 20)), OutputWord("wide", box(75, 0, 100, 20)))
        assert score_picture(picture(*labels), [OutputLine("i wide", row(0), words)]).edits == 0
        assert score_picture(picture(*labels), [OutputLine("i wide", row(0))]).edits > 0

    def test_of_two_labels_over_a_word_the_nearer_centre_has_it(self) -> None:
        labels = [label("no", box(0, 0, 300, 20)), label("yes", box(90, 0, 140, 20))]
        counts = score_picture(picture(*labels), [OutputLine("yes", box(100, 0, 130, 20))])
        assert counts.edits == 2

    def test_without_regions_the_text_of_the_page_is_compared_in_its_order(self) -> None:
        page = picture(label("one", None), label("two", None))
        there, back = OutputLine("one", row(0)), OutputLine("two", row(1))
        assert score_picture(page, [there, back]).edits == 0
        turned = score_picture(page, [back, there])
        assert turned.edits > 0
        assert turned.scores.word_f1 == 100

    def test_one_label_without_a_region_makes_it_a_page_of_text(self) -> None:
        page = picture(label("one", row(0)), label("two", None))
        assert score_picture(page, [OutputLine("one two", row(9))]).edits == 0

    def test_without_labels_all_output_counts_as_insertions(self) -> None:
        counts = score_picture(picture(is_complete=False), [OutputLine("abc", row(0))])
        assert (counts.edits, counts.characters) == (3, 0)


class TestOutputOutsideLabels:
    def test_counts_as_insertions_where_all_text_is_labelled(self) -> None:
        counts = score_picture(picture(label("a", row(0))), [OutputLine("a", row(0)), OutputLine("stray", row(5))])
        assert counts.edits == 5
        assert counts.words_read == 2

    def test_counts_nothing_where_text_is_missing_from_the_labels(self) -> None:
        page = picture(label("a", row(0)), is_complete=False)
        counts = score_picture(page, [OutputLine("a", row(0)), OutputLine("stray", row(5))])
        assert counts.edits == 0
        assert counts.words_read == 1
        assert counts.scores.detection_f1 is None
        assert counts.scores.end_to_end_f1 is None

    def test_counts_nothing_in_an_ignored_region(self) -> None:
        page = picture(label("a", row(0)), label("###", row(5), is_scored=False))
        counts = score_picture(page, [OutputLine("a", row(0)), OutputLine("whatever", row(5))])
        assert counts.edits == 0
        assert counts.words_read == 1
        assert counts.lines_read == 1
        assert counts.scores.detection_f1 == 100


class TestSpaces:
    TEXT = "a b c d e f g h i j k l m n o p q r s t u v w x y z"

    def test_right_added_and_missed_spaces_between_right_characters(self) -> None:
        counts = score_picture(picture(label("ab cd ef", row(0))), [OutputLine("a bcd ef", row(0))])
        assert (counts.spaces_right, counts.spaces_added, counts.spaces_missed) == (1, 1, 1)

    def test_spaces_beside_a_wrong_character_are_not_judged(self) -> None:
        counts = score_picture(picture(label("ab cd", row(0))), [OutputLine("ax cd", row(0))])
        assert (counts.spaces_right, counts.spaces_added, counts.spaces_missed) == (0, 0, 0)

    def test_with_few_spaces_there_is_no_figure(self) -> None:
        few, many = self.TEXT[:41], self.TEXT[:43]
        assert score_picture(picture(label(few, row(0))), [OutputLine(few, row(0))]).scores.space_f1 is None
        assert score_picture(picture(label(many, row(0))), [OutputLine(many, row(0))]).scores.space_f1 == 100

    def test_words_and_texts_without_spaces_have_none_to_judge(self) -> None:
        for page in (
            picture(label(self.TEXT, row(0)), are_words=True),
            picture(label(self.TEXT, row(0)), rules=Rules(spaces=False)),
            picture(label(self.TEXT, None), rules=Rules(spaces=False)),
        ):
            assert score_picture(page, [OutputLine(self.TEXT, row(0))]).spaces_right == 0


class TestWords:
    def test_the_bag_has_no_order_but_counts(self) -> None:
        counts = score_picture(picture(label("to be or not to be", None)), [OutputLine("be be be or to", row(0))])
        assert (counts.words_labelled, counts.words_read, counts.words_right) == (6, 5, 4)

    def test_without_spaces_the_characters_are_the_words(self) -> None:
        page = picture(label("第4轮", row(0)), rules=Rules(spaces=False))
        counts = score_picture(page, [OutputLine("第 4", row(0))])
        assert (counts.words_labelled, counts.words_read, counts.words_right) == (3, 2, 2)


class TestLines:
    def test_labels_of_words_have_no_line_figures(self) -> None:
        counts = score_picture(picture(label("a", row(0)), are_words=True), [OutputLine("a", row(0))])
        assert counts.scores.detection_f1 is None

    def test_pairs_need_half_an_overlap(self) -> None:
        page = picture(label("a", row(0)))
        assert score_picture(page, [OutputLine("a", row(0, width=50))]).lines_found == 1
        assert score_picture(page, [OutputLine("a", row(0, width=49))]).lines_found == 0

    def test_pairs_are_one_to_one_the_largest_overlap_first(self) -> None:
        lines = [OutputLine("b", row(0, width=80)), OutputLine("a", row(0))]
        counts = score_picture(picture(label("a", row(0))), lines)
        assert (counts.lines_found, counts.lines_right, counts.lines_read) == (1, 1, 2)

    def test_spaces_and_case_do_not_matter_for_a_right_line(self) -> None:
        counts = score_picture(picture(label("Ab Cd", row(0))), [OutputLine("abcd", row(0))])
        assert counts.lines_right == 1
        assert counts.scores.end_to_end_f1 == 100

    def test_figures_are_of_precision_and_recall(self) -> None:
        labels = [label("a", row(0)), label("b", row(1)), label("c", row(2))]
        scores = score_picture(picture(*labels), [OutputLine("a", row(0)), OutputLine("x", row(1))]).scores
        assert scores.detection_f1 == pytest.approx(80)
        assert scores.end_to_end_f1 == pytest.approx(40)


def test_lines_of_a_document_are_outputs() -> None:
    quad = Quad.from_box(Box(0, 0, 100, 20))
    line = Line((Word("one", quad.part(0, 0.4), 1.0), Word("two", quad.part(0.6, 1), 1.0)), quad, 1.0)
    assert score_picture(picture(label("one two", row(0))), [line]).edits == 0


def test_counts_of_pictures_add_up() -> None:
    right = score_picture(picture(label("ab", row(0))), [OutputLine("ab", row(0))])
    failed = score_picture(picture(label("ab", row(0))), [], is_error=True)
    both = sum([right, failed], Counts())
    assert (both.pictures, both.errors, both.edits, both.characters) == (2, 1, 2, 4)
    assert both.scores.cer == 50
