import dataclasses

import pytest

from inkread.document import Block, Document, Page
from inkread.errors import OptionError
from inkread.export.json import from_json
from inkread.geometry import Box, Quad
from inkread.text_line import Line, Word

QUAD = Quad.from_box(Box(0, 0, 90, 20))


def line(text: str, *chances: float | None) -> Line:
    words = zip(text.split(), chances, strict=True)
    return Line(tuple(Word(word, QUAD, 0.9, probability=chance) for word, chance in words), QUAD, 0.9)


SURE, FAIR, POOR = line("Total due", 0.999, 0.995), line("12.50 EUR", 0.97, 0.95), line("Thamk you", 0.4, 0.9)
UNKNOWN = line("from the layer", 0.9, None, 0.9)
PAGE = Page((Block((POOR, SURE)), Block((UNKNOWN, FAIR))), 600, 800)


def test_a_line_is_expected_to_have_the_share_of_wrong_words_that_its_words_tell():
    assert FAIR.expected_error == pytest.approx(0.04)
    assert UNKNOWN.expected_error is None
    assert line("").expected_error is None


def test_lines_that_may_be_trusted_keep_their_order_and_the_others_are_ordered_by_doubt():
    result = PAGE.accept(0.05)
    assert result.accepted == (SURE, FAIR)
    assert result.review == (UNKNOWN, POOR)


def test_no_word_more_than_allowed_is_expected_wrong():
    assert PAGE.accept().accepted == (SURE,)
    assert PAGE.accept(max_error=0).accepted == ()
    assert PAGE.accept(max_error=1).accepted == (POOR, SURE, FAIR)


def test_a_document_accepts_what_its_pages_accept():
    document = Document((PAGE, dataclasses.replace(PAGE, blocks=(Block((FAIR,)),), number=2)))
    assert document.accept(0.05).accepted == (*PAGE.accept(0.05).accepted, FAIR)


def test_a_document_read_from_json_accepts_the_same():
    document = Document((PAGE,))
    assert from_json(document.to_json()).accept(0.05) == document.accept(0.05)


@pytest.mark.parametrize("wrong", [-0.1, 1.5, float("nan")])
def test_a_share_beyond_all_words_is_refused(wrong):
    with pytest.raises(OptionError, match="max_error"):
        PAGE.accept(wrong)


def test_a_blank_page_has_nothing_to_review():
    blank = Page((), 600, 800).accept()
    assert (blank.accepted, blank.review) == ((), ())
