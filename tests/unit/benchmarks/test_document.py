from __future__ import annotations

import pytest
from document import conditions_of, interval, publish, table


def test_only_what_stands_between_the_markers_is_replaced(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- cold: begin -->\nold\n<!-- cold: end -->\nafter\n")
    publish("cold", "new\n", page)
    assert page.read_text() == "before\n<!-- cold: begin -->\n\nnew\n\n<!-- cold: end -->\nafter\n"
    publish("cold", "new\n", page)
    assert page.read_text().count("new") == 1


@pytest.mark.parametrize("text", ["", "<!-- cold: begin -->", "<!-- cold: end -->"])
def test_a_page_without_markers_is_left_alone(tmp_path, text):
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(ValueError, match="cold: begin"):
        publish("cold", "new", page)
    assert page.read_text() == text


def test_a_table_is_markdown():
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"


def test_a_row_that_does_not_fit_the_head_is_an_error():
    with pytest.raises(ValueError, match="2 columns, but a row of 1"):
        table(("a", "b"), [("1", "2"), ("3",)])


def test_an_interval_shows_its_ends_and_nothing_shows_nothing():
    assert interval({"estimate": 1.0, "low": 0.5, "high": 2.0}, ".1f") == "1.0 [0.5, 2.0]"
    assert interval(None, ".1f") == ""


def test_conditions_tell_of_changes_that_are_in_no_commit(conditions):
    assert "commit 0123456789ab with local changes." in conditions_of({**conditions, "has_local_changes": True})
    assert "commit 0123456789ab." in conditions_of(conditions)
