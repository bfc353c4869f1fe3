import pytest

from inkread.errors import OptionError
from inkread.redaction.matching import Matcher
from inkread.redaction.patterns import Pattern, named_patterns


def test_every_match_is_found_in_every_text():
    with Matcher(named_patterns(["a+", "B"], ignore_case=True)) as matcher:
        assert matcher.search(["xaab", "", "A"], "page 1") == [(0, 0, 1, 3), (0, 1, 3, 4), (2, 0, 0, 1)]


def test_the_ends_of_lines_are_ends():
    with Matcher(named_patterns(["^b$"])) as matcher:
        assert matcher.search(["a\nb\nc"], "page 1") == [(0, 0, 2, 3)]


@pytest.mark.parametrize(("expression", "text"), [(r"(a+)+$", "a" * 60 + "!"), (r"(\w|\d|.)*#", "1" * 60)])
def test_a_pattern_that_takes_time_without_end_is_ended(expression, text):
    with (
        Matcher([Pattern(expression, "pattern 1")], seconds=1) as matcher,
        pytest.raises(OptionError, match=r"take more than 1 s.*on page 7: write them without repetitions inside"),
    ):
        matcher.search([text], "page 7")


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("(secret", r"pattern 1 is no regular expression at character 1 \(missing \), unterminated subpattern\)"),
        ("*", "is no regular expression at character 1"),
        (r"a*", "matches where there is no text"),
        ("", "matches where there is no text"),
        ("(" * 4000 + "a" + ")" * 4000, "is no regular expression"),
    ],
)
def test_what_is_no_pattern_is_told_without_saying_it(expression, words):
    with pytest.raises(OptionError, match=words) as told:
        Matcher(named_patterns([expression]))
    assert "secret" not in str(told.value)


def test_matches_without_number_are_refused():
    with Matcher(named_patterns(["a"])) as matcher, pytest.raises(OptionError, match="more than 100,000 times"):
        matcher.search(["a" * 100_001], "page 1")


def test_lone_surrogates_and_controls_pass():
    with Matcher(named_patterns(["b"])) as matcher:
        assert matcher.search(["\ud800\x00\x1bb"], "page 1") == [(0, 0, 3, 4)]
